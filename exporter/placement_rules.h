// Rules of the cluster document from tags and from config.yaml. (Those of Proxmox's HA: parse/ha_config.h.)
//
// Pure. Tags as in ProxLB: plb_affinity_X (together), plb_anti_affinity_X (apart), plb_pin_HOST (only_on);
// all strict. A rule that names hosts or guests that do not exist loses them, with a warning; one that says
// nothing any more is left out. Tested by tests/exporter/placement_rules_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/config.h"
#include "cluster/document.h"

namespace pcb {

struct TaggedGuest {
  std::string id;
  std::vector<std::string> tags;
};

std::vector<Rule> rules_from_tags(const std::vector<TaggedGuest>& guests,
                                  const std::vector<std::string>& hosts, std::vector<std::string>& warnings);
std::vector<Rule> rules_from_config(const std::vector<RuleConfig>& rules,
                                    const std::vector<TaggedGuest>& guests,
                                    const std::vector<std::string>& hosts,
                                    std::vector<std::string>& warnings);

}  // namespace pcb
