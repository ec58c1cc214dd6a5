// The routes that decide: approve and reject, pause and resume, breaker, drain and return.
//
// Each is a POST for operators alone (evaluator/access/access.h), so that neither a link nor another page's
// form can call it, and answers with {"result": "…"} or {"error": "…"}; to a form with the way
// back to the path in its field "back" when it is done, else with that page and the reason. pause works
// without the journal. What is handed in must outlive the server. Tested by
// tests/evaluator/serve_act_test.cpp and serve_access_test.cpp.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/http/server.h"
#include "evaluator/access/access.h"
#include "evaluator/journal/journal.h"
#include "evaluator/page/view.h"
#include "evaluator/trigger/red_button.h"

namespace pcb {

struct ActRouteParts {
  Journal& journal;
  const Board& board;
  RedButton& button;
  std::function<void()> wake;  // loop and actor: somebody has decided
  Access& access;
  // What a form that was not taken is answered with: the view it was sent from, and why.
  std::function<http::Response(const http::Request&, const std::string& back, int status,
                               const std::string& sentence)>
      refused_form;
};

std::vector<http::Route> act_routes(const ActRouteParts& parts);

}  // namespace pcb
