#include "evaluator/decide/maintenance.h"

#include <algorithm>
#include <set>

#include "cluster/document_defaults.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr std::int64_t kFirstMajor = 7, kFirstMinor = 4;

bool knows_maintenance(const Host& host) {
  const auto parts =
      text::split(host.pve_version ? std::string_view(*host.pve_version) : std::string_view(), '.');
  const auto major = text::to_int64(parts[0]);
  // "7.4-18" of Proxmox VE 7, "8.4.1" since.
  const auto minor = parts.size() > 1 ? text::to_int64(text::split(parts[1], '-')[0]) : std::nullopt;
  return major && (*major > kFirstMajor || (*major == kFirstMajor && minor && *minor >= kFirstMinor));
}

// What the HA manager would try to move in vain, again and again, or what nobody is to touch.
bool must_stay(const Guest& guest) {
  return std::any_of(guest.blockers.begin(), guest.blockers.end(), [](const Blocker& blocker) {
    return blocker.code != "auto_rebalance" && blocker.code != "ha_state";
  });
}

bool is_stopped_ha(const Cluster& cluster, const std::string& id) {
  return std::any_of(cluster.guests.begin(), cluster.guests.end(), [&](const Guest& guest) {
    return guest.id == id && is_ha_managed(guest) && !is_running(guest);
  });
}

// Without the moves of `guests`, and without those that come after one of them.
Plan without(const Plan& plan, const std::vector<std::string>& guests) {
  Plan kept = plan;
  std::set<int> gone;
  const auto goes = [&](const Move& move) {
    return std::count(guests.begin(), guests.end(), move.guest) != 0 ||
           std::any_of(move.after.begin(), move.after.end(), [&](int step) { return gone.count(step) != 0; });
  };
  for (bool more = true; more;) {
    const auto end = std::find_if(kept.moves.begin(), kept.moves.end(), goes);
    more = end != kept.moves.end();
    if (!more) break;
    gone.insert(end->step);
    kept.moves.erase(end);
  }
  return kept;
}

}  // namespace

bool has_node_maintenance(const Cluster& cluster) {
  return std::all_of(cluster.hosts.begin(), cluster.hosts.end(), knows_maintenance);
}

std::vector<std::string> running_ha_guests(const Cluster& cluster, const std::string& host) {
  std::vector<std::string> ids;
  for (const Guest& guest : cluster.guests) {
    if (guest.host == host && is_ha_managed(guest) && is_running(guest) && !is_template(guest))
      ids.push_back(guest.id);
  }
  return ids;
}

bool ha_is_busy(const Cluster& cluster, const std::vector<std::string>& guests) {
  return std::any_of(cluster.guests.begin(), cluster.guests.end(), [&](const Guest& guest) {
    const std::string state = guest.ha ? guest.ha->state.value_or("") : "";
    const bool rests = state.empty() || state == "started" || state == "stopped" || state == "error";
    return !rests && std::count(guests.begin(), guests.end(), guest.id) != 0;
  });
}

DrainSplit split_drain(const Cluster& cluster, const std::string& host, const Plan& plan) {
  DrainSplit split{plan, running_ha_guests(cluster, host), false};
  if (split.left_to_ha.empty() || !has_node_maintenance(cluster)) return {plan, {}, false};
  split.own = without(plan, split.left_to_ha);
  const auto found = std::find_if(cluster.hosts.begin(), cluster.hosts.end(),
                                  [&](const Host& one) { return one.name == host; });
  const bool begun = found != cluster.hosts.end() && state_of(*found) == HostState::maintenance;
  const bool stays = std::any_of(cluster.guests.begin(), cluster.guests.end(), [&](const Guest& guest) {
    return must_stay(guest) && std::count(split.left_to_ha.begin(), split.left_to_ha.end(), guest.id) != 0;
  });
  if (stays && !begun) return {plan, {}, false};
  std::vector<Move> first;
  for (const Move& move : split.own.moves) {
    if (is_stopped_ha(cluster, move.guest)) first.push_back(move);
  }
  split.wants_maintenance = begun || first.empty();
  if (split.wants_maintenance) return split;
  for (Move& move : first) move.after.clear();  // what is stopped weighs on no host
  split.own.moves = std::move(first);
  return split;
}

}  // namespace pcb
