// History: every kind of row, searched and chosen by the address.
#include "evaluator/page/history_page.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
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

TEST(PageHistory, SearchesInAnyFieldWhateverTheCase) {
  const test::PageScene scene("x");
  for (const char* show : kAll) {
    History all = history(show, "SomeText");
    all.filter.text = "sometext";
    EXPECT_THAT(page(scene, all), HasSubstr("SomeText")) << show;
    all.filter.text = "another";
    EXPECT_THAT(page(scene, all), AllOf(HasSubstr("Nothing matches"), Not(HasSubstr("SomeText")))) << show;
  }
}

TEST(PageHistory, EventsAreChosenByTheirKind) {
  const test::PageScene scene("x");
  History all;
  all.events = {{900, "move", "evaluator", "lxc/103", "moving it"},
                {901, "plan", "evaluator", "plan 1", "made"}};
  all.filter.kind = "move";
  EXPECT_THAT(page(scene, all), AllOf(HasSubstr("moving it"), Not(HasSubstr(">made<")),
                                      HasSubstr("<option value=\"move\" selected>")));
}

TEST(PageHistory, LinksToPlansAndToTheSameAsData) {
  const test::PageScene scene("x");
  History all = history("moves", "db");
  EXPECT_THAT(page(scene, all), AllOf(HasSubstr("<a href=\"/plans/12\">plan 12</a>"),
                                      HasSubstr("/api/v1/suggestions?limit=200"), HasSubstr("format=csv"),
                                      HasSubstr("href=\"/history?show=plans&amp;q=db\"")));
  EXPECT_TRUE(is_history_of("decisions"));
  EXPECT_FALSE(is_history_of("passwords"));
}

}  // namespace
}  // namespace pcb
