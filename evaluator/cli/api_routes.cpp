#include "evaluator/cli/api_routes.h"

#include <utility>

#include "evaluator/cli/api_csv.h"
#include "evaluator/cli/api_history.h"
#include "evaluator/cli/api_json.h"
#include "evaluator/cli/api_running.h"
#include "evaluator/cli/outside.h"
#include "evaluator/cli/plan_command.h"
#include "evaluator/cli/what_if_query.h"
#include "evaluator/cli/what_if_turn.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

http::Response json(std::string body, int status = 200) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

http::Response show_history(Journal& journal, const http::Request& request) {
  const auto query = read_history_query(request.query);
  if (!query) return json(error_json(query.error().message), 400);
  Result<HistoryPage> page = HistoryPage{};
  const Status done = journal.read([&](Tables& tables) -> Status {
    page = read_history(tables, *query);
    return Done{};
  });
  if (!done) return json(error_json(done.error().message), 503);
  if (!page) return json(error_json(page.error().message), 400);
  if (!wants_csv(request.query)) return json(history_json(*page));
  http::Response response = csv_file(history_csv(*page), "history");
  if (!page->next.empty()) response.headers.emplace_back("X-Next-Cursor", page->next);
  return response;
}

http::Response show_running(const EventParts& parts) {
  const double now = unix_now();
  const auto operations = operations_to_show(parts.journal, now);
  if (!operations) return json(error_json(operations.error().message), 503);
  return json(running_json(parts.act_board.newest().get(), *operations, now));
}

http::Response busy(const std::string& why) {
  http::Response response = json(error_json(why), 503);
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

http::Response what_if(const EventParts& parts, const Current& current, const http::Request& request) {
  const auto question = read_what_if(request.query);
  if (!question) return json(error_json(question.error().message), 400);
  const auto view = parts.board.newest();
  if (!view || !view->document) return busy("the exporter has given no cluster document yet");
  const auto answered = take_what_if(*view->document, *question, policy_of(current.get()->evaluator));
  if (const auto* fault = std::get_if<Error>(&answered)) return json(error_json(fault->message), 400);
  if (const auto* answer = std::get_if<WhatIfAnswer>(&answered)) return json(plan_to_json(answer->plan));
  return busy(kWhatIfBusy);
}

http::Response follow(const EventParts& parts, Access& access, const http::Request& request) {
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("X-Accel-Buffering", "no");  // a proxy in front must not wait for more
  // A stream that stays open must not keep a session alive that nobody uses.
  const auto still_welcome = [&access, request] {
    return access.caller_of(request, false).role != Role::none;
  };
  response.stream = [parts, still_welcome](http::Stream& stream) {
    stream_events(parts, stream, still_welcome);
  };
  return response;
}

}  // namespace

std::vector<http::Route> api_routes(const EventParts& parts, Access& access, const Current& current) {
  std::vector<http::Route> routes;
  const auto get = [&](const char* path, http::Handler handler) {
    routes.push_back({"GET", path, std::move(handler), 0});
  };
  get("/api/v1/history",
      [parts](const http::Request& request) { return show_history(parts.journal, request); });
  get("/api/v1/running", [parts](const http::Request&) { return show_running(parts); });
  get("/api/v1/events",
      [parts, &access](const http::Request& request) { return follow(parts, access, request); });
  get("/api/v1/whatif",
      [parts, &current](const http::Request& request) { return what_if(parts, current, request); });
  get("/api/v1/openapi.json", [](const http::Request&) { return json(kOpenApiDocument); });
  return routes;
}

}  // namespace pcb
