// Reader of Proxmox's HA configuration: resources, groups (PVE 7, 8) and rules (PVE 9).
//
// Pure. Both forms become the same values: where each resource may run, with priorities, and rules of the
// cluster document. A group that is not restricted lets its members run anywhere, outside it with the lowest
// priority. Resource rules have no strict flag in Proxmox: they are always strict.
// Source: proxmox.md 1.7 and 3.3. Tested by tests/exporter/parse_pve_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"

namespace pcb {

struct HaConfig {
  std::map<std::string, Ha> resources;  // by "lxc/101"; those in state "ignored" are not there
  std::vector<Rule> rules;
};

struct HaFiles {
  std::string_view resources, groups, rules;  // empty where the file does not exist
};
// `nodes`: all members of the cluster, for groups that are not restricted.
Result<HaConfig> parse_ha_config(const HaFiles& files, const std::vector<std::string>& nodes);

}  // namespace pcb
