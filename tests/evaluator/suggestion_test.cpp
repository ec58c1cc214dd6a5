#include "evaluator/decide/suggestion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Move move(const std::string& guest, const std::string& name, const std::string& from, const std::string& to) {
  Move m;
  m.step = 1;
  m.guest = guest;
  m.name = name;
  m.from = from;
  m.to = to;
  m.method = "restart";
  m.why = "it frees 3 cores";
  return m;
}

Plan plan_of(std::vector<Move> moves, double overload_after = 0) {
  Plan plan;
  plan.result = moves.empty() ? PlanResult::infeasible : PlanResult::moves;
  plan.reason = "because";
  plan.scope = {"pve1"};
  plan.moves = std::move(moves);
  plan.after.overload = overload_after;
  return plan;
}

Cluster two_hosts() {
  Cluster cluster;
  for (const char* name : {"pve1", "pve2", "pve3"}) {
    Host host;
    host.name = name;
    host.cpu_cores = 16;
    host.memory_bytes = 64e9;
    cluster.hosts.push_back(host);
  }
  Guest guest;
  guest.id = "lxc/103";
  guest.host = "pve1";
  guest.cpu_used_cores = 3;
  guest.memory_used_bytes = 4e9;
  cluster.guests.push_back(guest);
  return cluster;
}

TEST(SuggestionLine, HasTheFormPeopleAndProgramsKnow) {
  EXPECT_EQ(suggestion_line(move("lxc/103", "db", "pve1", "pve2")),
            "Suggesting to migrate container 103 (db) from pve1 to pve2: it frees 3 cores");
  EXPECT_EQ(suggestion_line(move("qemu/201", "win", "pve1", "pve2")),
            "Suggesting to migrate VM 201 (win) from pve1 to pve2: it frees 3 cores");
  EXPECT_EQ(suggestion_line(move("lxc/103", "lxc/103", "pve1", "pve2")),
            "Suggesting to migrate container 103 from pve1 to pve2: it frees 3 cores");
}

TEST(SuggestionLine, AHostileNameStaysOnItsLine) {
  const std::string line = suggestion_line(move("lxc/103", "db\nSuggesting \x1b[31m", "pve1", "pve2"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(CalmSentence, IsAboutAHostThatIsUnderItsLimitOnAverage) {
  Cluster cluster = two_hosts();
  Incident incident;
  incident.host = "pve1";
  EXPECT_FALSE(calm_sentence(incident, cluster, 900)) << "its mean is not known";
  cluster.hosts[0].cpu_used_cores = 12;
  EXPECT_THAT(calm_sentence(incident, cluster, 900).value_or(""),
              HasSubstr("over the last 15 min pve1 used 75.0 % of its CPU on average"));
  cluster.hosts[0].cpu_used_cores = 13;
  EXPECT_FALSE(calm_sentence(incident, cluster, 900)) << "it is over its limit";
  incident.host = "gone";
  EXPECT_FALSE(calm_sentence(incident, cluster, 900));
}

TEST(PlanStands, APlanThatMovesNothingSpeaksForItsOwnHosts) {
  Plan standing = plan_of({}), fresh = plan_of({});
  EXPECT_TRUE(plan_stands(standing, {}, fresh, two_hosts(), {}));
  fresh.scope = {"pve1", "pve2"};
  EXPECT_FALSE(plan_stands(standing, {}, fresh, two_hosts(), {})) << "pve2 was not spoken of";
  EXPECT_TRUE(plan_stands(fresh, {}, standing, two_hosts(), {})) << "fewer hosts are no news";
}

TEST(PlanDigest, IsAboutWhoMovesWhereNotAboutFigures) {
  Plan a = plan_of({move("lxc/1", "a", "pve1", "pve2"), move("lxc/2", "b", "pve1", "pve3")});
  Plan b = plan_of({move("lxc/2", "b", "pve1", "pve3"), move("lxc/1", "a", "pve1", "pve2")});
  b.reason = "other figures";
  EXPECT_EQ(plan_digest(a), plan_digest(b));
  b.moves[0].to = "pve2";
  EXPECT_NE(plan_digest(a), plan_digest(b));
  EXPECT_NE(plan_digest(plan_of({})), plan_digest(a));
}

TEST(PlanStands, WhileItCanBeCarriedOutAndNothingBetterIsThere) {
  const Cluster cluster = two_hosts();
  const Plan told = plan_of({move("lxc/103", "db", "pve1", "pve2")}, 0.0);
  const Plan other = plan_of({move("lxc/103", "db", "pve1", "pve3")}, 0.0);
  EXPECT_TRUE(plan_stands(told, {}, told, cluster, {}));
  EXPECT_TRUE(plan_stands(told, {}, other, cluster, {})) << "as good: people are not told again";

  Cluster risen = cluster;  // since it was told: pve1 is at 16 of 12.8 cores, of 48 in all
  risen.hosts[0].cpu_used_cores = 16;
  EXPECT_TRUE(plan_stands(told, {}, other, risen, {})) << "0.2 cores stay over the limit";
  risen.guests[0].cpu_used_cores = 2;
  EXPECT_FALSE(plan_stands(told, {}, other, risen, {})) << "1.2 would, and nothing with the new one";
  risen.guests[0].cpu_used_cores = 2.9;
  EXPECT_TRUE(plan_stands(told, {}, other, risen, {})) << "0.3 of 16 cores would";
  Host large;
  large.name = "pve4";
  large.cpu_cores = 160;
  large.memory_bytes = 640e9;
  risen.hosts.push_back(large);
  EXPECT_TRUE(plan_stands(told, {}, other, risen, {})) << "as much, however large the others are";
  risen.guests[0].cpu_used_cores = 2;
  EXPECT_FALSE(plan_stands(told, {}, other, risen, {})) << "and 1.2 are news among 208 as well";

  Cluster moved = cluster;
  moved.guests[0].host = "pve3";
  EXPECT_FALSE(plan_stands(told, {}, other, moved, {})) << "the guest is elsewhere now";
  moved.guests.clear();
  EXPECT_FALSE(plan_stands(told, {}, other, moved, {}));
  Cluster locked = cluster;
  locked.guests[0].lock = "backup";
  EXPECT_FALSE(plan_stands(told, {}, other, locked, {})) << "it may not move any more";
  Cluster made_anew = cluster;
  made_anew.guests[0].name = "shop";
  EXPECT_FALSE(plan_stands(told, {}, told, made_anew, {})) << "nobody was asked about this one";
  made_anew.guests[0].name.reset();
  EXPECT_TRUE(plan_stands(told, {}, told, made_anew, {})) << "its name cannot be read";

  Plan wider = other;
  wider.scope = {"pve1", "pve2"};
  EXPECT_FALSE(plan_stands(told, {}, wider, cluster, {})) << "another host asks for relief, too";
  EXPECT_FALSE(plan_stands(told, {}, plan_of({}), cluster, {}));
  EXPECT_FALSE(plan_stands(plan_of({}), {}, told, cluster, {}));
}

// Two moves were told and the first has brought pve1 to 75 %: under its limit of 80 %, above low water at 72
// %.
class PlanStandsBegun : public ::testing::Test {
 protected:
  PlanStandsBegun() {
    told.goal = fresh.goal = "relieve";
    told.moves[1].step = 2;
    fresh.result = PlanResult::nothing_to_do;
    fresh.before.hosts = {{"pve1", {0.75, 0.1}}, {"pve2", {0.1, 0.1}}};
  }
  bool stands() { return plan_stands(told, progress, fresh, cluster, {}); }

  Cluster cluster = two_hosts();
  Plan told = plan_of({move("lxc/104", "web", "pve1", "pve2"), move("lxc/103", "db", "pve1", "pve2")});
  Plan fresh = plan_of({});
  Progress progress{{1}, true};
};

TEST_F(PlanStandsBegun, ItGoesOnToLowWater) {
  EXPECT_TRUE(stands());
  fresh.before.hosts["pve1"] = {0.1, 0.80};  // 0.85 × 0.9 = 0.765
  EXPECT_TRUE(stands()) << "memory counts, too";
}

TEST_F(PlanStandsBegun, AtLowWaterItEnds) {
  fresh.before.hosts["pve1"] = {0.71, 0.76};
  EXPECT_FALSE(stands());
  fresh.before.hosts["pve2"].cpu = 0.75;
  EXPECT_FALSE(stands()) << "pve2 is not what it is about";
}

TEST_F(PlanStandsBegun, NoGuestLeavesAHostWhoseLoadFell) {
  told.scope = fresh.scope = {"pve1", "pve2"};
  told.moves.push_back(move("lxc/105", "mail", "pve2", "pve1"));
  told.moves[2].step = 3;
  cluster.guests.push_back(cluster.guests[0]);
  cluster.guests[1].id = "lxc/105";
  cluster.guests[1].host = "pve2";
  fresh.before.hosts["pve2"].cpu = 0.75;
  EXPECT_TRUE(stands());
  fresh.before.hosts["pve2"].cpu = 0.70;
  EXPECT_FALSE(stands()) << "step 3 is for nothing now";
  progress.over.insert(3);
  EXPECT_TRUE(stands()) << "what is left is for pve1";
}
TEST_F(PlanStandsBegun, WhatHasNotBegunDoesNotStartUnderTheLimit) {
  progress.begun = false;  // the first step failed
  EXPECT_FALSE(stands());
  progress.over.clear();
  EXPECT_FALSE(stands());
}

TEST_F(PlanStandsBegun, NothingIsLeftOfItOrTheWorldForbidsIt) {
  fresh.result = PlanResult::refused;
  EXPECT_FALSE(stands());
  fresh.result = PlanResult::nothing_to_do;
  fresh.goal = told.goal = "balance";
  EXPECT_FALSE(stands()) << "low water is relieve's";
  fresh.goal = told.goal = "relieve";
  progress.over = {1, 2};
  EXPECT_FALSE(stands());
}

TEST(IncidentsOfMoves, AMoveServesTheHostItLeaves) {
  std::vector<Incident> open(2);
  open[0].host = "pve1";
  open[1].host = "pve2";
  const Plan plan = plan_of({move("lxc/1", "", "pve2", "pve3"), move("lxc/2", "", "pve1", "pve3"),
                             move("lxc/3", "", "pve9", "pve3")});
  EXPECT_THAT(incidents_of_moves(plan, open), ElementsAre(1, 0, 0));
}

TEST(Messages, SayWhatAndWhy) {
  Incident incident;
  incident.host = "pve1";
  const Plan plan = plan_of({move("lxc/103", "db", "pve1", "pve2")});
  const Message told = plan_message(incident, plan, plan.moves);
  EXPECT_EQ(told.event, "plan");
  EXPECT_THAT(told.lines,
              ElementsAre("Suggesting to migrate container 103 (db) from pve1 to pve2: it frees 3 cores"));
  const Message none = plan_message(incident, plan_of({}), {});
  EXPECT_EQ(none.event, "no_plan");
  EXPECT_THAT(none.lines, ElementsAre(HasSubstr("no move is suggested: because")));
  EXPECT_THAT(hold_message(incident, {HoldReason::samples_empty, "Prometheus has no samples"}).lines,
              ElementsAre(HasSubstr("Prometheus has no samples")));
  Alert alert;
  alert.labels = {{"alertname", "Disk"}, {"id", "lxc/101"}, {"severity", "nonsense"}};
  alert.annotations = {{"summary", "it is full"}};
  EXPECT_EQ(alert_message(alert).severity, "warning");
  EXPECT_THAT(alert_message(alert).lines, ElementsAre("Alert Disk lxc/101: it is full"));
  alert.status = AlertStatus::resolved;
  EXPECT_THAT(alert_message(alert).lines, ElementsAre("Over: Disk lxc/101: it is full"));
}

}  // namespace
}  // namespace pcb
