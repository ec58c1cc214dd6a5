#include "evaluator/simulate/history.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/alert.h"

namespace pcb {
namespace {

constexpr int kNowhere = -1;
constexpr int kMostConflicts = 2;  // points: a guest on its way may be seen on both hosts
constexpr std::string_view kNodePrefix = "node/";
constexpr double kGiB = 1024.0 * 1024 * 1024;

bool is_node(const std::string& id) { return id.rfind(kNodePrefix, 0) == 0; }

const char* const kUnknown[] = {
    "storage: every guest counts as able to run on every host, and nothing is copied but the memory of VMs",
    "what keeps guests where they are: bind mounts, passed-through devices, locks, snapshots",
    "rules: affinity, pinning, HA groups, protected guests",
    "Proxmox versions, CPU models, bridges: every host counts as equal to the others",
    "what of the memory in use is cache or ZFS ARC: it counts as used, as Proxmox shows it",
};

std::string shown(const std::string& name) {
  return "\"" + text::printable(text::shortened(name, 80)) + "\"";
}

}  // namespace

HistoryBuilder::Entity& HistoryBuilder::entity(const std::string& id) {
  Entity& found = entities_[id];
  if (found.cpu_cores.empty()) {
    found.cpu_cores.assign(range_.points, std::numeric_limits<double>::quiet_NaN());
    found.memory_bytes = found.cpu_cores;
    if (!is_node(id)) found.places.assign(range_.points, kNowhere);
  }
  return found;
}

// A sample of time t is the mean of the step before t.
std::ptrdiff_t HistoryBuilder::index_of(double time) const {
  const double index = std::round((time - range_.start) / range_.step_seconds) - 1;
  return index < 0 || index >= static_cast<double>(range_.points) ? -1 : static_cast<std::ptrdiff_t>(index);
}

Status HistoryBuilder::add_placement(const HistorySeries& series) {
  const auto label = [&](const char* name) {
    const auto found = series.labels.find(name);
    return found == series.labels.end() ? std::string() : found->second;
  };
  const std::string id = label("id"), node = label("node");
  if (!is_guest_id(id)) return Done{};
  if (!is_host_name(node))
    return Error{"pve_guest_info of " + shown(id) + " names a node " + shown(node) +
                 ", which is no name of a Proxmox host"};
  const auto [entry, fresh] = host_index_.emplace(node, static_cast<int>(hosts_.size()));
  if (fresh) hosts_.push_back(node);
  Entity& guest = entity(id);
  for (const auto& [time, value] : series.samples) {
    const std::ptrdiff_t index = index_of(time);
    if (index < 0) continue;
    int& place = guest.places[static_cast<std::size_t>(index)];
    if (place != kNowhere && place != entry->second) {
      ++guest.conflicts;
      guest.conflict = hosts_[static_cast<std::size_t>(place)] + " and " + node;
    }
    place = entry->second;
  }
  guest.name = label("name");
  guest.tags = label("tags");
  guest.is_template = label("template") == "1";
  return Done{};
}

Status HistoryBuilder::add(HistoryQuery query, const std::vector<HistorySeries>& answer) {
  for (const HistorySeries& series : answer) {
    const auto found = series.labels.find("id");
    if (found == series.labels.end()) return Error{"a series of Prometheus's answer has no label id"};
    const std::string& id = found->second;
    if (query == HistoryQuery::cluster) {
      clusters_.insert(id);
      continue;
    }
    if (query == HistoryQuery::placement) {
      if (auto added = add_placement(series); !added) return added;
      continue;
    }
    if (!is_guest_id(id) && !(is_node(id) && is_host_name(id.substr(kNodePrefix.size())))) continue;
    Entity& known = entity(id);
    for (const auto& [time, value] : series.samples) {
      if (value < 0) continue;
      if (query == HistoryQuery::cores || query == HistoryQuery::memory_size) {
        if (time >= known.sized_at) {
          (query == HistoryQuery::cores ? known.cores : known.bytes) = value;
          known.sized_at = time;
        }
        continue;
      }
      const std::ptrdiff_t index = index_of(time);
      if (index < 0) continue;
      (query == HistoryQuery::cpu ? known.cpu_cores : known.memory_bytes)[static_cast<std::size_t>(index)] =
          value;
    }
  }
  return Done{};
}

void HistoryBuilder::add_hosts(Trace& trace, const HostSettings& host_settings) {
  for (const auto& [id, known] : entities_) {
    if (!is_node(id)) continue;
    const bool seen = std::any_of(known.cpu_cores.begin(), known.cpu_cores.end(),
                                  [](double value) { return !std::isnan(value); });
    if (!seen || known.cores <= 0 || known.bytes <= 0) continue;
    Host host;
    host.name = id.substr(kNodePrefix.size());
    host.cpu_cores = known.cores;
    host.memory_bytes = known.bytes;
    host.memory_reserved_bytes = std::max(4 * kGiB, 0.05 * host.memory_bytes);  // as the exporter has it
    host_settings(host);
    trace.cluster.hosts.push_back(std::move(host));
  }
}

void HistoryBuilder::add_guests(Trace& trace) {
  const auto is_known = [&](int place) {
    return place != kNowhere &&
           std::any_of(trace.cluster.hosts.begin(), trace.cluster.hosts.end(), [&](const Host& host) {
             return host.name == hosts_[static_cast<std::size_t>(place)];
           });
  };
  for (auto& [id, known] : entities_) {
    if (is_node(id)) continue;
    const auto first = std::find_if(known.places.begin(), known.places.end(), is_known);
    const bool ran = std::any_of(known.cpu_cores.begin(), known.cpu_cores.end(),
                                 [](double value) { return !std::isnan(value); });
    if (first == known.places.end() || !ran || known.is_template) {
      ++left_out_;
      continue;
    }
    int last = *first;
    for (int& place : known.places) {  // between two sightings it is where it was
      if (place == kNowhere) place = last;
      moved_ += place != last ? 1 : 0;
      last = place;
    }
    Guest guest;
    guest.id = id;
    if (!known.name.empty()) guest.name = known.name;
    guest.host = hosts_[static_cast<std::size_t>(*first)];
    if (known.cores > 0) guest.cpu_cores = known.cores;
    if (known.bytes > 0) guest.memory_bytes = known.bytes;
    for (const std::string_view tag : text::split(known.tags, ';'))
      if (!tag.empty()) guest.tags.emplace_back(tag);
    trace.cluster.guests.push_back(std::move(guest));
    trace.series[id] = {known.cpu_cores, known.memory_bytes};
  }
}

void HistoryBuilder::add_own_loads(Trace& trace) const {
  for (const Host& host : trace.cluster.hosts) {
    const std::string id = std::string(kNodePrefix) + host.name;
    const Entity& known = entities_.at(id);
    Series own{known.cpu_cores, known.memory_bytes};
    const auto place = host_index_.find(host.name);
    for (const Guest& guest : trace.cluster.guests) {
      if (place == host_index_.end()) break;
      const Entity& load = entities_.at(guest.id);
      for (std::size_t i = 0; i < range_.points; ++i) {
        if (load.places[i] != place->second || std::isnan(load.cpu_cores[i])) continue;
        own.cpu_cores[i] -= load.cpu_cores[i];
        own.memory_bytes[i] -= std::isnan(load.memory_bytes[i]) ? 0 : load.memory_bytes[i];
      }
    }
    // Figures of one scrape are not of one instant: the difference may fall below nothing. NaN stays.
    for (double& value : own.cpu_cores) value = value < 0 ? 0 : value;
    for (double& value : own.memory_bytes) value = value < 0 ? 0 : value;
    trace.series[id] = std::move(own);
  }
}

Result<Trace> HistoryBuilder::build(const HostSettings& host_settings) {
  if (clusters_.size() > 1) {
    std::vector<std::string> names;
    for (const std::string& id : clusters_) names.push_back(text::printable(text::shortened(id, 80)));
    return Error{"Prometheus has " + std::to_string(names.size()) + " clusters (" + text::join(names, ", ") +
                 "); choose one with --matchers, for example --matchers 'job=\"pve\"' or 'cluster=\"home\"'"};
  }
  for (const auto& [id, known] : entities_) {
    if (known.conflicts > kMostConflicts)
      return Error{"Prometheus has " + shown(id) + " on two hosts at once (" + known.conflict +
                   "); if it knows several clusters, choose one with --matchers"};
  }
  Trace trace;
  trace.start = range_.start;
  trace.step_seconds = range_.step_seconds;
  trace.points = range_.points;
  trace.cluster.taken_at = range_.start;
  if (!clusters_.empty()) trace.cluster.cluster = clusters_.begin()->substr(clusters_.begin()->find('/') + 1);
  add_hosts(trace, host_settings);
  if (trace.cluster.hosts.empty())
    return Error{
        "Prometheus has no host with pve_cpu_usage_ratio, pve_cpu_usage_limit and "
        "pve_memory_size_bytes in this time; scrape prometheus-pve-exporter with node=1, check "
        "--since and --matchers"};
  add_guests(trace);
  add_own_loads(trace);
  trace.unknown.assign(std::begin(kUnknown), std::end(kUnknown));
  trace.unknown.push_back("what happens within " + text::human_duration(range_.step_seconds) +
                          ": every load is a mean");
  if (moved_ > 0)
    trace.unknown.push_back(
        "the " + std::to_string(moved_) +
        " moves in this history: the replay begins with the first places and decides itself");
  if (left_out_ > 0)
    trace.unknown.push_back(std::to_string(left_out_) + " templates and guests that never ran are left out");
  return trace;
}

}  // namespace pcb
