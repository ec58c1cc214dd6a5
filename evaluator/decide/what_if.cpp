#include "evaluator/decide/what_if.h"

#include <algorithm>
#include <utility>

#include "common/text.h"

namespace pcb {
namespace {

bool has_host(const Cluster& cluster, const std::string& name) {
  return std::any_of(cluster.hosts.begin(), cluster.hosts.end(),
                     [&](const Host& host) { return host.name == name; });
}

void set_thresholds(Cluster& cluster, const WhatIf& question) {
  for (Host& host : cluster.hosts) {
    if (!question.host.empty() && host.name != question.host) continue;
    if (question.cpu_threshold) host.cpu_threshold = question.cpu_threshold;
    if (question.memory_threshold) host.memory_threshold = question.memory_threshold;
  }
}

Goal goal_of(const WhatIf& question) {
  Goal goal;
  switch (question.kind) {
    case WhatIf::Kind::drain:
      goal.kind = GoalKind::drain;
      goal.scope = {question.host};
      goal.include_stopped = question.include_stopped;
      break;
    case WhatIf::Kind::lose:
      goal.kind = GoalKind::survive;
      goal.scope = {question.host};
      break;
    case WhatIf::Kind::place:
      goal.kind = GoalKind::place;
      goal.place_cores = question.cpu_cores;
      goal.place_memory_bytes = question.memory_bytes;
      break;
    case WhatIf::Kind::thresholds:
      goal.kind = question.balance ? GoalKind::balance : GoalKind::relieve;
      break;
  }
  return goal;
}

}  // namespace

Result<WhatIfAnswer> ask_what_if(Cluster document, const WhatIf& question, const Policy& policy) {
  const bool names_host = question.kind != WhatIf::Kind::place && !question.host.empty();
  if (names_host && !has_host(document, question.host))
    return Error{"there is no host \"" + text::printable(question.host) + "\" in the cluster"};
  if (question.kind == WhatIf::Kind::thresholds) set_thresholds(document, question);
  auto made = plan(document, goal_of(question), policy);
  if (!made) return made.error();
  if (question.kind == WhatIf::Kind::lose && made->survive.empty() && made->result != PlanResult::refused)
    return Error{text::printable(question.host) +
                 " is not online: only the loss of a host that is can be asked for"};
  return WhatIfAnswer{std::move(document), std::move(made).value()};
}

}  // namespace pcb
