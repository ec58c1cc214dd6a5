#include <string>

#include <gtest/gtest.h>

#include "exporter/parse/cgroup.h"
#include "exporter/parse/cpu.h"
#include "exporter/parse/net.h"
#include "exporter/parse/proc.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

TEST(ParseProc, Uptime) {
  EXPECT_DOUBLE_EQ(*parse_uptime("3460008.37 17396920.23\n"), 3460008.37);
  for (const auto* torn : {"", "12.5", "12.5 1.0", "x 1.0\n", "-1 1\n", "nan 1\n"})
    EXPECT_FALSE(parse_uptime(torn).ok()) << torn;
}

TEST(ParseProc, CpuTimesLeaveGuestTimeInUser) {
  const auto times = parse_proc_stat(
      "cpu  100 10 50 800 40 5 5 30 90 9\ncpu0 50 5 25 400 20 2 2 15 45 4\ncpu1 50 5 25 400 20 3 3 15 45 5\n"
      "intr 5\nbtime 1760539992\n");
  ASSERT_TRUE(times.ok());
  EXPECT_DOUBLE_EQ(times->used_seconds, 2.0);  // 100+10+50+5+5+30 ticks
  EXPECT_DOUBLE_EQ(times->total_seconds, 10.4);
  EXPECT_EQ(times->cpus, 2);
  EXPECT_EQ(times->boot_time_unix, 1760539992);
  EXPECT_FALSE(parse_proc_stat("cpu  100 10 50\n").ok());
  EXPECT_FALSE(parse_proc_stat("cpu  1 1 1 1 1 1 1 1\ncpu0 1\n").ok()) << "cut off before btime";
}

TEST(ParseProc, MeminfoNeedsAllItsLines) {
  const std::string whole =
      "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    600 kB\nBuffers: 10 kB\nCached: 90 "
      "kB\nSwapCached: 7 kB\n"
      "SwapTotal: 50 kB\nSwapFree: 20 kB\n";
  const auto memory = parse_meminfo(whole);
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->total_bytes, 1024000);
  EXPECT_EQ(memory->available_bytes, 614400);
  EXPECT_EQ(memory->cache_bytes, 102400) << "SwapCached is not Cached";
  EXPECT_EQ(memory->swap_free_bytes, 20480);
  EXPECT_FALSE(parse_meminfo(whole.substr(0, whole.find("SwapTotal"))).ok());
  EXPECT_FALSE(parse_meminfo("").ok());
}

TEST(ParseProc, PressureWithAndWithoutFull) {
  const auto both = parse_pressure(
      "some avg10=1.50 avg60=0 avg300=0 total=2000000\nfull avg10=0.50 avg60=0 avg300=0 total=1000000\n");
  ASSERT_TRUE(both.ok());
  EXPECT_DOUBLE_EQ(both->some_total_seconds, 2);
  EXPECT_DOUBLE_EQ(both->some_avg10_ratio, 0.015);
  EXPECT_DOUBLE_EQ(*both->full_total_seconds, 1);
  EXPECT_FALSE(
      parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n")->full_total_seconds.has_value());
  EXPECT_FALSE(parse_pressure("").ok());
  for (const auto* torn :
       {"some avg10=0.00 avg60=0.0", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5",
        "some avg10=0.00 avg60=0.00 total=5\n", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5 6\n",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n\n", "some avg10=x avg60=0 avg300=0 total=5\n"})
    EXPECT_FALSE(parse_pressure(torn).ok()) << torn;
}

TEST(ParseProc, SmallFiles) {
  EXPECT_DOUBLE_EQ(parse_loadavg("3.23 3.07 2.91 3/1220 120000\n")->load5, 3.07);
  EXPECT_FALSE(parse_loadavg("3.23 3.0").ok());
  EXPECT_EQ(*parse_vmstat_oom_kills("pgfault 3\noom_kill 7\n"), 7);
  EXPECT_FALSE(parse_vmstat_oom_kills("oom_kill_x 7\n").ok());
  EXPECT_EQ(parse_arcstats("13 1 0x01\nname type data\nc_min 4 5\nc_max 4 9\nsize 4 7\n")->size_bytes, 7);
  EXPECT_FALSE(parse_arcstats("c_min 4 5\n").ok());
  EXPECT_EQ(*parse_single_number("12\n"), 12);
  EXPECT_FALSE(parse_single_number("12").ok()) << "cut off: it may have been 123";
}

TEST(ParseProc, ProcessStartIsCountedBehindTheName) {
  const std::string rest = " S 1 2 3 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 225040770 6000000\n";
  EXPECT_DOUBLE_EQ(*parse_process_start("3000 (lxc-start)" + rest), 2250407.70);
  EXPECT_DOUBLE_EQ(*parse_process_start("3000 (a) b (c)" + rest), 2250407.70);
  EXPECT_FALSE(parse_process_start("3000 (lxc-start) S 1").ok());
}

TEST(ParseProc, DfTakesTheLineOfTheMountPoint) {
  const std::string text =
      "Filesystem 1-blocks Used Available Capacity Mounted on\na b 100 30 70 30% /\nvol 5 2 3 40% /x/root\n";
  EXPECT_EQ(parse_df(text, "/")->used_bytes, 30);
  EXPECT_EQ(parse_df(text, "/x/root")->size_bytes, 5);
  EXPECT_FALSE(parse_df("Filesystem 1-blocks\n", "/").ok());
}

TEST(ParseCgroup, ReadsAContainerItself) {
  test::Tree files = {
      {"/c/cpu.stat", "usage_usec 5000000\nuser_usec 1\nnr_periods 9\nthrottled_usec 1500000\n"},
      {"/c/memory.current", "1000\n"},
      {"/c/memory.stat", "anon 1\nfile 300\nfile_mapped 9\nshmem 50\n"},
      {"/c/memory.swap.current", "20\n"},
      {"/c/memory.events", "oom 3\noom_kill 2\n"},
      {"/c/io.stat", "8:0 rbytes=10 wbytes=20 rios=1\n252:3 rbytes=1 wbytes=2\n11:0 \n"},
      {"/c/cgroup.events", "populated 1\nfrozen 0\n"}};
  const auto sent = test::file_map(files);
  const CgroupFiles cgroup(sent, "/c");
  EXPECT_EQ(parse_populated(cgroup), Populated::yes);
  const auto guest = parse_cgroup(cgroup);
  ASSERT_TRUE(guest.ok());
  EXPECT_DOUBLE_EQ(guest->cpu_seconds, 5);
  EXPECT_DOUBLE_EQ(*guest->throttled_seconds, 1.5);
  EXPECT_EQ(guest->memory_file_bytes, 300);
  EXPECT_EQ(guest->memory_shmem_bytes, 50);
  EXPECT_EQ(*guest->swap_bytes, 20);
  EXPECT_EQ(*guest->oom_kills, 2);
  EXPECT_EQ(*guest->read_bytes, 11);
  EXPECT_EQ(*guest->written_bytes, 22);
  EXPECT_FALSE(guest->cpu_pressure.has_value()) << "no PSI is not zero PSI";
  for (const auto* needed : {"/c/cpu.stat", "/c/memory.current", "/c/memory.stat"}) {
    auto torn = files;
    torn[needed] = "";  // the cgroup went away between open and read
    EXPECT_FALSE(parse_cgroup(CgroupFiles(test::file_map(torn), "/c")).ok()) << needed;
  }
  files["/c/cgroup.events"] = "populated 0\n";
  const auto stopped = test::file_map(files);
  EXPECT_EQ(parse_populated(CgroupFiles(stopped, "/c")), Populated::no);
  EXPECT_EQ(parse_populated(CgroupFiles(stopped, "/other")), Populated::unknown);
}

std::string net_line(const std::string& name, int received, int sent) {
  return name + ": " + std::to_string(received) + " 1 0 0 0 0 0 0 " + std::to_string(sent) +
         " 1 0 0 0 0 0 0\n";
}

TEST(ParseNet, GuestsSeeTheirDevicesFromTheOtherSide) {
  const auto counters = parse_net_dev(
      " face |bytes\n" + net_line("lo", 9, 9) + net_line("eno1", 100, 200) + net_line("eno1.30", 100, 200) +
      net_line("vmbr0", 7, 7) + net_line("veth101i0", 1, 2) + net_line("veth101i1", 10, 20) +
      net_line("fwln101i0", 5, 5) + net_line("fwpr101p0", 5, 5) + net_line("tap201i0", 3, 4));
  ASSERT_TRUE(counters.ok());
  EXPECT_EQ(host_traffic(*counters, {}).value().received_bytes, 100)
      << "a VLAN device counts what its parent counts already";
  EXPECT_EQ(counters->devices.size(), 4U) << "none of the firewall, and none of the guests";
  EXPECT_EQ(counters->guests.size(), 2U);
  EXPECT_EQ(counters->guests.at("lxc/101").received_bytes, 22);
  EXPECT_EQ(counters->guests.at("lxc/101").transmitted_bytes, 11);
  EXPECT_EQ(counters->guests.at("qemu/201").received_bytes, 4);
  EXPECT_FALSE(parse_net_dev("").ok());
  EXPECT_FALSE(parse_net_dev("eno1: 100 1 0 0").ok());
}

TEST(ParseNet, TheHostsTrafficIsThatOfItsNetworkCardsWhateverTheyAreCalled) {
  const auto counters =
      parse_net_dev(net_line("lo", 9, 9) + net_line("lan0", 100, 200) + net_line("uplink", 10, 20) +
                    net_line("enbond", 110, 220) + net_line("vmbr0", 110, 220));
  ASSERT_TRUE(counters.ok());
  const auto traffic = host_traffic(*counters, {"lan0", "uplink"});
  EXPECT_EQ(traffic.value().received_bytes, 110) << "enbond is made of them, and only sounds like a card";
  EXPECT_EQ(traffic.value().transmitted_bytes, 220);
  EXPECT_EQ(host_traffic(*counters, {"gone0"}).has_value(), false) << "not known, which is not 0";
}

TEST(ParseNet, NetworkCardsThatNobodyToldOfAreFoundByTheirNames) {
  EXPECT_EQ(host_traffic(*parse_net_dev(net_line("nic0", 100, 200)), {}).value().transmitted_bytes, 200)
      << "as PVE 9 pins names";
  EXPECT_FALSE(host_traffic(*parse_net_dev(net_line("lo", 9, 9) + net_line("lan0", 100, 200)), {}));
}

TEST(ParseNet, BridgesAreUnknownUnlessTheDevicesWereRead) {
  EXPECT_FALSE(parse_bridges({}).has_value());
  EXPECT_TRUE(parse_bridges({{"/sys/class/net/lo/mtu", "65536\n"}})->empty());
  const FileMap files = {
      {"/sys/class/net/vmbr0/bridge/vlan_filtering", "1\n"},
      {"/sys/class/net/vmbr0/mtu", "9000\n"},
      {"/etc/network/interfaces", "auto vmbr7\niface vmbr7 inet manual\n\tovs_type OVSBridge\n"}};
  const auto bridges = parse_bridges(files);
  ASSERT_EQ(bridges->size(), 2U);
  EXPECT_EQ(bridges->at(0).vlan_aware, true);
  EXPECT_EQ(bridges->at(0).mtu, 9000);
  EXPECT_EQ(bridges->at(1).name, "vmbr7");
}

TEST(ParseNet, ABridgeOfAKernelWithoutVlanFilteringIsStillABridge) {
  const auto bridges = parse_bridges({{"/sys/class/net/vmbr0/bridge/stp_state", "0\n"}});
  ASSERT_EQ(bridges->size(), 1U);
  EXPECT_EQ(bridges->at(0).name, "vmbr0");
  EXPECT_FALSE(bridges->at(0).vlan_aware.has_value());
}

TEST(ParseCpu, ALevelNeedsEveryFlagOfIt) {
  const std::string head = "processor : 0\nvendor_id : AuthenticAMD\nmodel name : AMD EPYC\nflags : ";
  const std::string v2 = "fpu lm cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3",
                    v3 = v2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
  const std::string v4 = v3 + " avx512f avx512bw avx512cd avx512dq avx512vl";
  EXPECT_EQ(parse_cpuinfo(head + v2 + "\n\n")->level, "x86-64-v2");
  EXPECT_EQ(parse_cpuinfo(head + v3 + "\n\n")->level, "x86-64-v3");
  EXPECT_EQ(parse_cpuinfo(head + v4 + "\n\n")->level, "x86-64-v4");
  EXPECT_EQ(parse_cpuinfo(head + "lm avx512f avx2\n\n")->level, "x86-64-v1");
  EXPECT_FALSE(parse_cpuinfo(head + "fpu\n\n")->level.has_value());
  EXPECT_EQ(parse_cpuinfo(head + v2 + "\n\nprocessor : 1\nmodel name : other\nflags : lm\n")->model,
            "AMD EPYC");
  EXPECT_FALSE(parse_cpuinfo("processor : 0\nvendor_id : x\n").ok());
}

}  // namespace
}  // namespace pcb
