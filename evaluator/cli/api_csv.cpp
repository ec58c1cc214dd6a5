#include "evaluator/cli/api_csv.h"

#include <utility>

#include "common/csv.h"
#include "common/rfc3339.h"

namespace pcb {

std::string plans_csv(const std::vector<PlanRecord>& plans) {
  std::string csv = csv_row({"id", "made_at", "goal", "result", "reason", "digest", "stands"});
  for (const PlanRecord& plan : plans)
    csv += csv_row({std::to_string(plan.id), format_rfc3339(plan.made_at), plan.goal, plan.result,
                    plan.reason, plan.digest, plan.stands ? "yes" : "no"});
  return csv;
}

std::string moves_csv(const std::vector<MoveRecord>& moves) {
  std::string csv = csv_row({"id", "plan", "step", "guest", "name", "from", "to", "method", "why", "state",
                             "created_at", "changed_at", "actor", "reason"});
  for (const MoveRecord& move : moves)
    csv +=
        csv_row({std::to_string(move.id), std::to_string(move.plan_id), std::to_string(move.step), move.guest,
                 move.name, move.from, move.to, move.method, move.why, name_of(move.state),
                 format_rfc3339(move.created_at), format_rfc3339(move.changed_at), move.actor, move.reason});
  return csv;
}

http::Response csv_file(std::string csv, const std::string& name) {
  http::Response response;
  response.content_type = "text/csv; charset=utf-8; header=present";
  response.body = std::move(csv);
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + name + ".csv\"");
  return response;
}

}  // namespace pcb
