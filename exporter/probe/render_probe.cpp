#include "exporter/probe/render_probe.h"

#include <array>

#include "exporter/probe/collectors.h"

namespace pcb {
namespace {

struct Collector {
  std::string_view name;
  void (*add)(ProbePage&, const NodeFiles&);
};

constexpr auto kCollectors = std::to_array<Collector>({{"cpu", probe::add_cpu},
                                                       {"stat", probe::add_stat},
                                                       {"loadavg", probe::add_loadavg},
                                                       {"pressure", probe::add_pressure},
                                                       {"filefd", probe::add_filefd},
                                                       {"time", probe::add_time},
                                                       {"uname", probe::add_uname},
                                                       {"os", probe::add_os},
                                                       {"meminfo", probe::add_meminfo},
                                                       {"vmstat", probe::add_vmstat},
                                                       {"ksmd", probe::add_ksmd},
                                                       {"zfs", probe::add_zfs},
                                                       {"diskstats", probe::add_diskstats},
                                                       {"filesystem", probe::add_filesystem},
                                                       {"mdadm", probe::add_mdadm},
                                                       {"netdev", probe::add_netdev},
                                                       {"netclass", probe::add_netclass},
                                                       {"bonding", probe::add_bonding},
                                                       {"arp", probe::add_arp},
                                                       {"conntrack", probe::add_conntrack},
                                                       {"softnet", probe::add_softnet},
                                                       {"netstat", probe::add_netstat},
                                                       {"sockstat", probe::add_sockstat}});

}  // namespace

std::string render_probe(const NodeFiles& files, Exposition exposition) {
  ProbePage page(exposition);
  std::array<bool, kCollectors.size()> found{};
  for (std::size_t i = 0; i < kCollectors.size(); ++i) {
    const auto before = page.samples();
    kCollectors.at(i).add(page, files);
    found.at(i) = page.samples() > before;
  }
  page.family("node_scrape_collector_success");
  for (std::size_t i = 0; i < kCollectors.size(); ++i) {
    page.sample(render_labels({{"collector", kCollectors.at(i).name}}), found.at(i) ? 1 : 0);
  }
  return std::move(page).finish();
}

}  // namespace pcb
