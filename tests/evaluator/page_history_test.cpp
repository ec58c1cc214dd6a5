// History: every kind of row, searched and chosen by the address.
#include "evaluator/page/history_page.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAll[] = {"events", "alerts", "plans", "moves", "decisions", "messages"};

History history(const std::string& show, const std::string& text) {
  History all;
  all.filter.show = show;
  all.filter.text = text;
  all.events = {{900, text, text, text, text}};
  AlertRecord alert;
  alert.alert.labels = {{"alertname", text}, {"id", text}};
  alert.alert.annotations = {{"summary", text}};
  alert.verdict.reason = text;
  all.alerts = {alert};
  PlanRecord plan;
  plan.id = 12;
  plan.goal = plan.result = plan.reason = text;
  all.plans = {plan};
  MoveRecord move;
  move.plan_id = 12;
  move.guest = move.name = move.from = move.to = move.reason = text;
  all.moves = {move};
  all.decisions = {{900, 12, 70, true, text, text, text}};
  DeliveryRecord delivery;
  delivery.notification.subject = delivery.notification.severity = delivery.sink = delivery.state =
      delivery.last_error = text;
  delivery.notification.lines = {text};
  all.messages = {delivery};
  return all;
}

std::string page(const test::PageScene& scene, const History& all) {
  return framed(scene.frame, history_html(all, scene.frame));
}

TEST(PageHistory, EachKindIsSoundAndAHostileNameAddsNoTagAndNoAttribute) {
  for (const char* show : kAll) {
    const test::PageScene calm("calm");
    const std::string sound = page(calm, history(show, "calm"));
    test::expect_sound(sound);
    EXPECT_THAT(sound, Not(HasSubstr("Nothing matches"))) << show;
    for (const std::string& hostile : test::kHostile) {
      const test::PageScene scene(hostile);
      EXPECT_EQ(test::shapes_of(page(scene, history(show, hostile))), test::shapes_of(sound))
          << show << hostile;
    }
  }
}

template <class Record>
void expect_found_by(const Record& record, const char* show) {
  HistoryFilter filter;
  filter.show = show;
  EXPECT_TRUE(matches(filter, record)) << show;
  filter.text = "sometext";
  EXPECT_TRUE(matches(filter, record)) << show;
  filter.text = "another";
  EXPECT_FALSE(matches(filter, record)) << show;
}

TEST(PageHistory, SearchesInAnyFieldWhateverTheCase) {
  const History all = history("", "SomeText");
  expect_found_by(all.events[0], "events");
  expect_found_by(all.alerts[0], "alerts");
  expect_found_by(all.plans[0], "plans");
  expect_found_by(all.moves[0], "moves");
  expect_found_by(all.decisions[0], "decisions");
  expect_found_by(all.messages[0], "messages");
}

TEST(PageHistory, SaysWhyThereIsNothing) {
  const test::PageScene scene("x");
  History none;
  EXPECT_THAT(page(scene, none), HasSubstr("Nothing yet."));
  none.filter.text = "another";
  EXPECT_THAT(page(scene, none), HasSubstr("Nothing matches."));
  none.filter.before = 7;
  EXPECT_THAT(page(scene, none), HasSubstr("Nothing older."));
}

TEST(PageHistory, EventsAreChosenByTheirKind) {
  const test::PageScene scene("x");
  History all;
  all.filter.kind = "move";
  EXPECT_TRUE(matches(all.filter, EventRecord{900, "move", "evaluator", "lxc/103", "moving it"}));
  EXPECT_FALSE(matches(all.filter, EventRecord{901, "plan", "evaluator", "plan 1", "made"}));
  EXPECT_THAT(page(scene, all), HasSubstr("<option value=\"move\" selected>"));
  // In the API these two are kinds of other rows, so that "The same as JSON" would not be the same.
  EXPECT_THAT(page(scene, all),
              Not(AnyOf(HasSubstr("<option value=\"alert\""), HasSubstr("<option value=\"message\""))));
}

TEST(PageHistory, LinksToPlansAndToTheSameAsData) {
  const test::PageScene scene("x");
  EXPECT_THAT(page(scene, history("moves", "db")),
              AllOf(HasSubstr("<a href=\"/plans/12\">plan 12</a>"),
                    HasSubstr("href=\"/api/v1/suggestions?q=db&amp;limit=200\""),
                    HasSubstr("/api/v1/suggestions?q=db&amp;limit=200&amp;format=csv"),
                    HasSubstr("href=\"/history?show=plans&amp;q=db\"")));
  EXPECT_THAT(page(scene, history("decisions", "db")),
              AllOf(HasSubstr("href=\"/api/v1/history?kind=decision&amp;q=db&amp;limit=200\""),
                    HasSubstr("/api/v1/history?kind=decision&amp;q=db&amp;limit=200&amp;format=csv")));
  EXPECT_TRUE(is_history_of("decisions"));
  EXPECT_FALSE(is_history_of("passwords"));
}

TEST(PageHistory, ItsPagesAreLinkedAndSoAreTheirData) {
  const test::PageScene scene("x");
  History all = history("alerts", "db");
  EXPECT_THAT(page(scene, all), Not(HasSubstr("aria-label=\"Pages\"")));
  all.older = 300;
  EXPECT_THAT(
      page(scene, all),
      AllOf(HasSubstr("<a href=\"/history?show=alerts&amp;q=db&amp;limit=200&amp;before=300\">Older</a>"),
            Not(HasSubstr("The newest</a>"))));
  all.filter.before = 500;
  const std::string second = page(scene, all);
  test::expect_sound(second);
  EXPECT_THAT(second,
              AllOf(HasSubstr("href=\"/history?show=alerts&amp;q=db&amp;limit=200\">The newest</a>"),
                    HasSubstr("/api/v1/history?kind=alert&amp;q=db&amp;limit=200&amp;cursor=0.500.0.0\"")));
}

TEST(PageHistory, TheReportHasAPermanentLink) {
  for (const std::string& text : {std::string("calm"), test::kHostile[0], test::kHostile[5]}) {
    const test::PageScene scene(text);
    History all;
    all.filter.show = "report";
    all.filter.since = "30d";
    Incident incident;
    incident.host = text;
    OperationRecord operation;
    operation.move.guest = operation.move.name = operation.move.from = operation.move.to = text;
    operation.move.state = MoveState::done;
    all.report = ReportInput{1000, 2'593'000, {incident}, {}, {operation}, {}};
    const std::string shown = page(scene, all);
    test::expect_sound(shown);
    EXPECT_THAT(
        shown,
        AllOf(
            HasSubstr("1 incident: "), HasSubstr("<li class=\"inner\"><ul><li>"),
            HasSubstr("<option value=\"30d\" selected>"),
            HasSubstr("<a href=\"/history?show=report&amp;since=30d&amp;until=2593000\">Permanent link</a>"),
            HasSubstr("<a href=\"/api/v1/report?since=2592000&amp;until=2593000\">JSON</a>")));
    EXPECT_EQ(shown.find("<script>alert"), std::string::npos);
  }
}

}  // namespace
}  // namespace pcb
