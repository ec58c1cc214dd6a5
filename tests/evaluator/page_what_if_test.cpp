// What if: the four questions as forms, and the answer.
#include "evaluator/page/what_if_page.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

WhatIfView asked(const test::PageScene& scene, const std::string& text, WhatIf::Kind kind, const char* ask) {
  WhatIfView view;
  view.said = {{"ask", ask}, {"host", text}, {"cores", text}, {"memory", text}, {"cpu", text}};
  WhatIf question;
  question.kind = kind;
  question.host = text;
  question.cpu_threshold = 0.7;
  view.question = question;
  Plan plan = scene.plan(text);
  plan.place = {{text, true, 0.5, text}};
  plan.survive = {{text, false, {"lxc/101"}, 1.5, 2e9}};
  view.answer = WhatIfAnswer{*scene.view.document, plan};
  return view;
}

TEST(PageWhatIf, EachAnswerIsSoundAndAHostileNameAddsNoTagAndNoAttribute) {
  const std::pair<WhatIf::Kind, const char*> kinds[] = {{WhatIf::Kind::drain, "drain"},
                                                        {WhatIf::Kind::lose, "lose"},
                                                        {WhatIf::Kind::place, "place"},
                                                        {WhatIf::Kind::thresholds, "thresholds"}};
  for (const auto& [kind, ask] : kinds) {
    const auto page = [kind = kind, ask = ask](const std::string& text) {
      const test::PageScene scene(text);
      return framed(scene.frame, what_if_html(asked(scene, text, kind, ask), scene.frame));
    };
    const std::string calm = page("calm");
    test::expect_sound(calm);
    EXPECT_THAT(calm, HasSubstr("<section id=\"answer\"")) << ask;
    for (const std::string& hostile : test::kHostile)
      EXPECT_EQ(test::shapes_of(page(hostile)), test::shapes_of(calm)) << ask << hostile;
  }
}

TEST(PageWhatIf, KeepsWhatWasAskedAndAnswersIt) {
  const test::PageScene scene("calm");
  const auto page = [&](WhatIf::Kind kind, const char* ask) {
    return what_if_html(asked(scene, "calm", kind, ask), scene.frame);
  };
  EXPECT_THAT(page(WhatIf::Kind::drain, "drain"),
              AllOf(HasSubstr("If calm were emptied"), HasSubstr("<option value=\"calm\" selected>"),
                    HasSubstr("it is stopped, moved and started")));
  EXPECT_THAT(page(WhatIf::Kind::lose, "lose"),
              AllOf(HasSubstr("If calm were lost"), HasSubstr("<strong>No</strong>"),
                    HasSubstr("calm101 (lxc/101)"), HasSubstr("1.5 cores and 1.9 GiB free")));
  EXPECT_THAT(page(WhatIf::Kind::place, "place"),
              AllOf(HasSubstr("Where 0 cores and 0 B fit"), HasSubstr(">yes<"),
                    HasSubstr("value=\"calm\" required")));
  EXPECT_THAT(page(WhatIf::Kind::thresholds, "thresholds"),
              HasSubstr("If the limits of calm were 70.0 % CPU"));
}

TEST(PageWhatIf, SaysWhyThereIsNoAnswer) {
  test::PageScene scene("calm");
  WhatIfView view;
  EXPECT_THAT(what_if_html(view, scene.frame), Not(HasSubstr("id=\"answer\"")));
  view.problem = "there is no host \"x\"";
  EXPECT_THAT(what_if_html(view, scene.frame), HasSubstr("there is no host &quot;x&quot;"));
  scene.view.document.reset();
  EXPECT_THAT(what_if_html(view, scene.frame), HasSubstr("nothing can be planned"));
}

}  // namespace
}  // namespace pcb
