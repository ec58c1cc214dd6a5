// Faults of hosts and of stand-ins, set and healed at run time.
#include <cstdlib>

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/daemon/lab.h"
#include "tests/lab/host/delay.h"
#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

const char* const kUsage =
    "error: fault|heal HOST "
    "network|blackhole|slow|sshd|frozen|key|host-key|pmxcfs|unmounted|partition|left|maintenance|"
    "pvestatd|backup, "
    "fault HOST clock SECONDS, fault GUEST "
    "shutdown|before-move|after-move|keep-lock|hang|paused|start|start@HOST|storage|ha-error, heal all\n";

constexpr double kProgramSeconds = 10.0;

// Every process of a host but its first one.
void signal_host(pid_t first, int number) {
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return;
  const auto space_of = [](const std::string& pid) {
    char name[64] = {};
    const std::string path = "/proc/" + pid + "/ns/pid";
    return readlink(path.c_str(), name, sizeof name - 1) > 0 ? std::string(name) : std::string();
  };
  const std::string space = space_of(std::to_string(first));
  while (const dirent* entry = readdir(processes)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid > 0 && pid != first && !space.empty() && space_of(entry->d_name) == space) kill(pid, number);
  }
  closedir(processes);
}

}  // namespace

// The program's files and its /etc come from this very process: it must be served while it runs.
Status Lab::run_in(const Running& host, std::vector<std::string> command) {
  const std::string name = command.front();
  const pid_t started = start_program(in_host(host, std::move(command)));
  const double deadline = second() + kProgramSeconds;
  while (ended_.count(started) == 0 && second() < deadline) serve(10);
  const auto status = ended_.find(started);
  if (status == ended_.end()) return Error{name + " did not end on " + host.plan.name};
  const bool good = status->second == 0;
  ended_.erase(status);
  if (!good) return Error{name + " failed on " + host.plan.name};
  return Done{};
}

Status Lab::delay(Running& host, const std::string& value, bool on) {
  const std::string port = std::to_string(kDelayPort);
  if (on) {
    const auto seconds = parse_duration(value);
    if (!seconds) return Error{"say how slow: fault " + host.plan.name + " slow 50ms"};
    const auto started = start_delay(host.process.pid, *seconds);
    if (!started) return started.error();
    host.delay = *started;
  } else {
    kill(host.delay, SIGKILL);
    host.delay = -1;
  }
  return run_in(host, {"iptables", "-t", "nat", on ? "-A" : "-D", "PREROUTING", "-i", host.plan.card.bridge,
                       "-p", "tcp", "--dport", "22", "-j", "REDIRECT", "--to-ports", port});
}

Status Lab::file_fault(Running& host, const std::string& what, const std::string& value, bool on) {
  if (what == "key")
    return write_file(host.plan.base + "/root/.ssh/authorized_keys2", on ? "" : public_key_, 0600);
  if (what == "backup") {
    const char* line =
        "printf 'UPID:%s:000007B2:000291D0:%08X:vzdump:%s:root@pam: 0\\n' \"$1\" \"$(date +%s)\" \"$2\"";
    const std::string script = std::string(on ? line : "true") + " >/var/log/pve/tasks/active";
    return run_in(host, {"sh", "-c", script, "sh", host.plan.name, value});
  }
  // On the host itself: files of an overlay must not be changed from beneath it.
  const char* change =
      "mkdir -p /run/old-keys && mv /etc/ssh/ssh_host_e*_key* /run/old-keys/ && "
      "for type in ed25519 ecdsa; do ssh-keygen -q -t $type -N '' -f /etc/ssh/ssh_host_${type}_key || exit "
      "1; done";
  const auto done = run_in(host, {"sh", "-c", on ? change : "mv /run/old-keys/* /etc/ssh/"});
  if (!done) return done;
  kill(host.process.pid, SIGHUP);
  return Done{};
}

Status Lab::host_fault(Running& host, const std::string& what, const std::string& value, bool on) {
  HostState& state = *model_.host(host.plan.name);
  if (what == "network") return run_in(host, {"ip", "link", "set", "eno1", on ? "down" : "up"});
  if (what == "blackhole") {
    const char* change = on ? "-I" : "-D";
    const auto done = run_in(host, {"iptables", change, "INPUT", "-i", host.plan.card.bridge, "-j", "DROP"});
    return done ? run_in(host, {"iptables", change, "OUTPUT", "-o", host.plan.card.bridge, "-j", "DROP"})
                : done;
  }
  if (what == "slow") return delay(host, value, on);
  if (what == "key" || what == "host-key" || what == "backup") return file_fault(host, what, value, on);
  if (what == "unmounted") {
    if (!on) return Error{"an unmounted /etc/pve stays so until `lab down`"};
    return run_in(host, {"umount", "/etc/pve"});
  }
  if (what == "sshd") {
    kill(host.process.pid, on ? SIGUSR1 : SIGUSR2);
  } else if (what == "frozen") {
    signal_host(host.process.pid, on ? SIGSTOP : SIGCONT);
  } else if (what == "pmxcfs") {
    state.pmxcfs_dead = on;
  } else if (what == "partition") {
    state.partitioned = on;
  } else if (what == "left") {
    state.left = state.partitioned = on;
  } else if (what == "maintenance") {
    state.maintenance = on;
  } else if (what != "pvestatd") {
    return Error{"unknown fault of a host: " + what};
  }
  trees_->changed("members");
  return Done{};
}

std::string Lab::fault(const std::vector<std::string>& words) {
  const bool on = words[0] == "fault";
  if (!on && words.size() == 2 && words[1] == "all") {
    faults_.clear();
    for (auto& [name, host] : hosts_) {
      const auto active = host.faults;
      for (const auto& what : active) {
        if (const auto done = host_fault(host, what, "", false); !done)
          return "error: " + done.error().message + "\n";
      }
      host.faults.clear();
    }
    return "ok\n";
  }
  if (words.size() < 3) return kUsage;
  if (HostState* state = model_.host(words[1]); state != nullptr && words[2] == "clock") {
    state->spec.clock_skew_seconds = on && words.size() > 3 ? std::strtod(words[3].c_str(), nullptr) : 0.0;
    return "ok\n";
  }
  const auto host = hosts_.find(words[1]);
  if (host != hosts_.end()) {
    if ((host->second.faults.count(words[2]) != 0) == on) return "ok\n";
    const auto done = host_fault(host->second, words[2], words.size() > 3 ? words[3] : "", on);
    if (!done) return "error: " + done.error().message + "\n";
    if (on) {
      host->second.faults.insert(words[2]);
    } else {
      host->second.faults.erase(words[2]);
    }
    record(words[1], words[0] + " " + words[2]);
    return "ok\n";
  }
  const GuestState* guest = model_.guest(std::atoi(words[1].c_str()));
  if (guest == nullptr) return "error: there is no host or guest " + words[1] + "\n";
  if (words[2] == "ha-error") {
    ha_->set_state(guest->spec.sid(), on ? "error" : "started");
    return "ok\n";
  }
  const std::string name = words[1] + "." + words[2];
  if (on) {
    faults_[name] = words.size() > 3 ? words[3] : "1";
  } else {
    faults_.erase(name);
  }
  record("cluster", words[0] + " " + name);
  return "ok\n";
}

}  // namespace pcb::lab
