#include "evaluator/decide/envelope.h"

#include <algorithm>
#include <array>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/envelope_parts.h"

namespace pcb {
namespace envelope {

const Host* find_host(const Cluster& cluster, const std::string& name) {
  const auto found = std::find_if(cluster.hosts.begin(), cluster.hosts.end(),
                                  [&](const Host& host) { return host.name == name; });
  return found == cluster.hosts.end() ? nullptr : &*found;
}

const Guest* find_guest(const Cluster& cluster, const std::string& id) {
  const auto found = std::find_if(cluster.guests.begin(), cluster.guests.end(),
                                  [&](const Guest& guest) { return guest.id == id; });
  return found == cluster.guests.end() ? nullptr : &*found;
}

namespace {

// The figures must be newer than the end of the last move: what was seen before it is another placement.
void judge_age(const Case& c) {
  const auto taken = c.known.cluster.taken_at;
  if (!taken || c.known.now - *taken > c.settings.stale_after_seconds) {
    c.refuse(Restraint::stale, "what is known of the cluster is older than evaluator.stale_after");
    return;
  }
  for (const PastMove& past : c.known.history) {
    if (past.ended_at && *past.ended_at >= *taken) {
      c.refuse(Restraint::stale, "the move of " + past.guest + " has ended since the cluster was looked at");
      return;
    }
  }
}

void judge_members(const Case& c) {
  const auto changed = c.known.quorum_changed_at;
  const double pause = c.settings.limits.quorum_pause.count();
  if (changed && c.known.now - *changed < pause) {
    c.refuse(Restraint::quorum_changed, "the cluster's members changed " +
                                            text::human_duration(std::max(0.0, c.known.now - *changed)) +
                                            " ago; nothing is moved for " + text::human_duration(pause));
  }
  for (const Host& host : c.known.cluster.hosts) {
    if (state_of(host) == HostState::offline)
      c.refuse(Restraint::member_down,
               host.name + " is down: nothing is moved while a member of the cluster is missing");
  }
}

void judge_ha(const Case& c) {
  for (const Guest& guest : c.known.cluster.guests) {
    if (!guest.ha || !guest.ha->state) continue;
    const std::string& state = *guest.ha->state;
    if (state == "recovery" || state == "fence")
      c.refuse(Restraint::ha_recovers, "Proxmox's HA has " + guest.id + " in state " + state);
  }
  const Guest* guest = find_guest(c.known.cluster, c.wish.move.guest);
  if (is_auto_rebalanced(c.known.cluster) && guest != nullptr && is_ha_managed(*guest)) {
    c.refuse(Restraint::auto_rebalance,
             "ha-auto-rebalance is on: Proxmox itself moves HA guests, and two would fight");
  }
}

}  // namespace

void judge_cluster(const Case& c) {
  if (c.known.paused) {
    c.refuse(Restraint::paused,
             c.known.pause_reason.empty() ? "starts are stopped by the red button" : c.known.pause_reason);
  }
  if (!c.known.breaker.empty()) c.refuse(Restraint::breaker, "the breaker is open: " + c.known.breaker);
  if (!c.known.holds_lock)
    c.refuse(Restraint::cluster_lock, "this evaluator does not hold the cluster's lock");
  if (!is_quorate(c.known.cluster)) c.refuse(Restraint::not_quorate, "the cluster has no quorum");
  judge_members(c);
  judge_ha(c);
  judge_age(c);
}

}  // namespace envelope

Refusals judge_start(const Wish& wish, const Circumstances& known, const EnvelopeSettings& settings) {
  Refusals refusals;
  const envelope::Case c{wish, known, settings, refusals};
  envelope::judge_cluster(c);
  envelope::judge_hosts(c);
  envelope::judge_guest(c);
  envelope::judge_rates(c);
  envelope::judge_consent(c);
  std::stable_sort(refusals.begin(), refusals.end(),
                   [](const Refusal& a, const Refusal& b) { return a.reason < b.reason; });
  return refusals;
}

namespace {

constexpr std::array kInitiators{"automatic", "approved", "drain", "return"};

}  // namespace

const char* name_of(Initiator initiator) { return kInitiators.at(static_cast<std::size_t>(initiator)); }

Initiator initiator_from(const std::string& name) {
  const auto found = std::find(kInitiators.begin(), kInitiators.end(), name);
  return found == kInitiators.end() ? Initiator::automatic
                                    : static_cast<Initiator>(found - kInitiators.begin());
}

EnvelopeSettings envelope_settings(const EvaluatorConfig& config) {
  EnvelopeSettings settings;
  settings.limits = config.limits;
  settings.interval_seconds = config.interval.count();
  settings.stale_after_seconds = config.stale_after.count();
  settings.guest_cooldown_seconds = config.guest_cooldown.count();
  settings.host_cooldown_seconds = config.host_cooldown.count();
  settings.approval_ttl_seconds = config.approval_ttl.count();
  settings.protected_guests = config.protected_guests;
  settings.windows = config.windows;
  return settings;
}

}  // namespace pcb
