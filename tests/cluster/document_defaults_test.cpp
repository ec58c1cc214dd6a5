#include "cluster/document_defaults.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

Host host_of(double cores, double memory) {
  Host host;
  host.name = "pve1";
  host.cpu_cores = cores;
  host.memory_bytes = memory;
  return host;
}

Guest guest_of(const char* id) {
  Guest guest;
  guest.id = id;
  return guest;
}

TEST(DocumentDefaults, AbsentFieldsMeanWhatTheDesignSays) {
  EXPECT_TRUE(is_quorate(Cluster{}));
  EXPECT_FALSE(is_auto_rebalanced(Cluster{}));
  const Host host = host_of(10, 1000);
  EXPECT_TRUE(is_online(host));
  EXPECT_EQ(age_seconds_of(host), 0);
  EXPECT_DOUBLE_EQ(cpu_limit_cores(host), 8);
  EXPECT_DOUBLE_EQ(memory_limit_bytes(host), 850);
  const Guest guest = guest_of("lxc/101");
  EXPECT_TRUE(is_running(guest));
  EXPECT_FALSE(is_template(guest));
  EXPECT_FALSE(is_ha_managed(guest));
  EXPECT_TRUE(is_container(guest));
  EXPECT_FALSE(is_container(guest_of("qemu/101")));
  EXPECT_EQ(name_of(guest), "lxc/101");
}

TEST(DocumentDefaults, TheReserveBindsWhereItIsTighterThanTheThreshold) {
  Host host = host_of(10, 1000);
  host.memory_reserved_bytes = 100;
  EXPECT_DOUBLE_EQ(memory_limit_bytes(host), 850);
  host.memory_reserved_bytes = 400;
  EXPECT_DOUBLE_EQ(memory_limit_bytes(host), 600);
  host.memory_reserved_bytes = 2000;
  EXPECT_DOUBLE_EQ(memory_limit_bytes(host), 0);
}

TEST(DocumentDefaults, UnknownUseStaysUnknownUnlessStopped) {
  Guest guest = guest_of("lxc/101");
  EXPECT_FALSE(cpu_used_cores_of(guest));
  EXPECT_FALSE(memory_arriving_bytes_of(guest));
  guest.status = GuestStatus::paused;
  EXPECT_FALSE(memory_used_bytes_of(guest));
  guest.status = GuestStatus::stopped;
  guest.memory_used_bytes = 5;
  EXPECT_EQ(cpu_used_cores_of(guest), 0);
  EXPECT_EQ(memory_used_bytes_of(guest), 0);
}

TEST(DocumentDefaults, TheLargerOfUseAndHighArrives) {
  Guest guest = guest_of("lxc/101");
  guest.cpu_used_cores = 2;
  EXPECT_EQ(cpu_arriving_cores_of(guest), 2);
  guest.cpu_high_cores = 3;
  EXPECT_EQ(cpu_arriving_cores_of(guest), 3);
  guest.cpu_high_cores = 1;
  EXPECT_EQ(cpu_arriving_cores_of(guest), 2);
}

TEST(DocumentDefaults, AVolumeIsSharedAsItOrItsStorageSays) {
  Host host = host_of(1, 1);
  Volume volume{"rootfs", "nfs", {}, {}, {}};
  EXPECT_FALSE(is_shared(volume, host));
  HostStorage storage;
  storage.name = "nfs";
  storage.shared = true;
  host.storages = {storage};
  EXPECT_TRUE(is_shared(volume, host));
  EXPECT_TRUE(is_active(host.storages->front()));
  volume.shared = false;
  EXPECT_FALSE(is_shared(volume, host));
  EXPECT_EQ(find_storage(host, "other"), nullptr);
  EXPECT_FALSE(copy_bytes_of(volume));
  volume.size_bytes = 10;
  EXPECT_EQ(copy_bytes_of(volume), 10);
  volume.used_bytes = 4;
  EXPECT_EQ(copy_bytes_of(volume), 4);
}

TEST(DocumentDefaults, WordsAreThoseOfTheDocument) {
  EXPECT_EQ(to_word(HostState::maintenance), "maintenance");
  EXPECT_EQ(to_word(GuestStatus::stopped), "stopped");
  EXPECT_EQ(to_word(RuleKind::only_on), "only_on");
}

}  // namespace
}  // namespace pcb
