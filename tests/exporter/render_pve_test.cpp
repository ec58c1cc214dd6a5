// /pve and /sd: prometheus-pve-exporter's series with just its names and labels, and the targets.
#include "exporter/render_pve.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Snapshot fixture(const std::string& cluster, const std::vector<std::string>& nodes) {
  std::vector<HostTracker> trackers;
  SnapshotSettings settings;
  for (const auto& node : nodes) {
    SnapshotSettings::HostSettings host;
    host.name = node;
    settings.hosts.push_back(std::move(host));
    trackers.emplace_back(node);
    test::run_cycle(trackers.back(), test::load_tree(cluster + "/" + node), trackers.size() == 1,
                    1764000000.4);
    test::run_cycle(trackers.back(), test::load_tree(cluster + "/" + node, true), trackers.size() == 1,
                    1764000010.4);
  }
  std::vector<const HostReport*> reports;
  for (const auto& tracker : trackers) reports.push_back(&tracker.report());
  return build_snapshot(reports, settings, 1764000010.4);
}

const Snapshot& pve8() {
  static const auto kSnapshot = fixture("pve8", {"pve1", "pve2", "pve3"});
  return kSnapshot;
}

std::string page(const PveParts& parts = {}, const std::string& host = "pve1") {
  return render_pve(pve8(), host, parts, Exposition::prometheus);
}

// Release 3.10 of prometheus-pve-exporter: name, type, labels in order.
const std::map<std::string, std::pair<std::string, std::string>>& theirs() {
  static const std::map<std::string, std::pair<std::string, std::string>> kFamilies = {
      {"pve_up", {"gauge", "id"}},
      {"pve_version_info", {"gauge", "release,repoid,version"}},
      {"pve_node_info", {"gauge", "id,level,name,nodeid"}},
      {"pve_cluster_info", {"gauge", "id,nodes,quorate,version"}},
      {"pve_guest_info", {"gauge", "id,name,node,tags,template,type"}},
      {"pve_storage_info", {"gauge", "content,id,node,plugintype,storage"}},
      {"pve_storage_shared", {"gauge", "id"}},
      {"pve_cpu_usage_ratio", {"gauge", "id"}},
      {"pve_cpu_usage_limit", {"gauge", "id"}},
      {"pve_memory_usage_bytes", {"gauge", "id"}},
      {"pve_memory_size_bytes", {"gauge", "id"}},
      {"pve_disk_usage_bytes", {"gauge", "id"}},
      {"pve_disk_size_bytes", {"gauge", "id"}},
      {"pve_uptime_seconds", {"gauge", "id"}},
      {"pve_network_receive_bytes_total", {"counter", "id"}},
      {"pve_network_transmit_bytes_total", {"counter", "id"}},
      {"pve_disk_read_bytes_total", {"counter", "id"}},
      {"pve_disk_written_bytes_total", {"counter", "id"}},
      {"pve_network_receive_bytes", {"gauge", "id"}},
      {"pve_network_transmit_bytes", {"gauge", "id"}},
      {"pve_disk_read_bytes", {"gauge", "id"}},
      {"pve_disk_write_bytes", {"gauge", "id"}},
      {"pve_ha_state", {"gauge", "id,state"}},
      {"pve_lock_state", {"gauge", "id,state"}},
      {"pve_onboot_status", {"gauge", "id,node,type"}},
      {"pve_not_backed_up_total", {"untyped", "id"}},  // theirs is a gauge, which promtool finds fault with
      {"pve_not_backed_up_info", {"gauge", "id"}}};
  return kFamilies;
}

TEST(Pve, HasThoseFamiliesWithThoseTypesAndLabelsAndNoOthers) {
  std::set<std::string> shown;
  const auto text = page();
  for (const auto line : text::split_lines(text)) {
    const auto words = text::split_words(line);
    if (line.starts_with("# TYPE ")) {
      ASSERT_TRUE(theirs().contains(std::string(words[2]))) << words[2];
      EXPECT_EQ(theirs().at(std::string(words[2])).first, words[3]) << words[2];
    } else if (!line.starts_with('#')) {
      const std::string name(line.substr(0, line.find('{')));
      EXPECT_EQ(theirs().at(name).second, test::label_names(line)) << line;
      shown.insert(name);
    }
  }
  EXPECT_EQ(shown.size(), theirs().size());
}

TEST(Pve, PagesOfBothClusters) {
  test::expect_golden(test::kGolden + "/pve8.pve", page());
  test::expect_golden(test::kGolden + "/pve9.pve", render_pve(fixture("pve9", {"alpha", "beta", "gamma"}),
                                                              "alpha", {}, Exposition::prometheus));
}

TEST(Pve, TheParametersSwitchThePartsAndTheTargetChoosesTheNode) {
  EXPECT_THAT(page({true, false}), AllOf(HasSubstr("pve_up{"), Not(HasSubstr("pve_onboot_status"))));
  EXPECT_THAT(page({false, true}), AllOf(Not(HasSubstr("pve_up{")), HasSubstr("pve_onboot_status{")));
  EXPECT_THAT(page({false, true}), AllOf(HasSubstr("node=\"pve1\""), Not(HasSubstr("node=\"pve2\""))));
  EXPECT_THAT(page({false, true}, "pve2"),
              AllOf(HasSubstr("node=\"pve2\""), Not(HasSubstr("node=\"pve1\""))));
  EXPECT_THAT(page({false, true}, ""), AllOf(HasSubstr("node=\"pve1\""), HasSubstr("node=\"pve2\"")));
  EXPECT_EQ(page({false, false}), "");
}

TEST(Pve, MeansWhatTheApiMeans) {
  auto snapshot = pve8();
  auto& stopped = snapshot.guests.front();
  stopped.document.status = GuestStatus::stopped;
  stopped.document.lock = "backup";
  stopped.figures = {};
  auto& paused = snapshot.guests.back();
  paused.document.status = GuestStatus::paused;
  snapshot.quorate = false;
  const auto text = render_pve(snapshot, "", {}, Exposition::prometheus);
  const auto id = "{id=\"" + stopped.document.id + "\"} ";
  EXPECT_THAT(text, AllOf(HasSubstr("\npve_up" + id + "0\n"), HasSubstr("\npve_cpu_usage_ratio" + id + "0\n"),
                          HasSubstr("\npve_network_receive_bytes" + id + "0\n"),
                          Not(HasSubstr("pve_cpu_usage_limit" + id))));
  EXPECT_THAT(text, HasSubstr("\npve_up{id=\"" + paused.document.id + "\"} 0\n")) << "only running is up";
  EXPECT_THAT(text, HasSubstr("\npve_up{id=\"cluster/" + snapshot.cluster + "\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("pve_lock_state{id=\"" + stopped.document.id + "\",state=\"backup\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("state=\"mounted\""))) << "not among its states";
}

std::string next_sync_of(const std::string& state) {
  auto tree = test::load_tree("pve8/pve1");
  tree["/etc/pve/replication.cfg"] = "local: 101-0\n\ttarget pve2\n\tschedule */15\n";
  tree["/var/lib/pve-manager/pve-replication-state.json"] = R"({"101":{"local/pve2":{)" + state + "}}}";
  HostTracker tracker("pve1");
  test::run_cycle(tracker, tree, true, 1764000000.4);
  const auto text =
      render_pve(build_snapshot({&tracker.report()}, {}, 1764000000.4), "pve1", {}, Exposition::prometheus);
  const std::string name = "\npve_replication_next_sync_timestamp_seconds{id=\"101-0\"} ";
  const auto at = text.find(name);
  if (at == std::string::npos) return "";
  return text.substr(at + name.size(), text.find('\n', at + 1) - at - name.size());
}

TEST(Pve, ShowsReplicationFromTheFilesOfTheHostThatRunsTheGuest) {
  auto tree = test::load_tree("pve8/pve1");
  tree["/etc/pve/replication.cfg"] =
      "local: 101-0\n\ttarget pve2\n\tschedule */15\n\nlocal: 101-1\n\ttarget pve3\n";
  tree["/var/lib/pve-manager/pve-replication-state.json"] =
      R"({"101":{"local/pve2":{"last_sync":1763999000,"last_try":1763999900,"duration":3.5,"fail_count":2}}})";
  HostTracker tracker("pve1");
  test::run_cycle(tracker, tree, true, 1764000000.4);
  SnapshotSettings settings;
  const auto snapshot = build_snapshot({&tracker.report()}, settings, 1764000000.4);
  const auto text = render_pve(snapshot, "pve1", {false, true}, Exposition::prometheus);
  EXPECT_THAT(
      text, AllOf(HasSubstr("\npve_replication_info{id=\"101-0\",type=\"local\",source=\"node/pve1\",target="
                            "\"node/pve2\",guest=\"lxc/101\"} 1\n"),
                  HasSubstr("\npve_replication_last_sync_timestamp_seconds{id=\"101-0\"} 1763999000\n"),
                  HasSubstr("\npve_replication_last_try_timestamp_seconds{id=\"101-0\"} 1763999900\n"),
                  HasSubstr("\npve_replication_next_sync_timestamp_seconds{id=\"101-0\"} 1764000500\n"),
                  HasSubstr("\npve_replication_duration_seconds{id=\"101-0\"} 3.5\n"),
                  HasSubstr("\npve_replication_failed_syncs{id=\"101-0\"} 2\n")));
  EXPECT_THAT(text, AllOf(HasSubstr("pve_replication_info{id=\"101-1\""),
                          Not(HasSubstr("failed_syncs{id=\"101-1\""))))
      << "nothing is known of it yet";
  EXPECT_THAT(text, Not(HasSubstr("next_sync_timestamp_seconds{id=\"101-1\"")));
  EXPECT_EQ(next_sync_of(R"("last_try":1763999900)"), "1764000000") << "by the schedule, in Berlin";
  EXPECT_EQ(next_sync_of(R"("last_try":1763999900,"fail_count":7)"), "1764001700") << "half an hour";
  EXPECT_EQ(next_sync_of(R"("last_try":0)"), "") << "never tried";
  EXPECT_THAT(render_pve(snapshot, "pve2", {false, true}, Exposition::prometheus),
              Not(HasSubstr("replication")));
}

TEST(Discovery, ListsTheHostsThatAreReadWithTheirCluster) {
  Snapshot snapshot;
  snapshot.cluster = "home\"lab\xff";
  for (const auto* name : {"pve1", "pve\"2", "pve3"}) {
    SnapshotHost host;
    host.document.name = name;
    host.configured = name != std::string("pve3");  // a member that is not read
    host.document.state = HostState::online;
    host.address = "10.0.0.1";
    snapshot.hosts.push_back(host);
  }
  EXPECT_EQ(render_discovery(snapshot),
            "[\n  {\"targets\": [\"pve1\"], \"labels\": {\"cluster\": \"home\\\"lab\xef\xbf\xbd\", "
            "\"__meta_pve_node\": \"pve1\", \"__meta_pve_address\": \"10.0.0.1\", \"__meta_pve_state\": "
            "\"online\"}},\n  {\"targets\": [\"pve\\\"2\"], \"labels\": {\"cluster\": "
            "\"home\\\"lab\xef\xbf\xbd\", \"__meta_pve_node\": \"pve\\\"2\", \"__meta_pve_address\": "
            "\"10.0.0.1\", \"__meta_pve_state\": \"online\"}}\n]\n");
  EXPECT_EQ(render_discovery(Snapshot{}), "[\n]\n");
}

}  // namespace
}  // namespace pcb
