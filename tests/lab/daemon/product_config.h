// The config.yaml that the lab writes for the product: its hosts, key and known host keys.
#pragma once

#include <map>
#include <string>

#include "tests/lab/model/spec.h"

namespace pcb::lab {

std::string product_config(const ClusterSpec& cluster, const std::string& directory,
                           const std::map<std::string, std::string>& addresses);

}  // namespace pcb::lab
