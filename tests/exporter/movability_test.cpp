#include "exporter/movability.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/snapshot.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Movability : public ::testing::Test {
 protected:
  Movability() {
    around_.running = true;
    neighbours_.hosts = {"pve2", "pve3"};
    neighbours_.facts = {&facts2_, &facts3_};
    around_.storages = &storages_;
    around_.mappings = &mappings_;
    facts2_.devices = facts3_.devices = {"/dev/net/tun", "/dev/dri/renderD128"};
    facts3_.devices.erase("/dev/dri/renderD128");
  }

  std::vector<std::string> codes(const std::string& config, bool is_container = true) {
    const auto parsed = parse_guest_config(config, is_container, "101");
    EXPECT_TRUE(parsed.ok());
    std::vector<std::string> found;
    for (const auto& blocker : find_blockers(*parsed, around_)) {
      EXPECT_FALSE(blocker.cure.empty()) << blocker.code << " has no cure";
      EXPECT_FALSE(blocker.detail.empty()) << blocker.code;
      found.push_back(blocker.code);
    }
    return found;
  }
  std::vector<std::string> container(const std::string& lines) {
    return codes("rootfs: ceph:v,size=8G\n" + lines);
  }
  std::vector<std::string> vm(const std::string& lines) {
    return codes("scsi0: ceph:v,size=8G\n" + lines, false);
  }

  HostFacts facts2_, facts3_;
  std::vector<StorageConfig> storages_ = {{"ceph", "rbd", {"images", "rootdir"}, {}, true, false},
                                          {"nfs2", "nfs", {"snippets"}, {"pve1", "pve2"}, true, false},
                                          {"zfs", "zfspool", {"images", "rootdir"}, {}, false, false},
                                          {"thin", "lvmthin", {"images", "rootdir"}, {}, false, false}};
  std::map<std::string, Mapping> mappings_ = {{"everywhere", {{"pve2", "pve3"}, false}},
                                              {"some", {{"pve2"}, false}},
                                              {"live", {{"pve2", "pve3"}, true}}};
  Ha ha_{true, std::nullopt, true, std::nullopt};
  HaStatus::Service service_{"pve1", "started", false};
  Neighbours neighbours_;
  Surroundings around_{neighbours_};
};

TEST_F(Movability, AnOrdinaryGuestHasNoBlocker) {
  EXPECT_THAT(container("hostname: a\nmp0: zfs:v2,mp=/a,size=1G\n"), IsEmpty());
  EXPECT_THAT(vm("net0: virtio=AA,bridge=vmbr0\nserial0: socket\nide2: none,media=cdrom\nusb0: spice\n"),
              IsEmpty());
}

TEST_F(Movability, Mounts) {
  EXPECT_THAT(container("mp0: /mnt/a,mp=/a\n"), ElementsAre("bind_mount"));
  EXPECT_THAT(container("mp0: /mnt/a,mp=/a,shared=1\n"), IsEmpty());
  EXPECT_THAT(container("mp0: /dev/sdb1,mp=/a\n"), ElementsAre("device_mount"));
}

TEST_F(Movability, ADeviceIsFineWhereEveryHostHasIt) {
  EXPECT_THAT(container("dev0: /dev/net/tun\n"), IsEmpty());
  EXPECT_THAT(container("dev0: path=/dev/net/tun,mode=0666\n"), IsEmpty());
  EXPECT_THAT(container("dev0: /dev/dri/renderD128,gid=104\n"), ElementsAre("dev"));
  neighbours_.facts.pop_back();  // one host was not read
  EXPECT_THAT(container("dev0: /dev/net/tun\n"), ElementsAre("dev"));
}

TEST_F(Movability, RawLinesThatNameNothingOutsideAreHarmless) {
  EXPECT_THAT(container("lxc.cgroup2.devices.allow: c 10:200 rwm\nlxc.mount.entry: /dev/net/tun dev/net/tun "
                        "none bind,create=file\n"
                        "lxc.apparmor.profile: unconfined\nlxc.cap.drop:\nlxc.environment.runtime: A=b\n"
                        "lxc.mount.entry: tmpfs run tmpfs rw 0 0\nlxc.prlimit.nofile: 1024\n"),
              IsEmpty());
  EXPECT_THAT(container("lxc.mount.entry: /srv srv none bind 0 0\n"), ElementsAre("raw_lxc"));
  EXPECT_THAT(container("lxc.apparmor.profile: my-own\n"), ElementsAre("raw_lxc"));
  EXPECT_THAT(container("lxc.hook.pre-start: /root/x.sh\n"), ElementsAre("raw_lxc"));
  EXPECT_THAT(container("lxc.idmap: u 0 100000 1000\nlxc.idmap: g 0 100000 1000\n"),
              ElementsAre("idmap_subid"));
  EXPECT_THAT(container("lxc.cgroup2.cpuset.cpus: 0-3\n"), ElementsAre("cpu_affinity"));
}

TEST_F(Movability, HookScripts) {
  EXPECT_THAT(container("hookscript: ceph:snippets/h.pl\n"), IsEmpty());
  EXPECT_THAT(container("hookscript: nfs2:snippets/h.pl\n"), ElementsAre("hookscript_storage"))
      << "pve3 has no nfs2";
  EXPECT_THAT(container("hookscript: zfs:snippets/h.pl\n"), ElementsAre("hookscript_storage"));
}

TEST_F(Movability, PassedThroughDevices) {
  EXPECT_THAT(vm("hostpci0: 0000:03:00.0,pcie=1\n"), ElementsAre("hostpci"));
  EXPECT_THAT(vm("hostpci0: mapping=everywhere\n"), ElementsAre("hostpci")) << "not while it runs";
  EXPECT_THAT(vm("hostpci0: mapping=live\n"), IsEmpty());
  EXPECT_THAT(vm("usb0: host=1234:5678\n"), ElementsAre("usb"));
  EXPECT_THAT(vm("usb0: mapping=some\n"), UnorderedElementsAre("mapping_missing", "usb"));
  around_.running = false;
  EXPECT_THAT(vm("hostpci0: mapping=everywhere\n"), IsEmpty());
  EXPECT_THAT(vm("hostpci0: mapping=unknown\n"), ElementsAre("mapping_missing"));
}

TEST_F(Movability, OtherDevicesOfVms) {
  EXPECT_THAT(vm("serial0: /dev/ttyS0\n"), ElementsAre("serial"));
  EXPECT_THAT(vm("virtiofs0: share\n"), ElementsAre("virtiofs"));
  EXPECT_THAT(vm("affinity: 0-3\n"), ElementsAre("cpu_affinity"));
  EXPECT_THAT(vm("hugepages: 2\n"), ElementsAre("hugepages"));
  EXPECT_THAT(vm("tpmstate0: zfs:v,size=4M\n"), ElementsAre("vtpm_local"));
  EXPECT_THAT(vm("tpmstate0: ceph:v,size=4M\n"), IsEmpty());
  EXPECT_THAT(vm("ide2: zfs:vm-101-cloudinit,media=cdrom\n"), ElementsAre("cloudinit_local"));
  EXPECT_THAT(vm("ide2: local:iso/a.iso,media=cdrom\n"), ElementsAre("local_iso"));
}

TEST_F(Movability, ClonesAndSnapshotsOnLocalStorages) {
  EXPECT_THAT(container("mp0: zfs:basevol-100-disk-0/subvol-101-disk-1,mp=/a\n"),
              ElementsAre("linked_clone"));
  EXPECT_THAT(container("mp0: local:100/base-100-disk-0.raw/101/vm-101-disk-0.raw,mp=/a\n"),
              ElementsAre("linked_clone"));
  EXPECT_THAT(container("mp0: ceph:base-100-disk-0/vm-101-disk-1,mp=/a\n"), IsEmpty())
      << "shared: nothing is copied";
  EXPECT_THAT(container("mp0: thin:v,mp=/a\n\n[s]\nsnaptime: 1\n"), ElementsAre("snapshot_on_local"));
  EXPECT_THAT(container("mp0: zfs:v,mp=/a\n\n[s]\nsnaptime: 1\n"), IsEmpty()) << "ZFS sends them along";
  EXPECT_THAT(vm("scsi1: zfs:v\n\n[s]\nsnaptime: 1\n"), ElementsAre("snapshot_on_local"))
      << "not from under a running VM";
}

TEST_F(Movability, StatesAndTasks) {
  EXPECT_THAT(container("lock: backup\n"), ElementsAre("lock"));
  EXPECT_THAT(container("template: 1\n"), ElementsAre("template"));
  around_.running_task = "vzdump";
  EXPECT_THAT(container(""), ElementsAre("lock"));
  around_.running_task.clear();
  around_.replication_running = true;
  EXPECT_THAT(container(""), ElementsAre("replication_running"));
}

TEST_F(Movability, HighAvailability) {
  around_.ha = &ha_;
  EXPECT_THAT(container(""), ElementsAre("ha_state")) << "the manager does not know it yet";
  around_.service = &service_;
  EXPECT_THAT(container(""), IsEmpty());
  service_.moving = true;
  EXPECT_THAT(container(""), ElementsAre("ha_state"));
  service_ = {"pve1", "error", false};
  EXPECT_THAT(container(""), ElementsAre("ha_state"));
  service_ = {"pve1", "started", false};
  around_.auto_rebalance = true;
  EXPECT_THAT(container(""), ElementsAre("auto_rebalance"));
  around_.auto_rebalance.reset();
  EXPECT_THAT(container(""), ElementsAre("auto_rebalance")) << "what is not understood may be on";
  around_.ha = nullptr;
  EXPECT_THAT(container(""), IsEmpty()) << "Proxmox moves only HA guests by itself";
}

TEST_F(Movability, TagsThatKeepAGuest) {
  EXPECT_THAT(container("tags: plb_ignore_db;prod\n"), ElementsAre("ignored"));
  EXPECT_THAT(container("tags: no-migrate\n"), ElementsAre("ignored"));
  EXPECT_THAT(container("tags: prod\n"), IsEmpty());
}

// Read anew by the whole exporter: what was known before does not stay.
TEST(MovabilityOfARead, HaGuestsStayOnceCrsIsNotUnderstood) {
  auto tree = test::load_tree("pve8/pve1");
  HostTracker tracker("pve1");
  SnapshotSettings settings;
  settings.hosts.emplace_back().name = "pve1";
  const auto read = [&](double at) {
    test::run_cycle(tracker, tree, true, at);
    return build_snapshot({&tracker.report()}, settings, at);
  };
  const auto stays = [](const Snapshot& snapshot, const std::string& id) {
    for (const auto& guest : snapshot.guests) {
      if (guest.document.id != id) continue;
      return std::any_of(guest.document.blockers.begin(), guest.document.blockers.end(),
                         [](const Blocker& blocker) { return blocker.code == "auto_rebalance"; });
    }
    ADD_FAILURE() << id << " is not there";
    return false;
  };
  const auto before = read(1764000000.4);
  EXPECT_EQ(before.auto_rebalance, false);
  EXPECT_FALSE(stays(before, "lxc/101"));
  tree["/etc/pve/datacenter.cfg"] = "crs: ha=dynamic,ha-auto-rebalance=maybe\n";
  auto& version = tree["/etc/pve/.version"];
  const std::string_view former = "\"datacenter.cfg\": 3";
  ASSERT_NE(version.find(former), std::string::npos);
  version.replace(version.find(former), former.size(), "\"datacenter.cfg\": 4");
  const auto after = read(1764000010.4);
  EXPECT_EQ(after.auto_rebalance, std::nullopt);
  EXPECT_TRUE(stays(after, "lxc/101")) << "of HA";
  EXPECT_FALSE(stays(after, "lxc/102"));
}

}  // namespace
}  // namespace pcb
