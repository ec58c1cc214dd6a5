#include "evaluator/cli/api_running.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pcb {
namespace {

using Json = nlohmann::ordered_json;

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

}  // namespace

std::string running_json(const ActView* act, const std::vector<OperationRecord>& operations, double now) {
  Json list = Json::array();
  for (const OperationRecord& operation : operations) {
    const WatchedMove* watched = nullptr;
    if (act != nullptr) {
      for (const WatchedMove& move : act->watched)
        if (move.operation == operation.id) watched = &move;
    }
    const bool ended = operation.ended_at.has_value();
    list.push_back(
        {{"operation", operation.id},
         {"move", operation.move.id},
         {"plan", operation.move.plan_id},
         {"guest", operation.move.guest},
         {"name", operation.move.name},
         {"from", operation.move.from},
         {"to", operation.move.to},
         {"method", operation.move.method},
         {"state", name_of(watched != nullptr && !ended ? watched->state : operation.move.state)},
         {"sentence", watched != nullptr ? watched->sentence : operation.move.reason},
         {"started_at", operation.intended_at},
         {"ended_at", or_null(operation.ended_at)},
         {"elapsed_seconds", std::max(0.0, operation.ended_at.value_or(now) - operation.intended_at)},
         {"expected_downtime_seconds", operation.move.downtime_seconds},
         {"downtime_seconds", or_null(operation.downtime_seconds)},
         {"log", watched != nullptr ? watched->log : std::vector<std::string>()}});
  }
  return written({{"running", std::move(list)}}) + "\n";
}

std::string pulse_json(const View* view, const ActView* act) {
  Json json = Json::object();
  json["at"] = view != nullptr ? Json(view->at) : Json();
  json["mode"] = view != nullptr ? Json(view->mode) : Json();
  json["hold"] = view != nullptr && view->hold ? Json(name_of(view->hold.reason)) : Json();
  json["paused"] = act != nullptr ? Json(act->paused) : Json();
  json["under_way"] = act != nullptr ? act->under_way : 0;
  return written(json);
}

std::string server_event(std::string_view name, std::string_view data) {
  while (data.ends_with('\n')) data.remove_suffix(1);
  return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

}  // namespace pcb
