// Names that mean harm through the API, the CSV, the event stream, the journal, the log and the messages.
#include <gmock/gmock.h>

#include "common/log/line.h"
#include "common/mail/message.h"
#include "evaluator/cli/api_history.h"
#include "evaluator/cli/api_running.h"
#include "evaluator/cli/decisions.h"
#include "evaluator/decide/suggestion.h"
#include "evaluator/trigger/message_text.h"
#include "tests/evaluator/api_fixture.h"
#include "tests/evaluator/hostile_names.h"

namespace pcb {
namespace {

using test::Json;

// RFC 4180, read by somebody else's rules than ours: rows of cells, or nothing when it is malformed.
std::optional<std::vector<std::vector<std::string>>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1);
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at++] != '"') return std::nullopt;
    std::string cell;
    for (;; ++at) {
      if (at >= text.size()) return std::nullopt;
      if (text[at] != '"') {
        cell += text[at];
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        cell += text[at++];
      } else {
        break;
      }
    }
    ++at;
    rows.back().push_back(cell);
    if (text.substr(at, 2) == "\r\n") {
      rows.emplace_back();
      at += 2;
    } else if (at >= text.size() || text[at++] != ',') {
      return std::nullopt;
    }
  }
  rows.pop_back();
  return rows;
}

bool holds_a_control(const std::string& text, const std::string& allowed = "") {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    return (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && allowed.find(c) == std::string::npos;
  });
}

// As a name is in JSON that another program wrote: valid, whatever the bytes.
std::string quoted(const std::string& name) { return Json(text::valid_utf8(name)).dump(); }

class ApiHostile : public ApiTest {
 protected:
  const std::vector<std::string> names_ = test::hostile_names();

  // For each name every kind of row, with the name in every field that others fill.
  void fill() {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
      for (std::size_t i = 0; i < names_.size(); ++i)
        if (auto done = add_rows(tables, names_[i], std::to_string(i + 1)); !done) return done;
      return Done{};
    });
  }

  static Status add_rows(Tables& tables, const std::string& name, const std::string& number) {
    Alert alert = relief_alert("pve1", 1, AlertStatus::firing, "f" + number);
    alert.labels["note"] = alert.annotations["summary"] = name;
    alert.labels[name] = alert.annotations[name] = "value";
    auto done = tables.store_alert(alert, {AlertUse::tell, "", Resource::cpu, name}, 1000);
    if (done) done = tables.add_event({1000, "move", name, name, name});
    if (!done) return done;
    const auto plan = tables.store_plan({0, 1000, "relieve", "moves", name, "d", "{}", true});
    if (!plan) return plan.error();
    MoveRecord move;
    move.plan_id = *plan;
    move.guest = "lxc/103";
    move.name = move.why = move.reason = name;
    move.from = "pve1";
    move.to = "pve2";
    move.method = "restart";
    const auto id = tables.propose_move(move);
    if (!id) return id.error();
    const Decider who = decider_of(name, "192.0.2.7");
    done = tables.decide({1000, *plan, *id, true, who.actor, who.address, "d"});
    const Message told = alert_message(alert);
    if (!done) return done;
    return tables.notify({0, "k" + number, told.event, told.severity, {}, 1000, told.subject, told.lines},
                         {"log"});
  }
};

TEST_F(ApiHostile, ThereAreMoreThanTwoHundred) {
  EXPECT_GE(names_.size(), 200U);
  EXPECT_EQ(std::set<std::string>(names_.begin(), names_.end()).size(), names_.size());
}

TEST_F(ApiHostile, JsonSaysTheNameAndNothingElse) {
  fill();
  const std::multimap<std::string, std::string> all{{"limit", "1000"},
                                                    {"kind", "move,alert,decision,message"}};
  for (const char* path : {"/api/v1/alerts", "/api/v1/plans", "/api/v1/suggestions", "/api/v1/messages",
                           "/api/v1/history", "/api/v1/status", "/api/v1/running"}) {
    const auto answer = get(path, all);
    expect_described("GET", path, answer);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_TRUE(text::is_utf8(answer.body)) << path;
    EXPECT_FALSE(holds_a_control(answer.body, "\n\x7f")) << path;
  }
  // In the order they came, and still what they were.
  const auto moves = Json::parse(get("/api/v1/suggestions", all).body)["suggestions"];
  ASSERT_EQ(moves.size(), names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i)
    EXPECT_EQ(moves[names_.size() - 1 - i]["name"], text::valid_utf8(names_[i]));
}

TEST_F(ApiHostile, CsvHasAsManyCellsAsColumnsAndNoFormula) {
  fill();
  std::multimap<std::string, std::string> query{
      {"format", "csv"}, {"limit", "1000"}, {"kind", "move,alert,decision,message"}};
  std::size_t seen = 0;
  for (;;) {
    const auto answer = get("/api/v1/history", query);
    const auto rows = read_csv(answer.body);
    ASSERT_TRUE(rows) << answer.body.substr(0, 200);
    for (const auto& row : *rows) {
      ASSERT_EQ(row.size(), 6U);
      for (const std::string& cell : row) {
        EXPECT_FALSE(holds_a_control(cell)) << cell;
        const std::size_t first = cell.find_first_not_of(' ');
        if (first != std::string::npos) {
          EXPECT_EQ(std::string("=+-@").find(cell[first]), std::string::npos) << cell;
        }
      }
    }
    seen += rows->size() - 1;
    EXPECT_TRUE(text::is_utf8(answer.body));
    query.erase("cursor");
    const auto next = std::find_if(answer.headers.begin(), answer.headers.end(),
                                   [](const auto& header) { return header.first == "X-Next-Cursor"; });
    if (next == answer.headers.end()) break;
    query.emplace("cursor", next->second);
  }
  EXPECT_EQ(seen, names_.size() * 4);
}

TEST_F(ApiHostile, AWebhookMayNameWhatItWants) {
  int status = 0;
  for (const std::string& name : names_) {
    const std::string value = quoted(name);
    const std::string body =
        R"({"version":"4","status":"firing","receiver":)" + value + R"(,"groupKey":)" + value +
        R"(,"truncatedAlerts":0,"externalURL":)" + value +
        R"(,"alerts":[{"status":"firing","labels":{"alertname":)" + value + R"(,"id":)" + value +
        R"(},"annotations":{"summary":)" + value +
        R"(},"startsAt":"2026-11-23T03:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":)" + value +
        R"(,"fingerprint":"a)" + std::to_string(++status) + R"("}]})";
    EXPECT_EQ(ask("POST", "/webhook", {}, body).status, 200) << name.substr(0, 60);
  }
  const auto alerts = get("/api/v1/alerts", {{"limit", "1000"}});
  expect_described("GET", "/api/v1/alerts", alerts);
  EXPECT_GT(Json::parse(alerts.body)["alerts"].size(), 200U);
}

TEST_F(ApiHostile, DecisionsTakeAnyNameAndReason) {
  for (const std::string& name : names_) {
    if (name.size() > 4000) continue;
    const std::string body =
        "{\"user\":" + quoted(name) + ",\"reason\":" + quoted(name) + ",\"host\":" + quoted(name) + "}";
    EXPECT_EQ(decide("/api/v1/breaker/reset", body).status, 200);
    const auto refused = decide("/api/v1/drain", body);
    EXPECT_EQ(refused.status, 404);
    expect_described("POST", "/api/v1/drain", refused);
    EXPECT_EQ(decide("/api/v1/pause", body).status, 200);
  }
  const auto history = get("/api/v1/history", {{"limit", "1000"}});
  expect_described("GET", "/api/v1/history", history);
  const Json told = Json::parse(history.body)["history"];
  EXPECT_GT(told.size(), names_.size() / 2);
  for (const Json& entry : told) EXPECT_NE(entry["actor"], "evaluator") << "nobody may pass for the program";
}

TEST_F(ApiHostile, PathsAndQueriesFindNothingAndBreakNothing) {
  for (const std::string& name : names_) {
    for (const char* field : {"guest", "host", "kind", "cursor", "id", "since", "until", "format", "limit"}) {
      const auto answer = get("/api/v1/history", {{field, name}});
      EXPECT_TRUE(answer.status == 200 || answer.status == 400) << field;
      expect_described("GET", "/api/v1/history", answer);
    }
    const auto plan = get("/api/v1/plans/" + name);
    EXPECT_TRUE(plan.status == 404 || plan.status == 200) << plan.status;
    EXPECT_EQ(get("/" + name).status == 500, false);
  }
}

TEST_F(ApiHostile, EventsLogLinesAndMessagesStayWhatTheyAre) {
  for (const std::string& name : names_) {
    const std::string event = server_event("history", entry_json({"e1", 1, name, name, name, name}));
    EXPECT_EQ(std::count(event.begin(), event.end(), '\n'), 3) << "one event";
    EXPECT_FALSE(holds_a_control(event, "\n\x7f"));
    for (const auto format : {log::Format::text, log::Format::json}) {
      const std::string line = log::line({.format = format}, {}, log::Level::warning, name, {{"name", name}});
      EXPECT_FALSE(holds_a_control(line)) << line.substr(0, 80);
      EXPECT_TRUE(text::is_utf8(line));
    }
    Notification notification;
    notification.subject = name;
    notification.lines = {name};
    for (const std::string& json : {message_json(notification, "lab"), alertmanager_json(notification, "lab"),
                                    annotation_json(notification, "lab")})
      EXPECT_FALSE(Json::parse(json, nullptr, false).is_discarded()) << json.substr(0, 80);
  }
}

TEST_F(ApiHostile, TheseTestsSeeWhatIsNotEscaped) {
  EXPECT_FALSE(read_csv("\"a\"b\"\r\n"));
  EXPECT_FALSE(read_csv("a,b\r\n"));
  EXPECT_TRUE(holds_a_control("a\rb"));
  EXPECT_TRUE(Json::parse("{\"a\":\"\n\"}", nullptr, false).is_discarded());
}

}  // namespace
}  // namespace pcb
