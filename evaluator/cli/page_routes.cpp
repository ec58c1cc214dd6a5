#include "evaluator/cli/page_routes.h"

#include <algorithm>
#include <utility>

#include "cluster/document_defaults.h"
#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/history_rows.h"
#include "evaluator/cli/outside.h"
#include "evaluator/cli/plan_command.h"
#include "evaluator/cli/simulate_command.h"
#include "evaluator/cli/standing.h"
#include "evaluator/cli/what_if_query.h"
#include "evaluator/cli/what_if_turn.h"
#include "evaluator/page/assets.h"
#include "evaluator/page/frame.h"
#include "evaluator/page/history_page.h"
#include "evaluator/page/overview.h"
#include "evaluator/page/plan_page.h"
#include "evaluator/page/running.h"
#include "evaluator/page/what_if_page.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr int kOverviewAlerts = 300, kOverviewMessages = 12;
constexpr std::size_t kLongestQuestion = 100;
constexpr int kRenewSeconds = 30;
constexpr int kHistoryRows = 200, kMostHistoryRows = 1000;
constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999
constexpr double kRecentSeconds = 24 * 3600, kHistorySeconds = 30 * 86400, kOutcomeSeconds = 7 * 86400;

// What a view is asked for, and what is to be said first.
struct Asked {
  const http::Request& request;
  std::string problem = {};
  int status = 200;

  [[nodiscard]] std::string field(const char* name) const {
    const auto found = request.query.find(name);
    return found == request.query.end() ? "" : text::shortened(text::trim(found->second), kLongestQuestion);
  }
};

// What a view shows, held as long as it is rendered.
struct Seen {
  std::shared_ptr<const View> view;
  std::shared_ptr<const ActView> act;
  Frame frame;
  int status = 200;
};

// Who has logged in at the page; who sends a password with each request has no form to prove it with.
Visitor visitor_of(const Caller& caller) {
  if (caller.how != How::session) return {};
  return {caller.user, caller.role == Role::decider, caller.csrf_token};
}

Seen seen_by(const PageRouteParts& parts, const Asked& asked, const char* title, const char* here) {
  Seen seen{parts.board.newest(), parts.act_board.newest(), {}, asked.status};
  seen.frame.title = title;
  seen.frame.path = seen.frame.here = here;
  seen.frame.view = seen.view.get();
  seen.frame.act = seen.act.get();
  seen.frame.button.pressed = parts.button.pressed();
  seen.frame.visitor = visitor_of(parts.access.caller_of(asked.request));
  seen.frame.version = parts.version;
  seen.frame.now = unix_now();
  seen.frame.problem = asked.problem;
  return seen;
}

http::Response html(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  return response;
}

// The frame with what `fill` makes of the journal. Without the journal the frame stays, and with it the red
// button.
template <class Fill>
http::Response shown(const PageRouteParts& parts, Seen seen, Fill fill) {
  std::string main;
  const Status done = parts.journal.read([&](Tables& tables) -> Status {
    auto last = tables.newest_switch(SwitchName::red_button);
    if (!last) return last.error();
    seen.frame.button.last = std::move(last).value();
    return fill(tables, seen.frame, main);
  });
  if (done) return html(seen.status, framed(seen.frame, main));
  seen.frame.problem = done.error().message;
  return html(503, framed(seen.frame, ""));
}

http::Response show_overview(const PageRouteParts& parts, const Asked& asked) {
  Seen seen = seen_by(parts, asked, "Overview", "/");
  seen.frame.renew_without_script = kRenewSeconds;
  Overview overview;
  overview.view = seen.view.get();
  overview.now = seen.frame.now;
  if (seen.view && seen.view->document)
    overview.figures = figures_now(*seen.view->document, policy_of(parts.current.get()->evaluator));
  return shown(parts, std::move(seen), [&](Tables& tables, const Frame&, std::string& main) -> Status {
    const auto standing = read_standing(tables);
    auto alerts = tables.recent_alerts(kOverviewAlerts);
    auto messages = tables.recent_deliveries(kOverviewMessages);
    if (!standing) return standing.error();
    if (!alerts) return alerts.error();
    if (!messages) return messages.error();
    overview.standing = &*standing;
    overview.alerts = std::move(alerts).value();
    overview.messages = std::move(messages).value();
    main = overview_html(overview);
    return Done{};
  });
}

Status add_decisions(Tables& tables, PlanView& plan) {
  std::vector<std::int64_t> about{0};
  for (const MoveRecord& move : plan.moves) about.push_back(move.id);
  for (const std::int64_t move : about) {
    auto decision = tables.decision_of(plan.record->id, move);
    if (!decision) return decision.error();
    if (*decision) plan.decisions.push_back(**decision);
  }
  return Done{};
}

Status read_plan(Tables& tables, std::int64_t id, PlanView& plan) {  // id 0: the one that stands
  auto record = id == 0 ? tables.standing_plan() : tables.plan_by_id(id);
  if (!record) return record.error();
  plan.record = std::move(record).value();
  if (!plan.record) return Done{};
  auto moves = tables.moves_of_plan(plan.record->id);
  if (!moves) return moves.error();
  plan.moves = std::move(moves).value();
  const auto errand = tables.active_errand();
  if (!errand) return errand.error();
  plan.serves_errand = *errand && (*errand)->plan_id == plan.record->id;
  auto outcomes = tables.outcomes_since(plan.record->made_at);
  if (!outcomes) return outcomes.error();
  for (OutcomeRecord& outcome : *outcomes)
    if (outcome.plan_id == plan.record->id) plan.outcome = std::move(outcome);
  if (auto document = plan_from_json(plan.record->document); document)
    plan.plan = std::move(document).value();
  return add_decisions(tables, plan);
}

// The guests of that id, number or name.
std::vector<Explained> explain(const Cluster& cluster, const std::string& wanted, const Policy& policy) {
  std::vector<Explained> found;
  for (const Guest& guest : cluster.guests) {
    const bool meant =
        guest.id == wanted || guest.id.substr(guest.id.find('/') + 1) == wanted || guest.name == wanted;
    if (meant)
      found.push_back({guest.id, name_of(guest), guest.host, verdicts_of(cluster, guest.id, policy)});
  }
  return found;
}

http::Response show_plan(const PageRouteParts& parts, const Asked& asked, std::int64_t id) {
  const auto config = parts.current.get();
  Seen seen = seen_by(parts, asked, "Plan", "/plan");
  if (id != 0) seen.frame.path = "/plans/" + std::to_string(id);
  PlanView plan;
  plan.approval_ttl_seconds = config->evaluator.approval_ttl.count();
  plan.filter = asked.field("q");
  plan.asked = asked.field("guest");
  if (!plan.asked.empty() && seen.view && seen.view->document)
    plan.explained = explain(*seen.view->document, plan.asked, policy_of(config->evaluator));
  bool missing = false;
  http::Response response =
      shown(parts, std::move(seen), [&](Tables& tables, Frame& frame, std::string& main) -> Status {
        if (auto read = read_plan(tables, id, plan); !read) return read;
        missing = id != 0 && !plan.record;
        if (missing) frame.problem = "There is no plan " + std::to_string(id) + ".";
        main = plan_page_html(plan, frame);
        return Done{};
      });
  if (missing) response.status = 404;
  return response;
}

http::Response show_standing_plan(const PageRouteParts& parts, const Asked& asked) {
  return show_plan(parts, asked, 0);
}

http::Response show_plan_by_id(const PageRouteParts& parts, const Asked& asked) {
  const std::string& path = asked.request.path;
  return show_plan(parts, asked,
                   text::to_int64(std::string_view(path).substr(path.rfind('/') + 1)).value_or(-1));
}

http::Response show_running(const PageRouteParts& parts, const Asked& asked) {
  Seen seen = seen_by(parts, asked, "Running", "/running");
  seen.frame.renew_without_script = 5;
  seen.frame.follows_events = true;
  Running running;
  if (seen.act) running.watched = seen.act->watched;
  return shown(parts, std::move(seen), [&](Tables& tables, const Frame& frame, std::string& main) -> Status {
    auto operations = tables.operations_since(frame.now - kRecentSeconds);
    auto history = tables.operations_since(frame.now - kHistorySeconds);
    auto outcomes = tables.outcomes_since(frame.now - kOutcomeSeconds);
    auto errand = tables.active_errand();
    if (!operations) return operations.error();
    if (!history) return history.error();
    if (!outcomes) return outcomes.error();
    if (!errand) return errand.error();
    running.operations = std::move(operations).value();
    running.history = std::move(history).value();
    running.outcomes = std::move(outcomes).value();
    running.errand = std::move(errand).value();
    main = running_html(running, frame);
    return Done{};
  });
}

HistoryFilter filter_of(const Asked& asked) {
  HistoryFilter filter;
  const auto number = [&](const char* name, std::int64_t unset, std::int64_t most) {
    return std::clamp<std::int64_t>(text::to_int64(asked.field(name)).value_or(unset), 0, most);
  };
  if (const std::string show = asked.field("show"); is_history_of(show)) filter.show = show;
  if (filter.show == "events") filter.kind = asked.field("kind");
  filter.text = asked.field("q");
  filter.limit = std::max(1, static_cast<int>(number("limit", kHistoryRows, kMostHistoryRows)));
  filter.before = number("before", 0, kNewestRow);
  if (const std::string since = asked.field("since"); parse_since(since)) filter.since = since;
  filter.until = static_cast<double>(number("until", 0, kLastSecond));
  return filter;
}

http::Response show_history(const PageRouteParts& parts, const Asked& asked) {
  Seen seen = seen_by(parts, asked, "History", "/history");
  History history;
  history.filter = filter_of(asked);
  return shown(parts, std::move(seen), [&](Tables& tables, const Frame& frame, std::string& main) -> Status {
    const HistoryFilter& filter = history.filter;
    if (filter.show == "report") {
      const double until = filter.until > 0 ? std::min(filter.until, frame.now) : frame.now;
      const double long_ago = std::min(until, parse_since(filter.since).value_or(0));
      auto report = read_report(tables, until - long_ago, until);
      if (!report) return report.error();
      history.report = std::move(report).value();
    } else if (auto read = read_history_rows(tables, history); !read) {
      return read;
    }
    main = history_html(history, frame);
    return Done{};
  });
}

void answer(WhatIfView& view, const Cluster& cluster, const Policy& policy) {
  const auto question = read_what_if(view.said);
  if (!question) {
    view.problem = question.error().message;
    return;
  }
  auto answered = take_what_if(cluster, *question, policy);
  if (std::holds_alternative<WhatIfBusy>(answered)) view.problem = kWhatIfBusy;
  if (const auto* fault = std::get_if<Error>(&answered)) view.problem = fault->message;
  if (!std::holds_alternative<WhatIfAnswer>(answered)) return;
  view.question = *question;
  view.answer = std::get<WhatIfAnswer>(std::move(answered));
}

http::Response show_what_if(const PageRouteParts& parts, const Asked& asked) {
  Seen seen = seen_by(parts, asked, "What if", "/whatif");
  WhatIfView view;
  view.said = asked.request.query;
  if (view.said.count("ask") != 0 && seen.view && seen.view->document)
    answer(view, *seen.view->document, policy_of(parts.current.get()->evaluator));
  return shown(parts, std::move(seen), [&](Tables&, const Frame& frame, std::string& main) -> Status {
    main = what_if_html(view, frame);
    return Done{};
  });
}

http::Route asset(const char* path, const char* type, const char* content) {
  return {"GET", path, [type, content](const http::Request& request) {
            http::Response response;
            response.content_type = type;
            response.body = content;
            // With a mark of its content in the address it may be kept.
            response.headers.emplace_back("Cache-Control",
                                          request.query.count("v") != 0 ? "max-age=604800" : "no-cache");
            return response;
          }};
}

struct ViewRoute {
  const char* path;
  http::Response (*show)(const PageRouteParts&, const Asked&);
};

constexpr ViewRoute kViews[] = {{"/", show_overview},          {"/plan", show_standing_plan},
                                {"/plans/*", show_plan_by_id}, {"/running", show_running},
                                {"/history", show_history},    {"/whatif", show_what_if}};

}  // namespace

std::vector<http::Route> page_routes(const PageRouteParts& parts) {
  std::vector<http::Route> routes;
  for (const ViewRoute& view : kViews)
    routes.push_back({"GET", view.path, [parts, show = view.show](const http::Request& request) {
                        return show(parts, Asked{request});
                      }});
  routes.push_back(asset("/assets/page.css", "text/css; charset=utf-8", kPageStyle));
  routes.push_back(asset("/assets/page.js", "text/javascript; charset=utf-8", kPageScript));
  for (const char* icon : {kIconPath, "/favicon.ico"})  // the second is asked for unasked
    routes.push_back(asset(icon, "image/svg+xml", kPageIcon));
  return routes;
}

http::Response refused_form(const PageRouteParts& parts, const http::Request& request,
                            const std::string& back, int status, const std::string& sentence) {
  http::Request asked_for = request;  // who asks is the same
  asked_for.path = back;
  asked_for.query.clear();
  const Asked asked{asked_for, sentence, status};
  if (back.starts_with("/plans/")) return show_plan_by_id(parts, asked);
  for (const ViewRoute& view : kViews)
    if (back == view.path) return view.show(parts, asked);
  return show_overview(parts, asked);
}

}  // namespace pcb
