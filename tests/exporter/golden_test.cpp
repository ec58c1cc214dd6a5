// Both fixture clusters and the captured live one, from the files of their hosts to the pages.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cluster/document_json.h"
#include "exporter/render.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using Json = nlohmann::json;
using test::kGolden;

struct FixtureCluster {
  std::string name;
  std::vector<std::string> nodes;
  double t0 = 1764000000.4, t1 = 1764000010.4;
};

const std::vector<FixtureCluster>& clusters() {
  static const std::vector<FixtureCluster> kClusters = {{"pve8", {"pve1", "pve2", "pve3"}},
                                                        {"pve9", {"alpha", "beta", "gamma"}}};
  return kClusters;
}

SnapshotSettings settings_for(const std::vector<std::string>& nodes) {
  SnapshotSettings settings;
  for (const auto& node : nodes) {
    SnapshotSettings::HostSettings host;
    host.name = node;
    settings.hosts.push_back(std::move(host));
  }
  settings.hosts.front().cpu_threshold = 0.35;
  settings.guests["tag:prod"].memory = 0.8;
  return settings;
}

Snapshot snapshot_of(const std::vector<HostTracker>& trackers, const std::vector<std::string>& nodes,
                     double now) {
  std::vector<const HostReport*> reports;
  for (const auto& tracker : trackers) reports.push_back(&tracker.report());
  return build_snapshot(reports, settings_for(nodes), now);
}

Snapshot fixture_snapshot(const FixtureCluster& cluster, bool second_sample) {
  std::vector<HostTracker> trackers;
  for (const auto& node : cluster.nodes) {
    trackers.emplace_back(node);
    const bool cluster_wide = trackers.size() == 1;
    test::run_cycle(trackers.back(), test::load_tree(cluster.name + "/" + node), cluster_wide, cluster.t0);
    if (second_sample) {
      test::run_cycle(trackers.back(), test::load_tree(cluster.name + "/" + node, true), cluster_wide,
                      cluster.t1);
    }
  }
  return snapshot_of(trackers, cluster.nodes, second_sample ? cluster.t1 : cluster.t0);
}

SelfMetrics self_metrics(const std::vector<std::string>& nodes) {
  SelfMetrics self;
  self.version = "0.0.0";
  for (const auto& node : nodes) self.hosts.push_back({node, 1, {{FailureReason::connect_timeout, 2}}});
  self.process_cpu_seconds = 1.5;
  self.process_resident_memory_bytes = 10485760;
  self.process_virtual_memory_bytes = 104857600;
  self.process_open_fds = 12;
  self.process_max_fds = 1024;
  self.process_start_time_seconds = 1763990000;
  self.config_last_reload_successful = true;
  self.config_last_reload_success_timestamp_seconds = 1763990001;
  return self;
}

// Within 1 %, or absent where the expectation is null.
void expect_near(const std::optional<double>& value, const Json& expected, const std::string& what) {
  if (expected.is_null()) return;
  ASSERT_TRUE(value.has_value()) << what << " is not known";
  const double wanted = expected.get<double>();
  EXPECT_NEAR(*value, wanted, std::abs(wanted) * 0.01 + 1e-6) << what;
}

void expect_guest(const SnapshotGuest& guest, const Json& expected) {
  const auto& id = guest.document.id;
  const auto& figures = guest.figures;
  EXPECT_EQ(guest.document.name, expected["name"].get<std::string>()) << id;
  EXPECT_EQ(id.substr(0, id.find('/')), expected["type"].get<std::string>());
  EXPECT_EQ(guest.document.is_template, expected["template"].get<bool>()) << id;
  EXPECT_EQ(guest.document.status == GuestStatus::running, expected["status"] == "running") << id;
  EXPECT_EQ(guest.document.lock,
            expected["lock"].is_null() ? std::nullopt : std::optional(expected["lock"].get<std::string>()))
      << id;
  EXPECT_EQ(guest.document.ha.has_value(), expected["ha"].get<bool>()) << id;
  EXPECT_THAT(guest.document.tags,
              ::testing::UnorderedElementsAreArray(expected["tags"].get<std::vector<std::string>>()))
      << id;
  const std::vector<std::pair<std::string, std::optional<double>>> values = {
      {"cpu", figures.cpu_usage_ratio},
      {"cpu_cores", guest.document.cpu_used_cores},
      {"cpus", figures.cpu_limit_cores},
      {"mem", figures.memory_usage_bytes},
      {"maxmem", figures.memory_size_bytes},
      {"swap", figures.memory_swap_bytes},
      {"disk", figures.disk_usage_bytes},
      {"maxdisk", figures.disk_size_bytes},
      {"diskread", figures.disk_read_bytes_total},
      {"diskwrite", figures.disk_written_bytes_total},
      {"netin", figures.network_receive_bytes_total},
      {"netout", figures.network_transmit_bytes_total},
      {"uptime", figures.uptime_seconds}};
  for (const auto& [key, value] : values) {
    if (expected.contains(key)) expect_near(value, expected[key], id + " " + key);
  }
}

TEST(Golden, FiguresAreThoseOfProxmoxWithinOnePercent) {
  int guests_seen = 0;
  for (const auto& cluster : clusters()) {
    const auto snapshot = fixture_snapshot(cluster, true);
    for (const auto& host : snapshot.hosts) {
      const auto& name = host.document.name;
      const auto expected =
          Json::parse(test::read_file(kGolden + "/fixtures/" + cluster.name + "/expected/" + name + ".json"));
      expect_near(host.figures.cpu_usage_ratio, expected["cpu"], name + " cpu");
      expect_near(host.document.cpu_cores, expected["cpus"], name + " cpus");
      expect_near(host.figures.memory_size_bytes, expected["memtotal"], name + " memtotal");
      expect_near(host.figures.memory_usage_bytes, expected["memused"], name + " memused");
      expect_near(host.figures.uptime_seconds, expected["uptime"], name + " uptime");
      EXPECT_EQ(snapshot.quorate, expected["quorate"] == 1);
      for (const auto& [number, values] : expected["guests"].items()) {
        const auto id = values["type"].get<std::string>() + "/" + number;
        const auto guest = std::find_if(snapshot.guests.begin(), snapshot.guests.end(),
                                        [&](const SnapshotGuest& one) { return one.document.id == id; });
        ASSERT_NE(guest, snapshot.guests.end()) << id;
        EXPECT_EQ(guest->document.host, name) << id;
        expect_guest(*guest, values);
        ++guests_seen;
      }
    }
  }
  EXPECT_EQ(guests_seen, 48);
}

TEST(Golden, PagesOfBothClustersAndBothSamples) {
  for (const auto& cluster : clusters()) {
    const auto first = fixture_snapshot(cluster, false), second = fixture_snapshot(cluster, true);
    const auto self = self_metrics(cluster.nodes);
    test::expect_golden(kGolden + "/" + cluster.name + ".first.metrics", render_metrics(first, self));
    test::expect_golden(kGolden + "/" + cluster.name + ".metrics", render_metrics(second, self));
    MetricsOptions openmetrics;
    openmetrics.exposition = Exposition::openmetrics;
    test::expect_golden(kGolden + "/" + cluster.name + ".openmetrics",
                        render_metrics(second, self, openmetrics));
    test::expect_golden(kGolden + "/" + cluster.name + ".cluster.json",
                        write_cluster(render_document(second)));
    test::expect_golden(kGolden + "/" + cluster.name + ".anonymous.json",
                        write_cluster(anonymize(render_document(second))));
    test::expect_golden(kGolden + "/" + cluster.name + ".txt", render_text(second, false));
  }
}

TEST(Golden, ALiveClusterAsItWasCaptured) {
  const std::vector<std::string> nodes = {"pve1", "pve2", "pve3"};
  std::vector<HostTracker> trackers;
  for (const auto& node : nodes) {
    trackers.emplace_back(node);
    test::run_cycle(trackers.back(), test::load_tree("live/" + node), node == "pve1", 1795366321);
  }
  const auto snapshot = snapshot_of(trackers, nodes, 1795366321);
  test::expect_golden(kGolden + "/live.metrics", render_metrics(snapshot, self_metrics(nodes)));
  test::expect_golden(kGolden + "/live.cluster.json", write_cluster(render_document(snapshot)));
}

TEST(Golden, ANodeWithoutAClusterAsItWasCaptured) {
  std::vector<HostTracker> trackers;
  trackers.emplace_back("v2solo");
  test::run_cycle(trackers.back(), test::load_tree("live/v2solo"), true, 1795367612);
  const auto snapshot = snapshot_of(trackers, {"v2solo"}, 1795367612);
  ASSERT_EQ(snapshot.guests.size(), 2U);
  EXPECT_EQ(snapshot.cluster, "v2solo");
  EXPECT_EQ(snapshot.guests[1].figures.memory_usage_bytes, 8425472) << "what pct said at that time";
  EXPECT_EQ(snapshot.guests[0].figures.cpu_limit_cores, 0.5);
  test::expect_golden(kGolden + "/v2solo.metrics", render_metrics(snapshot, self_metrics({"v2solo"})));
  test::expect_golden(kGolden + "/v2solo.cluster.json", write_cluster(render_document(snapshot)));
}

TEST(Golden, EveryDocumentCanBeReadBackWithoutALoss) {
  for (const auto& cluster : clusters()) {
    const auto text = write_cluster(render_document(fixture_snapshot(cluster, true)));
    const auto read = read_cluster(text);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_THAT(read->warnings, ::testing::IsEmpty());
    EXPECT_EQ(write_cluster(read->cluster), text);
  }
}

}  // namespace
}  // namespace pcb
