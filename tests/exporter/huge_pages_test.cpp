// A VM in huge pages: QEMU takes its whole memory at the start, and neither its scope nor its row in .rrd
// counts it.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/render.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNow = 1764000000.4, kMebibyte = 1024.0 * 1024.0;
constexpr double kMemory = 8192 * kMebibyte;                        // of qemu/2001, as it is configured
constexpr double kQemu = 200 * kMebibyte, kCache = 50 * kMebibyte;  // of its scope without the huge pages
constexpr double kSwap = 3 * kMebibyte, kTmpfs = 1 * kMebibyte;

class HugePages : public ::testing::Test {
 protected:
  void SetUp() override {
    config_ += "hugepages: 2\nnuma: 1\n";
    write("memory.current", kQemu);
    write("memory.swap.current", kSwap);
    tell_memory("");
  }
  void write(const std::string& file, double bytes) {
    tree_["/sys/fs/cgroup/qemu.slice/2001.scope/" + file] = text::number(bytes) + "\n";
  }
  void tell_memory(const std::string& more) {
    tree_["/sys/fs/cgroup/qemu.slice/2001.scope/memory.stat"] =
        "anon 1\nfile " + text::number(kCache) + "\nshmem " + text::number(kTmpfs) + "\n" + more;
  }
  // What .rrd has: the memory it uses, and what it takes from the host.
  void tell_row(const std::string& used, const std::string& of_host) {
    auto& rrd = tree_["/etc/pve/.rrd"];
    const auto put = [&](const std::string& former, const std::string& now) {
      const auto at = rrd.find(former, rrd.find("pve-vm-9.0/2001:"));
      ASSERT_NE(at, std::string::npos);
      rrd.replace(at, former.size(), now);
    };
    put(":7235174400:", ":" + used + ":");
    put(":7298088960:", ":" + of_host + ":");
  }
  Snapshot read() {
    tracker_ = std::make_unique<HostTracker>("alpha");
    test::run_cycle(*tracker_, tree_, true, kNow);
    SnapshotSettings settings;
    settings.hosts.push_back({"alpha", {}, {}, {}, {}, {}, {}});
    settings.allow_blockers["qemu/2001"] = {"hugepages"};
    return build_snapshot({&tracker_->report()}, settings, kNow);
  }
  static const SnapshotGuest& vm(const Snapshot& snapshot) {
    for (const auto& guest : snapshot.guests) {
      if (guest.document.id == "qemu/2001") return guest;
    }
    ADD_FAILURE() << "it is not there";
    return snapshot.guests.front();
  }

  test::Tree tree_ = test::load_tree("pve9/alpha");
  std::string& config_ = tree_["/etc/pve/nodes/alpha/qemu-server/2001.conf"];
  std::unique_ptr<HostTracker> tracker_;
};

TEST_F(HugePages, ItsNeedIsItsWholeMemoryAndWhatQemuTakesBesides) {
  const auto snapshot = read();
  EXPECT_EQ(vm(snapshot).document.memory_used_bytes, kMemory + kQemu - (kCache - kTmpfs) + kSwap);
  for (const auto& blocker : vm(snapshot).document.blockers)
    EXPECT_NE(blocker.code, "hugepages") << "it may move: the planner asks for room for all of it";
  EXPECT_THAT(render_metrics(snapshot, {}),
              HasSubstr("pve_memory_needed_bytes{id=\"qemu/2001\"} " +
                        text::number(kMemory + kQemu - (kCache - kTmpfs) + kSwap) + "\n"));
}

TEST_F(HugePages, WhereItsScopeCountsThemTheyAreNotCountedTwice) {
  // cgroup2 mounted with memory_hugetlb_accounting.
  write("memory.current", kMemory + kQemu);
  tell_memory("hugetlb " + text::number(kMemory) + "\n");
  EXPECT_EQ(vm(read()).document.memory_used_bytes, kMemory + kQemu - (kCache - kTmpfs) + kSwap);
}

TEST_F(HugePages, WhatOfItIsUsedIsKnownFromItsBalloonAlone) {
  EXPECT_EQ(vm(read()).figures.memory_usage_bytes, 7235174400)
      << "it is not what the host sees of it, so the balloon has told it";
  tell_row("157286400", "157286400");
  const auto silent = read();
  EXPECT_EQ(vm(silent).figures.memory_usage_bytes, std::nullopt);
  EXPECT_EQ(vm(silent).figures.memory_size_bytes, kMemory);
  EXPECT_THAT(render_metrics(silent, {}), AllOf(Not(HasSubstr("pve_memory_usage_bytes{id=\"qemu/2001\"}")),
                                                HasSubstr("pve_memory_usage_bytes{id=\"qemu/2002\"}")));
}

TEST_F(HugePages, WithoutARowThatTellsThemApartItsUseIsNotKnown) {
  auto& rrd = tree_["/etc/pve/.rrd"];
  const auto row = rrd.find("pve-vm-9.0/2001:");
  rrd.erase(row, rrd.find('\n', row) + 1 - row);
  EXPECT_EQ(vm(read()).figures.memory_usage_bytes, std::nullopt);
  // As PVE 8 writes it: a share of the pages that are no huge ones, unless the balloon tells.
  rrd +=
      "pve2.3-vm/2001:1728010:k8s-cp:running:0:1764000010:4:0.3:8589934592:157286400:34359738368:0:1:1:1:1\n";
  EXPECT_EQ(vm(read()).figures.memory_usage_bytes, std::nullopt);
}

TEST_F(HugePages, AnotherVmIsCountedAsBefore) {
  config_.erase(config_.find("hugepages"));
  EXPECT_EQ(vm(read()).document.memory_used_bytes, kQemu - (kCache - kTmpfs) + kSwap);
  EXPECT_EQ(vm(read()).figures.memory_usage_bytes, 7235174400);
}

}  // namespace
}  // namespace pcb
