#include "tests/lab/daemon/product_config.h"

#include "tests/lab/model/text.h"

namespace pcb::lab {

std::string product_config(const ClusterSpec& cluster, const std::string& directory,
                           const std::map<std::string, std::string>& addresses) {
  std::string text = "cluster: " + cluster.name + "\nproxmox_hosts:\n";
  for (const auto& host : cluster.hosts) {
    text += "  - name: " + host.name + "\n    address: " + addresses.at(host.name) +
            "\n    user: root\n    key_path: " + directory + "/id_ed25519\n";
    for (const auto& [key, percent] : host.thresholds) text += form("    %s: %.15g\n", key.c_str(), percent);
  }
  text += "ssh:\n  known_hosts: " + directory + "/known_hosts\n";
  return text + cluster.config;
}

}  // namespace pcb::lab
