#include "evaluator/planner/explain.h"

#include <algorithm>

#include "common/cores.h"
#include "common/text.h"
#include "evaluator/planner/figures.h"

namespace pcb::planning {
namespace {

constexpr const char* kResourceNames[] = {"CPU", "memory"};
constexpr std::size_t kNamedHosts = 3;

std::string amount(int resource, double value) {
  return resource == memory ? text::human_bytes(value) : text::human_cores(value);
}

std::string level(const Model& model, Index host, const Load& use, int resource) {
  return text::percent(ratio(use[resource], model.hosts[host].capacity[resource]));
}

// The resource in which the host stands worst against its limit.
int worst_resource(const HostData& host, const Load& use) {
  return ratio(use[cpu], host.limit[cpu]) >= ratio(use[memory], host.limit[memory]) ? cpu : memory;
}

std::string name_of(const GuestData& guest) { return guest.doc->name.value_or(guest.doc->id); }

// "pve1 from 93 % to 71 % CPU and pve2 from …"
std::string changes_of(const Model& model, const std::vector<Index>& hosts, const State& start,
                       const State& end) {
  std::string result;
  for (std::size_t i = 0; i < hosts.size() && i < kNamedHosts; ++i) {
    const Index h = hosts[i];
    const int resource = worst_resource(model.hosts[h], start.use(h));
    result += (i == 0 ? "" : ", ") + model.hosts[h].doc->name + " from " +
              level(model, h, start.use(h), resource) + " to " + level(model, h, end.use(h), resource) + " " +
              kResourceNames[resource];
  }
  if (hosts.size() > kNamedHosts) result += " and " + text::counted(hosts.size() - kNamedHosts, "more host");
  return result;
}

std::vector<Index> by_name(const Model& model, std::vector<Index> hosts) {
  std::sort(hosts.begin(), hosts.end(),
            [&](Index a, Index b) { return model.hosts[a].doc->name < model.hosts[b].doc->name; });
  return hosts;
}

// How much more a host's limits would have to be for the guests that could not leave it.
void add_needs(const Objective& objective, const State& end, const std::vector<Index>& hosts, Plan& plan) {
  const Model& model = end.model();
  for (const Index h : hosts) {
    Index best_host = kNone;
    int best_resource = 0;
    double best_lack = 0, best_share = 0;
    std::string best_guest, best_rule;
    for (const Index u : end.units_on(h)) {
      const Unit& unit = model.units[u];
      if (unit.fixed != Code::none || (unit.use[cpu] <= 0 && unit.use[memory] <= 0)) continue;
      for (Index t = 0; t < model.host_count(); ++t) {
        if (t == h || !model.hosts[t].online) continue;
        const Code code = end.check_unit(u, t);
        if (code >= Code::rule_together && code <= Code::rule_avoid && best_rule.empty()) {
          const Rejection rejection = rejection_of(end, unit.guests.front(), t, code);
          best_rule = "relax the rule " + (rejection.detail.empty() ? rejection.code : rejection.detail) +
                      " so that " + name_of(model.guests[unit.guests.front()]) + " may go to " +
                      *rejection.to;
        }
        if (code != Code::cpu_limit && code != Code::memory_limit) continue;
        Load lack{};
        double share = 0;
        int resource = cpu;
        for (int r = 0; r < kResources; ++r) {
          lack[r] = end.use(t)[r] + end.surcharge(t)[r] + unit.high[r] -
                    model.arrival_factor * model.hosts[t].limit[r];
          const double factor =
              model.hosts[t].capacity[r] > 0
                  ? model.arrival_factor * model.hosts[t].limit[r] / model.hosts[t].capacity[r]
                  : 0;
          lack[r] = factor > 0 ? std::max(0.0, lack[r] / factor) : 0;
          if (ratio(lack[r], model.total_capacity[r]) > share) {
            share = ratio(lack[r], model.total_capacity[r]);
            resource = r;
          }
        }
        if (best_host != kNone && share >= best_share) continue;
        best_host = t;
        best_share = share;
        best_resource = resource;
        best_lack = lack[resource];
        best_guest = name_of(model.guests[unit.guests.front()]);
      }
    }
    if (best_host != kNone) {
      plan.needs.push_back(model.hosts[best_host].doc->name + " needs " + amount(best_resource, best_lack) +
                           " more " + kResourceNames[best_resource] + " to take " + best_guest);
    } else if (!best_rule.empty()) {
      plan.needs.push_back(best_rule);
    } else if (!plan.fixes.empty()) {
      plan.needs.push_back("unblock " + plan.fixes.front().guest + ": " + plan.fixes.front().cure);
    }
  }
  (void)objective;
}

std::string rules_left(const BrokenRules& broken) {
  return broken.strict > 0
             ? text::counted(static_cast<std::size_t>(broken.strict), "strict rule") + " cannot be kept"
             : "";
}

std::string joined(std::vector<std::string> parts) {
  parts.erase(std::remove(parts.begin(), parts.end(), std::string()), parts.end());
  return text::join(parts, "; ");
}

void reason_of_drain(const Objective& objective, const State& end, Plan& plan) {
  const Model& model = end.model();
  std::size_t left = 0, unmoved_stopped = 0;
  std::vector<Index> hosts;
  for (Index h = 0; h < model.host_count(); ++h)
    if (objective.in_scope[h] != 0) hosts.push_back(h);
  for (Index g = 0; g < model.guest_count(); ++g)
    if (objective.in_scope[end.host_of(g)] != 0) ++(model.guests[g].running ? left : unmoved_stopped);
  const std::string host = plan.scope.empty() ? "" : plan.scope.front();
  std::string stopped_note =
      unmoved_stopped > 0 ? text::counted(unmoved_stopped, "stopped guest") + " stays" : "";
  if (unmoved_stopped > 1) stopped_note = text::counted(unmoved_stopped, "stopped guest") + " stay";
  if (left == 0) {
    plan.result = plan.moves.empty() ? PlanResult::nothing_to_do : PlanResult::moves;
    plan.reason = joined({plan.moves.empty() ? "no running guest is on " + host
                                             : text::counted(plan.moves.size(), "move") +
                                                   (plan.moves.size() == 1 ? " clears " : " clear ") + host +
                                                   " of running guests: the other hosts can carry them",
                          stopped_note});
    return;
  }
  plan.result = plan.moves.empty() ? PlanResult::infeasible : PlanResult::moves;
  add_needs(objective, end, hosts, plan);
  plan.reason = joined({"the other hosts cannot take everything: " + text::counted(left, "running guest") +
                            (left == 1 ? " stays on " : " stay on ") + host,
                        stopped_note, plan.needs.empty() ? "" : plan.needs.front()});
}

}  // namespace

std::string why_of(const State& before, const Step& step, const Objective& objective, bool parks) {
  const Model& model = before.model();
  const GuestData& guest = model.guests[step.guest];
  State after = before;
  after.move_guest(step.guest, step.to);
  const std::string &from = model.hosts[step.from].doc->name, &to = model.hosts[step.to].doc->name;
  std::string purpose;
  if (parks) {
    purpose = "waits on " + to + " until its place is free; ";
  } else if ((objective.goal == GoalKind::relieve || objective.goal == GoalKind::drain) &&
             objective.in_scope[step.from] == 0) {
    purpose = "makes room on " + from + "; ";
  }
  for (auto r = guest.rules_begin; r < guest.rules_end; ++r) {
    const Index rule = model.guest_rules[r];
    if (before.rule_degree(rule) > 0 && after.rule_degree(rule) < before.rule_degree(rule))
      purpose += std::string(model.rules[rule].doc->strict ? "mends" : "serves") + " the rule " +
                 (model.rules[rule].doc->origin.empty() ? "of its group" : model.rules[rule].doc->origin) +
                 "; ";
  }
  std::string result = purpose + "takes " + amount(cpu, guest.use[cpu]) + " and " +
                       amount(memory, guest.use[memory]) + " off " + from;
  for (const Index h : {step.from, step.to}) {
    result += h == step.from ? " (" : "; " + to + " then has ";
    for (int r = 0; r < kResources; ++r) {
      if (r > 0) result += ", ";
      result += kResourceNames[r] + std::string(" ");
      if (h == step.from) result += level(model, h, before.use(h), r) + " → ";
      result += level(model, h, after.use(h), r);
    }
    if (h == step.from) result += ")";
  }
  return result;
}

void add_reason(const Objective& objective, const State& start, const State& end, Plan& plan) {
  const Model& model = start.model();
  if (objective.goal == GoalKind::drain) return reason_of_drain(objective, end, plan);
  std::vector<Index> over_before, over_after, better;
  for (Index h = 0; h < model.host_count(); ++h) {
    if (!model.hosts[h].online || objective.in_scope[h] == 0) continue;
    if (over_limit(model.hosts[h], start.use(h))) over_before.push_back(h);
    if (over_limit(model.hosts[h], end.use(h))) over_after.push_back(h);
  }
  over_before = by_name(model, over_before);
  over_after = by_name(model, over_after);
  const BrokenRules broken_before = broken_rules(objective, start), broken = broken_rules(objective, end);
  std::string still;
  for (std::size_t i = 0; i < over_after.size() && i < kNamedHosts; ++i) {
    const Index h = over_after[i];
    const int resource = worst_resource(model.hosts[h], end.use(h));
    still += (i == 0 ? "" : ", ") + model.hosts[h].doc->name + " stays over its limit at " +
             level(model, h, end.use(h), resource) + " " + kResourceNames[resource];
  }
  const bool rules_matter = objective.goal == GoalKind::balance || !over_before.empty();
  const std::string rules = rules_matter ? rules_left(broken) : "";
  if (!over_after.empty()) add_needs(objective, end, over_after, plan);
  const std::string need = plan.needs.empty() ? "" : plan.needs.front();
  if (!plan.moves.empty()) {
    plan.result = PlanResult::moves;
    std::string head = text::counted(plan.moves.size(), "move");
    if (!over_before.empty()) {
      head += std::string(plan.moves.size() == 1 ? " brings " : " bring ") +
              changes_of(model, over_before, start, end);
    } else if (broken.strict < broken_before.strict || broken.preferred < broken_before.preferred) {
      head += plan.moves.size() == 1 ? " mends " : " mend ";
      // One kind may be mended at the price of the other.
      const int mended = std::max(0, broken_before.strict - broken.strict) +
                         std::max(0, broken_before.preferred - broken.preferred);
      head += text::counted(static_cast<std::size_t>(mended), "rule");
    } else {
      head += std::string(plan.moves.size() == 1 ? " lowers" : " lower") + " the highest use from " +
              text::percent(plan.before.peak) + " to " + text::percent(plan.after.peak) + " of its limit";
    }
    plan.reason = joined({head, still, rules, need});
    return;
  }
  const bool wrong = !over_after.empty() || (rules_matter && broken.strict > 0);
  plan.result = wrong ? PlanResult::infeasible : PlanResult::nothing_to_do;
  if (wrong) {
    plan.reason = joined({still, rules, "no allowed move helps", need});
  } else if (objective.goal == GoalKind::relieve) {
    plan.reason = plan.scope.empty() ? "no host is over its limit" : "no host in scope is over its limit";
    if (broken.strict > 0) plan.reason += "; broken rules are mended by the goal balance";
  } else {
    plan.reason =
        "no move is worth its cost: the highest use is " + text::percent(plan.before.peak) + " of its limit";
  }
}

}  // namespace pcb::planning
