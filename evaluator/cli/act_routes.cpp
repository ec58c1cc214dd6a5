#include "evaluator/cli/act_routes.h"

#include <algorithm>
#include <utility>

#include "cluster/json_tree.h"
#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/access/answers.h"
#include "evaluator/access/origin.h"
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
  std::string reason, digest, host;
  bool include_stopped = false;
};

http::Response answer(const Answer& given) {
  http::Response response;
  response.status = given.status;
  response.content_type = "application/json";
  response.body = given.status == 200 ? result_json(given.sentence) : error_json(given.sentence);
  return response;
}

// What is said is voluntary, but what is said must be understood: an approval whose digest is passed over
// would be one of another plan.
std::optional<http::Response> unreadable(const http::Request& request) {
  if (text::trim(request.body).empty() || form_of(request)) return std::nullopt;
  const auto tree = read_json_tree(request.body);
  if (!tree) return answer({400, "the body is no JSON: " + tree.error().message});
  const JsonView said(*tree);
  if (said.kind() != JsonKind::object) return answer({400, "the body must be a JSON object"});
  for (const char* key : {"user", "reason", "digest", "host", "include_stopped"})
    if (said.member(key) && !said.text_of(key))
      return answer({400, std::string(key) + " must be a JSON string"});
  const std::string stopped = said.text_of("include_stopped").value_or("no");
  if (stopped != "yes" && stopped != "no") return answer({400, "include_stopped is \"yes\" or \"no\""});
  return std::nullopt;
}

// As JSON, or as one of our pages' forms. Who has logged in by name is not asked who they are.
Said said_in(const http::Request& request, const Caller& caller) {
  const auto tree = read_json_tree(request.body);
  const auto form = form_of(request);
  const auto text = [&](const char* key) -> std::string {
    if (form) return form->count(key) != 0 ? form->at(key) : "";
    return tree ? JsonView(*tree).text_of(key).value_or("") : "";
  };
  const std::string user = caller.how == How::token ? text("user") : caller.user;
  return {decider_of(user, request.remote_address), text::printable(text("reason")), text("digest"),
          text("host"), text("include_stopped") == "yes"};
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
http::Response decide_on(const ActRouteParts& parts, const http::Request& request, const Caller& caller,
                         bool is_move) {
  const auto pieces = text::split(request.path, '/');
  const std::string_view verdict = pieces.back();
  const std::string_view number = pieces.size() < 2 ? "" : pieces[pieces.size() - 2];
  const bool standing = number == "standing" && !is_move;
  const auto id = standing ? std::optional<std::int64_t>(0) : text::to_int64(number);
  if (!id || (verdict != "approve" && verdict != "reject"))
    return answer({404, "the path is like /api/v1/plans/12/approve or /api/v1/moves/7/reject"});
  // 0 asks for the plan that stands, and only the word may.
  if (*id < 1 && !standing) return answer({404, is_move ? kNoSuchMove : kNoSuchPlan});
  if (auto refused = unreadable(request)) return *std::move(refused);
  const auto view = parts.board.newest();
  const Said said = said_in(request, caller);
  Question question;
  (is_move ? question.move_id : question.plan_id) = *id;
  question.approves = verdict == "approve";
  question.digest = said.digest;
  question.reason = said.reason;
  if (caller.how == How::session && question.approves && said.digest.empty())
    return answer({400, "a page must say which plan was looked at: its digest is missing"});
  question.mode = view ? view->mode : "suggest";
  return in_transaction(parts,
                        [&](Tables& tables) { return decide(tables, question, said.who, unix_now()); });
}

http::Response pause(const ActRouteParts& parts, const http::Request& request, const Caller& caller) {
  const Said said = said_in(request, caller);
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

http::Response resume(const ActRouteParts& parts, const http::Request& request, const Caller& caller) {
  const Said said = said_in(request, caller);
  // On the disk first: what cannot be recorded stays stopped.
  const Status noted = parts.journal.transact(
      [&](Tables& tables) { return note_button(tables, false, said.who, said.reason, unix_now()); });
  if (!noted) return answer({503, noted.error().message + "; it stays paused"});
  if (const Status released = parts.button.release(); !released)
    return answer({503, released.error().message});
  log::warning("the red button is released", {{"by", said.who.actor}, {"from", said.who.address}});
  parts.wake();
  return answer({200, "resumed"});
}

http::Response begin(const ActRouteParts& parts, const http::Request& request, const Caller& caller,
                     const char* kind) {
  if (auto refused = unreadable(request)) return *std::move(refused);
  const Said said = said_in(request, caller);
  const auto view = parts.board.newest();
  const bool known = view && view->document &&
                     std::any_of(view->document->hosts.begin(), view->document->hosts.end(),
                                 [&](const Host& host) { return host.name == said.host; });
  if (!known) return answer({404, "there is no host \"" + text::printable(said.host) + "\" in the cluster"});
  ErrandRecord errand;
  errand.kind = kind;
  errand.host = said.host;
  errand.include_stopped = said.include_stopped;
  errand.begun_at = unix_now();
  errand.actor = said.who.actor;
  errand.address = said.who.address;
  return in_transaction(
      parts, [&](Tables& tables) { return begin_errand(tables, errand, view->mode, errand.begun_at); });
}

// A form's caller is a person at a page without scripts: back to that page, which shows what became of it.
Access::DecidingHandler answered(const ActRouteParts& parts, Access::DecidingHandler handler) {
  return [refused_form = parts.refused_form, handler = std::move(handler)](const http::Request& request,
                                                                           const Caller& caller) {
    http::Response response = handler(request, caller);
    const auto form = form_of(request);
    if (!form) return response;
    const auto found = form->find("back");
    const std::string back = local_path(found == form->end() ? "/" : found->second);
    if (response.status == 200) return redirect(back);
    const auto tree = read_json_tree(response.body);
    const std::string why = tree ? JsonView(*tree).text_of("error").value_or("") : "";
    return refused_form(request, back, response.status, why);
  };
}

}  // namespace

std::vector<http::Route> act_routes(const ActRouteParts& parts) {
  using http::Request;
  std::vector<http::Route> routes;
  const auto post = [&](const char* path, Access::DecidingHandler handler) {
    routes.push_back({"POST", path, parts.access.deciding(answered(parts, std::move(handler))), kMostBytes});
  };
  post("/api/v1/plans/*",
       [parts](const Request& request, const Caller& by) { return decide_on(parts, request, by, false); });
  post("/api/v1/moves/*",
       [parts](const Request& request, const Caller& by) { return decide_on(parts, request, by, true); });
  post("/api/v1/pause",
       [parts](const Request& request, const Caller& by) { return pause(parts, request, by); });
  post("/api/v1/resume",
       [parts](const Request& request, const Caller& by) { return resume(parts, request, by); });
  post("/api/v1/breaker/reset", [parts](const Request& request, const Caller& by) {
    const Said said = said_in(request, by);
    return in_transaction(
        parts, [&](Tables& tables) { return reset_breaker(tables, said.who, said.reason, unix_now()); });
  });
  post("/api/v1/drain",
       [parts](const Request& request, const Caller& by) { return begin(parts, request, by, "drain"); });
  post("/api/v1/return",
       [parts](const Request& request, const Caller& by) { return begin(parts, request, by, "return"); });
  post("/api/v1/errand/cancel", [parts](const Request& request, const Caller& by) {
    const Said said = said_in(request, by);
    return in_transaction(parts, [&](Tables& tables) { return cancel_errand(tables, said.who, unix_now()); });
  });
  return routes;
}

}  // namespace pcb
