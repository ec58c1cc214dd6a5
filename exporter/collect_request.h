// What is asked of node-collect.sh, and how its answer is framed.
//
// Pure. One request is one line on the script's stdin: "pcb1 NONCE SET[,SET…]"; one answer is
//   @@NONCE begin 2\n … head -v blocks ("==> /proc/stat <==\n" + content) … \n@@NONCE end\n
// or, where the script does not know what is asked, "@@NONCE error WORD\n".
// The nonce (16 hex digits, new for every request) makes noise of login shells and hostile file contents
// harmless: only what stands between its own marks counts.
// Tested by tests/exporter/collect_request_test.cpp, and by node_collect_test.cpp with the real script.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "exporter/file_map.h"

namespace pcb {

inline constexpr int kCollectProtocol = 2;  // 1 named the files of guests in full
inline constexpr std::size_t kCollectFileCap =
    2UL * 1024 * 1024;  // as in node-collect.sh; pmxcfs allows 1 MiB

struct CollectRequest {
  bool host = true;    // /proc files of the host, running tasks, .version: every cycle
  bool guests = true;  // cgroup files of every running guest: every cycle
  bool configs =
      false;  // this host's guest configs, storage.cfg, HA and other cluster settings, static facts
  bool cluster = false;  // .members, .vmlist, state of HA: asked of one host, and where .version has changed
  bool rrd = false;      // .rrd: rows of the whole cluster, asked of one host only
  bool df = false;       // df of /, a process of its own, asked where .rrd cannot tell
};

std::string request_line(const CollectRequest& request, std::string_view nonce);

// True once `received` holds the whole answer: the poller stops reading there.
bool answer_complete(std::string_view received, std::string_view nonce);

// Path on the host → content. What the script itself found out stands under "pcb/host", "pcb/devices",
// "pcb/df".
struct HostFiles {
  int protocol = 0;
  FileMap files;
  std::vector<std::string> truncated;  // files that reached kCollectFileCap: left out of `files`
};
Result<HostFiles> parse_answer(std::string_view received, std::string_view nonce);

// The text of exporter/node-collect.sh, and the command that runs it over SSH where it is not installed as a
// forced command (which ignores the command and is the same loop).
std::string_view node_collect_script();
std::string node_collect_command();

}  // namespace pcb
