// What a host refuses because of what it sees itself, which no fault of the lab brings about: one file or
// program of a host is replaced for one request.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "common/text.h"
#include "evaluator/decide/migrate_answer.h"
#include "tests/act/act_lab.h"
#include "tests/support/crs_spellings.h"

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

// What node-migrate.sh on `host` answers to the request, after each of the preparations: the code of its
// refusal, or "" where there is none.
std::vector<std::string> refusals_of(const ActLab& lab, const std::string& host, const std::string& request,
                                     const std::vector<std::string>& preparations) {
  std::string program = "cat >/tmp/node-migrate <<'PCB'\n" + std::string(node_migrate_script()) + "\nPCB\n";
  for (const auto& preparation : preparations)
    program += preparation + "\necho 'pcm1 0123456789abcdef " + request + "' | sh /tmp/node-migrate\n";
  const auto done = lab.ssh_with(host, "sh -e", program);
  EXPECT_EQ(done.code, 0) << done.err;
  std::vector<std::string> codes;
  for (const auto line : text::split_lines(done.out)) {
    if (line.ends_with(" begin 1")) codes.emplace_back();
    if (line.starts_with("refused ") && !codes.empty()) codes.back() = text::split_words(line)[1];
  }
  EXPECT_EQ(codes.size(), preparations.size()) << done.out;
  codes.resize(preparations.size());
  return codes;
}

// Task lists that source and target see in place of their own, which pvestatd writes anew.
TEST(Refusals, AnOpenConsoleIsNoTaskThatAMoveWaitsFor) {
  const ActLab lab(kLab);
  ASSERT_EQ(lab.migrator()->take_lock(kOwner).sentence, "");
  // Looked at after the tasks: it shows that these were passed over, and nothing begins.
  ASSERT_EQ(lab.ssh("pve1",
                    "mkdir -p /var/lib/pve-manager && echo '{\"101\":{\"local/pve2\":{\"pid\":42}}}' "
                    ">/var/lib/pve-manager/pve-replication-state.json")
                .code,
            0);
  const std::vector<std::pair<const char*, bool>> lists{{"vncproxy:101", false},
                                                        {"termproxy:101", false},
                                                        {"spiceproxy:101", false},
                                                        {"vncshell:101", false},
                                                        {"spiceshell:101", false},
                                                        {"vncproxy:", false},
                                                        {"vzclone:102", false},
                                                        {"qmsnapshot:101", true},
                                                        {"vzdump:101", true},
                                                        {"vzdump:102", true},
                                                        {"qmtunnel:101", true},
                                                        {"otherproxy:101", true},
                                                        {"vncproxyx:101", true},
                                                        {"xvncproxy:101", true},
                                                        {"qmshell:101", true},
                                                        {"vzconsole:101", true},
                                                        {"proxy:101", true},
                                                        {"vncproxy:101 vzdump:102", true},
                                                        {"vzclone:101 vncproxy:101", true}};
  std::vector<std::string> preparations;
  for (const auto& [tasks, busy] : lists) {
    std::string list;
    for (const auto task : text::split_words(tasks))
      list += "UPID:pve1:0001A2B3:0F00BA12:69247ED0:" + std::string(task) + ":root@pam: 0\n";
    preparations.push_back("cat >/tmp/tasks/active <<'PCB'\n" + list + "PCB");
  }
  preparations.front() =
      "mkdir -p /tmp/tasks /var/log/pve/tasks && touch /tmp/tasks/active && mount --bind "
      "/tmp/tasks $(realpath /var/log/pve/tasks)\n" +
      preparations.front();
  const std::string id(32, 'a');
  const auto at_source = refusals_of(
      lab, "pve1", "start " + id + " lxc/101 pve1 pve2 restart running shared 0 0 0 9999999999 " + kOwner,
      preparations);
  const auto at_target = refusals_of(lab, "pve2", "check " + id + " lxc/101 pve1 pve2 0", preparations);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    EXPECT_EQ(at_source[i], lists[i].second ? "task" : "replication") << lists[i].first;
    EXPECT_EQ(at_target[i], lists[i].second ? "target_busy" : "") << lists[i].first;
  }
  EXPECT_EQ(lab.recorded("pct begin"), 0) << lab.record();
}

// What the exporter takes each of them for: parse_pve_test.
TEST(Refusals, ProxmoxsOwnBalancingIsSeenInEverySpelling) {
  using Says = test::CrsSpelling::Says;
  const ActLab lab(kLab);
  ASSERT_EQ(lab.migrator()->take_lock(kOwner).sentence, "");
  std::vector<std::string> preparations;
  for (const auto& spelling : test::kCrsSpellings)
    preparations.push_back("printf '%s' '" + std::string(spelling.datacenter_cfg) + "' >/tmp/datacenter");
  // The manager is what is looked at afterwards, so that nothing begins.
  preparations.front() = std::string("path=$(realpath ") + kManager +
                         R"() && sed '0,/{/s/{/{"disarm":{"mode":"freeze"},/' $path >/tmp/seen && )"
                         "mount --bind /tmp/seen $path && touch /tmp/datacenter && "
                         "mount --bind /tmp/datacenter $(realpath /etc/pve/datacenter.cfg)\n" +
                         preparations.front();
  const auto codes = refusals_of(
      lab, "pve1",
      "start " + std::string(32, 'a') + " lxc/103 pve1 pve2 ha running shared 0 0 0 9999999999 " + kOwner,
      preparations);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto& spelling = test::kCrsSpellings.at(i);
    EXPECT_EQ(codes[i], spelling.says == Says::off ? "ha_disarmed" : "auto_rebalance")
        << spelling.datacenter_cfg;
  }
  EXPECT_EQ(lab.recorded("ha-manager begin"), 0) << lab.record();
}

}  // namespace
}  // namespace pcb
