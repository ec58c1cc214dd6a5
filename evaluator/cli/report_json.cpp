// The report as JSON, schema balancer.report/1.
#include <nlohmann/json.hpp>

#include "evaluator/cli/report.h"

namespace pcb {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const MoveRecord& move) {
  return {{"guest", move.guest},
          {"name", move.name},
          {"from", move.from},
          {"to", move.to},
          {"method", move.method}};
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

}  // namespace

std::string report_json(const ReportInput& input) {
  Json moves = Json::array();
  for (const OperationRecord& operation : input.operations) {
    Json move = to_json(operation.move);
    move["begun_at"] = operation.intended_at;
    move["by"] = name_of(operation.initiator);
    move["state"] = name_of(operation.move.state);
    move["downtime_seconds"] = or_null(operation.downtime_seconds);
    move["lasted"] =
        operation.move.state == MoveState::done ? Json(lasted(operation, input.operations)) : Json();
    moves.push_back(std::move(move));
  }
  Json proposed = Json::array();
  for (const WouldHave& one : would_have(input)) {
    Json move = to_json(one.move);
    move["times"] = one.times;
    move["safe_for_auto"] = one.safe;
    proposed.push_back(std::move(move));
  }
  Json outcomes = Json::array();
  for (const OutcomeRecord& outcome : input.outcomes) {
    outcomes.push_back({{"plan", outcome.plan_id},
                        {"verdict", outcome.verdict},
                        {"predicted_peak", outcome.predicted_peak},
                        {"achieved_peak", or_null(outcome.achieved_peak)}});
  }
  const Json report = {
      {"schema", "balancer.report/1"},       {"since", input.since},        {"until", input.until},
      {"incidents", input.incidents.size()}, {"moves", std::move(moves)},   {"proposed", std::move(proposed)},
      {"outcomes", std::move(outcomes)},     {"lines", report_lines(input)}};
  return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pcb
