// The cluster as the solver sees it: indices and flat arrays made once from the document.
//
// Hosts and guests are sorted by what they are (size, use) before what they are called, so neither the order
// of the document nor the names steer the search. Cores and bytes, both as double; index 0 is cpu, 1 is
// memory. Whether a guest may ever run on a host, apart from room and rules, depends on few properties that
// many guests share; it is computed once per class of guests and host, one byte each. Holds pointers into the
// document: the document must outlive it. Immutable after make_model(). Tested through tests/planner/.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/planner/code.h"
#include "evaluator/planner/planner.h"

namespace pcb::planning {

inline constexpr int kResources = 2;
enum Resource : std::uint8_t { cpu = 0, memory = 1 };
using Load = std::array<double, kResources>;  // cpu cores, memory bytes
using Index = std::int32_t;
inline constexpr Index kNone = -1;
inline constexpr double kTolerance = 1e-9;  // relative: sums of decimals must not decide

struct StorageSlot {
  Index name;      // interned
  Index pool;      // whose room a copy takes; hosts share the pool of a shared storage
  Index position;  // in the document's list
  bool active;
  bool knows_content, images, rootdir;
};

struct BridgeSlot {
  Index name;
  bool refuses_tags;  // known not to be VLAN-aware
};

struct HostData {
  const Host* doc;
  Load capacity, limit, before;             // before: use at the start
  bool online, gives, cools_down, drained;  // drained: nothing may come
  Index platform;                           // PVE version, CPU model, vendor and level, interned together
  bool has_storages, has_bridges;
  std::vector<StorageSlot> storages;  // by name
  std::vector<BridgeSlot> bridges;    // by name
};

struct LocalVolume {
  Index storage;  // interned name
  Index pool;     // where it lies now, kNone if not known
  double bytes;
};

struct GuestData {
  const Guest* doc;
  Load use, high;          // 0 when stopped; high ≥ use
  double configured = 0;   // memory that counts in the overcommit of its kind
  double cores = 0;        // 0: not limited
  double local_bytes = 0;  // copied unless the target has a good replica
  double memory_copy = 0;  // a live migration copies memory, too
  double downtime_seconds = 0;
  Index home = kNone, klass = kNone, unit = kNone;
  std::int32_t volumes_begin = 0, volumes_end = 0;
  std::int32_t rules_begin = 0, rules_end = 0;
  std::vector<Index> replicas;  // hosts with a good replica
  Code fixed = Code::none;      // why it never moves, whatever the target
  bool vm = false, running = false, ha = false;
};

struct RuleData {
  const Rule* doc;
  std::vector<Index> guests;          // sorted, known ones only
  std::vector<std::uint8_t> on_list;  // per host: named by the rule
};

// What moves as one: a guest, or the members of strict `together` rules that stand on one host.
struct Unit {
  std::vector<Index> guests;
  Index home = kNone;  // kNone: members are scattered and Proxmox would gather them
  Load use{}, high{};
  double cost = 0;          // without replicas
  Code fixed = Code::none;  // why the unit never moves; the member is `fixed_by`
  Index fixed_by = kNone;
};

struct Model {
  const Cluster* cluster = nullptr;
  Policy policy;
  GoalKind goal = GoalKind::relieve;
  double arrival_factor = 1;  // targets are filled up to this part of their limits
  Load total_capacity{};      // of online hosts
  std::vector<HostData> hosts;
  std::vector<GuestData> guests;
  std::vector<RuleData> rules;
  std::vector<Unit> units;
  std::vector<LocalVolume> volumes;
  std::vector<Index> guest_rules;
  std::vector<double> pool_free;          // bytes; infinity where not known
  std::vector<std::uint8_t> class_codes;  // class × host: Code

  [[nodiscard]] Index host_count() const { return static_cast<Index>(hosts.size()); }
  [[nodiscard]] Index guest_count() const { return static_cast<Index>(guests.size()); }
  [[nodiscard]] Code class_code(Index guest, Index host) const {
    return static_cast<Code>(class_codes[static_cast<std::size_t>(guests[guest].klass) * hosts.size() +
                                         static_cast<std::size_t>(host)]);
  }
  [[nodiscard]] Index host_named(const std::string& name) const;
};

Model make_model(const Cluster& cluster, const Goal& goal, const Policy& policy);

// What one guest's move costs: moves + copied bytes / 8 GiB + downtime / 20 s.
double copy_bytes(const Model& model, Index guest, Index target);
double move_cost(const Model& model, Index guest, Index target);
const char* move_method(const GuestData& guest);

}  // namespace pcb::planning
