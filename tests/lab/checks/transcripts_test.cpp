// The stand-ins say what Proxmox says: every command of tests/lab/transcripts, on a lab.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/lab/checks/lab_run.h"

namespace pcb::lab {
namespace {

const char* const kCluster = R"(
version: 8.4.1
phase: 0.02s
storages:
  ceph-ct: {type: rbd}
  local-zfs: {type: zfspool, hosts: [pve1]}
  local-lvm: {type: lvmthin, hosts: [pve2, pve3]}
hosts:
  pve1: {cores: 8}
  pve2: {cores: 8}
  pve3: {cores: 8}
guests:
  101: {name: web01, host: pve1}
  102: {name: app, host: pve1, disk: {local-zfs: 8GiB}}
  103: {name: bind, host: pve1, bind_mount: /mnt/x}
  106: {name: locked, host: pve1, lock: backup}
  111: {name: mail, host: pve2}
  113: {name: snap, host: pve2, disk: {local-lvm: 8GiB}, snapshots: [before]}
  120: {name: ha, host: pve1, ha: true}
  201: {type: vm, name: fw01, host: pve1}
  202: {type: vm, name: win, host: pve1, status: stopped, raw: ["hostpci0: 0000:03:00.0"]}
  211: {type: vm, name: local, host: pve2, disk: {local-lvm: 8GiB}}
  212: {type: vm, name: live, host: pve2}
)";

struct Case {
  const char* name;
  const char* host;
  std::vector<std::vector<std::string>> before;  // commands of the lab
  const char* meanwhile = "";                    // on the host, before the command
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

std::string text_of(const std::string& name) {
  std::ifstream file(std::string(PCB_SOURCE_DIR) + "/tests/lab/transcripts/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr std::string_view kDigits = "0123456789";

// "2025-11-24 16:00:01 shutdown" → "DATE shutdown"
std::string without_date(const std::string& line) {
  constexpr std::size_t kDateLength = 20;
  const bool dated =
      line.size() > kDateLength && line[4] == '-' && line[7] == '-' && line[13] == ':' && line[16] == ':';
  return dated ? "DATE " + line.substr(kDateLength) : line;
}

std::string without_duration(std::string line) {
  constexpr std::string_view kStart = "(duration ";
  const auto at = line.find(kStart);
  if (at == std::string::npos) return line;
  return line.replace(at, line.find(')', at) - at, "(duration D");
}

// Runs of digits and dots that hold three dots.
std::string without_addresses(const std::string& line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find_first_not_of("0123456789.", at), line.size());
    const auto run = line.substr(at, end - at);
    if (std::count(run.begin(), run.end(), '.') == 3 && kDigits.find(run.front()) != std::string_view::npos) {
      out += "ADDRESS";
    } else {
      out += run;
    }
    if (end < line.size()) out += line[end];
    at = end + 1;
  }
  return out;
}

// What depends on the moment and the network is replaced or left out.
std::string comparable(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("use dedicated network address") == std::string::npos)
      out += without_addresses(without_duration(without_date(line))) + "\n";
  }
  return out;
}

class Transcript : public ::testing::TestWithParam<Case> {};

TEST_P(Transcript, IsWhatTheStandInSays) {
  const Case& one = GetParam();
  const LabRun lab(kCluster);
  for (const auto& words : one.before) EXPECT_EQ(lab.lab(words).code, 0) << words[0];
  if (*one.meanwhile != '\0') {
    EXPECT_EQ(lab.ssh(one.host, one.meanwhile).code, 0);
    EXPECT_TRUE(await(10, [&] { return lab.record().find("migrate begin") != std::string::npos; }));
  }
  const std::string name = one.name;
  const auto said = lab.ssh(one.host, text_of(name + ".cmd"));
  EXPECT_EQ(comparable(said.out), comparable(text_of(name + ".out")));
  EXPECT_EQ(comparable(said.err), comparable(text_of(name + ".err")));
  EXPECT_EQ(std::to_string(said.code), text_of(name + ".rc").substr(0, text_of(name + ".rc").find('\n')));
}

INSTANTIATE_TEST_SUITE_P(
    Proxmox, Transcript,
    ::testing::Values(Case{"ct_ok_shared", "pve1", {}}, Case{"ct_bind_mount", "pve1", {}},
                      Case{"ct_ha_queued", "pve1", {}}, Case{"ct_locked", "pve1", {}},
                      Case{"ct_migrate_busy",
                           "pve1",
                           {{"fault", "101", "hang"}},
                           "systemd-run --unit=first pct migrate 101 pve2 --restart"},
                      Case{"ct_no_quorum", "pve1", {{"fault", "pve1", "partition"}}},
                      Case{"ct_no_such_node", "pve1", {}}, Case{"ct_not_here", "pve1", {}},
                      Case{"ct_online_flag", "pve1", {}}, Case{"ct_running_no_flag", "pve1", {}},
                      Case{"ct_self", "pve1", {}},
                      Case{"ct_shutdown_timeout", "pve2", {{"fault", "111", "shutdown"}}},
                      Case{"ct_snapshot_lvm", "pve2", {}}, Case{"ct_storage_missing", "pve1", {}},
                      Case{"ha_error_state", "pve1", {{"fault", "120", "ha-error"}}},
                      Case{"ha_not_managed", "pve1", {}}, Case{"vm_local_device", "pve1", {}},
                      Case{"vm_ok_live", "pve2", {}}, Case{"vm_running_no_online", "pve1", {}},
                      Case{"vm_storage_missing", "pve2", {}}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace pcb::lab
