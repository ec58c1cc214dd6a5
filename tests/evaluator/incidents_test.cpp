#include "evaluator/decide/incidents.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace pcb {
namespace {

struct Fact {
  std::int64_t starts_at_ms;
  AlertStatus status;
  std::string fingerprint = "a1";
};

IncidentEvent apply(std::vector<Incident>& incidents, const Fact& fact, double now = 100) {
  Alert alert;
  alert.fingerprint = fact.fingerprint;
  alert.starts_at_ms = fact.starts_at_ms;
  alert.status = fact.status;
  alert.labels["alertname"] = "HostCpuOverloaded";
  return apply_alert(incidents, alert, {AlertUse::relieve, "pve1", Resource::cpu, ""}, now);
}

constexpr AlertStatus kFiring = AlertStatus::firing;
constexpr AlertStatus kResolved = AlertStatus::resolved;

std::size_t live(const std::vector<Incident>& incidents, IncidentState state) {
  return static_cast<std::size_t>(
      std::count_if(incidents.begin(), incidents.end(), [&](const Incident& i) { return i.state == state; }));
}

Cluster cluster_with(std::optional<double> used_cores, double age_seconds = 1) {
  Cluster cluster;
  Host host;
  host.name = "pve1";
  host.cpu_cores = 10;
  host.memory_bytes = 1e9;
  host.cpu_used_cores = used_cores;
  host.age_seconds = age_seconds;
  cluster.hosts.push_back(host);
  return cluster;
}

TEST(Incidents, AHundredDeliveriesAreOneIncident) {
  std::vector<Incident> incidents;
  EXPECT_EQ(apply(incidents, {1, kFiring}).change, IncidentChange::opened);
  for (int i = 0; i < 99; ++i) EXPECT_EQ(apply(incidents, {1, kFiring}).change, IncidentChange::refreshed);
  EXPECT_EQ(incidents.size(), 1U);
  EXPECT_TRUE(incidents[0].from_webhook());
}

TEST(Incidents, EveryOrderOfFiveEventsEndsTheSame) {
  // Two lives of one alert and one life of another, of the same host. The last word is: a1 resolved, b2
  // fires.
  const std::vector<Fact> facts{
      {1, kFiring}, {1, kResolved}, {2, kFiring}, {2, kResolved}, {5, kFiring, "b2"}};
  std::vector<std::size_t> order{0, 1, 2, 3, 4};
  int orders = 0;
  do {
    std::vector<Incident> incidents;
    for (const std::size_t i : order) apply(incidents, facts[i]);
    ++orders;
    ASSERT_EQ(live(incidents, IncidentState::open), 1U);
    ASSERT_EQ(live(incidents, IncidentState::clearing), 0U);
    const auto open = std::find_if(incidents.begin(), incidents.end(),
                                   [](const Incident& i) { return i.state == IncidentState::open; });
    EXPECT_EQ(open->alerts.at("b2").status, kFiring);
    const auto first = open->alerts.find("a1");
    EXPECT_TRUE(first == open->alerts.end() || first->second.status == kResolved);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 120);
}

// The control of the one above: its end is not the same whatever came.
TEST(Incidents, EveryOrderEndsOtherwiseWithTheLastWordLeftOut) {
  std::vector<Fact> no_b2{{1, kFiring}, {1, kResolved}, {2, kFiring}, {2, kResolved}};
  std::vector<Fact> a1_fires{{1, kFiring}, {1, kResolved}, {2, kFiring}, {5, kFiring, "b2"}};
  for (std::size_t left_out = 0; left_out < 2; ++left_out) {
    const std::vector<Fact>& facts = left_out == 0 ? no_b2 : a1_fires;
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
      std::vector<Incident> incidents;
      for (const std::size_t i : order) apply(incidents, facts[i]);
      ASSERT_EQ(live(incidents, IncidentState::open), left_out);
      for (const Incident& incident : incidents) {
        if (incident.state == IncidentState::open) {
          EXPECT_EQ(incident.alerts.at("a1").status, kFiring);
        }
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(Incidents, AnotherStartAfterTheEndIsAnotherIncident) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  apply(incidents, {1, kResolved});
  ASSERT_EQ(close_cleared(incidents, cluster_with(8), 60, 200).size(), 1U);
  EXPECT_EQ(apply(incidents, {1, kFiring}).change, IncidentChange::none) << "the first one, come late";
  EXPECT_EQ(apply(incidents, {2, kFiring}).change, IncidentChange::opened);
  EXPECT_EQ(incidents.size(), 2U);
}

TEST(Incidents, EveryOrderOfOneResolvedAlertLeavesNothingOpen) {
  const std::vector<Fact> facts{{1, kFiring}, {1, kFiring}, {1, kResolved}, {1, kResolved}, {1, kFiring}};
  std::vector<std::size_t> order{0, 1, 2, 3, 4};
  do {
    std::vector<Incident> incidents;
    for (const std::size_t i : order) apply(incidents, facts[i]);
    EXPECT_EQ(live(incidents, IncidentState::open), 0U);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Incidents, ResolvedIsBelievedOnlyWhenTheHostIsSeenUnderItsLimit) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  EXPECT_EQ(apply(incidents, {1, kResolved}).change, IncidentChange::clearing);
  EXPECT_TRUE(close_cleared(incidents, cluster_with(std::nullopt), 60, 200).empty()) << "not read";
  EXPECT_TRUE(close_cleared(incidents, cluster_with(9), 60, 200).empty()) << "over its limit";
  EXPECT_TRUE(close_cleared(incidents, cluster_with(1, 61), 60, 200).empty()) << "stale";
  Cluster lost = cluster_with(1);
  lost.quorate = false;
  EXPECT_TRUE(close_cleared(incidents, lost, 60, 200).empty()) << "no quorum";
  Cluster offline = cluster_with(1);
  offline.hosts[0].state = HostState::offline;
  EXPECT_TRUE(close_cleared(incidents, offline, 60, 200).empty()) << "offline";
  EXPECT_EQ(incidents[0].state, IncidentState::clearing);
  const auto events = close_cleared(incidents, cluster_with(8), 60, 200);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].change, IncidentChange::closed);
  EXPECT_EQ(incidents[0].state, IncidentState::closed);
}

TEST(Incidents, AnOpenIncidentIsNotClosedByALowFigureAlone) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  EXPECT_TRUE(close_cleared(incidents, cluster_with(1), 60, 200).empty());
}

TEST(Incidents, AHostThatLeftTheClusterClosesItsIncident) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  apply(incidents, {1, kResolved});
  EXPECT_EQ(close_cleared(incidents, Cluster{}, 60, 200).size(), 1U);
}

TEST(Incidents, ANewStartReopensWhatWasClearing) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  apply(incidents, {1, kResolved});
  EXPECT_EQ(apply(incidents, {2, kFiring}).change, IncidentChange::reopened);
  EXPECT_EQ(incidents.size(), 1U);
}

TEST(Incidents, AnExpiredAlertClearsAndCanComeBackToLife) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  ASSERT_EQ(expire_alert(incidents, "a1", 150).size(), 1U);
  EXPECT_EQ(incidents[0].state, IncidentState::clearing);
  EXPECT_FALSE(incidents[0].from_webhook());
  EXPECT_EQ(apply(incidents, {1, kFiring}).change, IncidentChange::reopened)
      << "an Alertmanager that restarted forgot it for a moment";
  EXPECT_EQ(incidents[0].state, IncidentState::open);
}

TEST(Incidents, ResolvedAfterClosingOpensNothing) {
  std::vector<Incident> incidents;
  apply(incidents, {1, kFiring});
  expire_alert(incidents, "a1", 150);
  ASSERT_EQ(close_cleared(incidents, cluster_with(1), 60, 200).size(), 1U);
  apply(incidents, {1, kResolved});
  EXPECT_EQ(incidents.size(), 1U);
  EXPECT_EQ(apply(incidents, {1, kFiring}).change, IncidentChange::none);
}

TEST(Incidents, WhatIsOnlyKnownFromTheListIsNotFromAWebhook) {
  std::vector<Incident> incidents;
  Alert alert;
  alert.fingerprint = "a1";
  alert.starts_at_ms = 1;
  alert.source = AlertSource::alertmanager;
  apply_alert(incidents, alert, {AlertUse::relieve, "pve1", Resource::cpu, ""}, 100);
  EXPECT_FALSE(incidents[0].from_webhook());
  apply(incidents, {1, kFiring});
  EXPECT_TRUE(incidents[0].from_webhook());
}

}  // namespace
}  // namespace pcb
