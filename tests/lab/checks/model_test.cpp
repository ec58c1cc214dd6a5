// The load model and the reading of cluster files.
#include "tests/lab/model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/model/render.h"

namespace pcb::lab {
namespace {

using ::testing::HasSubstr;

TEST(LabLoad, IntegratesExactly) {
  const Load steps = Load::steps({{0.0, 1.0}, {10.0, 6.0}, {20.0, 2.0}});
  EXPECT_DOUBLE_EQ(steps.at(9.999), 1.0);
  EXPECT_DOUBLE_EQ(steps.at(10.0), 6.0);
  EXPECT_DOUBLE_EQ(steps.integral(5.0, 25.0), 5.0 + 60.0 + 10.0);
  EXPECT_DOUBLE_EQ(steps.next_jump(10.0), 20.0);
  const Load sine = Load::sine(2.0, 1.0, 8.0);
  EXPECT_NEAR(sine.integral(0.0, 8.0), 16.0, 1e-12);
  EXPECT_NEAR(sine.integral(0.0, 4.0), 8.0 + 8.0 / M_PI, 1e-12);
  EXPECT_DOUBLE_EQ(Load(3.0).integral(1.0, 3.0), 6.0);
}

ClusterSpec spec_of(const std::string& yaml) {
  auto spec = read_spec(yaml);
  EXPECT_TRUE(spec.ok()) << spec.error().message;
  return *spec;
}

std::string fault_of(const std::string& yaml) {
  const auto spec = read_spec(yaml);
  return spec.ok() ? "no fault" : spec.error().message;
}

TEST(LabSpec, ReadsTheShortAndTheLongForm) {
  const auto spec = spec_of(
      "cluster: c\nhosts:\n  a: {cores: 16, memory: 32GiB}\n  b: {version: 9.0.3}\nguests:\n"
      "  101: {host: a, name: web, cores: 4, memory: 4GiB, cpu: [0s: 1, 1m: 6], memory_used: 3GiB, tags: [x, "
      "y]}\n"
      "  201: {type: vm, host: b, ha: {state: stopped, failback: false}, disk: {local-zfs: 4GiB}}\n");
  EXPECT_EQ(spec.hosts[0].name, "a");
  EXPECT_EQ(spec.hosts[1].major(), 9);
  EXPECT_DOUBLE_EQ(spec.guests.at(101).cpu.at(61.0), 6.0);
  EXPECT_EQ(spec.guests.at(101).disks[0].first, "ceph");
  EXPECT_TRUE(spec.guests.at(201).vm);
  EXPECT_FALSE(spec.guests.at(201).ha_failback);
}

TEST(LabSpec, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(fault_of("hosts: {a: {cpus: 4}}"), HasSubstr("unknown key 'cpus' in a host"));
  EXPECT_THAT(fault_of("hosts: {a: {memory: 4 Gigs}}"), HasSubstr("is not a size"));
  EXPECT_THAT(fault_of("hosts: {a: {}}\nguests: {101: {host: z}}"),
              HasSubstr("on host 'z', which is not there"));
  EXPECT_THAT(fault_of("hosts: {a: {}}\nguests: {101: {host: a, cpu: [5s: 1]}}"),
              HasSubstr("steps start at 0s"));
  EXPECT_THAT(fault_of("hosts: {a: {}}\nguests: {101: {host: a, ha: {group: g}}}"),
              HasSubstr("HA group 'g'"));
  EXPECT_THAT(fault_of("hosts: {a: {}}\nguests:\n  101: {host: a}\n  101: {host: a}\n"),
              HasSubstr("stands twice"));
}

TEST(LabModel, AHostUsesItsOwnAndItsGuests) {
  Model model(
      spec_of("hosts: {a: {cores: 16, cpu: 0.5}, b: {}}\nguests: {1: {host: a, cpu: 2}, 2: {host: a, cpu: "
              "[0s: 1, 10s: 3]}}"));
  HostState& host = *model.host("a");
  const double before = host.cpu_seconds;
  model.advance(host, 20.0);
  EXPECT_NEAR(host.cpu_seconds - before, 10.0 + 40.0 + 40.0, 1e-6);
  EXPECT_NEAR(host.cpu_now_cores, 5.5, 1e-9);
}

TEST(LabModel, GuestsGetAtMostTheirLimitAndShareAFullHost) {
  Model model(
      spec_of("hosts: {a: {cores: 4, cpu: 0}}\nguests: {1: {host: a, cpu: 8, cores: 2}, 2: {host: a, cpu: "
              "6}, 3: {host: a, cpu: 2, cpulimit: 0.5}}"));
  HostState& host = *model.host("a");
  model.advance(host, 10.0);
  // 2 + 4 + 0.5 are allowed, 4 are there.
  EXPECT_NEAR(host.cpu_now_cores, 4.0, 1e-9);
  EXPECT_NEAR(model.guest(1)->cpu_now_cores, 2.0 * 4.0 / 6.5, 1e-9);
  EXPECT_NEAR(model.guest(3)->cpu_now_cores, 0.5 * 4.0 / 6.5, 1e-9);
  EXPECT_NEAR(model.guest(3)->throttled_seconds, 7.5, 1e-6);
}

TEST(LabModel, AMovedGuestLeavesAndArrivesWithItsLoad) {
  Model model(spec_of(
      "hosts: {a: {cpu: 0}, b: {cpu: 0}}\nguests: {1: {host: a, cpu: 2, memory: 4GiB, memory_used: 3GiB}}"));
  const double memory_before = model.memory_used_bytes(*model.host("b"), 0.0);
  model.relocate(1, "b", 5.0);
  model.advance_all(15.0);
  EXPECT_NEAR(model.host("a")->cpu_now_cores, 0.0, 1e-9);
  EXPECT_NEAR(model.guest(1)->cpu_seconds, 20.0, 1e-6);
  EXPECT_NEAR(model.memory_used_bytes(*model.host("b"), 15.0) - memory_before, 3.0 * 1024 * 1024 * 1024, 1.0);
  model.stop(1, 15.0);
  EXPECT_DOUBLE_EQ(model.memory_used_bytes(*model.host("b"), 15.0), memory_before);
}

TEST(LabModel, AMinorityHasNoQuorum) {
  Model model(spec_of("hosts: {a: {}, b: {}, c: {offline: true}}"));
  EXPECT_TRUE(model.quorate(*model.host("a")));
  EXPECT_FALSE(model.quorate(*model.host("c")));
  EXPECT_FALSE(model.sees_online(*model.host("a"), *model.host("c")));
  EXPECT_THAT(render::members(model, *model.host("c"), 1, {}),
              HasSubstr("\"a\": { \"id\": 1, \"online\": 0"));
}

TEST(LabRender, RowsHaveTheFieldsOfTheirVersion) {
  Model model(
      spec_of("hosts: {a: {}, b: {version: 9.0.3}}\nguests: {1: {host: a, name: x}, 2: {host: b, name: y}, "
              "3: {host: a, name: z, status: stopped}}"));
  const auto fields = [](const std::string& rows, const std::string& key) {
    const auto at = rows.find(key);
    const std::string line = rows.substr(at, rows.find('\n', at) - at);
    return std::count(line.begin(), line.end(), ':');
  };
  const auto eight = render::rrd_rows(model, *model.host("a"), 1.0);
  const auto nine = render::rrd_rows(model, *model.host("b"), 1.0);
  EXPECT_EQ(fields(eight, "pve2-node/a"), 15);
  EXPECT_EQ(fields(eight, "pve2.3-vm/1:"), 15);
  EXPECT_EQ(fields(eight, "pve2.3-vm/3:"), 15);
  EXPECT_EQ(fields(nine, "pve-node-9.0/b"), 22);
  EXPECT_EQ(fields(nine, "pve-vm-9.0/2:"), 22);
  EXPECT_EQ(fields(nine, "pve-storage-9.0/b/ceph"), 3);
}

}  // namespace
}  // namespace pcb::lab
