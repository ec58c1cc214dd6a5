// Every view of the page on one made-up afternoon of a small cluster, byte for byte:
// tests/golden/pages/*.html. tests/e2e/test_page_pictures.py photographs these files. PCB_BLESS=1 rewrites
// them.
#include <regex>

#include "cluster/document_json.h"
#include "evaluator/access/answers.h"
#include "evaluator/page/history_page.h"
#include "evaluator/page/overview.h"
#include "evaluator/page/plan_page.h"
#include "evaluator/page/running.h"
#include "evaluator/page/what_if_page.h"
#include "tests/cluster/generated_file.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

constexpr double kNow = 1795365810;  // 2026-11-22T16:43:30Z
constexpr double kHour = 3600, kDay = 86400;
const std::string kFolder = "tests/golden/pages/";

Plan plan_of(const std::string& file) {
  auto plan = plan_from_json(read_source_file(kFolder + file));
  EXPECT_TRUE(plan.ok()) << file;
  return plan ? std::move(plan).value() : Plan{};
}

MoveRecord move_of(std::int64_t id, const std::string& guest, const std::string& name,
                   const std::string& from, const std::string& to, const std::string& method,
                   MoveState state) {
  MoveRecord move;
  move.id = id;
  move.plan_id = 41;
  move.guest = guest;
  move.name = name;
  move.from = from;
  move.to = to;
  move.method = method;
  move.state = state;
  move.created_at = kNow - 90;
  move.changed_at = kNow - 20;
  move.actor = "alice";
  return move;
}

class PageGolden : public ::testing::Test {
 protected:
  PageGolden() {
    auto cluster = read_cluster(read_source_file(kFolder + "cluster.json"));
    EXPECT_TRUE(cluster.ok());
    view_.at = kNow - 12;
    view_.cluster = "homelab";
    view_.mode = "approve";
    view_.document = std::move(cluster->cluster);
    Incident incident;
    incident.id = 7;
    incident.host = "pve1";
    incident.opened_at = incident.changed_at = kNow - 4 * 60;
    incident.reason = "pve1 uses 91.2 % of its CPU; its limit is 80.0 %";
    standing_.incidents = {incident};
    act_.holds_lock = true;
    frame_.version = "1.0";
    frame_.now = kNow;
    frame_.view = &view_;
    frame_.act = &act_;
    frame_.visitor = {"alice", true, "not-a-real-token"};
    frame_.button.last =
        SwitchRecord{kNow - 3 * kHour, SwitchName::red_button, false, "bob", "192.0.2.7", ""};
    planned_ = move_of(12, "qemu/110", "build", "pve1", "pve2", "live", MoveState::proposed);
    planned_.downtime_seconds = 1;
    planned_.copy_bytes = 11.0 * 1024 * 1024 * 1024;
    planned_.why = "takes 4.1 cores and 11.0 GiB off pve1 (CPU 91.2 % → 65.6 %, memory 64.1 % → 46.9 %)";
  }

  // `main_html` needs the frame as it is then.
  template <class Main>
  void expect_view(const std::string& name, const char* title, const std::string& path, Main main_html) {
    frame_.title = title;
    frame_.path = path;
    const std::string here = path.substr(0, path.find('?'));
    frame_.here = here.c_str();
    const std::string html = framed(frame_, main_html());
    test::expect_sound(html);
    expect_page(name, html);
  }
  static void expect_page(const std::string& name, const std::string& html) {
    // What style and script are is for the pictures to see.
    expect_generated(kFolder + name + ".html", std::regex_replace(html, std::regex("\\?v=[0-9a-f]{16}"), ""));
  }

  View view_;
  ActView act_;
  Standing standing_;
  Frame frame_;
  MoveRecord planned_;
  PlanRecord plan_{
      41, kNow - 90, "relieve pve1", "moves", "1 move brings pve1 from 91.2 % to 65.6 % CPU", "d1", "", true};
};

TEST_F(PageGolden, Overview) {
  Overview overview;
  overview.view = &view_;
  overview.standing = &standing_;
  overview.figures = plan_of("plan.json").before;
  overview.now = kNow;
  AlertRecord alert;
  alert.alert.fingerprint = "a1";
  alert.alert.labels = {{"alertname", "HostCpuHigh"}, {"id", "node/pve1"}, {"severity", "warning"}};
  alert.alert.annotations = {{"summary", "pve1 uses 91 % of its CPU"}};
  alert.verdict.use = AlertUse::relieve;
  alert.verdict.reason = "pve1 asks for relief of its CPU";
  alert.alert.starts_at_ms = static_cast<std::int64_t>(kNow - 4 * 60) * 1000;
  alert.last_received_at = kNow - 15;
  overview.alerts = {alert};
  standing_.plan = plan_;
  standing_.moves = {planned_};
  DeliveryRecord delivery;
  delivery.notification.id = 5;
  delivery.notification.created_at = kNow - 60;
  delivery.notification.subject = "pve1 is short of CPU: move build to pve2";
  delivery.notification.lines = {"To approve it: balancer-evaluator approve 41"};
  delivery.sink = "chat";
  delivery.state = "sent";
  overview.messages = {delivery};
  expect_view("overview", "Overview", "/", [&] { return overview_html(overview); });
}

TEST_F(PageGolden, Plan) {
  PlanView plan;
  plan.record = plan_;
  plan.plan = plan_of("plan.json");
  plan.moves = {planned_};
  plan.asked = "files";
  plan.explained = {{"lxc/104",
                     "files",
                     "pve1",
                     {{"pve2", {false, "bind_mount", "mp0"}}, {"pve3", {false, "bind_mount", "mp0"}}}}};
  expect_view("plan", "Plan", "/plan", [&] { return plan_page_html(plan, frame_); });
}

TEST_F(PageGolden, NoPlanAndThePressedButton) {
  act_.paused = "the red button is pressed";
  frame_.button.pressed = act_.paused;
  frame_.button.last =
      SwitchRecord{kNow - 600, SwitchName::red_button, true, "bob", "192.0.2.7", "the switch is replaced"};
  view_.hold = {HoldReason::alert_silenced, "HostCpuHigh of pve1 is silenced until 18:00"};
  expect_view("plan-none", "Plan", "/plan", [&] { return plan_page_html({}, frame_); });
}

TEST_F(PageGolden, Running) {
  Running running;
  OperationRecord now, done, failed;
  now.id = "6f1c0f0a6f1c0f0a6f1c0f0a6f1c0f0a";
  now.move = planned_;
  now.move.state = MoveState::running;
  now.initiator = Initiator::approved;
  now.intended_at = kNow - 40;
  done = now;
  done.id = "0b";
  done.move = move_of(9, "qemu/112", "home-assistant", "pve1", "pve2", "live", MoveState::done);
  done.move.reason = "it is on pve2 and runs";
  done.ended_at = kNow - 2 * kHour;
  done.duration_seconds = 62;
  done.downtime_seconds = 1;
  failed = done;
  failed.move = move_of(8, "lxc/107", "wiki", "pve3", "pve2", "restart", MoveState::failed);
  failed.move.reason = "pct said: no space left on pve2; it runs on pve3 as before";
  failed.command = "pct migrate 107 pve2 --restart";
  failed.ended_at = kNow - 5 * kHour;
  running.operations = {now, done, failed};
  running.history = {done};
  running.watched = {
      {now.id,
       MoveState::running,
       "the host is copying its memory",
       {"starting migration of VM 110 to node 'pve2'", "migration active, transferred 5.1 GiB"},
       kNow - 2}};
  OutcomeRecord outcome;
  outcome.plan_id = 40;
  outcome.predicted_peak = 0.82;
  outcome.achieved_peak = 0.84;
  outcome.verdict = "kept";
  outcome.judged_at = kNow - kHour;
  outcome.sentence = "as predicted";
  running.outcomes = {outcome};
  expect_view("running", "Running", "/running", [&] { return running_html(running, frame_); });
}

TEST_F(PageGolden, History) {
  History history;
  history.older = 120;
  history.events = {
      {kNow - 20, "move", "alice", "qemu/110", "approved by alice from 192.0.2.4"},
      {kNow - 90, "plan", "evaluator", "plan 41", "moves: 1 move brings pve1 from 91.2 % to 65.6 % CPU"},
      {kNow - 4 * 60, "incident", "evaluator", "pve1", "open: pve1 uses 91.2 % of its CPU"},
      {kNow - 3 * kHour, "switch", "bob", "red button", "released: the switch is replaced"}};
  expect_view("history", "History", "/history", [&] { return history_html(history, frame_); });
}

TEST_F(PageGolden, Report) {
  History history;
  history.filter.show = "report";
  OperationRecord done;
  done.move = move_of(9, "qemu/112", "home-assistant", "pve1", "pve2", "live", MoveState::done);
  done.initiator = Initiator::approved;
  done.intended_at = kNow - 2 * kDay;
  done.downtime_seconds = 1;
  OutcomeRecord outcome;
  outcome.plan_id = 40;
  outcome.verdict = "kept";
  history.report = ReportInput{kNow - 7 * kDay, kNow, standing_.incidents, {planned_}, {done}, {outcome}};
  expect_view("history-report", "History", "/history?show=report",
              [&] { return history_html(history, frame_); });
}

TEST_F(PageGolden, WhatIf) {
  WhatIfView asked;
  asked.said = {{"ask", "drain"}, {"host", "pve3"}};
  WhatIf question;
  question.host = "pve3";
  asked.question = question;
  asked.answer = WhatIfAnswer{*view_.document, plan_of("drain.json")};
  expect_view("whatif", "What if", "/whatif?ask=drain&host=pve3",
              [&] { return what_if_html(asked, frame_); });
}

TEST_F(PageGolden, Login) {
  LoginPage login;
  login.asks_for_token = true;
  login.next = "/plan";
  login.problem = "That is not the operator's token.";
  expect_page("login", login_page(login).body);
}

}  // namespace
}  // namespace pcb
