// What a host refuses because of what it sees itself, which no fault of the lab brings about: one file or
// program of a host is replaced for one request.
#include <gmock/gmock.h>

#include "tests/act/act_lab.h"

namespace pcb {
namespace {

using test::ActLab;
using test::carry_out;
using test::kOwner;
using test::operation_of;

const char* const kLab = R"(
phase: 0.05s
pvestatd: 0.5s
hosts:
  pve1: {cores: 8, memory: 64GiB}
  pve2: {cores: 8, memory: 64GiB}
guests:
  101: {name: web, host: pve1, memory: 1GiB, memory_used: 512MiB}
  103: {name: ha, host: pve1, memory: 1GiB, ha: true}
  104: {name: mould, host: pve1, memory: 1GiB, status: stopped, template: true}
)";

struct Row {
  const char* code;
  const char *host, *path;
  const char* filter;  // makes what is seen there of what is there
  bool of_ha_guest;
};

const char* const kConfig = "/etc/pve/nodes/pve1/lxc/101.conf";
const char* const kManager = "/etc/pve/ha/manager_status";

const Row kRows[] = {
    {"target_bridge", "pve2", kConfig, "sed s/bridge=vmbr0/bridge=vmbr7/", false},
    {"target_device", "pve2", kConfig, "sed '1i dev0: /dev/nothing,mode=0660'", false},
    {"target_unknown", "pve2", "/proc/meminfo", "sed /MemAvailable/d", false},
    {"target_memory", "pve1", "/etc/pve/.rrd", "sed '/^pve2-node.pve2:/d'", false},
    {"target_offline", "pve1", "/etc/pve/.members", R"(sed 's/\("pve2": *{[^}]*"online": *\)1/\10/')", false},
    {"locked", "pve1", kConfig, "sed '1i lock: disk'", false},
    {"systemd", "pve1", "/usr/sbin/systemd-run", "echo '#!/bin/false'", false},
    {"systemd", "pve1", "/usr/sbin/systemctl", "echo '#!/bin/false'", false},
    {"auto_rebalance", "pve1", "/etc/pve/datacenter.cfg", "cat; echo 'crs: ha=dynamic,ha-auto-rebalance=1'",
     true},
    {"auto_rebalance", "pve1", "/etc/pve/datacenter.cfg", "cat; echo 'crs: ha-auto-rebalance=on,ha=static'",
     true},
    {"ha_disarmed", "pve1", kManager, R"(sed '0,/{/s/{/{"disarm":{"mode":"freeze"},/')", true},
    {"ha_silent", "pve1", kManager, R"(sed 's/"timestamp": *[0-9]*/"timestamp":1000/g')", true},
    {"ha_state", "pve1", kManager, R"(sed 's/"ct:103": *{/"ct:103":{"cmd":["migrate","pve2"],/')", true},
    {"ha_state", "pve1", kManager, R"(sed 's/"ct:103": *{/"ct:103":{"target":"pve2",/')", true},
    {"ha_host", "pve1", "/etc/pve/nodes/pve2/lrm_status", "sed s/active/wait_for_agent_lock/", true},
};

// With what the row says seen on `host`.
template <class Then>
void seen_on(const ActLab& lab, const Row& row, const std::string& host, Then then) {
  SCOPED_TRACE(std::string(row.code) + " " + row.path);
  const std::string path = row.path;
  const auto replaced = lab.ssh(host, std::string("path=$(realpath ") + path + ") && { " + row.filter +
                                          "; } <$path >/tmp/seen && ! cmp -s $path /tmp/seen && "
                                          "chmod 755 /tmp/seen && mount --bind /tmp/seen $path");
  ASSERT_EQ(replaced.code, 0) << replaced.out << replaced.err;
  then();
  ASSERT_EQ(lab.ssh(host, "umount $(realpath " + path + ")").code, 0);
}

TEST(Refusals, EachHostRefusesWhatItSeesItself) {
  const ActLab lab(kLab);
  const auto migrator = lab.migrator();
  ASSERT_EQ(migrator->take_lock(kOwner).sentence, "");
  auto web = operation_of("lxc/101", MoveMethod::restart);
  web.target_memory_bytes = 512e6;
  const auto ha = operation_of("lxc/103", MoveMethod::ha);
  for (const Row& row : kRows) {
    seen_on(lab, row, row.host,
            [&] { EXPECT_EQ(migrator->start(row.of_ha_guest ? ha : web).code, row.code); });
  }
  for (const Row& row :
       {Row{"ha_disarmed", "", kManager, R"(sed '0,/{/s/{/{"disarm":{"mode":"freeze"},/')", true},
        Row{"ha_silent", "", kManager, R"(sed 's/"timestamp": *[0-9]*/"timestamp":1000/g')", true},
        Row{"ha_command", "", "/usr/sbin/ha-manager", "echo '#!/bin/false'", true}}) {
    seen_on(lab, row, "pve1", [&] { EXPECT_EQ(migrator->maintenance("pve1", true).code, row.code); });
  }
  EXPECT_EQ(migrator->start(operation_of("lxc/104", MoveMethod::offline)).code, "template");

  const std::string state = "/var/lib/pve-manager/pve-replication-state.json";
  ASSERT_EQ(
      lab.ssh("pve1",
              "mkdir -p /var/lib/pve-manager && echo '{\"101\":{\"local/pve2\":{\"pid\":42}}}' >" + state)
          .code,
      0);
  EXPECT_EQ(migrator->start(web).code, "replication");
  ASSERT_EQ(lab.ssh("pve1", "rm " + state).code, 0);

  ASSERT_EQ(
      lab.ssh("pve2", "systemd-run --unit=balancer-migrate-101 --property=RemainAfterExit=yes true").code, 0);
  EXPECT_EQ(migrator->start(web).code, "unit_exists") << "left behind on the target";
  ASSERT_EQ(lab.ssh("pve2", "systemctl stop balancer-migrate-101").code, 0);

  EXPECT_EQ(lab.recorded("pct begin") + lab.recorded("ha-manager begin"), 0) << lab.record();
  EXPECT_EQ(carry_out(*migrator, web).state, MoveState::done);  // the same, once nothing forbids it
  EXPECT_EQ(carry_out(*migrator, ha).state, MoveState::done);
}

}  // namespace
}  // namespace pcb
