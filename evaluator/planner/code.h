// The closed set of reasons why a guest does not move, as written in a plan's `rejected`.
//
// `blocker` stands for the codes that the document's own blockers carry. The order of the values is the order
// in which limits are checked: the first one that holds is the one reported. Tested by
// tests/planner/scenario_test.cpp and tests/scenarios/.
#pragma once

#include <cstdint>

namespace pcb::planning {

enum class Code : std::uint8_t {
  none,
  blocker,
  lock,
  is_template,
  stopped,
  unknown_use,
  cooldown,
  auto_rebalance,
  ha_class,
  host_state,
  storage_missing,
  storage_inactive,
  storage_content,
  storage_space,
  bridge,
  vlan,
  pve_version,
  cpu_model,
  cpu_level,
  cpu_vendor,
  local_disks,
  cores,
  overcommit_memory,
  cpu_limit,
  memory_limit,
  rule_together,
  rule_apart,
  rule_only_on,
  rule_avoid,
  no_order,
};

inline constexpr const char* kCodeNames[] = {"",
                                             "blocker",
                                             "lock",
                                             "template",
                                             "stopped",
                                             "unknown_use",
                                             "cooldown",
                                             "auto_rebalance",
                                             "ha_class",
                                             "host_state",
                                             "storage_missing",
                                             "storage_inactive",
                                             "storage_content",
                                             "storage_space",
                                             "bridge",
                                             "vlan",
                                             "pve_version",
                                             "cpu_model",
                                             "cpu_level",
                                             "cpu_vendor",
                                             "local_disks",
                                             "cores",
                                             "overcommit_memory",
                                             "cpu_limit",
                                             "memory_limit",
                                             "rule_together",
                                             "rule_apart",
                                             "rule_only_on",
                                             "rule_avoid",
                                             "no_order"};

inline const char* code_name(Code code) { return kCodeNames[static_cast<int>(code)]; }

}  // namespace pcb::planning
