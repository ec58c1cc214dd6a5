#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/parse/guest_config.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;

constexpr double kMiB = 1024.0 * 1024.0;

GuestConfig container(const std::string& text) { return parse_guest_config(text, true, "101").value(); }
GuestConfig vm(const std::string& text) { return parse_guest_config(text, false, "201").value(); }

TEST(GuestConfig, OnlyTheLinesBeforeTheFirstSectionAreLive) {
  const auto config = container(
      "#hello%3A rootfs: evil\narch: amd64\ncores: 2\nhostname: a\nrootfs: s:v,size=8G\ntags: "
      "b;a\n\n[pve:pending]\ncores: 4\n"
      "delete: tags\n\n[snap1]\ncores: 8\nlock: backup\n");
  EXPECT_EQ(config.get("cores"), "2");
  EXPECT_EQ(config.get("lock"), "");
  EXPECT_THAT(config.snapshots, ElementsAre("snap1"));
  EXPECT_THAT(config.tags, ElementsAre("b", "a"));
  EXPECT_TRUE(vm("memory: 1\n\n[PENDING]\nmemory: 2\n\n[special:fleecing]\nx: y\n").snapshots.empty());
}

TEST(GuestConfig, AHalfWrittenFileIsAnErrorAtEveryLength) {
  const std::string whole =
      "arch: amd64\ncores: 2\nhostname: a\nmemory: 512\nostype: debian\nrootfs: s:v,size=8G\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_guest_config(whole.substr(0, length), true, "101").ok()) << length;
  }
  EXPECT_TRUE(parse_guest_config(whole, true, "101").ok());
  EXPECT_TRUE(parse_guest_config("lock: create\n", true, "101").ok()) << "what Proxmox writes first";
  EXPECT_FALSE(parse_guest_config("", false, "201").ok());
}

TEST(GuestConfig, DefaultsAreThoseOfProxmox) {
  const auto bare = container("rootfs: s:v\n");
  EXPECT_EQ(bare.name(), "CT101");
  EXPECT_EQ(bare.memory_bytes(), 512 * kMiB);
  EXPECT_FALSE(bare.cores_limit().has_value());
  EXPECT_EQ(vm("ostype: l26\n").name(), "VM 201");
  EXPECT_EQ(vm("ostype: l26\n").cores_limit(), 1);
  EXPECT_EQ(vm("ostype: l26\n").cpu_type(), "kvm64");
}

TEST(GuestConfig, CoresAndMemoryInEveryForm) {
  EXPECT_EQ(container("rootfs: s:v\ncores: 2\ncpulimit: 1.5\n").cores_limit(), 2);
  EXPECT_EQ(container("rootfs: s:v\ncpulimit: 0.5\n").cores_limit(), 0.5);
  EXPECT_FALSE(container("rootfs: s:v\ncpulimit: 0\n").cores_limit().has_value());
  EXPECT_EQ(vm("sockets: 2\ncores: 3\n").cores_limit(), 6);
  EXPECT_EQ(vm("sockets: 2\ncores: 3\nvcpus: 4\n").cores_limit(), 4);
  EXPECT_EQ(vm("memory: current=8192\n").memory_bytes(), 8192 * kMiB);
  EXPECT_EQ(vm("memory: 2048\n").memory_bytes(), 2048 * kMiB);
  EXPECT_EQ(vm("cpu: host,flags=+aes\n").cpu_type(), "host");
  EXPECT_EQ(vm("cpu: cputype=x86-64-v3\n").cpu_type(), "x86-64-v3");
}

TEST(GuestConfig, VolumesByKind) {
  const auto config = container(
      "rootfs: local:101/x.subvol,size=0T\nmp0: /mnt/a,mp=/a\nmp1: /dev/sdb,mp=/b\nmp2: "
      "nfs:v,mp=/c,size=102M\n"
      "mp3: /mnt/s,mp=/s,shared=1\nunused0: s:w\n");
  ASSERT_EQ(config.volumes.size(), 6U);  // by key
  EXPECT_EQ(config.volumes[0].kind, GuestVolume::Kind::bind_mount);
  EXPECT_EQ(config.volumes[1].kind, GuestVolume::Kind::device);
  EXPECT_EQ(config.volumes[2].size_bytes, 102 * kMiB);
  EXPECT_TRUE(config.volumes[3].shared_by_admin);
  EXPECT_EQ(config.volumes[4].key, "rootfs");
  EXPECT_FALSE(config.volumes[4].size_bytes.has_value()) << "0T is what a directory has";
  EXPECT_EQ(config.volumes[5].storage, "s");
  const auto machine =
      vm("ide2: none,media=cdrom\nsata0: iso:iso/x.iso,media=cdrom\nscsi0: a:b,size=32G\nscsihw: "
         "x\nefidisk0: a:e\n");
  ASSERT_EQ(machine.volumes.size(), 4U);
  EXPECT_EQ(machine.volumes[1].kind, GuestVolume::Kind::none);
  EXPECT_TRUE(machine.volumes[2].cdrom);
}

TEST(GuestConfig, NetworkCards) {
  const auto nics =
      container("rootfs: s:v\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:65:00,tag=42\n").nics;
  ASSERT_EQ(nics.size(), 1U);
  EXPECT_EQ(nics[0].bridge, "vmbr0");
  EXPECT_EQ(nics[0].tag, 42);
  EXPECT_EQ(nics[0].mac, "BC:24:11:00:65:00");
  EXPECT_TRUE(is_mac(nics[0].mac));
  for (const char* odd :
       {"", "virtio", "BC:24:11:00:65", "BC:24:11:00:65:0g", "BC-24-11-00-65-00", "BC:24:11:00:65:00:"})
    EXPECT_FALSE(is_mac(odd)) << odd;
  EXPECT_EQ(vm("net0: virtio=BC:24:11:00:C9:00,bridge=vmbr1\n").nics[0].mac, "BC:24:11:00:C9:00");
  EXPECT_FALSE(vm("net0: virtio=AA,bridge=b,tag=99999\n").nics[0].tag.has_value());
}

TEST(GuestConfig, RawLinesAreKeptInOrder) {
  const auto config = container(
      "rootfs: s:v\nlxc.cgroup2.devices.allow: c 189:* rwm\nlxc.mount.entry = /dev/x dev/x none bind 0 0\n");
  ASSERT_EQ(config.raw_lxc.size(), 2U);
  EXPECT_EQ(config.raw_lxc[0].second, "c 189:* rwm");
  EXPECT_EQ(config.raw_lxc[1].first, "lxc.mount.entry");
}

TEST(GuestConfig, HostileBytesAreKeptAndHarmless) {
  const auto config =
      container(std::string("rootfs: s:v\nhostname: a\"b\\\xff\x01{}\ntags: \x80;ok\n") + "[\n]\n=:\n: \n");
  EXPECT_EQ(config.name(), "a\"b\\\xff\x01{}");
  EXPECT_EQ(config.tags.size(), 2U);
}

}  // namespace
}  // namespace pcb
