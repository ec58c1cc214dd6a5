// What is asked of node-migrate.sh on a host, and what its answers say.
//
// Pure. A request is one line, "pcm1 NONCE VERB ARGUMENT…"; an answer is framed as common/node_script.h reads
// it, its body lines of "key value". Nothing is put into a request that fault_of() has not let through. What
// a host answers is hostile: names must look like names, everything else is shown escaped. Tested by
// tests/evaluator/migrate_answer_test.cpp, and with the real script by tests/act/node_migrate_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "evaluator/decide/operation.h"

namespace pcb {

inline constexpr int kMigrateProtocol = 1;

// The arguments behind "pcm1 NONCE ".
std::string version_request();
std::string check_request(const Operation& operation);
// credit_bytes: what the target's ZFS cache can give back, as its answer to check said. until: the source's
// uptime after which the request is stale.
std::string start_request(const Operation& operation, double credit_bytes, double until_uptime_seconds,
                          const std::string& owner);
std::string start_guest_request(const Operation& operation, const std::string& host,
                                double until_uptime_seconds, const std::string& owner);
std::string status_request(const std::string& guest);
std::string clear_request(const Operation& operation);
std::string lock_request(std::string_view verb, const std::string& owner);
// Proxmox's node maintenance of `host` begins or ends. until: the uptime of the host that is asked.
std::string maintenance_request(const std::string& host, bool begins, double until_uptime_seconds,
                                const std::string& owner);

struct NodeAnswer {
  std::string node;
  double uptime_seconds = 0;
  bool quorate = false;
  std::string refused, detail;  // empty: not refused
  std::vector<std::pair<std::string, std::string>> lines;

  [[nodiscard]] bool says(std::string_view word) const;     // a line that is this word alone
  [[nodiscard]] double number(std::string_view key) const;  // 0 where there is none
};
Result<NodeAnswer> read_node_answer(std::string_view received, std::string_view nonce);
Result<HostSample> host_sample(const NodeAnswer& answer);

// A refusal for people: what was found, and what to do. Unknown codes are told as they are.
std::string refusal_sentence(const std::string& code, const std::string& detail, const Operation& operation);

// The text of evaluator/node-migrate.sh.
std::string_view node_migrate_script();

}  // namespace pcb
