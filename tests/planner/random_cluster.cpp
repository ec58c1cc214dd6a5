#include <random>

#include "oracle.h"

namespace pcb::reference {
namespace {

constexpr double kGiB = 1073741824.0;

class Maker {
 public:
  Maker(std::uint64_t seed, const Shape& shape) : random_(seed), shape_(shape) {}

  Cluster make() {
    Cluster cluster;
    cluster.cluster = "random";
    cluster.taken_at = 1764000000;
    const int hosts = 2 + below(shape_.max_hosts - 1), guests = 2 + below(shape_.max_guests - 1);
    const bool storages = shape_.limits && chance(0.35), bridges = shape_.limits && chance(0.25);
    knows_platform_ = chance(0.3);
    for (int h = 0; h < hosts; ++h) cluster.hosts.push_back(host(h, storages, bridges));
    const double fill = 0.2 + 0.4 * real();
    double cores = 0, bytes = 0;
    for (const auto& h : cluster.hosts) {
      cores += h.cpu_cores * fill / guests;
      bytes += h.memory_bytes * fill / guests;
    }
    for (int g = 0; g < guests; ++g)
      cluster.guests.push_back(guest(g, cluster, cores, bytes, storages, bridges));
    if (shape_.rules)
      for (int r = below(3); r > 0; --r) cluster.rules.push_back(rule(cluster));
    return cluster;
  }

 private:
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  double real() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  bool chance(double p) { return real() < p; }

  Host host(int index, bool storages, bool bridges) {
    Host host;
    host.name = "h" + std::to_string(index + 1);
    host.cpu_cores = 4 << below(3);
    host.memory_bytes = (16 << below(3)) * kGiB;
    if (chance(0.2)) host.memory_reserved_bytes = 4 * kGiB;
    if (chance(0.2)) host.cpu_threshold = 0.6 + 0.3 * real();
    if (!shape_.limits) return host;
    if (chance(0.06)) host.state = HostState::offline;
    if (chance(0.06)) host.state = HostState::maintenance;
    // Known of all hosts or of none: what is not known of one host would launder what is known of the others.
    if (knows_platform_) {
      host.cpu_model = chance(0.7) ? "A" : "B";
      host.pve_version = chance(0.7) ? "8.4.1" : "9.0.2";
    }
    if (storages) {
      host.storages = std::vector<HostStorage>();
      for (const char* name : {"local", "nas"}) {
        if (chance(0.1)) continue;
        HostStorage storage;
        storage.name = name;
        storage.type = "dir";
        storage.shared = name[0] == 'n';
        storage.content = {"images", "rootdir"};
        if (chance(0.7) && name[0] == 'l') storage.free_bytes = (5 + 60 * real()) * kGiB;
        if (chance(0.05)) storage.active = false;
        host.storages->push_back(storage);
      }
    }
    if (bridges) {
      host.bridges = std::vector<Bridge>{{"vmbr0", chance(0.8), {}, {}}};
      if (chance(0.7)) host.bridges->push_back({"vmbr1", true, {}, {}});
    }
    return host;
  }

  Guest guest(int index, const Cluster& cluster, double cores, double bytes, bool storages, bool bridges) {
    Guest guest;
    guest.id = (chance(0.6) ? "lxc/" : "qemu/") + std::to_string(100 + index);
    // Skewed: half of them start on the first host.
    guest.host =
        cluster
            .hosts[chance(0.5) ? 0 : static_cast<std::size_t>(below(static_cast<int>(cluster.hosts.size())))]
            .name;
    std::lognormal_distribution<double> size(-0.3, 0.8);
    guest.cpu_used_cores = cores * size(random_);
    guest.memory_used_bytes = bytes * size(random_);
    if (chance(0.3)) guest.memory_bytes = *guest.memory_used_bytes * (1 + real());
    if (chance(0.2)) guest.cpu_cores = 2 << below(4);
    if (shape_.high_values && chance(0.25)) {
      guest.cpu_high_cores = *guest.cpu_used_cores * (1 + 0.5 * real());
      guest.memory_high_bytes = *guest.memory_used_bytes * (1 + 0.2 * real());
    }
    if (!shape_.limits) return guest;
    if (chance(0.08)) guest.blockers.push_back({"bind_mount", "mp0", "add shared=1 to mp0"});
    if (chance(0.05)) guest.lock = "backup";
    if (chance(0.06)) guest.status = GuestStatus::stopped;
    if (chance(0.06)) guest.last_moved_at = 1764000000 - 3600;
    if (chance(0.04)) guest.cpu_used_cores.reset();
    if (chance(0.15)) guest.cpu_type = chance(0.5) ? "host" : "x86-64-v2-AES";
    if (storages) {
      guest.volumes =
          std::vector<Volume>{{"rootfs", chance(0.5) ? "local" : "nas", (4 + 20 * real()) * kGiB, {}, {}}};
      if (chance(0.2)) guest.replication.push_back({cluster.hosts.back().name, {}, true});
    }
    if (bridges) guest.bridges = std::vector<Bridge>{{chance(0.8) ? "vmbr0" : "vmbr1", {}, {}, {}}};
    if (chance(0.1)) {
      guest.ha = Ha{true, "started", {}, {}};
      if (chance(0.5))
        guest.ha->hosts = std::vector<HaHost>{{cluster.hosts[0].name, 1.0}, {cluster.hosts.back().name, 1.0}};
    }
    return guest;
  }

  Rule rule(const Cluster& cluster) {
    Rule rule;
    rule.kind = static_cast<RuleKind>(below(4));
    rule.strict = chance(0.6);
    for (int n = 2 + below(2); n > 0; --n)
      rule.guests.push_back(
          cluster.guests[static_cast<std::size_t>(below(static_cast<int>(cluster.guests.size())))].id);
    if (rule.kind == RuleKind::only_on || rule.kind == RuleKind::avoid)
      for (const auto& host : cluster.hosts)
        if (chance(rule.kind == RuleKind::only_on ? 0.7 : 0.3)) rule.hosts.push_back(host.name);
    rule.origin = "rule" + std::to_string(below(100));
    return rule;
  }

  std::mt19937_64 random_;
  Shape shape_;
  bool knows_platform_ = false;
};

}  // namespace

Cluster random_cluster(std::uint64_t seed, const Shape& shape) { return Maker(seed, shape).make(); }

}  // namespace pcb::reference
