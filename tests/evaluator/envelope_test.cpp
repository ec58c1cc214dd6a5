// Each limit of the safety envelope: just below, just at, just above; and whom it binds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/envelope_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

constexpr double kNow = EnvelopeCase::kNow;
constexpr double kHour = 3600;

TEST(Envelope, TheCaseThatTheTestsChangeIsAllowed) {
  check({{"as it is", [](EnvelopeCase&) {}, ""},
         {"approved", [](EnvelopeCase& c) { c.approve(kNow - 1); }, ""}});
}

TEST(Envelope, WhatIsNotKnownIsNotAllowed) {
  Cluster cluster;
  const Circumstances known{cluster};
  const Refusals refusals = judge_start(Wish{}, known, EnvelopeSettings{});
  for (const Restraint reason :
       {Restraint::paused, Restraint::cluster_lock, Restraint::stale, Restraint::host_state,
        Restraint::guest_changed, Restraint::order, Restraint::hold}) {
    EXPECT_TRUE(has(refusals, reason)) << name_of(reason);
  }
}

TEST(Envelope, red_button_stops_everybody) {
  const auto press = [](EnvelopeCase& c) { c.known.paused = true; };
  check({{"automatic", press, "paused"},
         {"approved", [&](EnvelopeCase& c) { c.approve(kNow), press(c); }, "paused"},
         {"drain", [&](EnvelopeCase& c) { c.wish.by = Initiator::drain, press(c); }, "paused"},
         {"return", [&](EnvelopeCase& c) { c.wish.by = Initiator::giving_back, press(c); }, "paused"}});
}

TEST(Envelope, ClusterWideLimits) {
  check({
      {"breaker", [](EnvelopeCase& c) { c.known.breaker = "3 failures"; }, "breaker"},
      {"lock", [](EnvelopeCase& c) { c.known.holds_lock = false; }, "cluster_lock"},
      {"quorum", [](EnvelopeCase& c) { c.cluster.quorate = false; }, "not_quorate"},
      {"quorum changed 299 s ago", [](EnvelopeCase& c) { c.known.quorum_changed_at = kNow - 299; },
       "quorum_changed"},
      {"300 s ago", [](EnvelopeCase& c) { c.known.quorum_changed_at = kNow - 300; }, ""},
      {"301 s ago", [](EnvelopeCase& c) { c.known.quorum_changed_at = kNow - 301; }, ""},
      {"in the future", [](EnvelopeCase& c) { c.known.quorum_changed_at = kNow + 1000; }, "quorum_changed"},
      {"a member is down", [](EnvelopeCase& c) { c.cluster.hosts[2].state = HostState::offline; },
       "member_down"},
      {"in maintenance", [](EnvelopeCase& c) { c.cluster.hosts[2].state = HostState::maintenance; }, ""},
      {"unreadable", [](EnvelopeCase& c) { c.cluster.hosts[2].state = HostState::unknown; }, "host_state"},
  });
  for (const char* state : {"recovery", "fence"}) {
    EnvelopeCase c;
    c.cluster.guests[1].ha = Ha{true, state, {}, {}};
    EXPECT_EQ(c.verdict(), "ha_recovers") << state;
  }
  EnvelopeCase c;
  c.cluster.guests[1].ha = Ha{true, "started", {}, {}};
  EXPECT_EQ(c.verdict(), "");
}

TEST(Envelope, ProxmoxsOwnBalancingKeepsHaGuests) {
  EnvelopeCase c;
  c.cluster.auto_rebalance = true;
  EXPECT_EQ(c.verdict(), "");
  c.guest().ha = Ha{true, "started", {}, {}};
  EXPECT_EQ(c.verdict(), "auto_rebalance");
}

TEST(Envelope, AgeOfWhatIsKnown) {
  check({
      {"59 s", [](EnvelopeCase& c) { c.cluster.taken_at = kNow - 59; }, ""},
      {"60 s", [](EnvelopeCase& c) { c.cluster.taken_at = kNow - 60; }, ""},
      {"61 s", [](EnvelopeCase& c) { c.cluster.taken_at = kNow - 61; }, "stale"},
      {"no time", [](EnvelopeCase& c) { c.cluster.taken_at.reset(); }, "stale"},
      {"a host 60 s", [](EnvelopeCase& c) { c.cluster.hosts[1].age_seconds = 60; }, ""},
      {"a host 61 s", [](EnvelopeCase& c) { c.cluster.hosts[1].age_seconds = 61; }, "stale"},
      {"a move ended after the look",
       [](EnvelopeCase& c) { c.past("lxc/101", "pve1", "pve3", kNow - 9 * kHour, kNow - 0.5, false); },
       "stale"},
      {"a move ended before it",
       [](EnvelopeCase& c) { c.past("lxc/101", "pve1", "pve3", kNow - 9 * kHour, kNow - 2, false); }, ""},
  });
}

TEST(Envelope, VersionsOfProxmox) {
  for (const auto& [version, verdict] :
       std::vector<std::pair<std::optional<std::string>, const char*>>{{"7.4-17", ""},
                                                                       {"8.4.1", ""},
                                                                       {"9.0.3", ""},
                                                                       {"10.0.1", "pve_version"},
                                                                       {"6.4", "pve_version"},
                                                                       {"", "pve_version"},
                                                                       {"x", "pve_version"},
                                                                       {std::nullopt, "pve_version"}}) {
    EnvelopeCase c;
    c.cluster.hosts[1].pve_version = version;
    EXPECT_EQ(c.verdict(), verdict) << version.value_or("unknown");
  }
}

TEST(Envelope, SourceAndTarget) {
  const auto state = [](std::size_t host, HostState is) {
    return [=](EnvelopeCase& c) { c.cluster.hosts[host].state = is; };
  };
  check({
      {"source in maintenance", state(0, HostState::maintenance), ""},
      {"target in maintenance", state(1, HostState::maintenance), "host_state"},
      {"source unknown", state(0, HostState::unknown), "host_state"},
      {"target unknown", state(1, HostState::unknown), "host_state"},
      {"source offline", state(0, HostState::offline), "member_down host_state"},
      {"target gone", [](EnvelopeCase& c) { c.wish.move.to = "pve9"; }, "host_state"},
  });
}

TEST(Envelope, Backups) {
  check({
      {"runs on the source", [](EnvelopeCase& c) { c.cluster.guests[1].lock = "backup"; }, "backup_running"},
      {"runs on the target", [](EnvelopeCase& c) { c.known.backup_hosts = {"pve2"}; }, "backup_running"},
      {"runs elsewhere", [](EnvelopeCase& c) { c.known.backup_hosts = {"pve3"}; }, ""},
      {"in 899 s", [](EnvelopeCase& c) { c.known.next_backup_at["pve2"] = kNow + 899; }, "backup_soon"},
      {"in 900 s", [](EnvelopeCase& c) { c.known.next_backup_at["pve2"] = kNow + 900; }, ""},
      {"in 901 s", [](EnvelopeCase& c) { c.known.next_backup_at["pve2"] = kNow + 901; }, ""},
      {"now", [](EnvelopeCase& c) { c.known.next_backup_at["pve1"] = kNow; }, "backup_soon"},
      {"due", [](EnvelopeCase& c) { c.known.next_backup_at["pve1"] = kNow - 60; }, "backup_soon"},
      {"began", [](EnvelopeCase& c) { c.known.next_backup_at["pve1"] = kNow - 61; }, ""},
      {"elsewhere", [](EnvelopeCase& c) { c.known.next_backup_at["pve3"] = kNow + 1; }, ""},
  });
}

TEST(Envelope, TheGuestAsItIs) {
  check({
      {"gone", [](EnvelopeCase& c) { c.cluster.guests.clear(); }, "guest_changed"},
      {"elsewhere", [](EnvelopeCase& c) { c.guest().host = "pve3"; }, "guest_changed"},
      {"its name", [](EnvelopeCase& c) { c.guest().name = c.wish.move.name = "db"; }, ""},
      {"another guest of that number",
       [](EnvelopeCase& c) { c.wish.move.name = "db", c.guest().name = "shop"; }, "guest_changed"},
      {"locked", [](EnvelopeCase& c) { c.guest().lock = "migrate"; }, "guest_changed"},
      {"template", [](EnvelopeCase& c) { c.guest().is_template = true; }, "guest_changed"},
      {"stopped", [](EnvelopeCase& c) { c.guest().status = GuestStatus::stopped; }, "guest_changed"},
      {"paused", [](EnvelopeCase& c) { c.guest().status = GuestStatus::paused; }, "guest_changed"},
  });
}

TEST(Envelope, MovesAtOnce) {
  const auto running = [](const char* guest, const char* from, const char* to) {
    return [=](EnvelopeCase& c) { c.past(guest, from, to, kNow - 2 * kHour, std::nullopt); };
  };
  check({
      {"one elsewhere", running("lxc/7", "pve1", "pve3"), ""},
      {"one into the target", running("lxc/7", "pve3", "pve2"), "into_host_at_once"},
      {"the same guest", running("qemu/201", "pve1", "pve3"), "guest_under_way guest_cooldown"},
      {"two elsewhere",
       [&](EnvelopeCase& c) { running("lxc/7", "pve1", "pve3")(c), running("lxc/8", "pve2", "pve1")(c); },
       "at_once"},
      {"two, and three are allowed",
       [&](EnvelopeCase& c) {
         running("lxc/7", "pve1", "pve3")(c), running("lxc/8", "pve2", "pve1")(c);
         c.settings.limits.at_once = 3;
       },
       ""},
      {"a drain is bound as well",
       [&](EnvelopeCase& c) { running("lxc/7", "pve3", "pve2")(c), c.wish.by = Initiator::drain; },
       "into_host_at_once"},
      {"order", [](EnvelopeCase& c) { c.wish.earlier_steps_done = false; }, "order"},
  });
  EnvelopeCase one;
  running("lxc/7", "pve3", "pve2")(one);
  const auto refused = judge_start(one.wish, one.known, one.settings);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused.front().sentence, "moves under way into pve2: 1, the limit is 1");
}

// Ended long before the figures were taken, so that only the limits on starts speak.
void ended(EnvelopeCase& c, int count, double ago, const char* from, const char* to, bool automatic = true) {
  for (int i = 0; i < count; ++i)
    c.past("lxc/" + std::to_string(500 + i), from, to, kNow - ago, kNow - ago + 60, automatic);
}

TEST(Envelope, MovesPerHour) {
  check({
      {"3", [](EnvelopeCase& c) { ended(c, 3, 1000, "a", "b"); }, ""},
      {"4", [](EnvelopeCase& c) { ended(c, 4, 1000, "a", "b"); }, "per_hour"},
      {"5", [](EnvelopeCase& c) { ended(c, 5, 1000, "a", "b"); }, "per_hour"},
      {"4, 3599 s ago", [](EnvelopeCase& c) { ended(c, 4, 3599, "a", "b"); }, "per_hour"},
      {"4, 3600 s ago", [](EnvelopeCase& c) { ended(c, 4, 3600, "a", "b"); }, ""},
      {"4 of persons", [](EnvelopeCase& c) { ended(c, 4, 1000, "a", "b", false); }, ""},
      {"none are allowed", [](EnvelopeCase& c) { c.settings.limits.per_hour = 0; }, "per_hour"},
      {"4, and a person says yes", [](EnvelopeCase& c) { ended(c, 4, 1000, "a", "b"), c.approve(kNow); }, ""},
  });
}

TEST(Envelope, MovesPerHostAndHour) {
  check({
      {"1 from the source", [](EnvelopeCase& c) { ended(c, 1, 1000, "pve1", "b"); }, ""},
      {"2 from the source", [](EnvelopeCase& c) { ended(c, 2, 1000, "pve1", "b"); }, "per_host_and_hour"},
      {"2 into the source", [](EnvelopeCase& c) { ended(c, 2, 1000, "a", "pve1"); }, "per_host_and_hour"},
      {"1 from, 1 to the target",
       [](EnvelopeCase& c) { ended(c, 1, 1000, "pve2", "b"), ended(c, 1, 1000, "b", "pve2"); },
       "per_host_and_hour"},
      {"2 of another host", [](EnvelopeCase& c) { ended(c, 2, 1000, "pve3", "b"); }, ""},
      {"2, an hour ago", [](EnvelopeCase& c) { ended(c, 2, 3600, "pve1", "b"); }, ""},
  });
}

// What another evaluator did before this one took the lock stands in the hosts' task lists.
TEST(Envelope, MovesThatOnlyTheHostsKnowOf) {
  const auto arrived = [](EnvelopeCase& c, const std::string& host, double ago, int count) {
    c.known.acting_since = kNow - 10;
    for (int i = 0; i < count; ++i) {
      c.cluster.guests.push_back(envelope_guest("lxc/" + std::to_string(900 + i), host));
      c.cluster.guests.back().last_moved_at = kNow - ago;
    }
  };
  const auto running = [](EnvelopeCase& c, const char* type, int count) {
    for (int i = 0; i < count; ++i)
      c.cluster.tasks.push_back({"pve3", type, "qemu/" + std::to_string(900 + i), kNow - 60});
  };
  check({
      {"3", [&](EnvelopeCase& c) { arrived(c, "pve3", 1000, 3); }, ""},
      {"4", [&](EnvelopeCase& c) { arrived(c, "pve3", 1000, 4); }, "per_hour"},
      {"2, and 2 of its own",
       [&](EnvelopeCase& c) { arrived(c, "pve3", 1000, 2), ended(c, 2, 1000, "a", "b"); }, "per_hour"},
      {"4, an hour ago", [&](EnvelopeCase& c) { arrived(c, "pve3", 3600, 4); }, ""},
      {"1 on the target", [&](EnvelopeCase& c) { arrived(c, "pve2", 1000, 1); }, ""},
      {"2 on the target", [&](EnvelopeCase& c) { arrived(c, "pve2", 1000, 2); }, "per_host_and_hour"},
      {"4 since it acts: a person, or HA",
       [&](EnvelopeCase& c) { arrived(c, "pve3", 1000, 4), c.known.acting_since = kNow - 1001; }, ""},
      {"4 that the journal knows, not automatic",
       [&](EnvelopeCase& c) {
         arrived(c, "pve3", 1000, 4);
         for (int i = 0; i < 4; ++i)
           c.past("lxc/" + std::to_string(900 + i), "pve1", "pve3", kNow - 1100, kNow - 1000, false);
       },
       ""},
      {"4, of which the journal knows older moves alone",
       [&](EnvelopeCase& c) {
         arrived(c, "pve3", 1000, 4);
         for (int i = 0; i < 4; ++i)
           c.past("lxc/" + std::to_string(900 + i), "pve1", "pve3", kNow - 9000, kNow - 8000, false);
       },
       "per_hour"},
      {"4, and a person says yes", [&](EnvelopeCase& c) { arrived(c, "pve3", 1000, 4), c.approve(kNow); },
       ""},
      {"1 is running, perhaps into the target", [&](EnvelopeCase& c) { running(c, "qmigrate", 1); },
       "into_host_at_once"},
      {"1 is running, away from the target",
       [&](EnvelopeCase& c) { running(c, "qmigrate", 1), c.cluster.tasks[0].host = "pve2"; }, ""},
      {"1 is running, and 2 into a host are allowed",
       [&](EnvelopeCase& c) { running(c, "qmigrate", 1), c.settings.limits.into_host_at_once = 2; }, ""},
      {"2 are running", [&](EnvelopeCase& c) { running(c, "qmigrate", 2); }, "at_once into_host_at_once"},
      {"2 containers are running", [&](EnvelopeCase& c) { running(c, "vzmigrate", 2); },
       "at_once into_host_at_once"},
      {"2 other tasks", [&](EnvelopeCase& c) { running(c, "qmstart", 2); }, ""},
      {"2 are running, of which one is ours",
       [&](EnvelopeCase& c) {
         running(c, "qmigrate", 2), c.past("qemu/900", "pve3", "a", kNow - 60, std::nullopt);
       },
       "at_once into_host_at_once"},
      {"the one that is running is ours",
       [&](EnvelopeCase& c) {
         running(c, "qmigrate", 1), c.past("qemu/900", "pve3", "a", kNow - 60, std::nullopt);
       },
       ""},
  });
}

TEST(Envelope, Hold) {
  const auto seen = [](int ticks, double ago) {
    return [=](EnvelopeCase& c) { c.wish.ticks = ticks, c.wish.first_wanted_at = kNow - ago; };
  };
  check({
      {"2 ticks", seen(2, 90), "hold"},
      {"3 ticks", seen(3, 60), ""},
      {"4 ticks", seen(4, 90), ""},
      {"3 ticks that webhooks woke", seen(3, 59), "hold"},
      {"a person said yes", [&](EnvelopeCase& c) { seen(1, 0)(c), c.approve(kNow); }, ""},
      {"no hold", [&](EnvelopeCase& c) { seen(1, 0)(c), c.settings.limits.hold = Seconds(0); }, ""},
      {"a drain", [&](EnvelopeCase& c) { seen(1, 0)(c), c.wish.by = Initiator::drain; }, ""},
  });
}

TEST(Envelope, Cooldowns) {
  const auto moved = [](const char* guest, double ended_ago) {
    return [=](EnvelopeCase& c) { c.past(guest, "pve3", "pve1", kNow - ended_ago - 60, kNow - ended_ago); };
  };
  check({
      {"just under 6 h", moved("qemu/201", 6 * kHour - 1), "guest_cooldown"},
      {"6 h", moved("qemu/201", 6 * kHour), ""},
      {"over 6 h", moved("qemu/201", 6 * kHour + 1), ""},
      {"another guest", moved("lxc/101", 2 * kHour), ""},
      {"a person said yes", [&](EnvelopeCase& c) { moved("qemu/201", 2 * kHour)(c), c.approve(kNow); }, ""},
      {"host, just under",
       [&](EnvelopeCase& c) { moved("lxc/7", 1799)(c), c.settings.host_cooldown_seconds = 1800; },
       "host_cooldown"},
      {"host, at", [&](EnvelopeCase& c) { moved("lxc/7", 1800)(c), c.settings.host_cooldown_seconds = 1800; },
       ""},
  });
}

TEST(Envelope, NoWayBackWithinADay) {
  const auto came_from_the_target = [](double ago) {
    return [=](EnvelopeCase& c) { c.past("qemu/201", "pve2", "pve1", kNow - ago - 60, kNow - ago); };
  };
  check({
      {"just under 24 h", came_from_the_target(24 * kHour - 1), "return_ban"},
      {"24 h", came_from_the_target(24 * kHour), ""},
      {"approved", [&](EnvelopeCase& c) { came_from_the_target(7 * kHour)(c), c.approve(kNow); },
       "return_ban"},
      {"by two steps",
       [](EnvelopeCase& c) {
         c.past("qemu/201", "pve2", "pve3", kNow - 9 * kHour, kNow - 8.9 * kHour);
         c.past("qemu/201", "pve3", "pve1", kNow - 8 * kHour, kNow - 7.9 * kHour);
       },
       "return_ban"},
      {"return",
       [&](EnvelopeCase& c) {
         came_from_the_target(1)(c), c.wish.by = Initiator::giving_back, c.cluster.taken_at = kNow;
       },
       ""},
      {"drain", [&](EnvelopeCase& c) { came_from_the_target(7 * kHour)(c), c.wish.by = Initiator::drain; },
       ""},
  });
}

TEST(Envelope, EveryReasonHasANameOfItsOwnAndASentence) {
  std::set<std::string> names;
  for (const Restraint reason : kRestraints) names.insert(name_of(reason));
  EXPECT_EQ(names.size(), kRestraints.size());
  EnvelopeCase c;
  c.known.breaker = "3 failures";
  c.settings.limits.per_hour = 0;
  const Refusals refusals = judge_start(c.wish, c.known, c.settings);
  EXPECT_THAT(sentences_of(refusals), HasSubstr("the breaker is open: 3 failures; "));
  for (const Refusal& refusal : refusals) EXPECT_GT(refusal.sentence.size(), 10U);
}

TEST(Envelope, TheDefaultsAreThoseOfTheDocument) {
  const EnvelopeSettings settings = envelope_settings(EvaluatorConfig{});
  EXPECT_EQ(settings.limits.at_once, 2);
  EXPECT_EQ(settings.limits.into_host_at_once, 1);
  EXPECT_EQ(settings.limits.per_hour, 4);
  EXPECT_EQ(settings.limits.per_host_and_hour, 2);
  EXPECT_EQ(settings.limits.failures, 3);
  EXPECT_EQ(settings.limits.hold.count(), 3 * settings.interval_seconds);
  EXPECT_EQ(settings.limits.return_ban.count(), 24 * kHour);
  EXPECT_EQ(settings.limits.backup_distance.count(), 900);
  EXPECT_EQ(settings.limits.quorum_pause.count(), 300);
  EXPECT_EQ(settings.guest_cooldown_seconds, 6 * kHour);
  EXPECT_EQ(settings.approval_ttl_seconds, kHour);
  EXPECT_EQ(settings.heartbeat_silence_seconds, 900);
}

}  // namespace
}  // namespace pcb
