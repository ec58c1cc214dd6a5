#include "evaluator/cli/routes.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/negotiate.h"
#include "common/text.h"
#include "evaluator/cli/api_csv.h"
#include "evaluator/cli/api_history.h"
#include "evaluator/cli/api_json.h"
#include "evaluator/cli/history_rows.h"
#include "evaluator/cli/outside.h"
#include "evaluator/cli/report.h"
#include "evaluator/cli/standing.h"
#include "evaluator/decide/webhook.h"

namespace pcb {
namespace {

constexpr double kRecentSeconds = 24 * 3600;
constexpr double kReportSeconds = 7 * 24 * 3600;

http::Response plain(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

http::Response json(std::string text, int status = 200) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(text);
  return response;
}

// Answers with what `read` makes of the journal, or 503.
template <class Read>
http::Handler from_journal(Journal& journal, Read read) {
  return [&journal, read](const http::Request& request) {
    http::Response response;
    const Status done =
        journal.read([&](Tables& tables) -> Status { return read(tables, request, response); });
    return done ? std::move(response) : json(error_json(done.error().message), 503);
  };
}

// The journal was read as it should be, but what is asked for makes no sense.
Status refuse(const Error& error, http::Response& response) {
  response = json(error_json(error.message), 400);
  return Done{};
}

// Rows of one kind as JSON, newest first.
template <class Read, class Write>
http::Handler rows(Journal& journal, Read read, Write write) {
  return from_journal(journal,
                      [=](Tables& tables, const http::Request& request, http::Response& response) -> Status {
                        const auto limit = limit_of(request.query);
                        if (!limit) return refuse(limit.error(), response);
                        auto found = read(tables, *limit);
                        if (!found) return found.error();
                        response = json(write(*found));
                        return Done{};
                      });
}

// Those of the view History, a page at a time, as JSON or CSV.
template <class Record, class ToJson, class ToCsv>
http::Handler pages(Journal& journal, const char* show, std::vector<Record> History::*rows, ToJson to_json,
                    ToCsv to_csv) {
  return from_journal(journal,
                      [=](Tables& tables, const http::Request& request, http::Response& response) -> Status {
                        History history;
                        history.filter.show = show;
                        history.filter.text = first_field(request.query, "q");
                        const auto limit = limit_of(request.query);
                        if (!limit) return refuse(limit.error(), response);
                        history.filter.limit = *limit;
                        const std::string before = first_field(request.query, "before");
                        if (!before.empty() && !text::to_int64(before))
                          return refuse(Error{"before must be a number, the id of a row"}, response);
                        history.filter.before = text::to_int64(before).value_or(0);
                        if (auto read = read_history_rows(tables, history); !read) return read;
                        const bool csv = wants_csv(request.query);
                        response = csv ? csv_file(to_csv(history.*rows), show) : json(to_json(history.*rows));
                        if (history.older > 0)
                          response.headers.emplace_back("X-Next-Before", std::to_string(history.older));
                        return Done{};
                      });
}

http::Response take_webhook(const RouteParts& parts, const http::Request& request) {
  const auto count = [&](const char* result) { parts.counters.add("balancer_webhooks_total", {result}); };
  const auto webhook = read_webhook(request.body);
  if (!webhook) {
    count("unreadable");
    log::warning("a webhook cannot be read",
                 {{"reason", webhook.error().message}, {"from", request.remote_address}});
    return plain(400, webhook.error().message + "\n");
  }
  for (const IgnoredAlert& ignored : webhook->ignored) {
    log::warning("an alert of a webhook is left out",
                 {{"index", std::to_string(ignored.index)}, {"reason", ignored.reason}});
  }
  const std::string cluster = parts.current.get()->cluster;
  std::vector<ReceivedAlert> received;
  for (const Alert& alert : webhook->alerts) {
    AlertVerdict verdict = judge(alert, cluster);
    if (verdict.use != AlertUse::own) received.push_back({alert, std::move(verdict)});
  }
  if (webhook->truncated_alerts > 0) parts.ask_alertmanager();
  if (!received.empty()) {
    const Status stored = parts.intake.store(std::move(received), unix_now());
    if (!stored) {
      count("not_stored");
      log::error("a webhook is not stored; Alertmanager will send it again",
                 {{"reason", stored.error().message}});
      auto response = plain(503, "not stored: " + stored.error().message + "\n");
      response.headers.emplace_back("Retry-After", "5");
      return response;
    }
  }
  count("stored");
  return plain(200, "stored\n");
}

// What a webhook that is too large or too slow would have told is in Alertmanager's own list.
void lose_webhook(const RouteParts& parts, int status) {
  parts.counters.add("balancer_webhooks_total", {status == 413 ? "too_large" : "unreadable"});
  log::warning(status == 413
                   ? "a webhook is larger than 1 MiB; set max_alerts in Alertmanager's webhook_configs"
                   : "a webhook did not arrive whole",
               {{"status", std::to_string(status)}});
  parts.ask_alertmanager();
}

http::Response show_metrics(const RouteParts& parts, const http::Request& request) {
  const auto accept = request.headers.find("accept");
  const Exposition exposition = choose_exposition(accept == request.headers.end() ? "" : accept->second);
  http::Response response;
  response.content_type = std::string(content_type(exposition));
  std::vector<OperationRecord> recent;
  const double since = unix_now() - kRecentSeconds;
  static_cast<void>(parts.journal
                        .read([&](Tables& tables) -> Status {
                          auto found = tables.operations_since(since);
                          if (found) recent = std::move(found).value();
                          return Done{};
                        })
                        .ok());  // without the journal the page has all but the moves
  const Seconds cooldown = parts.current.get()->evaluator.guest_cooldown;
  response.body = metrics_page(exposition,
                               {parts.counters, parts.board.newest().get(), parts.act_board.newest().get(),
                                recent, cooldown.count(), since},
                               parts.current.reload(), parts.version);
  return response;
}

http::Handler plan_by_id(Journal& journal) {
  return from_journal(
      journal, [](Tables& tables, const http::Request& request, http::Response& response) -> Status {
        const auto id = text::to_int64(request.path.substr(request.path.rfind('/') + 1));
        if (!id) {
          response = json(error_json("a plan has a number, as in /api/v1/plans/12"), 404);
          return Done{};
        }
        const auto plan = tables.plan_by_id(*id);
        if (!plan) return plan.error();
        response = *plan ? json((*plan)->document) : json(error_json("there is no such plan"), 404);
        return Done{};
      });
}

http::Access webhook_access(const HttpAuth& auth) {
  http::Access access;
  if (!auth.bearer_token.empty()) access.bearer_token = auth.bearer_token.reveal();
  if (!auth.basic_user.empty()) access.basic = {auth.basic_user, auth.basic_password.reveal()};
  return access;
}

}  // namespace

std::vector<http::Route> evaluator_routes(const RouteParts& parts) {
  std::vector<http::Route> routes;
  const auto get = [&](const char* path, http::Handler handler) {
    routes.push_back({"GET", path, std::move(handler), 0});
  };
  Journal& journal = parts.journal;
  routes.push_back(
      {"POST", "/webhook",
       http::require(webhook_access(parts.current.get()->evaluator.webhook_auth),
                     [parts](const http::Request& request) { return take_webhook(parts, request); }),
       kMaxWebhookBytes, [parts](int status) { lose_webhook(parts, status); }});
  get("/api/v1/status",
      from_journal(journal,
                   [parts](Tables& tables, const http::Request&, http::Response& response) -> Status {
                     const auto standing = read_standing(tables);
                     if (!standing) return standing.error();
                     response = json(status_json(parts.board.newest().get(), parts.act_board.newest().get(),
                                                 *standing, parts.version));
                     return Done{};
                   }));
  get("/api/v1/plans", pages(journal, "plans", &History::plans, plans_json, plans_csv));
  get("/api/v1/plans/*", plan_by_id(journal));
  get("/api/v1/suggestions", pages(journal, "moves", &History::moves, moves_json, moves_csv));
  get("/api/v1/alerts",
      rows(
          journal, [](Tables& tables, int limit) { return tables.recent_alerts(limit); }, alerts_json));
  get("/api/v1/incidents",
      rows(
          journal, [](Tables& tables, int limit) { return tables.recent_incidents(limit); }, incidents_json));
  get("/api/v1/messages",
      rows(
          journal, [](Tables& tables, int limit) { return tables.recent_deliveries(limit); }, messages_json));
  get("/api/v1/report",
      from_journal(
          journal, [](Tables& tables, const http::Request& request, http::Response& response) -> Status {
            for (const char* name : {"since", "until"}) {
              const std::string written = first_field(request.query, name);
              if (written.empty() || text::to_double(written)) continue;
              response =
                  json(error_json(std::string(name) + " must be a number of seconds, such as 604800"), 400);
              return Done{};
            }
            const auto seconds = text::to_double(first_field(request.query, "since"));
            const double now = unix_now();
            const double until =
                std::clamp(text::to_double(first_field(request.query, "until")).value_or(now), 0.0, now);
            const auto input =
                read_report(tables, until - std::max(0.0, seconds.value_or(kReportSeconds)), until);
            if (!input) return input.error();
            response = json(report_json(*input));
            return Done{};
          }));
  get("/api/v1/errand",
      from_journal(journal, [](Tables& tables, const http::Request&, http::Response& response) -> Status {
        const auto errand = tables.last_errand("", "");
        if (!errand) return errand.error();
        response = *errand ? json(errand_json(**errand))
                           : json(error_json("there was no drain and no return yet"), 404);
        return Done{};
      }));
  get("/metrics", [parts](const http::Request& request) { return show_metrics(parts, request); });
  get("/-/healthy", [](const http::Request&) { return plain(200, "healthy\n"); });
  get("/-/ready", [parts](const http::Request&) {
    return parts.board.newest() ? plain(200, "ready\n")
                                : plain(503, "the cluster is being looked at for the first time\n");
  });
  routes.push_back({"POST", "/-/reload", [parts](const http::Request&) {
                      const Status done = parts.reload();
                      return done ? plain(200, "reloaded\n") : plain(500, done.error().message + "\n");
                    }});
  return routes;
}

}  // namespace pcb
