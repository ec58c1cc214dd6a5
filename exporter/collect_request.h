// What is asked of node-collect.sh, and how its answer is framed.
//
// Pure. One request is one line on the script's stdin: "pcb1 NONCE SET[,SET…]"; one answer is
//   @@NONCE begin 1\n … head -v blocks ("==> /proc/stat <==\n" + content) … \n@@NONCE end\n
// The nonce (16 hex digits, new for every request) makes noise of login shells and hostile file contents
// harmless: only what stands between its own marks counts.
// Tested by tests/exporter/collect_request_test.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb {

inline constexpr int kCollectProtocol = 1;

struct CollectRequest {
  bool host = true;     // /proc files of the host
  bool guests = true;   // cgroup files of every running guest
  bool configs = false; // this host's guest configs, storage.cfg, HA files, static facts
  bool cluster = false; // .members, .version, .vmlist: cheap, but grow with the cluster
  bool rrd = false;     // .rrd: rows of the whole cluster, asked of one host only
  bool df = false;      // df of /, a process of its own, asked where .rrd cannot tell
};

std::string request_line(const CollectRequest& request, std::string_view nonce);

// True once `received` holds the whole answer: the poller stops reading there.
bool answer_complete(std::string_view received, std::string_view nonce);

// Path on the host → content.
struct HostFiles {
  int protocol = 0;
  std::map<std::string, std::string, std::less<>> files;
};
Result<HostFiles> parse_answer(std::string_view received, std::string_view nonce);

}  // namespace pcb
