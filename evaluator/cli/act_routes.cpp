#include "evaluator/cli/act_routes.h"

#include <utility>

#include "cluster/json_tree.h"
#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/api_json.h"
#include "evaluator/cli/decisions.h"
#include "evaluator/cli/outside.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

constexpr std::size_t kMostBytes = 4096;

// What a caller says of itself; all of it may be absent.
struct Said {
  Decider who;
  std::string reason, digest;
};

http::Response answer(const Answer& given) {
  http::Response response;
  response.status = given.status;
  response.content_type = "application/json";
  response.body = given.status == 200 ? result_json(given.sentence) : error_json(given.sentence);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Said said_in(const http::Request& request) {
  std::string user, reason, digest;
  if (const auto tree = read_json_tree(request.body); tree) {
    const JsonView root(*tree);
    user = root.text_of("user").value_or("");
    reason = root.text_of("reason").value_or("");
    digest = root.text_of("digest").value_or("");
  }
  return {decider_of(user, request.remote_address), text::printable(reason), digest};
}

http::Response in_transaction(const ActRouteParts& parts,
                              const std::function<Result<Answer>(Tables&)>& work) {
  Answer given;
  const Status done = parts.journal.transact([&](Tables& tables) -> Status {
    auto made = work(tables);
    if (!made) return made.error();
    given = std::move(made).value();
    return Done{};
  });
  if (!done) return answer({503, done.error().message});
  parts.wake();
  return answer(given);
}

// ".../plans/12/approve", ".../plans/standing/reject", ".../moves/7/approve".
http::Response decide_on(const ActRouteParts& parts, const http::Request& request, bool is_move) {
  const auto pieces = text::split(request.path, '/');
  const std::string_view verdict = pieces.back();
  const std::string_view number = pieces.size() < 2 ? "" : pieces[pieces.size() - 2];
  const auto id = number == "standing" && !is_move ? std::optional<std::int64_t>(0) : text::to_int64(number);
  if (!id || (verdict != "approve" && verdict != "reject"))
    return answer({404, "the path is like /api/v1/plans/12/approve or /api/v1/moves/7/reject"});
  const auto view = parts.board.newest();
  const Said said = said_in(request);
  Question question;
  (is_move ? question.move_id : question.plan_id) = *id;
  question.approves = verdict == "approve";
  question.digest = said.digest;
  question.mode = view ? view->mode : "suggest";
  return in_transaction(parts,
                        [&](Tables& tables) { return decide(tables, question, said.who, unix_now()); });
}

http::Response pause(const ActRouteParts& parts, const http::Request& request) {
  const Said said = said_in(request);
  const double now = unix_now();
  const Status pressed = parts.button.press(said.who.actor, said.reason, now);
  log::warning("the red button is pressed", {{"by", said.who.actor}, {"from", said.who.address}});
  const Status noted = parts.journal.transact(
      [&](Tables& tables) { return note_button(tables, true, said.who, said.reason, now); });
  parts.wake();
  std::string sentence = "paused: nothing starts until `balancer-evaluator resume`";
  if (!pressed) sentence += "; it will not outlive this process: " + pressed.error().message;
  if (!noted) sentence += "; the journal does not have it: " + noted.error().message;
  return answer({200, sentence});
}

http::Response resume(const ActRouteParts& parts, const http::Request& request) {
  const Said said = said_in(request);
  return in_transaction(parts, [&](Tables& tables) -> Result<Answer> {
    // Written down first: what cannot be recorded stays stopped.
    if (auto noted = note_button(tables, false, said.who, said.reason, unix_now()); !noted)
      return noted.error();
    if (auto released = parts.button.release(); !released) return released.error();
    log::warning("the red button is released", {{"by", said.who.actor}, {"from", said.who.address}});
    return Answer{200, "resumed"};
  });
}

}  // namespace

std::vector<http::Route> act_routes(const ActRouteParts& parts) {
  http::Access access;
  access.bearer_token = parts.operator_token;
  std::vector<http::Route> routes;
  const auto post = [&](const char* path, http::Handler handler) {
    routes.push_back({"POST", path, http::require(access, std::move(handler)), kMostBytes});
  };
  post("/api/v1/plans/*", [parts](const http::Request& request) { return decide_on(parts, request, false); });
  post("/api/v1/moves/*", [parts](const http::Request& request) { return decide_on(parts, request, true); });
  post("/api/v1/pause", [parts](const http::Request& request) { return pause(parts, request); });
  post("/api/v1/resume", [parts](const http::Request& request) { return resume(parts, request); });
  post("/api/v1/breaker/reset", [parts](const http::Request& request) {
    const Said said = said_in(request);
    return in_transaction(
        parts, [&](Tables& tables) { return reset_breaker(tables, said.who, said.reason, unix_now()); });
  });
  return routes;
}

}  // namespace pcb
