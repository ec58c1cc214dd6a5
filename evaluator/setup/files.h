// What `balancer-evaluator init` writes: config.yaml, and what people add to the Prometheus, the Alertmanager
// and the systemd that they run already.
//
// Pure: texts in, texts out. The last three come from the files of deploy/, which are part of the program, so
// that they cannot differ from what is tested there. Whatever the names are, the YAML holds them as texts.
// Tested by tests/evaluator/setup_test.cpp; with promtool, amtool and systemd by tests/e2e/test_init.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "evaluator/setup/members.h"
#include "evaluator/setup/proposal.h"

namespace pcb {

inline constexpr const char* kPackageFolder = "/etc/proxmox-cluster-balancer";

struct SetupFacts {
  std::string cluster;
  std::vector<Member> hosts;
  std::string user = "root";
  int port = 22;
  bool discover = false;  // read the other members, too: before they are known
  Proposal proposal;
  std::string folder;  // of config.yaml; see is_plain_path()
  std::string prometheus_url = "http://127.0.0.1:9090";
  std::string alertmanager_url = "http://127.0.0.1:9093";
  std::string programs;  // folder of the two programs, for the units
  std::string rules;     // folder of recording.yml and alerts.yml
};

// Absolute, and of letters, digits, and _ . - / alone: such a path means itself in every file that is
// written.
bool is_plain_path(std::string_view path);

std::string config_text(const SetupFacts& facts);
// All faults of what config_text() wrote: what was typed is held against the same grammar as the file.
Status check_config_text(const std::string& text, const std::string& folder);

std::string prometheus_text(const SetupFacts& facts);
std::string alertmanager_text(const SetupFacts& facts);
// program: balancer-exporter or balancer-evaluator. The package's unit for another folder and without the
// package's users: systemd makes one for the time that the service runs.
std::string unit_text(const SetupFacts& facts, std::string_view program);

// The files of deploy/, as they are there.
std::string_view deploy_prometheus();
std::string_view deploy_alertmanager();
std::string_view deploy_exporter_unit();
std::string_view deploy_evaluator_unit();

}  // namespace pcb
