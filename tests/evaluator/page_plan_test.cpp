// The view of a plan: figures, picture, moves with yes and no, what stays and why.
#include "evaluator/page/code_words.h"
#include "evaluator/page/plan_page.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Shown {
  explicit Shown(const std::string& text) : scene(text) {
    scene.frame.problem.clear();
    plan.record = scene.standing.plan;
    plan.plan = scene.plan(text);
    plan.moves = scene.standing.moves;
    plan.asked = text;
    plan.filter = "";
    plan.explained = {
        {"lxc/102", text, text, {{text, {false, "cpu_limit", text}}, {text + "2", {true, "", ""}}}}};
  }
  [[nodiscard]] std::string page() const { return framed(scene.frame, plan_page_html(plan, scene.frame)); }

  test::PageScene scene;
  PlanView plan;
};

TEST(PagePlan, IsSoundAndAHostileNameAddsNoTagAndNoAttribute) {
  const Shown calm("calm");
  const std::string page = calm.page();
  test::expect_sound(page);
  for (const std::string& hostile : test::kHostile) {
    const Shown shown(hostile);
    EXPECT_EQ(test::shapes_of(shown.page()), test::shapes_of(page)) << hostile;
  }
}

TEST(PagePlan, ShowsWhatTheMovesBringAndCost) {
  Shown shown("calm");
  shown.plan.moves[0].downtime_seconds = 20;
  shown.plan.moves[0].copy_bytes = 3.0 * 1024 * 1024 * 1024;
  shown.plan.moves[0].after = {1, 3};
  shown.plan.moves[0].method = "restart";
  EXPECT_THAT(shown.page(), AllOf(HasSubstr("120.0 % → <strong>90.0 %</strong>"),
                                  HasSubstr("proven bound 85.0 %: 5 points from"),
                                  HasSubstr("proven bound 0.0 %: nothing can be better"),
                                  HasSubstr("<span class=\"whole\">down for 20 s</span>, <span "
                                            "class=\"whole\">copies 3.0 GiB</span>"),
                                  HasSubstr("step 1, 3"), HasSubstr("it is stopped, moved and started")));
}

// 0.4 of 8 cores leave with the guest: 5 % of the upper bar of its host, and of the lower one of the target.
TEST(PagePlan, ThePictureShowsWhatLeavesAndWhatComes) {
  Shown shown("calm");
  const Cluster& cluster = *shown.scene.view.document;
  const std::string picture = plan_picture_html(*shown.plan.plan, &cluster, true);
  EXPECT_THAT(picture, AllOf(HasSubstr("x=\"850.0\" y=\"0\" width=\"48.0\" height=\"24\" "
                                       "class=\"move1\"><title>step 1, calm (lxc/101): 5.0 %"),
                             HasSubstr("x=\"250.0\" y=\"0\" width=\"48.0\" height=\"24\" class=\"move1\""),
                             HasSubstr("aria-label=\"calm CPU before: 90.0 %, over its limit of 80.0 %\""),
                             HasSubstr("aria-label=\"calm CPU after: 70.0 %\"")));
  // Of an old plan today's loads say nothing.
  EXPECT_THAT(plan_picture_html(*shown.plan.plan, &cluster, false),
              AllOf(Not(HasSubstr("move1")), HasSubstr("70.0 %")));
}

TEST(PagePlan, HostsThatAreNotDrawnAreCounted) {
  const test::PageScene scene("calm");
  Plan plan = scene.plan("calm");
  for (int i = 10; i < 70; ++i)
    plan.before.hosts["h" + std::to_string(i)] = plan.after.hosts["h" + std::to_string(i)] = {0.1, 0.1};
  EXPECT_THAT(plan_picture_html(plan, nullptr, false), HasSubstr("2 more hosts are not drawn"));
  plan.before.hosts.erase("h10");
  plan.before.hosts.erase("h11");
  EXPECT_THAT(plan_picture_html(plan, nullptr, false), Not(HasSubstr("not drawn")));
}

TEST(PagePlan, AYesAndANoGoWithThePlanThatWasLookedAt) {
  Shown shown("calm");
  shown.scene.view.mode = "approve";
  const std::string page = shown.page();
  test::expect_sound(page);
  EXPECT_THAT(
      page,
      AllOf(HasSubstr("1 move waits for a decision"), HasSubstr("Approve the move"),
            HasSubstr("Reject the plan"), HasSubstr("aria-label=\"Approve this one, step 1, calm to calm\""),
            HasSubstr("/api/v1/moves/70/approve"), HasSubstr("action=\"/api/v1/plans/12/approve\""),
            HasSubstr("name=\"digest\" value=\"calm\"")));
  EXPECT_THAT(page, HasSubstr("A yes counts for 1 h"));
  shown.scene.frame.visitor = {};
  EXPECT_THAT(shown.page(), AllOf(Not(HasSubstr("/api/v1/moves/")),
                                  HasSubstr("<a class=\"button\" href=\"/login?next=%2fplan\">log in</a>")));
  shown.scene.frame.visitor.user = "bob";
  EXPECT_THAT(shown.page(),
              AllOf(Not(HasSubstr("/api/v1/moves/")), HasSubstr("You may look, but not decide")));
}

TEST(PagePlan, WhatCannotBeDecidedHasNoFormAndSaysWhy) {
  Shown shown("calm");
  const auto page_in = [&](const char* mode) {
    shown.scene.view.mode = mode;
    return shown.page();
  };
  const auto no_form = Not(HasSubstr("action=\"/api/v1/plans/12/approve\""));
  EXPECT_THAT(page_in("suggest"), AllOf(no_form, HasSubstr("The mode is suggest")));
  EXPECT_THAT(page_in("approve"), Not(no_form));
  shown.plan.serves_errand = true;
  EXPECT_THAT(page_in("approve"), AllOf(no_form, HasSubstr("it needs no approval")));
  shown.plan.serves_errand = false;
  shown.plan.record->stands = false;
  EXPECT_THAT(page_in("approve"), AllOf(no_form, HasSubstr("does not stand any more")));
  shown.plan.record->stands = true;
  shown.plan.moves[0].state = MoveState::done;
  EXPECT_THAT(page_in("approve"), AllOf(no_form, HasSubstr("No move of it waits")));
  shown.plan.moves[0].state = MoveState::approved;
  shown.plan.decisions = {{940, 12, 0, true, "alice", "192.0.2.7", ""}};
  EXPECT_THAT(page_in("approve"),
              AllOf(no_form, HasSubstr("approved by <strong>alice</strong> from 192.0.2.7"),
                    HasSubstr("the approval ends <time data-until=\"4540\""), HasSubstr("in 59 min")));
  shown.plan.record.reset();
  EXPECT_THAT(page_in("approve"), AllOf(no_form, HasSubstr("No plan stands")));
}

TEST(PagePlan, AYesThatWasNotActedOnInItsTimeHasExpired) {
  Shown shown("calm");
  shown.scene.view.mode = "approve";
  shown.plan.record->stands = false;
  shown.plan.decisions = {{940, 12, 0, true, "alice", "192.0.2.7", ""}};
  shown.plan.moves[0].state = MoveState::cancelled;
  shown.plan.moves[0].reason = "the approval is older than evaluator.approval_ttl";
  shown.plan.moves[0].changed_at = 4541;
  shown.scene.frame.now = 5000;
  const std::string page = shown.page();
  test::expect_sound(page);
  EXPECT_THAT(page, AllOf(HasSubstr("The approval has expired.</strong> It counted for 1 h"),
                          HasSubstr("<a href=\"/plan\">can be approved</a>"),
                          Not(HasSubstr("action=\"/api/v1/plans/12/approve\""))));
  shown.plan.moves[0].changed_at = 4539;
  EXPECT_THAT(shown.page(), Not(HasSubstr("has expired"))) << "cancelled for another reason, in its time";
}

TEST(PagePlan, AMoveThatWasDecidedAloneSaysSoAndTheOthersStillWait) {
  Shown shown("calm");
  shown.scene.view.mode = "approve";
  MoveRecord second = shown.plan.moves[0];
  second.id = 71;
  second.step = 2;
  shown.plan.moves[0].state = MoveState::cancelled;
  shown.plan.moves[0].reason = "rejected by bob: not now";
  shown.plan.moves.push_back(second);
  shown.plan.decisions = {{990, 12, 70, false, "bob", "", ""}};
  EXPECT_THAT(shown.page(),
              AllOf(HasSubstr("rejected by <strong>bob</strong>"), HasSubstr("rejected by bob: not now"),
                    HasSubstr("/moves/71/approve"), Not(HasSubstr("/moves/70/approve"))));
}

TEST(PagePlan, SaysWhatCameOfIt) {
  Shown shown("calm");
  OutcomeRecord outcome;
  outcome.predicted_peak = 0.9;
  shown.plan.outcome = outcome;
  EXPECT_THAT(shown.page(),
              HasSubstr("Predicted was a highest use of 90.0 % of its limit. It is measured once"));
  shown.plan.outcome->verdict = "kept";
  shown.plan.outcome->achieved_peak = 0.92;
  shown.plan.outcome->sentence = "as predicted";
  EXPECT_THAT(shown.page(), HasSubstr("it came to <strong>92.0 %</strong>. as predicted"));
}

TEST(PagePlan, WhatWasRejectedIsGroupedExplainedAndSearched) {
  const Shown shown("calm");
  const Plan& plan = *shown.plan.plan;
  const Cluster* cluster = &*shown.scene.view.document;
  const auto rows = [&](const std::string& filter) {
    const std::string html = plan_stays_html(plan, cluster, filter);
    std::size_t count = 0;
    for (const test::Tag& tag : test::tags_of(html)) count += tag.name == "tr" ? 1 : 0;
    return count;
  };
  EXPECT_EQ(rows(""), 3U) << "a head, and one row for all targets of the same reason";
  EXPECT_EQ(rows("LXC/104"), 2U);
  EXPECT_EQ(rows("calm102"), 2U) << "by the guest's name";
  EXPECT_EQ(rows("directory of this host"), 2U) << "by what the code means";
  EXPECT_EQ(rows("nowhere"), 0U);
  EXPECT_THAT(plan_stays_html(plan, cluster, ""),
              AllOf(HasSubstr("calm, calm-other"), HasSubstr("calm102 (lxc/102)"), HasSubstr(">anywhere<"),
                    HasSubstr("the target would be over its CPU threshold <code>cpu_limit</code>")));
  EXPECT_THAT(plan_stays_html(plan, nullptr, "nowhere"), HasSubstr("Nothing that was rejected matches"));
}

TEST(PagePlan, ARemedyThatIsACommandIsThereToBeCopied) {
  const auto shown_as = [](const char* cure) {
    Plan plan;
    plan.fixes = {{"lxc/104", "lock", "", cure, 1.5, 2e9}};
    return plan_fixes_html(plan, nullptr);
  };
  EXPECT_THAT(shown_as("qm set 104 --ide2 none,media=cdrom"),
              AllOf(HasSubstr("<code class=\"copy\">qm set 104 --ide2 none,media=cdrom</code>"),
                    HasSubstr(">1.5 cores,</span> <span class=\"whole\">1.9 GiB</span>")));
  EXPECT_THAT(shown_as("wait; if none runs: pct unlock 104"),
              HasSubstr("if none runs: <code class=\"copy\">pct unlock 104</code>"));
  EXPECT_THAT(shown_as("wait for the HA manager, or see ha-manager status"),
              HasSubstr("<code class=\"copy\">ha-manager status</code>"));
  for (const char* cure : {"give every host the device pct unlock 104, or take dev0 out", "pct destroy 103",
                           "take the tag `pct unlock 104` off", "qm set 104 --ide2 $(reboot)",
                           "add every host to the mapping qm stop 104 (Resource Mappings)", "qm 104", "pct"})
    EXPECT_THAT(shown_as(cure), Not(HasSubstr("class=\"copy\""))) << cure;
}

TEST(PagePlan, ExplainsWhyAGuestIsStillThere) {
  Shown shown("calm");
  EXPECT_THAT(explained_html(shown.plan, shown.scene.frame),
              AllOf(HasSubstr("calm (lxc/102) on calm"), HasSubstr("<code>cpu_limit</code> calm"),
                    HasSubstr("it would be within every limit")));
  shown.plan.explained[0].id = "lxc/101";
  EXPECT_THAT(explained_html(shown.plan, shown.scene.frame),
              HasSubstr("Step 1 of the plan moves it to calm"));
  shown.plan.explained.clear();
  EXPECT_THAT(explained_html(shown.plan, shown.scene.frame),
              HasSubstr("There is no guest <code>calm</code>"));
}

TEST(PagePlan, EveryCodeHasWords) {
  EXPECT_EQ(meaning_of("cpu_limit"), "the target would be over its CPU threshold");
  EXPECT_EQ(meaning_of("bind_mount"), "a mount point is a directory of this host");
  EXPECT_EQ(meaning_of("no such code"), "");
}

}  // namespace
}  // namespace pcb
