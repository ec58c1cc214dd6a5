// The routes that decide: approve and reject, pause and resume, breaker, drain and return.
//
// Each is a POST that asks for the operator's token, so that neither a link nor another page's form can call
// it, and answers with {"result": "…"} or {"error": "…"}. pause works without the journal. What is handed in
// must outlive the server. Tested by tests/evaluator/serve_act_test.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "evaluator/journal/journal.h"
#include "evaluator/page/view.h"
#include "evaluator/trigger/red_button.h"

namespace pcb {

struct ActRouteParts {
  Journal& journal;
  const Board& board;
  RedButton& button;
  std::function<void()> wake;  // loop and actor: somebody has decided
  std::string operator_token;
};

std::vector<http::Route> act_routes(const ActRouteParts& parts);

}  // namespace pcb
