#include "exporter/render.h"

#include <cstdio>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/document_json.h"
#include "cluster/metric_catalogue.h"
#include "common/text.h"
#include "tests/exporter/fixture.h"
#include "tests/support/temporary_folder.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHostile =
    std::string("a\"b\\c\n} 1\npve_up{id=\"forged\"} 1\n\xff\xfe\x1b[31m") + '\0' + "é";

Snapshot hostile_snapshot() {
  Snapshot snapshot;
  snapshot.cluster = kHostile;
  snapshot.quorate = true;
  SnapshotHost host;
  host.document.name = kHostile;
  host.document.state = HostState::online;
  host.document.cpu_cores = 4;
  host.document.memory_bytes = 1e9;
  host.document.pve_version = host.pve_release = host.pve_repoid = host.subscription_level = kHostile;
  host.ha_state = kHostile;
  host.read = host.up = true;
  host.failure_detail = kHostile;
  host.sections[kHostile] = {false, kHostile};
  snapshot.hosts.push_back(host);
  SnapshotGuest guest;
  guest.read = true;
  guest.document.id = "lxc/101";
  guest.document.host = guest.document.name.emplace(kHostile);
  guest.document.status = GuestStatus::running;
  guest.document.tags = {kHostile, kHostile};
  guest.document.lock = kHostile;
  guest.document.blockers = {{kHostile, kHostile, kHostile}};
  guest.document.volumes.emplace().push_back({kHostile, kHostile, 1.0, 1.0, false});
  guest.figures.cpu_usage_ratio = 0.5;
  snapshot.guests.push_back(guest);
  snapshot.storages.push_back({kHostile, {kHostile, kHostile, {kHostile}, true, true, 1.0, 1.0}});
  snapshot.warnings = {kHostile};
  return snapshot;
}

TEST(Render, HostileNamesNeverBreakThePage) {
  const auto page = render_metrics(hostile_snapshot(), {});
  EXPECT_TRUE(text::is_utf8(page));
  EXPECT_THAT(page, Not(HasSubstr("\npve_up{id=\"forged\"}")));
  const test::TemporaryFolder folder;
  const auto path = folder.write("hostile.metrics", page);
  EXPECT_EQ(std::system(("promtool check metrics < '" + path + "'").c_str()), 0);
  for (const auto line : text::split_lines(page)) {
    if (line.starts_with('#')) continue;
    EXPECT_NO_FATAL_FAILURE(metric(line.substr(0, line.find_first_of("{ ")))) << line;
  }
}

TEST(Render, HostileNamesNeverBreakTheDocumentOrTheTerminal) {
  const auto read = read_cluster(write_cluster(render_document(hostile_snapshot())));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->cluster.guests.size(), 1U);
  const auto terminal = render_text(hostile_snapshot(), false);
  EXPECT_TRUE(text::is_utf8(terminal));
  EXPECT_EQ(terminal.find('\x1b'), std::string::npos);
  EXPECT_EQ(terminal.find('\0'), std::string::npos);
}

TEST(Render, CollectorsSwitchFamilies) {
  const auto snapshot = hostile_snapshot();
  MetricsOptions options;
  options.collectors = {"blockers"};
  const auto page = render_metrics(snapshot, {}, options);
  EXPECT_THAT(page, HasSubstr("pve_guest_movable"));
  EXPECT_THAT(page, Not(HasSubstr("# HELP pve_up")));
  EXPECT_THAT(page, Not(HasSubstr("balancer_")));
  const auto names = metric_collectors();
  EXPECT_THAT(names, ::testing::Contains("blockers"));
  EXPECT_THAT(names, Not(::testing::Contains("evaluator")));
}

// The page grows by this many series per guest: stated in the documents, so that nobody is surprised.
TEST(Render, ARunningContainerHasAtMostSixtySeries) {
  std::map<std::string, int> series;
  const auto page = test::read_file(test::kGolden + "/pve9.metrics");
  for (const auto line : text::split_lines(page)) {
    const auto at = line.find("id=\"");
    if (line.starts_with('#') || at == std::string_view::npos) continue;
    ++series[std::string(line.substr(at + 4, line.find('"', at + 4) - at - 4))];
  }
  for (const auto& [id, count] : series) {
    if (id.starts_with("lxc/") || id.starts_with("qemu/")) {
      EXPECT_LE(count, 60) << id;
    }
  }
  EXPECT_GE(series.at("lxc/1001"), 40);
}

TEST(Render, ColourOnlyWhenAskedAndMarksAlways) {
  auto snapshot = hostile_snapshot();
  auto& guest = snapshot.guests.front();
  guest.document.name = "db";
  guest.document.host = snapshot.hosts.front().document.name = "pve1";
  guest.figures.cpu_threshold = 0.4;
  const auto plain = render_text(snapshot, false), coloured = render_text(snapshot, true);
  EXPECT_THAT(plain, HasSubstr("Host metrics for pve1: online"));
  EXPECT_THAT(plain, HasSubstr("50.0 %!"));
  EXPECT_THAT(coloured, HasSubstr("\x1b[31m50.0 %!\x1b[0m"));
}

TEST(Anonymize, NamesAreReplacedConsistentlyAndNothingElse) {
  Cluster cluster;
  cluster.cluster = "secret-cluster";
  Host host;
  host.name = "secret-host";
  host.cpu_cores = 4;
  host.storages.emplace().push_back({"secret-storage", "dir", {"images"}, false, true, 1.0, 1.0});
  host.bridges.emplace().push_back({"secret-bridge", true, 1500, std::nullopt});
  cluster.hosts.push_back(host);
  Guest guest;
  guest.id = "lxc/101";
  guest.name = "secret-guest";
  guest.host = "secret-host";
  guest.tags = {"secret-tag"};
  guest.volumes.emplace().push_back({"rootfs", "secret-storage", 5.0, std::nullopt, false});
  guest.bridges.emplace().push_back({"secret-bridge", std::nullopt, std::nullopt, 30});
  guest.macs = {"se:cr:et:00:00:01"};
  guest.ha = Ha{true, "started", true, std::vector<HaHost>{{"secret-host", 1.0}}};
  guest.replication = {{"secret-host", std::nullopt, true}};
  guest.blockers = {{"bind_mount", "secret-path", "secret cure"}};
  cluster.guests.push_back(guest);
  cluster.rules = {{RuleKind::only_on, true, {"lxc/101"}, {"secret-host"}, "tag:secret-tag"}};
  cluster.warnings = {"secret-host is not read"};
  cluster.backup_jobs = {{"secret-job", true, "21:00", "secret-host", std::vector<std::string>{"lxc/101"},
                          "secret-pool", "secret-storage", "stop", "jobs.cfg:secret-job", 5.0}};
  cluster.tasks = {{"secret-host", "vzdump", "lxc/101", 5}};
  const auto text = write_cluster(anonymize(cluster));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_TRUE(read_cluster(text)->cluster.guests[0].macs.empty());
  const auto read = read_cluster(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  const auto& changed = read->cluster;
  EXPECT_EQ(changed.guests[0].host, changed.hosts[0].name);
  EXPECT_EQ(changed.guests[0].volumes->at(0).storage, changed.hosts[0].storages->at(0).name);
  EXPECT_EQ(changed.guests[0].bridges->at(0).name, changed.hosts[0].bridges->at(0).name);
  EXPECT_EQ(changed.guests[0].ha->hosts->at(0).name, changed.hosts[0].name);
  EXPECT_EQ(changed.rules[0].hosts[0], changed.hosts[0].name);
  EXPECT_EQ(changed.guests[0].blockers[0].code, "bind_mount");
  EXPECT_EQ(changed.guests[0].bridges->at(0).tag, 30);
  EXPECT_EQ(changed.backup_jobs[0].storage, changed.hosts[0].storages->at(0).name);
  EXPECT_EQ(changed.tasks[0].host, changed.hosts[0].name);
}

}  // namespace
}  // namespace pcb
