#include "evaluator/decide/migrate_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "common/node_script.h"
#include "common/text.h"

namespace pcb {
namespace {

std::string whole(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.0f", std::floor(std::max(0.0, value)));
  return digits;
}

// KiB/s, at least 1: 0 would mean no limit.
std::string limit_of(const Operation& operation) {
  if (!operation.bandwidth_bytes_per_second) return "0";
  return whole(std::max(1.0, *operation.bandwidth_bytes_per_second / 1024));
}

std::string words(const std::vector<std::string>& pieces) { return text::join(pieces, " "); }

struct Refusal {
  std::string_view code;
  std::string_view sentence;  // GUEST, FROM, TO, UNIT and DETAIL are put in
};

constexpr std::array kRefusals{
    Refusal{"wrong_host",
            "the address of the host leads to DETAIL; mend its address in config.yaml (proxmox_hosts)"},
    Refusal{"no_quorum", "DETAIL has no quorum; nothing is moved until the cluster has it again"},
    Refusal{"target_busy", "a backup or a task of this guest runs on TO (DETAIL)"},
    Refusal{"systemd", "systemd on DETAIL did not do what it was asked; look at `systemctl status` there"},
    Refusal{"unit_exists",
            "a migration or start of GUEST is there already (operation DETAIL); one at a time. Where "
            "`systemctl status UNIT` on its host says exited or failed, and nobody takes it away, "
            "`systemctl stop UNIT; systemctl reset-failed UNIT` there does"},
    Refusal{"not_here", "GUEST has no configuration on DETAIL any more: it has moved, or is gone"},
    Refusal{"target_bridge", "TO has no bridge DETAIL, so GUEST could not start there"},
    Refusal{"target_device", "TO has no device DETAIL, which GUEST is given"},
    Refusal{"target_unknown", "TO did not say how much memory it has free"},
    Refusal{"target_memory", "TO does not have the memory free that GUEST needs (DETAIL)"},
    Refusal{"target_offline", "the cluster does not see TO online"},
    Refusal{"stop_file", "the file DETAIL forbids every move; remove it on any host to allow them again"},
    Refusal{"too_late", "the request reached the host too late and was dropped"},
    Refusal{"not_holder", "this evaluator does not hold the cluster's lock (DETAIL)"},
    Refusal{"locked", "GUEST is locked (DETAIL)"},
    Refusal{"template", "GUEST is a template"},
    Refusal{"task", "a task runs on FROM that must not be disturbed (DETAIL)"},
    Refusal{"run_state", "GUEST does not run as it did when the move was planned: it is DETAIL"},
    Refusal{"replication", "a replication of GUEST is running"},
    Refusal{"not_ha", "GUEST (DETAIL) is not managed by HA any more"},
    Refusal{"ha_managed", "GUEST (DETAIL) is managed by HA, which alone may move it"},
    Refusal{"auto_rebalance", "Proxmox's own ha-auto-rebalance moves HA guests; nobody else may"},
    Refusal{"ha_disarmed", "HA is disarmed; run `ha-manager crm-command arm-ha` when it may act again"},
    Refusal{"ha_silent", "the HA manager has not written its status for a minute"},
    Refusal{"ha_state", "the HA manager is busy with GUEST (DETAIL)"},
    Refusal{"ha_host", "HA is not ready on a host (DETAIL)"},
    Refusal{"ha_command", "`ha-manager crm-command node-maintenance` for DETAIL has failed; try it by hand"},
    Refusal{"running", "the unit DETAIL still runs"},
    Refusal{"grammar", "DETAIL"},
};

void replace_all(std::string& text, std::string_view word, std::string_view by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
}

struct Shown {  // systemctl show, as the script passes it on
  std::string load, active, sub, status, description;
  double begun = 0, ended = 0;  // microseconds since the host started
};

UnitSample unit_sample(const Shown& shown, double uptime_seconds) {
  UnitSample unit;
  if (shown.load == "not-found" || shown.load.empty()) return unit;
  using State = UnitSample::State;
  const auto pieces = text::split_words(shown.description);
  if (pieces.size() == 3 && pieces[0] == "balancer" && (pieces[2] == "migrate" || pieces[2] == "start")) {
    unit.operation = std::string(pieces[1]);
    unit.starts_guest = pieces[2] == "start";
  }
  if (shown.active == "failed") {
    unit.state = State::failed;
  } else if (shown.sub == "exited" || shown.active == "inactive") {
    unit.state = State::succeeded;
  } else {
    unit.state = State::running;
  }
  if (unit.state != State::running) {
    const auto status = text::to_int64(shown.status);
    if (status) unit.exit_status = static_cast<int>(*status);
    if (shown.begun > 0 && shown.ended >= shown.begun) unit.seconds = (shown.ended - shown.begun) / 1e6;
  } else if (shown.begun > 0) {
    unit.seconds = std::max(0.0, uptime_seconds - shown.begun / 1e6);
  }
  return unit;
}

void take_property(Shown& shown, std::string_view property) {
  const auto equals = property.find('=');
  if (equals == std::string_view::npos) return;
  const auto key = property.substr(0, equals);
  const std::string value(property.substr(equals + 1));
  if (key == "LoadState") shown.load = value;
  if (key == "ActiveState") shown.active = value;
  if (key == "SubState") shown.sub = value;
  if (key == "ExecMainStatus") shown.status = value;
  if (key == "Description") shown.description = value;
  if (key == "ExecMainStartTimestampMonotonic") shown.begun = text::to_double(value).value_or(0);
  if (key == "ExecMainExitTimestampMonotonic") shown.ended = text::to_double(value).value_or(0);
}

HaSample ha_sample(std::string_view value) {
  HaSample ha;
  const auto pieces = text::split_words(value);
  if (pieces.size() != 3) return ha;
  const auto known = [](std::string_view word) { return word == "none" ? std::string() : std::string(word); };
  ha.managed = true;
  ha.state = known(pieces[0]);
  ha.node = known(pieces[1]);
  ha.target = known(pieces[2]);
  return ha;
}

}  // namespace

std::string version_request() { return "version"; }

std::string check_request(const Operation& operation) {
  return words({"check", operation.id, operation.guest, operation.from, operation.to,
                whole(std::ceil(operation.target_memory_bytes))});
}

std::string start_request(const Operation& operation, double credit_bytes, double until_uptime_seconds,
                          const std::string& owner) {
  return words({"start", operation.id, operation.guest, operation.from, operation.to,
                name_of(operation.method), operation.was_running ? "running" : "stopped",
                operation.with_local_disks && operation.method == MoveMethod::live ? "local" : "shared",
                limit_of(operation), whole(std::ceil(operation.target_memory_bytes)), whole(credit_bytes),
                whole(until_uptime_seconds), owner});
}

std::string start_guest_request(const Operation& operation, const std::string& host,
                                double until_uptime_seconds, const std::string& owner) {
  return words({"guest", operation.id, operation.guest, host, whole(until_uptime_seconds), owner});
}

std::string status_request(const std::string& guest) { return "status " + guest; }

std::string clear_request(const Operation& operation) {
  return words({"clear", operation.id, operation.guest});
}

std::string lock_request(std::string_view verb, const std::string& owner) {
  return words({"lock", std::string(verb), owner});
}

std::string maintenance_request(const std::string& host, bool begins, double until_uptime_seconds,
                                const std::string& owner) {
  return words({"maintenance", begins ? "enable" : "disable", host, whole(until_uptime_seconds), owner});
}

bool NodeAnswer::says(std::string_view word) const {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.first == word && line.second.empty(); });
}

double NodeAnswer::number(std::string_view key) const {
  for (const auto& [name, value] : lines) {
    if (name == key) return text::to_double(value).value_or(0);
  }
  return 0;
}

Result<NodeAnswer> read_node_answer(std::string_view received, std::string_view nonce) {
  const auto framed = read_script_answer(received, nonce, "node-migrate.sh", kMigrateProtocol);
  if (!framed) return framed.error();
  NodeAnswer answer;
  for (const auto line : text::split_lines(framed->body)) {
    if (line.empty()) continue;
    const auto blank = line.find(' ');
    const auto key = line.substr(0, blank);
    const auto value = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
    if (key == "node") {
      answer.node = value;
    } else if (key == "uptime") {
      answer.uptime_seconds = text::to_double(value).value_or(0);
    } else if (key == "quorate") {
      answer.quorate = value == "1";
    } else if (key == "refused") {
      const auto end = value.find(' ');
      answer.refused = value.substr(0, end);
      if (end != std::string_view::npos) answer.detail = value.substr(end + 1);
    } else {
      answer.lines.emplace_back(key, value);
    }
  }
  if (answer.node.empty()) return Error{"node-migrate.sh did not say which host it runs on"};
  return answer;
}

Result<HostSample> host_sample(const NodeAnswer& answer) {
  if (!answer.refused.empty())
    return Error{"the host could not say how it stands: " +
                 refusal_sentence(answer.refused, answer.detail, {})};
  HostSample sample;
  sample.host = answer.node;
  sample.uptime_seconds = answer.uptime_seconds;
  sample.quorate = answer.quorate;
  Shown shown;
  bool run_state_known = false;
  for (const auto& [key, value] : answer.lines) {
    if (key == "place") {
      sample.places.push_back(value);
    } else if (key == "lock") {
      sample.lock = value;
    } else if (key == "running") {
      sample.running = value == "1";
      run_state_known = true;
    } else if (key == "machine") {
      // QEMU itself did not answer: whether it stands still is not known, so nothing is.
      if (value == "unreadable") return Error{"qm status on " + answer.node + " did not answer"};
      sample.paused = value != "running";
    } else if (key == "unit") {
      take_property(shown, value);
    } else if (key == "log") {
      sample.log.push_back(value);
    } else if (key == "ha") {
      sample.ha = ha_sample(value);
    }
  }
  if (!run_state_known) return Error{"the answer of " + answer.node + " lacks the run state"};
  sample.unit = unit_sample(shown, answer.uptime_seconds);
  return sample;
}

std::string refusal_sentence(const std::string& code, const std::string& detail, const Operation& operation) {
  std::string sentence;
  for (const auto& refusal : kRefusals) {
    if (refusal.code == code) sentence = refusal.sentence;
  }
  if (sentence.empty()) return "the host refused: " + text::printable(code + " " + detail);
  replace_all(sentence, "UNIT", "balancer-migrate-" + vmid_of(operation));
  replace_all(sentence, "GUEST", operation.guest);
  replace_all(sentence, "FROM", operation.from);
  replace_all(sentence, "TO", operation.to);
  replace_all(sentence, "DETAIL", text::printable(detail));
  return sentence;
}

}  // namespace pcb
