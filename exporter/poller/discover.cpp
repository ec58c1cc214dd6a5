#include "exporter/poller/discover.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "cluster/config_values.h"

namespace pcb {
namespace {

constexpr std::size_t kMostMembers = 256;  // far above what Proxmox supports; a hostile list must end

bool is_ip_address(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

}  // namespace

const ClusterView* members_view(const std::vector<const HostReport*>& reports) {
  const ClusterView* newest = nullptr;
  for (const HostReport* report : reports) {
    if (!report->view || report->view->members.quorate != true) continue;
    if (newest == nullptr || report->view->received_at > newest->received_at) newest = &*report->view;
  }
  return newest;
}

bool is_outdone(const ClusterView& view, const ClusterView& newest) {
  return &view != &newest && view.members.clustered && newest.members.quorate == true &&
         view.members.cluster_name == newest.members.cluster_name && view.received_at <= newest.received_at;
}

bool tells_of_cluster(const HostReport& report, bool before) {
  const auto pve = report.sections.find("pve");
  if (pve != report.sections.end() && !pve->second.ok) return false;
  if (!report.view) return before;
  return !report.view->members.clustered || report.view->members.quorate == true;
}

std::vector<ssh::ConnectionSettings> with_members(const std::vector<ssh::ConnectionSettings>& configured,
                                                  const Members& members,
                                                  const std::vector<const HostReport*>& reports) {
  // A host may be configured under another name, or by a host name. Who tells of the members plays no part:
  // it is now one host, now another, and a discovered one must stay when it is itself who tells.
  const auto is_configured = [&](const std::string& node_name) {
    return std::any_of(reports.begin(), reports.end(), [&](const HostReport* report) {
      return report->node_name == node_name &&
             std::any_of(configured.begin(), configured.end(),
                         [&](const auto& host) { return host.name == report->name; });
    });
  };
  std::vector<ssh::ConnectionSettings> hosts = configured;
  if (configured.empty()) return hosts;
  for (const auto& [name, node] : members.nodes) {
    if (hosts.size() >= kMostMembers || !is_node_name(name) || !is_ip_address(node.address)) continue;
    const bool known = std::any_of(hosts.begin(), hosts.end(),
                                   [&name = name, &node = node](const ssh::ConnectionSettings& host) {
                                     return host.name == name || host.address == node.address;
                                   });
    if (known || is_configured(name)) continue;
    ssh::ConnectionSettings host = configured.front();
    host.name = name;
    host.address = node.address;
    hosts.push_back(std::move(host));
  }
  return hosts;
}

}  // namespace pcb
