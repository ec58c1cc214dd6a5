#include "evaluator/decide/errand.h"

#include <algorithm>

#include "cluster/document_defaults.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr std::size_t kMostNamed = 20;

std::string method_of(const Guest& guest) {
  if (is_ha_managed(guest)) return "ha";
  if (!is_running(guest)) return "offline";
  return is_container(guest) ? "restart" : "live";
}

std::string reason_of(const Plan& plan, const std::string& guest) {
  for (const Rejection& rejected : plan.rejected) {
    if (rejected.guest == guest)
      return rejected.code + (rejected.detail.empty() ? "" : ": " + text::printable(rejected.detail));
  }
  return "";
}

// The state is a word that Proxmox wrote.
std::string ha_reason(const Guest& guest) {
  const std::string state = guest.ha ? guest.ha->state.value_or("") : "";
  return "Proxmox's HA moves it" + (state.empty() ? "" : ", its state is " + text::printable(state));
}

}  // namespace

Plan return_plan(const Cluster& cluster, const std::string& host, const std::vector<TakenAway>& taken,
                 const Policy& policy) {
  Plan plan;
  plan.cluster = cluster.cluster.value_or("");
  plan.goal = "return";
  plan.scope = {host};
  Cluster state = cluster;
  Policy relaxed = policy;
  relaxed.guest_cooldown_seconds = 0;  // a person asks for it
  relaxed.host_cooldown_seconds.reset();
  relaxed.low_water = 1;
  for (const TakenAway& away : taken) {
    const auto guest = std::find_if(state.guests.begin(), state.guests.end(),
                                    [&](const Guest& g) { return g.id == away.guest; });
    if (guest == state.guests.end() || guest->host != away.to) continue;  // gone, home, or moved on
    const Verdict verdict = can_migrate(state, away.guest, host, relaxed);
    if (!verdict.allowed) {
      plan.rejected.push_back({away.guest, host, verdict.code, verdict.detail});
      continue;
    }
    Move move;
    move.step = static_cast<int>(plan.moves.size()) + 1;
    move.guest = guest->id;
    move.name = name_of(*guest);
    move.from = guest->host;
    move.to = host;
    move.method = method_of(*guest);
    move.why = "it was moved away when " + host + " was emptied";
    plan.moves.push_back(move);
    guest->host = host;
  }
  plan.result = !plan.moves.empty()     ? PlanResult::moves
                : plan.rejected.empty() ? PlanResult::nothing_to_do
                                        : PlanResult::infeasible;
  plan.reason = std::to_string(plan.moves.size()) + (plan.moves.size() == 1 ? " guest goes" : " guests go") +
                " back to " + host;
  return plan;
}

ErrandState drain_state(const Cluster& cluster, const std::string& host, bool include_stopped,
                        const Plan& plan, const std::vector<std::string>& left_to_ha) {
  std::vector<std::string> left;
  std::size_t count = 0;
  for (const Guest& guest : cluster.guests) {
    if (guest.host != host || (!is_running(guest) && !include_stopped) || is_template(guest)) continue;
    if (++count > kMostNamed) continue;
    const bool by_ha = std::count(left_to_ha.begin(), left_to_ha.end(), guest.id) != 0;
    const std::string why = by_ha ? ha_reason(guest) : reason_of(plan, guest.id);
    left.push_back(guest.id + (why.empty() ? "" : " (" + why + ")"));
  }
  ErrandState state;
  state.complete = count == 0;
  // What a plan moves besides serves the drain as long as somebody still leaves. Without that it is for the
  // load of others (where HA has put its guests, say), which nobody has said yes to: an alert's business.
  state.over =
      std::none_of(plan.moves.begin(), plan.moves.end(), [&](const Move& move) { return move.from == host; });
  state.progress = count == 0
                       ? host + " is empty"
                       : std::to_string(count) + (count == 1 ? " guest is" : " guests are") + " left on " +
                             host + ": " + text::join(left, ", ") + (count > kMostNamed ? ", …" : "");
  if (plan.result == PlanResult::refused) state.progress += "; " + plan.reason;
  return state;
}

ErrandState return_state(const Plan& plan, const std::vector<std::string>& left_to_ha) {
  std::vector<std::string> left;
  left.reserve(left_to_ha.size() + plan.moves.size() + plan.rejected.size());
  for (const std::string& guest : left_to_ha) left.push_back(guest + " (Proxmox's HA brings it back)");
  for (const Move& move : plan.moves) left.push_back(move.guest);
  for (const Rejection& rejected : plan.rejected) left.push_back(rejected.guest + " (" + rejected.code + ")");
  const std::string host = plan.scope.empty() ? "" : plan.scope.front();
  return {plan.moves.empty(), left.empty(),
          left.empty()
              ? "every guest is back on " + host
              : std::to_string(left.size()) + " not back on " + host + " yet: " + text::join(left, ", ")};
}

bool is_planned(const std::vector<WaitingMove>& waiting, const Plan& plan) {
  return waiting.size() == plan.moves.size() &&
         std::all_of(waiting.begin(), waiting.end(), [&](const WaitingMove& move) {
           return std::any_of(plan.moves.begin(), plan.moves.end(), [&](const Move& planned) {
             return planned.guest == move.guest && planned.from == move.from && planned.to == move.to;
           });
         });
}

}  // namespace pcb
