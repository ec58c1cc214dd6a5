// What is under way: phases, times, the host's log, ends and outcomes.
#include "evaluator/page/running.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

OperationRecord operation(const std::string& text, MoveState state, std::optional<double> duration = {}) {
  OperationRecord record;
  record.id = text;
  record.move.guest = record.move.name = record.move.from = record.move.to = record.move.reason = text;
  record.move.method = "restart";
  record.move.state = state;
  record.intended_at = 970;
  record.duration_seconds = duration;
  if (duration) record.ended_at = 990;
  record.command = text;
  return record;
}

Running running(const std::string& text) {
  Running all;
  all.operations = {operation(text, MoveState::running), operation(text + "2", MoveState::failed, 12)};
  all.history = {operation(text, MoveState::done, 60)};
  all.watched = {{text, MoveState::running, text, {text, text}, 999}};
  OutcomeRecord outcome;
  outcome.plan_id = 12;
  outcome.due_at = 1090;
  outcome.predicted_peak = 0.9;
  all.outcomes = {outcome};
  ErrandRecord errand;
  errand.kind = "drain";
  errand.host = errand.actor = errand.progress = text;
  all.errand = errand;
  return all;
}

TEST(PageRunning, IsSoundAndAHostileNameAddsNoTagAndNoAttribute) {
  const test::PageScene calm("calm");
  const std::string page = framed(calm.frame, running_html(running("calm"), calm.frame));
  test::expect_sound(page);
  for (const std::string& hostile : test::kHostile) {
    const test::PageScene scene(hostile);
    EXPECT_EQ(test::shapes_of(framed(scene.frame, running_html(running(hostile), scene.frame))),
              test::shapes_of(page))
        << hostile;
  }
}

TEST(PageRunning, ShowsPhaseTimeTakenAndExpectedAndWhatTheHostSays) {
  const test::PageScene scene("calm");
  const std::string page = running_html(running("calm"), scene.frame);
  EXPECT_THAT(
      page,
      AllOf(HasSubstr(
                "<li class=\"past\">starting</li><li aria-current=\"step\">running</li><li>verifying</li>"),
            HasSubstr("Under way for <strong>30 s</strong>, expected 1 min"),
            HasSubstr("<progress max=\"60\" value=\"30\""), HasSubstr(">calm\ncalm\n</pre>"),
            HasSubstr("<code class=\"copy\">calm2</code>")));
  EXPECT_THAT(page, AllOf(HasSubstr("state failed"), HasSubstr("due <time data-until=\"1090\""),
                          HasSubstr("A host is emptied")));
}

TEST(PageRunning, WhatIsNotKnownIsSaid) {
  const test::PageScene scene("calm");
  Running all = running("calm");
  all.history.clear();
  all.watched.clear();
  EXPECT_THAT(running_html(all, scene.frame),
              AllOf(HasSubstr("how long it takes is not known"), HasSubstr("has not been looked at since"),
                    Not(HasSubstr("<progress"))));
  EXPECT_THAT(running_html({}, scene.frame),
              AllOf(HasSubstr("Nothing is under way"), HasSubstr("No move has ended")));
}

TEST(PageRunning, WhatIsNotListedIsCounted) {
  const test::PageScene scene("calm");
  Running all;
  all.operations.assign(30, operation("calm", MoveState::done, 12));
  EXPECT_THAT(running_html(all, scene.frame), Not(HasSubstr("more: see")));
  all.operations.push_back(all.operations.front());
  EXPECT_THAT(running_html(all, scene.frame),
              HasSubstr("1 more: see <a href=\"/history?show=moves\">History</a>."));
}

TEST(PageRunning, ALogThatIsHostileStaysText) {
  const test::PageScene scene("calm");
  Running all = running("calm");
  all.watched[0].log = {"\x1b[31m</pre><script>x</script>"};
  EXPECT_THAT(running_html(all, scene.frame),
              HasSubstr(">\\x1b[31m&lt;/pre&gt;&lt;script&gt;x&lt;/script&gt;\n</pre>"));
}

TEST(PageRunning, ExpectsWhatTheSameGuestTookElseWhatOthersTook) {
  std::vector<OperationRecord> history{
      operation("a", MoveState::done, 10), operation("b", MoveState::done, 30),
      operation("c", MoveState::done, 50), operation("b", MoveState::failed, 900)};
  MoveRecord move = history[1].move;
  EXPECT_EQ(expected_seconds(move, history), 30);
  move.guest = "new";
  EXPECT_EQ(expected_seconds(move, history), 30) << "the middle of all that were done";
  history[1].duration_seconds = 5;
  EXPECT_EQ(expected_seconds(move, history), 10);
  move.method = "live";
  EXPECT_EQ(expected_seconds(move, history), std::nullopt);
}

}  // namespace
}  // namespace pcb
