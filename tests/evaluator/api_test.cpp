// /api/v1 and its description: every route is described, every answer is as described.
#include <array>
#include <cstring>
#include <thread>

#include <gmock/gmock.h>

#include "evaluator/cli/api_history.h"
#include "evaluator/cli/api_running.h"
#include "tests/evaluator/api_fixture.h"

namespace pcb {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Api : public ApiTest {
 protected:
  // One of each: incident, plan with a move that is carried out, decision, message, errand, alert.
  void fill() {
    OperationRecord operation;
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
      auto done =
          tables.store_alert(relief_alert(), {AlertUse::relieve, "pve1", Resource::cpu, "asks"}, 1000);
      Incident incident;
      incident.host = "pve1";
      incident.opened_at = incident.changed_at = 1000;
      incident.reason = "busy";
      incident.alerts["a1"] = {5000, AlertStatus::firing, true, false};
      if (done) done = tables.save_incident(incident);
      if (!done) return done;
      const auto plan = tables.store_plan({0, 1001, "relieve", "moves", "because", "d1g3st", kPlan, true});
      if (!plan) return plan.error();
      MoveRecord move;
      move.plan_id = *plan;
      move.incident_id = incident.id;
      move.guest = "lxc/103";
      move.name = "db";
      move.from = "pve1";
      move.to = "pve2";
      move.method = "restart";
      move.created_at = move.changed_at = 1001;
      const auto id = tables.propose_move(move);
      if (!id) return id.error();
      done = tables.decide({1002, *plan, 0, true, "ann", "192.0.2.7", "d1g3st"});
      if (done) done = tables.change_move(*id, MoveState::approved, "ann", "approved by ann", 1002);
      if (done) done = tables.add_event({1002, "move", "ann", "lxc/103", "=approved by ann, from pve1"});
      if (!done) return done;
      operation.id = std::string(32, 'a');
      operation.move = move;
      operation.move.id = *id;
      operation.intended_at = 1003;
      done = tables.intend(operation);
      if (done) done = tables.notify({0, "k", "plan", "info", {}, 1003, "a plan", {"one line"}}, {"log"});
      if (!done) return done;
      const auto errand =
          tables.begin_errand({0, "drain", "pve1", false, "active", 1004, {}, 0, "ann", "", "begun"});
      return errand ? Status(Done{}) : errand.error();
    });
    View view;
    view.at = 1005;
    view.cluster = "lab";
    view.mode = "approve";
    view.hold = {HoldReason::samples_empty, "nothing is known"};
    Host host;
    host.name = "pve1";
    host.cpu_cores = 8;
    host.cpu_used_cores = 7;
    host.memory_bytes = 8e9;
    view.document.emplace().hosts = {host};
    board_.show(view);
    ActView act;
    act.refusals = {{Restraint::paused, "paused"}};
    act.under_way = 1;
    act.watched = {{operation.id, MoveState::running, "copying", {"starting migration", "ok"}, 1005}};
    act_board_.show(act);
  }

  // Plan 1 stands and waits, with one move.
  void propose() {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
      const auto plan = tables.store_plan({0, 1001, "relieve", "moves", "because", "d1g3st", kPlan, true});
      if (!plan) return plan.error();
      MoveRecord move;
      move.plan_id = *plan;
      move.guest = "lxc/103";
      move.from = "pve1";
      move.to = "pve2";
      move.method = "restart";
      const auto id = tables.propose_move(move);
      return id ? Status(Done{}) : id.error();
    });
    View view;
    view.mode = "approve";
    board_.show(view);
  }

  static constexpr const char* kPlan =
      R"({"schema":"balancer.plan/1","goal":"relieve","result":"moves","reason":"because","moves":[],"rejected":[]})";
};

const std::vector<std::string> kReadRoutes = {
    "/api/v1/status",   "/api/v1/incidents", "/api/v1/alerts",   "/api/v1/plans",   "/api/v1/suggestions",
    "/api/v1/messages", "/api/v1/history",   "/api/v1/running",  "/api/v1/errand",  "/api/v1/session",
    "/api/v1/report",   "/api/v1/plans/1",   "/api/v1/plans/99", "/api/v1/plans/x", "/api/v1/openapi.json"};

TEST_F(Api, EveryRouteIsDescribedAndEveryDescriptionHasARoute) {
  for (const http::Route& route : routes_) {
    if (route.path == "/" || route.path.starts_with("/assets/") || !route.path.starts_with("/")) continue;
    const bool page = !route.path.starts_with("/api/") && route.method == "GET" &&
                      !route.path.starts_with("/-/") && route.path != "/metrics" && route.path != "/login";
    if (page) continue;  // for people
    std::string path = route.path;
    if (path.ends_with("/*")) path.replace(path.size() - 1, 1, route.method == "GET" ? "1" : "1/approve");
    EXPECT_FALSE(operation_of(route.method, path).is_null()) << route.method << " " << route.path;
  }
  for (const auto& [pattern, item] : document_["paths"].items()) {
    std::string path = pattern;
    for (const auto& [part, value] : {std::pair("{id}", "1"), std::pair("{verdict}", "approve")})
      if (const auto at = path.find(part); at != std::string::npos)
        path.replace(at, std::strlen(part), value);
    for (const auto& [verb, unused] : item.items())
      EXPECT_NE(router_->find(verb == "get" ? "GET" : "POST", path).route, nullptr) << verb << " " << pattern;
  }
}

TEST_F(Api, AnswersAreAsDescribedEmptyAndFull) {
  for (const std::string& path : kReadRoutes) expect_described("GET", path, get(path));
  fill();
  for (const std::string& path : kReadRoutes) expect_described("GET", path, get(path));
  expect_described("GET", "/api/v1/history", get("/api/v1/history", {{"since", "yesterday"}}));
  EXPECT_EQ(get("/api/v1/plans/1").status, 200);
  EXPECT_THAT(get("/api/v1/running").body, HasSubstr("\"state\":\"running\",\"sentence\":\"copying\""));
}

TEST_F(Api, DecisionsAreAsDescribed) {
  fill();
  for (const char* path :
       {"/api/v1/plans/1/approve", "/api/v1/plans/9/reject", "/api/v1/moves/1/perhaps",
        "/api/v1/moves/1/reject", "/api/v1/pause", "/api/v1/resume", "/api/v1/breaker/reset", "/api/v1/drain",
        "/api/v1/return", "/api/v1/errand/cancel"}) {
    expect_described("POST", path, decide(path, R"({"host":"pve9"})"));
    const auto refused = ask("POST", path);
    EXPECT_EQ(refused.status, 401);
    expect_described("POST", path, refused);
  }
}

TEST_F(Api, TheCheckerFindsWhatIsWrong) {
  const auto& schema = document_["components"]["schemas"]["Entry"];
  const auto faults = [&](const char* json) {
    return test::SchemaCheck(document_).faults(schema, test::Json::parse(json));
  };
  const std::string good = R"({"id":"e1","at":1,"kind":"","actor":"","subject":"","detail":"")";
  EXPECT_TRUE(faults((good + "}").c_str()).empty());
  EXPECT_FALSE(faults((good + R"(,"more":1})").c_str()).empty());
  EXPECT_FALSE(faults(R"({"id":"e1"})").empty());
  EXPECT_FALSE(faults(R"({"id":1,"at":"1","kind":"","actor":"","subject":"","detail":""})").empty());
}

TEST_F(Api, HistoryIsFilteredAndComesAsCsv) {
  fill();
  const auto all = get("/api/v1/history", {{"kind", "move,decision"}, {"kind", "message"}});
  EXPECT_THAT(all.body, HasSubstr("\"kind\":\"decision\",\"actor\":\"ann\""));
  EXPECT_THAT(all.body, HasSubstr("d1g3st"));
  EXPECT_THAT(all.body, HasSubstr("\"kind\":\"message\""));
  EXPECT_THAT(get("/api/v1/history", {{"until", "1970-01-01T00:00:01Z"}}).body, HasSubstr("\"history\":[]"));
  EXPECT_THAT(get("/api/v1/history", {{"guest", "lxc/103"}}).body, HasSubstr("approved by ann"));
  EXPECT_THAT(get("/api/v1/history", {{"guest", "lxc/10"}}).body, HasSubstr("\"history\":[]"));
  const auto csv = get("/api/v1/history", {{"format", "csv"}});
  EXPECT_THAT(csv.content_type, HasSubstr("text/csv"));
  EXPECT_EQ(
      csv.body,
      "\"id\",\"at\",\"kind\",\"actor\",\"subject\",\"detail\"\r\n\"e1\",\"1970-01-01T00:16:42Z\",\"move\","
      "\"ann\",\"lxc/103\",\"'=approved by ann, from pve1\"\r\n");
  for (const auto& wrong :
       std::vector<std::multimap<std::string, std::string>>{{{"since", "x"}},
                                                            {{"until", "2026-13-01T00:00:00Z"}},
                                                            {{"cursor", "x"}},
                                                            {{"id", "x"}},
                                                            {{"format", "xml"}}})
    EXPECT_EQ(get("/api/v1/history", wrong).status, 400) << wrong.begin()->first;
}

// Not the newest hundred, as if they had been asked for.
TEST_F(Api, ALimitThatIsNoneIsRefusedByEveryList) {
  int lists = 0;
  for (const auto& [path, item] : document_["paths"].items()) {
    if (!item.contains("get") ||
        item["get"].value("parameters", test::Json::array()).dump().find("\"limit\"") == std::string::npos)
      continue;
    ++lists;
    for (const char* odd : {"abc", "0", "-1", "1001", "1.5", "5x", " 5", "99999999999999999999"}) {
      const auto refused = get(path, {{"limit", odd}});
      EXPECT_EQ(refused.status, 400) << path << " " << odd;
      EXPECT_EQ(refused.body, "{\"error\":\"limit must be a number from 1 to 1000\"}\n");
      expect_described("GET", path, refused);
    }
    for (const char* good : {"1", "1000", ""})
      EXPECT_EQ(get(path, {{"limit", good}}).status, 200) << path << " " << good;
  }
  EXPECT_EQ(lists, 6);
  EXPECT_EQ(get("/api/v1/plans", {{"before", "yesterday"}}).status, 400);
  EXPECT_EQ(get("/api/v1/plans", {{"before", "7"}}).status, 200);
}

TEST_F(Api, EveryErrorIsDescribedInTheOneForm) {
  for (const auto& [path, item] : document_["paths"].items()) {
    if (!path.starts_with("/api/")) continue;
    for (const auto& [verb, operation] : item.items())
      for (const auto& [status, response] : operation["responses"].items()) {
        if (status < "400") continue;
        EXPECT_EQ(response.value("/content/application~1json/schema/$ref"_json_pointer, ""),
                  "#/components/schemas/Error")
            << verb << " " << path << " " << status;
      }
  }
}

// Not the last week, as if it had been asked for.
TEST_F(Api, AReportOfATimeThatCannotBeReadIsRefused) {
  for (const char* name : {"since", "until"}) {
    const auto refused = get("/api/v1/report", {{name, "30d"}});
    EXPECT_EQ(refused.status, 400) << name;
    expect_described("GET", "/api/v1/report", refused);
    EXPECT_EQ(get("/api/v1/report", {{name, "86400"}}).status, 200) << name;
  }
}

TEST_F(Api, WhatIfIsAnsweredAndStoresNothing) {
  const auto ask = [&](std::multimap<std::string, std::string> question) {
    const auto answer = get("/api/v1/whatif", std::move(question));
    expect_described("GET", "/api/v1/whatif", answer);
    return answer;
  };
  EXPECT_EQ(ask({{"ask", "drain"}, {"host", "pve1"}}).status, 503) << "nothing is known yet";
  fill();
  const std::string before = get("/api/v1/plans").body + get("/api/v1/history").body;
  EXPECT_THAT(ask({{"ask", "drain"}, {"host", "pve1"}}).body, HasSubstr("\"goal\": \"drain\""));
  EXPECT_THAT(ask({{"ask", "place"}, {"cores", "2"}, {"memory", "1GiB"}}).body, HasSubstr("\"place\": ["));
  EXPECT_THAT(ask({{"ask", "lose"}, {"host", "pve1"}}).body, HasSubstr("\"survive\": ["));
  EXPECT_EQ(ask({{"ask", "thresholds"}, {"cpu", "70"}}).status, 200);
  EXPECT_EQ(ask({{"ask", "drain"}, {"host", "pve9"}}).status, 400);
  EXPECT_EQ(ask({{"ask", "everything"}}).status, 400);
  EXPECT_EQ(ask({}).status, 400);
  EXPECT_EQ(get("/api/v1/plans").body + get("/api/v1/history").body, before);
}

TEST_F(Api, OfTwoApproversOneIsTold) {
  propose();
  EXPECT_EQ(decide("/api/v1/plans/1/approve", R"({"digest":"another"})").status, 409);
  std::array<int, 8> statuses{};
  std::vector<std::thread> clicks;
  for (int& status : statuses)
    clicks.emplace_back([&] { status = decide("/api/v1/plans/1/approve", R"({"digest":"d1g3st"})").status; });
  for (std::thread& click : clicks) click.join();
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 200), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 409), 7);
  EXPECT_THAT(decide("/api/v1/plans/1/reject").body, HasSubstr("already decided: operator approved"));
}

TEST_F(Api, DecisionsTakeNoHarmFromWhatIsNoJson) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("null"), deep, std::string(R"({"host":1e999})"),
        std::string(R"({"host":"a","host":"b"})"), std::string(R"({"host":"\ud800"})"),
        std::string("\xff\xfe"), std::string(1, '\0')}) {
    EXPECT_THAT(decide("/api/v1/drain", body).status, AnyOf(400, 404)) << body.substr(0, 40);
    EXPECT_EQ(decide("/api/v1/breaker/reset", body).status, 200) << body.substr(0, 40);
  }
}

// 0 is what stands inside the program; "approve --move 0" must not be a yes to all of it.
TEST_F(Api, NumberZeroIsNoPlanAndNoMove) {
  propose();
  for (const char* number : {"0", "-1", "00"}) {
    const auto of_move = decide("/api/v1/moves/" + std::string(number) + "/approve");
    EXPECT_EQ(of_move.status, 404) << number;
    EXPECT_THAT(of_move.body, HasSubstr("there is no such move"));
    EXPECT_EQ(decide("/api/v1/plans/" + std::string(number) + "/approve").status, 404) << number;
  }
  EXPECT_THAT(decide("/api/v1/moves/9/approve").body, HasSubstr("there is no such move"));
  EXPECT_EQ(decide("/api/v1/moves/standing/approve").status, 404);
  EXPECT_EQ(decide("/api/v1/plans/standing/approve").status, 200) << "nothing above has decided it";
}

TEST_F(Api, WhatAnApprovalOrADrainSaysIsUnderstoodOrNothingIsDone) {
  propose();
  for (const char* odd :
       {"no json", "[]", "null", R"({"digest":"another")", R"({"digest":5})", R"({"reason":["x"]})"}) {
    const auto refused = decide("/api/v1/plans/1/approve", odd);
    EXPECT_EQ(refused.status, 400) << odd;
    expect_described("POST", "/api/v1/plans/1/approve", refused);
  }
  View view = *board_.newest();
  view.document.emplace().hosts.emplace_back().name = "pve1";
  board_.show(view);
  for (const char* odd : {R"({"host":"pve1","include_stopped":true})",
                          R"({"host":"pve1","include_stopped":"true"})", R"({"host":"pve1")"}) {
    EXPECT_EQ(decide("/api/v1/drain", odd).status, 400) << odd;
    EXPECT_EQ(get("/api/v1/errand").status, 404) << odd;
  }
  EXPECT_EQ(decide("/api/v1/pause", "no json").status, 200) << "the red button never asks";
  EXPECT_EQ(decide("/api/v1/plans/1/approve", "").status, 200) << "nothing need be said";
}

TEST_F(Api, AnEventIsOneLineOfJson) {
  EXPECT_EQ(server_event("pulse", "{}\n"), "event: pulse\ndata: {}\n\n");
  HistoryEntry entry{"e1", 1, "move", "a\nb", "\r\ndata: forged", "\u2028"};
  const std::string event = server_event("history", entry_json(entry));
  EXPECT_EQ(std::count(event.begin(), event.end(), '\n'), 3);
  EXPECT_EQ(std::count(event.begin(), event.end(), '\r'), 0);
}

}  // namespace
}  // namespace pcb
