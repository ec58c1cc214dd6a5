// /probe: golden pages, names and types held against those of a real node_exporter, and hostile files.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/metric_catalogue.h"
#include "exporter/parse/filesystems.h"
#include "exporter/probe/render_probe.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

NodeFiles files_of(const std::string& tree) {
  HostTracker tracker("host");
  test::run_cycle(tracker, test::load_tree(tree), true, 1764000000.4);
  return tracker.report().node_files;
}

NodeFiles just(FileMap files) { return {std::make_shared<FileMap>(std::move(files)), nullptr, nullptr}; }

std::string page_of(FileMap files) { return render_probe(just(std::move(files)), Exposition::prometheus); }

// What node_exporter has: "name type label,label", made by running it (tests/golden/node_exporter.names).
struct Known {
  std::string type;
  std::string labels;
};
std::map<std::string, Known> known_families() {
  std::map<std::string, Known> known;
  const auto table = test::read_file(test::kGolden + "/node_exporter.names");
  for (const auto line : text::split_lines(table)) {
    const auto words = text::split_words(line);
    if (line.starts_with('#') || words.size() < 2) continue;
    known[std::string(words[0])] = {std::string(words[1]), words.size() > 2 ? std::string(words[2]) : ""};
  }
  return known;
}

class ProbePages : public ::testing::TestWithParam<const char*> {};

TEST_P(ProbePages, AreAsTheyWereBlessed) {
  std::string name = GetParam();
  const auto files = files_of(name);
  name.replace(name.find('/'), 1, ".");
  test::expect_golden(test::kGolden + "/" + name + ".probe", render_probe(files, Exposition::prometheus));
}

TEST_P(ProbePages, HaveTheNamesTypesAndLabelsOfNodeExporter) {
  const auto known = known_families();
  const auto page = render_probe(files_of(GetParam()), Exposition::prometheus);
  int samples = 0;
  for (const auto line : text::split_lines(page)) {
    const auto words = text::split_words(line);
    if (line.starts_with("# TYPE ")) {
      const auto found = known.find(std::string(words[2]));
      ASSERT_NE(found, known.end()) << words[2] << " is no family of node_exporter";
      EXPECT_EQ(found->second.type, words[3]) << words[2];
    } else if (!line.starts_with('#')) {
      const std::string name(line.substr(0, line.find_first_of("{ ")));
      EXPECT_EQ(known.at(name).labels, test::label_names(line)) << line;
      ++samples;
    }
  }
  EXPECT_GT(samples, 40);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ProbePages,
                         ::testing::Values("pve8/pve1", "pve8/pve2", "pve9/alpha", "pve9/gamma",
                                           "live/pve1"));

TEST(Probe, TheTableIsWhatThePagesShow) {
  std::set<std::string> shown;
  for (const auto* tree : {"pve8/pve1", "pve9/alpha"}) {
    const auto page = render_probe(files_of(tree), Exposition::prometheus);
    for (const auto line : text::split_lines(page)) {
      if (line.starts_with("# TYPE ")) shown.emplace(text::split_words(line)[2]);
    }
  }
  for (const auto& entry : probe_catalogue()) {
    const auto name = entry.family.name;
    const auto is_it = [&](const std::string& one) {
      return name.ends_with('*') ? one.starts_with(name.substr(0, name.size() - 1)) : one == name;
    };
    EXPECT_TRUE(std::any_of(shown.begin(), shown.end(), is_it)) << name << " is never shown";
    EXPECT_TRUE(entry.family.help.ends_with('.')) << name;
    EXPECT_EQ(entry.family.type == MetricType::counter, name.ends_with("_total")) << name;
  }
}

TEST(Probe, FiguresAreThoseOfTheFiles) {
  const auto page = render_probe(files_of("pve8/pve1"), Exposition::prometheus);
  EXPECT_THAT(page, AllOf(HasSubstr("\nnode_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 839224.94\n"),
                          HasSubstr("\nnode_memory_MemTotal_bytes 33625735168\n"),
                          HasSubstr("\nnode_memory_HugePages_Total 0\n"),
                          HasSubstr("\nnode_boot_time_seconds 1760539992\n")));
  EXPECT_THAT(page, AllOf(HasSubstr("\nnode_disk_read_bytes_total{device=\"sda\"} 46396032000\n"),
                          HasSubstr("\nnode_disk_io_time_seconds_total{device=\"nvme0n1\"} 9012.345\n"),
                          Not(HasSubstr("device=\"sda1\"")), Not(HasSubstr("nvme0n1p1")),
                          Not(HasSubstr("loop0")), HasSubstr("device=\"dm-0\"")));
  EXPECT_THAT(page,
              AllOf(HasSubstr("node_filesystem_avail_bytes{device=\"rpool/ROOT/pve-1\",fstype=\"zfs\","
                              "mountpoint=\"/\"} 77309411328\n"),
                    HasSubstr("device=\"tank/my backups\",fstype=\"zfs\",mountpoint=\"/mnt/my backups\""),
                    HasSubstr("node_filesystem_readonly{device=\"/dev/sda2\",fstype=\"vfat\","
                              "mountpoint=\"/boot/efi\"} 1\n"),
                    Not(HasSubstr("/dev/shm")), Not(HasSubstr("nas:/export"))));
  EXPECT_THAT(page, AllOf(HasSubstr("\nnode_netstat_Tcp_CurrEstab 87\n"),
                          HasSubstr("\nnode_netstat_Icmp6_InErrors 1\n"), Not(HasSubstr("EmbryonicRsts")),
                          HasSubstr("\nnode_sockstat_TCP_mem_bytes 139264\n"),
                          HasSubstr("\nnode_softnet_times_squeezed_total{cpu=\"7\"} 23\n"),
                          HasSubstr("\nnode_arp_entries{device=\"vmbr0\"} 2\n")));
  EXPECT_THAT(page, AllOf(HasSubstr("\nnode_md_disks{device=\"md0\",state=\"failed\"} 1\n"),
                          HasSubstr("\nnode_md_disks_required{device=\"md0\"} 3\n"),
                          HasSubstr("\nnode_md_state{device=\"md0\",state=\"recovering\"} 1\n"),
                          HasSubstr("\nnode_md_state{device=\"md1\",state=\"active\"} 1\n")));
  const auto bonded = render_probe(files_of("pve9/alpha"), Exposition::prometheus);
  EXPECT_THAT(bonded, AllOf(HasSubstr("\nnode_bonding_slaves{master=\"bond0\"} 2\n"),
                            HasSubstr("\nnode_bonding_active{master=\"bond0\"} 1\n"),
                            HasSubstr("node_network_speed_bytes{device=\"eno2\"} 1250000000\n"),
                            Not(HasSubstr("node_network_speed_bytes{device=\"eno3\"}"))));
}

TEST(Probe, LeavesOutTheMountsThatNodeExporterLeavesOut) {
  std::string mounts, sizes;
  for (const auto* place : {"/", "/dev/shm", "/devices", "/run/credentials/a.service", "/run",
                            "/var/lib/docker", "/var/lib/docker/zfs/graph/1",
                            "/var/lib/containers/storage/overlay", "/proc", "/system", "/sys/fs/x"}) {
    mounts += std::string("tank/a ") + place + " zfs rw 0 0\n";
    sizes += std::string("zfs 1 1 1000 400 600 ") + place + "\n";
  }
  const auto page = page_of({{"/proc/mounts", mounts}, {"pcb/filesystems", sizes}});
  std::set<std::string> shown;
  for (const auto line : text::split_lines(page)) {
    if (!line.starts_with("node_filesystem_size_bytes{")) continue;
    const auto place = line.substr(line.find("mountpoint=") + 12);
    shown.emplace(place.substr(0, place.find('"')));
  }
  EXPECT_THAT(shown, ::testing::ElementsAre("/", "/devices", "/run", "/system", "/var/lib/docker"));
}

TEST(Probe, OpenMetricsHasItsEnd) {
  const auto page = render_probe(files_of("pve8/pve1"), Exposition::openmetrics);
  EXPECT_TRUE(page.ends_with("# EOF\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE node_cpu_seconds counter\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE node_vmstat_oom_kill unknown\n"));
}

TEST(Probe, WhatIsNotThereIsAbsent) {
  const auto page = page_of({{"/proc/loadavg", "0.5 0.4 0.3 1/100 1234\n"}});
  EXPECT_THAT(page, HasSubstr("node_load1 0.5\n"));
  EXPECT_THAT(page, HasSubstr("node_scrape_collector_success{collector=\"loadavg\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("node_scrape_collector_success{collector=\"zfs\"} 0\n"));
  EXPECT_THAT(page, Not(HasSubstr("node_cpu_seconds_total")));
}

// One bad byte costs a whole scrape: nothing that a host sends may make a line that is none.
TEST(Probe, HostileFilesBreakNoPage) {
  const std::string evil = "x\"} 1\nevil_total 1 \xff\\";
  const auto page = page_of({
      {"/proc/meminfo", "MemTotal: 5 kB\nMemTotal: 6 kB\nEv{il}: 7 kB\nA b: 8 kB\n: 1\nB: nan\nC(: 1\n"},
      {"/proc/net/dev", "  e\"v\n  il: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n" + evil +
                            ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"},
      {"/proc/diskstats",
       "8 0 " + evil +
           " 1 2 3 4 5 6 7 8 9 10 11\n8 0 sda 1 2 x 4 5 6 7 8 9 10 11\n8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n"},
      {"/proc/stat", "cpu0 1 2 3\ncpu0 4 5 6\ncpux 1 2 3\ncpu 1\nctxt \nintr abc\nbtime 1\n"},
      {"/proc/mounts", "\\\\777 \\040 zfs rw\n\\04 / ext4 ro\n/ / \n"},
      {"pcb/filesystems", "ext4 1 1 1 1 1 /\nzfs - - 1 1 1 /a\"b\\\nzfs 1 1\n" + evil + "\n"},
      {"/proc/mdstat", "md\" : active\n  x blocks [/] [9/\n"},
      {"/proc/net/snmp",
       "Tcp: CurrEstab\nUdp: 1\nTcp: CurrEstab InErrs\nTcp: 1\nTcp: InErrs InErrs\nTcp: 1 2\n"},
      {"/proc/net/sockstat", "TCP: inuse 1 inuse 2 mem\nsock\"ets: used 1\n: a 1\n"},
      {"/proc/net/softnet_stat", "zz 1 2\n00000001\n\n"},
      {"/proc/sys/fs/file-nr", "1 2\n"},
      {"/proc/spl/kstat/zfs/arcstats", "size 4 1\nsize 4 2\nc\"x 4 1\nhits 7 1\n"},
      {"/sys/class/net/" + evil + "/operstate", "up"},
      {"/sys/class/net/eth0", "x"},
      {"/proc/sys/kernel/osrelease", evil},
      {"/etc/os-release", "ID=\"\nVERSION_ID=12\"x\n=\nNAME='" + evil + "'\n"},
  });
  EXPECT_THAT(page, HasSubstr("\nnode_memory_MemTotal_bytes 5120\n"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("node_memory_MemTotal_bytes 6144")), Not(HasSubstr("\nevil"))));
  EXPECT_TRUE(text::is_utf8(page));
  std::set<std::string, std::less<>> seen;
  for (const auto line : text::split_lines(page)) {
    const auto series = line.substr(0, line.rfind(' '));
    EXPECT_TRUE(line.starts_with('#') || seen.emplace(series).second) << "twice: " << line;
    if (!line.starts_with("# TYPE ")) continue;
    EXPECT_TRUE(seen.emplace(line).second) << "twice: " << line;
  }
}

TEST(FileSystems, OfDfAreReadByTheirColumns) {
  const auto found = parse_filesystems(
      "Type Inodes IFree 1B-blocks Used Avail Mounted on\nzfs  10 9  1000 400 600 /\nvfat - - 10 5 5 "
      "/boot/my efi\n"
      "ext4 1 2 3 4\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].inodes_free, 9);
  EXPECT_EQ(found[1].mount_point, "/boot/my efi");
  EXPECT_EQ(found[1].inodes, std::nullopt);
  EXPECT_EQ(root_of(found)->used_bytes, 400);
  EXPECT_FALSE(root_of({}).ok());
}

}  // namespace
}  // namespace pcb
