#include "evaluator/decide/restraint.h"

#include <algorithm>

namespace pcb {
namespace {

constexpr std::array kNames{"paused",
                            "breaker",
                            "mode",
                            "cluster_lock",
                            "not_quorate",
                            "quorum_changed",
                            "member_down",
                            "ha_recovers",
                            "auto_rebalance",
                            "pve_version",
                            "host_state",
                            "stale",
                            "backup_running",
                            "backup_soon",
                            "guest_changed",
                            "guest_under_way",
                            "order",
                            "at_once",
                            "into_host_at_once",
                            "per_hour",
                            "per_host_and_hour",
                            "hold",
                            "guest_cooldown",
                            "host_cooldown",
                            "return_ban",
                            "protected_guest",
                            "consent",
                            "large_copy",
                            "heartbeat_silent",
                            "not_from_webhook",
                            "alert_unconfirmed",
                            "alert_stopped",
                            "approval_expired"};
static_assert(kNames.size() == kRestraints.size());

}  // namespace

const char* name_of(Restraint reason) { return kNames.at(static_cast<std::size_t>(reason)); }

bool has(const Refusals& refusals, Restraint reason) {
  return std::any_of(refusals.begin(), refusals.end(),
                     [&](const Refusal& refusal) { return refusal.reason == reason; });
}

std::string sentences_of(const Refusals& refusals) {
  std::string all;
  for (const Refusal& refusal : refusals) all += (all.empty() ? "" : "; ") + refusal.sentence;
  return all;
}

}  // namespace pcb
