// Faults of hosts and of stand-ins, set and healed at run time.
#include <cstdlib>

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/daemon/lab.h"
#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

const char* const kUsage =
    "error: fault|heal HOST "
    "network|blackhole|sshd|frozen|key|host-key|pmxcfs|unmounted|partition|maintenance|pvestatd, "
    "fault HOST clock SECONDS, fault GUEST "
    "shutdown|before-move|after-move|keep-lock|hang|start|start@HOST|storage|ha-error, heal all\n";

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

Result<std::string> Lab::host_fault(Running& host, const std::string& what, bool on) {
  HostState& state = *model_.host(host.plan.name);
  const pid_t pid = host.process.pid;
  const auto run = [&](std::vector<std::string> command) -> Result<std::string> {
    // The program's files come through FUSE from this very process: it must be served while it runs.
    const pid_t started = start_program(in_host(host, std::move(command)));
    for (int waited = 0; waited < 500; ++waited) {
      siginfo_t info{};
      if (waitid(P_PID, static_cast<id_t>(started), &info, WEXITED | WNOHANG | WNOWAIT) != 0) break;
      if (info.si_pid == started) break;
      serve(10);
    }
    return std::string("ok\n");
  };
  if (what == "network") return run({"ip", "link", "set", "eno1", on ? "down" : "up"});
  if (what == "blackhole") {
    const char* change = on ? "-I" : "-D";
    if (const auto done = run({"iptables", change, "INPUT", "-i", host.plan.card.bridge, "-j", "DROP"});
        !done)
      return done;
    return run({"iptables", change, "OUTPUT", "-o", host.plan.card.bridge, "-j", "DROP"});
  }
  if (what == "sshd") {
    kill(pid, on ? SIGUSR1 : SIGUSR2);
  } else if (what == "frozen") {
    signal_host(pid, on ? SIGSTOP : SIGCONT);
  } else if (what == "key") {
    const std::string file = host.plan.base + "/root/.ssh/authorized_keys2";
    if (const auto done = write_file(file, on ? "" : public_key_, 0600); !done) return done.error();
  } else if (what == "host-key") {
    const std::string path = host.plan.base + "/etc/ssh/ssh_host_";
    for (const char* type : {"ed25519", "ecdsa"}) {
      const std::string key = path + type + "_key";
      const std::string old = scratch_ + "/keys/" + host.plan.name + "/ssh_host_" + type + "_key";
      unlink(key.c_str());
      unlink((key + ".pub").c_str());
      const auto done = on ? run_program({"ssh-keygen", "-q", "-t", type, "-N", "", "-f", key})
                           : run_program({"cp", "-p", old, old + ".pub", host.plan.base + "/etc/ssh/"});
      if (!done) return done.error();
    }
    kill(pid, SIGUSR1);
    for (int waited = 0; waited < 20; ++waited) serve(10);
    kill(pid, SIGUSR2);
  } else if (what == "pmxcfs") {
    state.pmxcfs_dead = on;
  } else if (what == "unmounted") {
    return on ? run({"umount", "/etc/pve"}) : Error{"an unmounted /etc/pve stays so until `lab down`"};
  } else if (what == "partition") {
    state.partitioned = on;
  } else if (what == "maintenance") {
    state.maintenance = on;
  } else if (what != "pvestatd") {
    return Error{"unknown fault of a host: " + what};
  }
  trees_->changed("members");
  return std::string("ok\n");
}

std::string Lab::fault(const std::vector<std::string>& words) {
  const bool on = words[0] == "fault";
  if (!on && words.size() == 2 && words[1] == "all") {
    faults_.clear();
    for (auto& [name, host] : hosts_) {
      const auto active = host.faults;
      for (const auto& what : active) {
        if (const auto done = host_fault(host, what, false); !done)
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
    const auto done = host_fault(host->second, words[2], on);
    if (!done) return "error: " + done.error().message + "\n";
    if (on) {
      host->second.faults.insert(words[2]);
    } else {
      host->second.faults.erase(words[2]);
    }
    record(words[1], words[0] + " " + words[2]);
    return *done;
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
