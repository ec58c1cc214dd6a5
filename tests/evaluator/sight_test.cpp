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
