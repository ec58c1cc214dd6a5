#include "evaluator/decide/suggestion.h"

#include <algorithm>

#include "common/text.h"
#include "evaluator/decide/envelope.h"
#include "evaluator/decide/limits.h"
#include "evaluator/planner/figures.h"
#include "evaluator/planner/model.h"

namespace pcb {
namespace {

constexpr double kNews = 0.03;  // of the capacity of the hosts that a plan is for

const char* word_of(Resource resource) { return resource == Resource::cpu ? "CPU" : "memory"; }

std::string subject_of(const Incident& incident) {
  return incident.host + " is short of " + word_of(incident.resource);
}

std::string annotation(const Alert& alert, const char* name) {
  const auto found = alert.annotations.find(name);
  return found == alert.annotations.end() ? "" : found->second;
}

// What the cluster's overload comes to after the moves, as its loads are now.
double overload_after(const Cluster& cluster, const std::vector<Move>& moves, const Policy& policy) {
  const planning::Model model = planning::make_model(cluster, Goal{}, policy);
  std::map<std::string, planning::Index> targets;
  for (const Move& move : moves) targets[move.guest] = model.host_named(move.to);
  std::vector<planning::Index> hosts;
  for (const planning::GuestData& guest : model.guests) {
    const auto target = targets.find(guest.doc->id);
    hosts.push_back(target == targets.end() || target->second == planning::kNone ? guest.home
                                                                                 : target->second);
  }
  return planning::figures_of(model, hosts, 0).overload;
}

// What the hosts in scope are of the cluster, in the resource they have less of.
double share_of(const std::vector<std::string>& scope, const Cluster& cluster) {
  double least = 1;
  for (const Resource resource : {Resource::cpu, Resource::memory}) {
    double inside = 0, all = 0;
    for (const Host& host : cluster.hosts) {
      const bool counts = scope.empty() || std::binary_search(scope.begin(), scope.end(), host.name);
      all += capacity_of(host, resource);
      if (counts) inside += capacity_of(host, resource);
    }
    if (all > 0) least = std::min(least, inside / all);
  }
  return least;
}

// Whether these moves still bring hosts in scope down to low water, by the figures that the planner decides
// by: a move off a host that is there already (its load fell) is for nothing.
bool still_relieve(const std::vector<Move>& moves, const Plan& fresh, const Cluster& cluster,
                   const Policy& policy) {
  bool helps = false;
  for (const Host& host : cluster.hosts) {
    const auto before = fresh.before.hosts.find(host.name);
    const bool leaves =
        std::any_of(moves.begin(), moves.end(), [&](const Move& move) { return move.from == host.name; });
    if (!leaves || before == fresh.before.hosts.end() ||
        !std::binary_search(fresh.scope.begin(), fresh.scope.end(), host.name))
      continue;
    const auto is_above = [&](Resource resource, double ratio) {
      return ratio * capacity_of(host, resource) > policy.low_water * limit_of(host, resource);
    };
    if (!is_above(Resource::cpu, before->second.cpu) && !is_above(Resource::memory, before->second.memory))
      return false;
    helps = true;
  }
  return helps;
}

}  // namespace

std::string suggestion_line(const Move& move) {
  const bool vm = move.guest.rfind("qemu/", 0) == 0;
  const std::string number = move.guest.substr(move.guest.find('/') + 1);
  const std::string name =
      move.name.empty() || move.name == move.guest ? "" : " (" + text::printable(move.name) + ")";
  return std::string("Suggesting to migrate ") + (vm ? "VM " : "container ") + number + name + " from " +
         text::printable(move.from) + " to " + text::printable(move.to) + ": " + text::printable(move.why);
}

std::string plan_digest(const Plan& plan) {
  std::vector<std::string> moves;
  for (const Move& move : plan.moves) moves.push_back(move.guest + " " + move.from + ">" + move.to);
  std::sort(moves.begin(), moves.end());
  return std::string(name_of(plan.result)) + (moves.empty() ? "" : ": ") + text::join(moves, ", ");
}

const char* name_of(PlanResult result) {
  switch (result) {
    case PlanResult::moves:
      return "moves";
    case PlanResult::nothing_to_do:
      return "nothing_to_do";
    case PlanResult::infeasible:
      return "infeasible";
    case PlanResult::refused:
      return "refused";
  }
  return "refused";
}

bool plan_stands(const Plan& told, const Progress& progress, const Plan& fresh, const Cluster& cluster,
                 const Policy& policy) {
  Plan standing = told;
  standing.moves.erase(std::remove_if(standing.moves.begin(), standing.moves.end(),
                                      [&](const Move& move) { return progress.over.count(move.step) != 0; }),
                       standing.moves.end());
  if (standing.moves.empty() && !told.moves.empty()) return false;  // it is over
  // Under the number of a guest that was deleted there may be another one, which nobody has said yes to.
  const bool same_guests = std::all_of(standing.moves.begin(), standing.moves.end(), [&](const Move& move) {
    return std::none_of(cluster.guests.begin(), cluster.guests.end(), [&](const Guest& guest) {
      return guest.id == move.guest && has_another_name(move, guest);
    });
  });
  if (!same_guests) return false;
  if (plan_digest(standing) == plan_digest(fresh)) {
    // Scopes are sorted. A plan that moves nothing says why for its own hosts alone.
    return !fresh.moves.empty() || std::includes(standing.scope.begin(), standing.scope.end(),
                                                 fresh.scope.begin(), fresh.scope.end());
  }
  if (standing.result != PlanResult::moves || standing.scope != fresh.scope) return false;
  const bool finishes = progress.begun && standing.goal == "relieve" && fresh.goal == "relieve" &&
                        fresh.result == PlanResult::nothing_to_do &&
                        still_relieve(standing.moves, fresh, cluster, policy);
  if (fresh.result != PlanResult::moves && !finishes) return false;
  const double news = kNews * share_of(fresh.scope, cluster);
  if (fresh.after.overload < overload_after(cluster, standing.moves, policy) - news) return false;
  return std::all_of(standing.moves.begin(), standing.moves.end(), [&](const Move& move) {
    const auto guest = std::find_if(cluster.guests.begin(), cluster.guests.end(),
                                    [&](const Guest& g) { return g.id == move.guest; });
    return guest != cluster.guests.end() && guest->host == move.from &&
           can_migrate(cluster, move.guest, move.to, policy).allowed;
  });
}

std::vector<std::size_t> incidents_of_moves(const Plan& plan, const std::vector<Incident>& open) {
  std::vector<std::size_t> owners;
  for (const Move& move : plan.moves) {
    const auto owner = std::find_if(open.begin(), open.end(),
                                    [&](const Incident& incident) { return incident.host == move.from; });
    owners.push_back(owner == open.end() ? 0 : static_cast<std::size_t>(owner - open.begin()));
  }
  return owners;
}

std::optional<std::string> calm_sentence(const Incident& incident, const Cluster& state,
                                         double window_seconds) {
  const auto host = std::find_if(state.hosts.begin(), state.hosts.end(),
                                 [&](const Host& h) { return h.name == incident.host; });
  const auto mean = host == state.hosts.end() ? std::nullopt : used_of(*host, incident.resource);
  if (!mean || *mean > limit_of(*host, incident.resource)) return std::nullopt;
  const double capacity = capacity_of(*host, incident.resource);
  const std::string word = word_of(incident.resource);
  return "over the last " + text::human_duration(window_seconds) + " " + incident.host + " used " +
         text::percent(*mean / capacity) + " of its " + word + " on average, which is under its limit of " +
         text::percent(limit_of(*host, incident.resource) / capacity) +
         "; nothing is moved for a short peak, and a plan follows if the average goes over the limit";
}

Message plan_message(const Incident& incident, const Plan& plan, const std::vector<Move>& own_moves,
                     const std::optional<std::string>& calm) {
  Message message;
  if (own_moves.empty() && calm) {
    const std::string subject =
        incident.host + " has an alert for its " + word_of(incident.resource) + ", but is not over its limit";
    return {"no_plan", "info", subject, {subject + ": " + *calm}};
  }
  message.event = plan.result == PlanResult::moves ? "plan" : "no_plan";
  message.severity = plan.result == PlanResult::moves ? "info" : "warning";
  message.subject = subject_of(incident) + ": " + plan.reason;
  for (const Move& move : own_moves) message.lines.push_back(suggestion_line(move));
  if (own_moves.empty()) {
    message.lines.push_back(subject_of(incident) +
                            (plan.result == PlanResult::moves
                                 ? "; the suggestions for the other incidents cover it: "
                                 : "; no move is suggested: ") +
                            plan.reason);
  }
  return message;
}

Message hold_message(const Incident& incident, const Hold& hold) {
  return {"hold",
          "warning",
          subject_of(incident) + ", and no plan can be made",
          {subject_of(incident) + "; no plan can be made: " + hold.sentence}};
}

Message closed_message(const Incident& incident) {
  return {"closed",
          "info",
          subject_of(incident) + ": over",
          {"Over: " + subject_of(incident) + "; " + incident.reason}};
}

Message alert_message(const Alert& alert) {
  const std::string name = alert.label("alertname");
  const std::string summary = annotation(alert, "summary");
  const bool over = alert.status == AlertStatus::resolved;
  Message message;
  message.event = "alert";
  const std::string severity = alert.label("severity");
  message.severity = over ? "info" : severity == "critical" || severity == "info" ? severity : "warning";
  message.subject = (over ? "Over: " : "") + (name.empty() ? std::string("alert") : name) +
                    (alert.label("id").empty() ? "" : " " + alert.label("id"));
  message.lines.push_back((over ? "" : "Alert ") + message.subject + (summary.empty() ? "" : ": " + summary));
  return message;
}

}  // namespace pcb
