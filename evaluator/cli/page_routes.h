// The routes of the page: its views, its stylesheet, script and icon.
//
// A view reads the journal and the newest View and ActView, and is rendered by evaluator/page/. Its forms go
// to evaluator/cli/act_routes.h; of one that was not taken refused_form() shows the view again with the
// reason on top. Handlers run on the server's threads; what is handed in must outlive the server. Tested by
// tests/evaluator/serve_page_test.cpp and, in a browser, tests/e2e/test_page.py.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "evaluator/access/access.h"
#include "evaluator/cli/routes.h"
#include "evaluator/trigger/red_button.h"

namespace pcb {

struct PageRouteParts {
  const Current& current;
  Journal& journal;
  const Board& board;
  const ActBoard& act_board;
  RedButton& button;
  Access& access;
  std::string version;
};

std::vector<http::Route> page_routes(const PageRouteParts& parts);

// The view at the local path `back`, with what became of the form that was sent from it.
http::Response refused_form(const PageRouteParts& parts, const http::Request& request,
                            const std::string& back, int status, const std::string& sentence);

}  // namespace pcb
