// The answers of /api/v1 as JSON. Pure: values in, text out. The shapes are those of docs/api.md.
// Tested by tests/evaluator/page_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "evaluator/cli/situation.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/page/view.h"

namespace pcb {

// `act` is null before the actor's first round.
std::string status_json(const View* view, const ActView* act, const Standing& standing,
                        const std::string& version);
std::string plans_json(const std::vector<PlanRecord>& plans);
std::string moves_json(const std::vector<MoveRecord>& moves);
std::string alerts_json(const std::vector<AlertRecord>& alerts);
std::string incidents_json(const std::vector<Incident>& incidents);
std::string messages_json(const std::vector<DeliveryRecord>& deliveries);
std::string errand_json(const ErrandRecord& errand);
std::string error_json(const std::string& message);
std::string result_json(const std::string& message);

}  // namespace pcb
