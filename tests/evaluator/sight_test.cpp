#include "evaluator/decide/sight.h"

#include <gtest/gtest.h>

#include "tests/evaluator/loop_fixture.h"

namespace pcb {
namespace {

using Lists = std::vector<Result<std::string>>;

Incident incident() {
  Incident made;
  made.host = "pve1";
  made.alerts["a1"] = {5000, AlertStatus::firing, true, false};
  return made;
}

AlertSight seen(const Lists& lists) { return sight_of(incident(), lists, "balancer").is; }

TEST(Sight, silence_inhibition_and_absence_stop) {
  EXPECT_EQ(seen({"[" + listed_alert() + "]"}), AlertSight::active);
  EXPECT_EQ(seen({"[" + listed_alert("\"s1\"") + "]"}), AlertSight::stopped);
  EXPECT_EQ(seen({std::string("[]")}), AlertSight::stopped);
  EXPECT_EQ(seen({"[" + listed_alert("", "somebody else") + "]"}), AlertSight::stopped);
  EXPECT_EQ(sight_of(incident(), {"[" + listed_alert("\"s1\"") + "]"}, "balancer").sentence,
            "the alert for pve1 is silenced in Alertmanager");
}

TEST(Sight, silence_known_to_one_alertmanager_is_enough) {
  EXPECT_EQ(seen({"[" + listed_alert() + "]", "[" + listed_alert("\"s1\"") + "]"}), AlertSight::stopped);
  EXPECT_EQ(seen({Error{"away"}, "[" + listed_alert() + "]"}), AlertSight::active);
  EXPECT_EQ(seen({std::string("[]"), "[" + listed_alert() + "]"}), AlertSight::active) << "one has restarted";
}

// What each of two Alertmanagers says of two alerts of one incident: a(ctive), s(ilenced), - (not listed).
TEST(Sight, silence_of_one_of_two_alerts_is_judged_alike_before_a_plan_and_before_a_start) {
  const auto list_of = [](const std::string& says) {
    std::string list;
    for (std::size_t i = 0; i < says.size(); ++i) {
      if (says[i] == '-') continue;
      std::string one = listed_alert(says[i] == 's' ? "\"s1\"" : "");
      one.replace(one.find("\"a1\""), 4, i == 0 ? "\"a1\"" : "\"a2\"");
      list += (list.empty() ? "" : ",") + one;
    }
    return "[" + list + "]";
  };
  Incident two = incident();
  two.alerts["a2"] = {6000, AlertStatus::firing, true, false};
  struct Case {
    const char *first, *second;
    bool silenced;
  };
  for (const Case& c :
       {Case{"aa", "aa", false}, Case{"as", "as", false}, Case{"sa", "sa", false}, Case{"ss", "ss", true},
        Case{"as", "--", false}, Case{"as", "a-", false}, Case{"aa", "ss", true}, Case{"aa", "s-", true},
        Case{"as", "-s", true}, Case{"as", "sa", true}, Case{"a-", "-s", true}, Case{"as", "s-", true},
        Case{"--", "--", false}, Case{"a-", "-a", false}}) {
    for (const bool turned : {false, true}) {
      const std::string first = list_of(turned ? c.second : c.first);
      const std::string second = list_of(turned ? c.first : c.second);
      const std::vector<AlertList> lists{*read_alert_list(first), *read_alert_list(second)};
      EXPECT_EQ(!suppression_of(two, lists, "balancer").empty(), c.silenced) << c.first << " " << c.second;
      EXPECT_EQ(suppression_of(two, lists, "somebody else"), "");
      const Sight sight = sight_of(two, {first, second}, "balancer");
      EXPECT_EQ(sight.sentence == "the alert for pve1 is silenced in Alertmanager", c.silenced)
          << c.first << " " << c.second << ": " << sight.sentence;
      EXPECT_EQ(sight.is == AlertSight::active, !c.silenced && std::string(c.first) != "--");
    }
  }
}

TEST(Sight, WithoutAnAnswerNothingIsKnown) {
  EXPECT_EQ(seen({}), AlertSight::unreachable);
  EXPECT_EQ(seen({Error{"connection refused"}}), AlertSight::unreachable);
  EXPECT_EQ(seen({std::string("<html>")}), AlertSight::unreachable);
}

TEST(Sight, AnAlertThatResolvedOrExpiredHereDoesNotCount) {
  Incident made = incident();
  made.alerts["a1"].status = AlertStatus::resolved;
  EXPECT_EQ(sight_of(made, {"[" + listed_alert() + "]"}, "balancer").is, AlertSight::stopped);
  made = incident();
  made.alerts["a1"].expired = true;
  EXPECT_EQ(sight_of(made, {"[" + listed_alert() + "]"}, "balancer").is, AlertSight::stopped);
}

}  // namespace
}  // namespace pcb
