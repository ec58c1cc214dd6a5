// Why a move is not started: a closed set of reasons, one for each limit of the safety envelope.
//
// A Refusal carries the sentence that a person reads. Counted as balancer_rejected_total{code}, shown while
// it lasts as balancer_hold{reason}, logged and told by the actor. Pure values. Tested by
// tests/evaluator/envelope_test.cpp.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace pcb {

enum class Restraint {
  paused,             // the red button
  breaker,            // too many failures, or moves that made it worse
  mode,               // the cluster's mode, or that of the guest's tags
  cluster_lock,       // another evaluator acts
  not_quorate,        //
  quorum_changed,     // members came or went a moment ago
  member_down,        // a member is down, and nobody planned it
  ha_recovers,        // Proxmox's HA fences or recovers
  auto_rebalance,     // Proxmox moves HA guests by itself
  pve_version,        // a major version this program does not know
  host_state,         // source or target is not there, not online, in maintenance
  stale,              // what is known is older than stale_after, or than the last move
  backup_running,     //
  backup_soon,        //
  guest_changed,      // gone, elsewhere, locked, a template
  guest_under_way,    // this guest is being moved, or nobody knows whether it is
  order,              // an earlier step of the plan is not done
  at_once,            // moves in the cluster
  into_host_at_once,  //
  per_hour,           //
  per_host_and_hour,  //
  hold,               // the same wish has not lasted long enough
  guest_cooldown,     //
  host_cooldown,      //
  return_ban,         // A→B→A
  protected_guest,    //
  consent,            // it would be restarted or copied, and nobody allowed that
  large_copy,         // over the network that corosync may need
  heartbeat_silent,   // the way from the alerts to here is not proven
  not_from_webhook,   // Alertmanager did not call; it was only found in its list
  alert_unconfirmed,  // Alertmanager was not asked, or does not answer
  alert_stopped,      // silenced, inhibited, muted, or gone
  approval_expired    //
};

inline constexpr std::array kRestraints{Restraint::paused,
                                        Restraint::breaker,
                                        Restraint::mode,
                                        Restraint::cluster_lock,
                                        Restraint::not_quorate,
                                        Restraint::quorum_changed,
                                        Restraint::member_down,
                                        Restraint::ha_recovers,
                                        Restraint::auto_rebalance,
                                        Restraint::pve_version,
                                        Restraint::host_state,
                                        Restraint::stale,
                                        Restraint::backup_running,
                                        Restraint::backup_soon,
                                        Restraint::guest_changed,
                                        Restraint::guest_under_way,
                                        Restraint::order,
                                        Restraint::at_once,
                                        Restraint::into_host_at_once,
                                        Restraint::per_hour,
                                        Restraint::per_host_and_hour,
                                        Restraint::hold,
                                        Restraint::guest_cooldown,
                                        Restraint::host_cooldown,
                                        Restraint::return_ban,
                                        Restraint::protected_guest,
                                        Restraint::consent,
                                        Restraint::large_copy,
                                        Restraint::heartbeat_silent,
                                        Restraint::not_from_webhook,
                                        Restraint::alert_unconfirmed,
                                        Restraint::alert_stopped,
                                        Restraint::approval_expired};

struct Refusal {
  Restraint reason = Restraint::paused;
  std::string sentence;
};

using Refusals = std::vector<Refusal>;  // empty: allowed

const char* name_of(Restraint reason);
bool has(const Refusals& refusals, Restraint reason);
// The sentences, in the order of the limits: "…; …".
std::string sentences_of(const Refusals& refusals);

}  // namespace pcb
