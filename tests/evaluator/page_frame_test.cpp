// The frame of the page: ways, state, the red button; style and script as parts of the program.
#include "evaluator/page/assets.h"
#include "evaluator/page/frame.h"
#include "evaluator/page/html.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PageFrame, IsSoundAndAHostileNameAddsNoTagAndNoAttribute) {
  const test::PageScene calm("calm");
  const std::string page = framed(calm.frame, "<p>x</p>");
  test::expect_sound(page);
  for (const std::string& hostile : test::kHostile) {
    const test::PageScene scene(hostile);
    EXPECT_EQ(test::shapes_of(framed(scene.frame, "<p>x</p>")), test::shapes_of(page)) << hostile;
  }
}

TEST(PageFrame, ShowsModeWhatHoldsItBackAndWhereOneIs) {
  test::PageScene scene("calm");
  scene.view.mode = "approve";
  scene.act.under_way = 2;
  const std::string page = framed(scene.frame, "");
  EXPECT_THAT(page,
              AllOf(HasSubstr(">approve</strong>"), HasSubstr("samples_empty"), HasSubstr("guest_cooldown"),
                    HasSubstr("2 moves under way"), HasSubstr("<a href=\"/plan\" aria-current=\"page\">")));
  EXPECT_THAT(page, Not(HasSubstr("what is shown is old")));
  scene.frame.now = 1400;
  EXPECT_THAT(framed(scene.frame, ""), HasSubstr("what is shown is old"));
  EXPECT_THAT(framed(scene.frame, ""), Not(HasSubstr("An Alertmanager")));
  scene.view.alertmanager_answers = false;
  EXPECT_THAT(framed(scene.frame, ""), HasSubstr("silences that it alone knows are not seen"));
  scene.view.mode = "suggest";
  EXPECT_THAT(framed(scene.frame, ""), Not(HasSubstr("guest_cooldown")));
  scene.frame.view = nullptr;
  EXPECT_THAT(framed(scene.frame, ""), HasSubstr("has just started"));
}

TEST(PageFrame, TheRedButtonSaysWhoPressedItAndWhatItWouldDoNow) {
  test::PageScene scene("alice");
  std::string page = framed(scene.frame, "");
  EXPECT_THAT(page,
              AllOf(HasSubstr("The red button is pressed</strong> by alice from alice"),
                    HasSubstr("1 min ago</time></span>: alice"), HasSubstr("<span aria-live=\"off\"><time"),
                    HasSubstr("action=\"/api/v1/resume\""), Not(HasSubstr("/api/v1/pause"))));
  scene.frame.button.pressed.clear();
  scene.frame.button.last->on = false;
  page = framed(scene.frame, "");
  EXPECT_THAT(page, AllOf(HasSubstr("action=\"/api/v1/pause\""), HasSubstr("was released by alice"),
                          HasSubstr("name=\"reason\""), HasSubstr("name=\"csrf\" value=\"a-csrf-token\"")));
  // Made by hand, without the journal.
  scene.frame.button.pressed =
      "the red button is pressed (STOP is there); `balancer-evaluator resume` releases";
  EXPECT_THAT(framed(scene.frame, ""),
              AllOf(HasSubstr("pressed (STOP is there)."), Not(HasSubstr("balancer-evaluator resume"))));
}

TEST(PageFrame, WhoMayNotDecideSeesNoFormThatDoes) {
  test::PageScene scene("calm");
  scene.frame.visitor = {};
  const std::string page =
      framed(scene.frame, form_of({"/api/v1/plans/12/approve", "Yes", "", "", true, ""}, scene.frame));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<form")), HasSubstr("href=\"/login?next=%2fplan\"")));
}

TEST(PageFrame, RenewsItselfWithoutAScriptOnlyWhereNobodyWrites) {
  test::PageScene scene("calm");
  EXPECT_THAT(framed(scene.frame, ""), Not(HasSubstr("http-equiv")));
  scene.frame.renew_without_script = 30;
  EXPECT_THAT(
      framed(scene.frame, ""),
      HasSubstr("<noscript><meta http-equiv=\"refresh\" content=\"30;url=/plan?renewal=1\"></noscript>"))
      << "and says so, for nobody need sit there";
}

TEST(PageAssets, AreMarkedByTheirContentAndLoadNothing) {
  EXPECT_THAT(style_path(), ::testing::MatchesRegex("/assets/page\\.css\\?v=[0-9a-f]{16}"));
  EXPECT_NE(style_path().substr(20), script_path().substr(20));
  for (const char* asset : {kPageStyle, kPageScript, kPageIcon}) {
    const std::string text(asset);
    EXPECT_GT(text.size(), 100U);
    EXPECT_THAT(text, AllOf(Not(HasSubstr("@import")), Not(HasSubstr("url(")), Not(HasSubstr("eval(")),
                            Not(HasSubstr("innerHTML"))));
  }
  EXPECT_THAT(std::string(kPageStyle),
              AllOf(HasSubstr("prefers-color-scheme: dark"), HasSubstr(":focus-visible")));
}

TEST(PageHtml, TimesSayWhenInWordsAndForTheScript) {
  EXPECT_EQ(html::ago(1000, 999),
            "<time data-since=\"999\" datetime=\"1970-01-01T00:16:39Z\">just now</time>");
  EXPECT_THAT(html::until(1000, 1090.5),
              AllOf(HasSubstr("data-until=\"1090\""), HasSubstr(">in 1 min 31 s<")));
  EXPECT_THAT(html::until(1000, 900), HasSubstr(">now<"));
}

TEST(PageHtml, ABarIsAsLongAsItsPartsAndMarksItsLimit) {
  const std::string bar = html::bar({10, 8, "a label", {{5, "even", "<x>"}, {2.5, "odd", ""}}});
  const auto tags = test::tags_of(bar);
  ASSERT_EQ(tags[0].name, "svg");
  EXPECT_EQ(tags[0].value_of("aria-label"), "a label");
  EXPECT_THAT(
      bar,
      AllOf(HasSubstr("x=\"0.0\" y=\"0\" width=\"498.0\""), HasSubstr("x=\"500.0\" y=\"0\" width=\"248.0\""),
            HasSubstr("x=\"798.0\" y=\"0\" width=\"4.0\""), HasSubstr("<title>&lt;x&gt;</title>")));
  EXPECT_THAT(html::bar({10, 8, "", {{20, "even", ""}}}),
              HasSubstr("width=\"500.0\" height=\"24\" class=\"room\""));
  EXPECT_THAT(html::bar({}), HasSubstr("not known"));
}

TEST(PageHtml, AnEmptyTableSaysSo) {
  html::Table table("All <of> them", {"One", "Two"});
  EXPECT_EQ(table.str("nothing"), "<p class=\"dim\">nothing</p>\n");
  table.row({"1", "2", "too many"}, "a\"b");
  const std::string text = table.str("");
  EXPECT_THAT(text,
              AllOf(HasSubstr("<caption>All &lt;of&gt; them</caption>"), HasSubstr("id=\"a&quot;b\""),
                    Not(HasSubstr("too many")), HasSubstr("scope=\"col\""), HasSubstr("scope=\"row\"")));
}

TEST(PageHtml, ALinkLeavesOutWhatIsEmptyAndEncodesTheRest) {
  EXPECT_EQ(html::link_of("/history", {{"kind", "move"}, {"q", ""}, {"guest", "a b&\"<"}}),
            "/history?kind=move&amp;guest=a%20b%26%22%3c");
  EXPECT_EQ(html::link_of("/history", {}), "/history");
}

}  // namespace
}  // namespace pcb
