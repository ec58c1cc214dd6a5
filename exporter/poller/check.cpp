#include "exporter/poller/check.h"

#include <algorithm>
#include <cstdio>

#include "cluster/reach/connection.h"
#include "common/ssh/encoding.h"
#include "common/ssh/fetch_host_key.h"
#include "common/ssh/key_file.h"
#include "common/ssh/known_hosts_file.h"
#include "common/text.h"
#include "exporter/collect_request.h"
#include "exporter/poller/options.h"
#include "exporter/poller/poller.h"

namespace pcb {
namespace {

void print(const std::string& line) { std::fputs((text::printable(line) + "\n").c_str(), stdout); }

const SnapshotHost* find_host(const Snapshot& snapshot, const std::string& name) {
  const SnapshotHost* of_that_name = nullptr;
  for (const auto& host : snapshot.hosts) {
    if (host.configured_name == name) return &host;
    if (host.document.name == name) of_that_name = &host;
  }
  return of_that_name;
}

class Findings {
 public:
  explicit Findings(const Snapshot& snapshot) : snapshot_(snapshot) {}

  // `host`: null, it stands in the snapshot as another one of the configuration.
  void add(const std::string& name, const SnapshotHost* host, const std::string& remark = "") {
    if (host == nullptr) {  // the warnings say which of the others it is
      ++failed_;
      lines_.push_back(name + ": FAILED (it is the same host as another one in proxmox_hosts)");
    } else if (!host->up || host->failure != FailureReason::none) {
      ++failed_;
      lines_.push_back(name + ": FAILED (" + std::string(to_string(host->failure)) + ")");
      lines_.push_back("  " + host->failure_detail);
    } else {
      add_answered(name, *host, remark);
    }
  }

  void add_not_asked(const std::string& name) {
    ++not_asked_;
    lines_.push_back(name + ": not checked (a member of the cluster that is not in proxmox_hosts)");
  }

  CheckFindings take() && {
    const std::size_t asked = good_ + in_part_ + failed_;
    std::string sum = text::counted(asked, "host") + " checked: " + std::to_string(good_) + " good";
    if (in_part_ > 0) sum += ", " + std::to_string(in_part_) + " usable with sections missing";
    if (failed_ > 0) sum += ", " + std::to_string(failed_) + " failed";
    if (not_asked_ > 0) sum += "; not checked: " + text::counted(not_asked_, "other member");
    lines_.push_back(sum + ".");
    const int code = failed_ == asked ? kExitFailed : good_ == asked ? kExitGood : kExitPartial;
    return {std::move(lines_), code};
  }

 private:
  void add_answered(const std::string& name, const SnapshotHost& host, const std::string& remark) {
    const auto missing = static_cast<std::size_t>(std::count_if(
        host.sections.begin(), host.sections.end(), [](const auto& one) { return !one.second.ok; }));
    ++(missing == 0 ? good_ : in_part_);
    const auto guests =
        std::count_if(snapshot_.guests.begin(), snapshot_.guests.end(),
                      [&](const SnapshotGuest& guest) { return guest.document.host == host.document.name; });
    lines_.push_back(
        name + (missing == 0 ? ": good" : ": usable, " + text::counted(missing, "section") + " missing") +
        ", Proxmox VE " + host.document.pve_version.value_or("of unknown version") + ", " +
        text::counted(static_cast<std::size_t>(guests), "guest") + remark);
    for (const auto& [section, state] : host.sections) {
      if (!state.ok) lines_.push_back("  " + section + " is missing: " + state.detail);
    }
  }

  const Snapshot& snapshot_;
  std::vector<std::string> lines_;
  std::size_t good_ = 0, in_part_ = 0, failed_ = 0, not_asked_ = 0;
};

int connect_to_all(const Config& config, const Shard& shard) {
  auto poller = Poller::create(poller_settings(config, node_collect_script(), PCB_VERSION, shard));
  if (!poller.ok()) {
    print(poller.error().message);
    return kExitFailed;
  }
  const Collected collected = (*poller)->collect_once(std::chrono::milliseconds(0));
  const auto findings = findings_on(collected.snapshot, config.proxmox_hosts);
  for (const std::string& line : findings.lines) print(line);
  for (const std::string& warning : collected.snapshot.warnings) print("Warning: " + warning);
  return findings.exit_code;
}

}  // namespace

CheckFindings findings_on(const Snapshot& snapshot, const std::vector<HostConfig>& configured) {
  Findings findings(snapshot);
  for (const HostConfig& host : configured) findings.add(host.name, find_host(snapshot, host.name));
  for (const SnapshotHost& host : snapshot.hosts) {
    const bool listed = std::any_of(configured.begin(), configured.end(), [&](const HostConfig& one) {
      return find_host(snapshot, one.name) == &host;
    });
    if (listed) continue;
    if (host.configured)
      findings.add(host.document.name, &host, ", found by exporter.discover");
    else
      findings.add_not_asked(host.document.name);
  }
  return std::move(findings).take();
}

Result<std::shared_ptr<const http::WebConfig>> web_of(const ExporterConfig& config,
                                                      const ExporterConfig& running) {
  return http::web_for(running.listen, config.web_config, running.listen_without_tls,
                       "exporter.listen_without_tls");
}

Status check_files(const Config& config) {
  std::vector<std::string> faults;
  const auto note = [&](const std::string& fault) {
    if (std::find(faults.begin(), faults.end(), fault) == faults.end()) faults.push_back(fault);
  };
  for (const HostConfig& host : config.proxmox_hosts) {
    if (host.key_path.empty()) continue;
    auto key = ssh::read_private_key(host.key_path);
    if (!key.ok()) {
      note(key.error().message);
    } else if (key->encrypted && host.key_passphrase.empty()) {
      note("key " + host.key_path + " is encrypted; set key_passphrase_file for " + host.name);
    }
  }
  if (auto known = ssh::read_known_hosts(config.ssh.known_hosts_path); !known.ok()) {
    note(known.error().message);
  } else {
    for (const auto& fault : known->faults()) {
      note(config.ssh.known_hosts_path + ":" + std::to_string(fault.line) + ": the line " + fault.message +
           "; mend it or take it out");
    }
  }
  if (auto web = web_of(config.exporter, config.exporter); !web.ok()) note(web.error().message);
  if (!faults.empty()) return Error{text::join(faults, "\n")};
  return Done{};
}

int check(const Config& config, bool connect, const Shard& shard) {
  if (auto good = check_files(config); !good.ok()) {
    for (const auto line : text::split_lines(good.error().message)) print(std::string(line));
    return kExitConfig;
  }
  print("The configuration is good: " + text::counted(config.proxmox_hosts.size(), "host") + ".");
  return connect ? connect_to_all(config, shard) : kExitGood;
}

int accept_host_key(const Config& config, const std::string& host, const std::string& fingerprint) {
  const auto found = std::find_if(config.proxmox_hosts.begin(), config.proxmox_hosts.end(),
                                  [&](const HostConfig& candidate) { return candidate.name == host; });
  if (found == config.proxmox_hosts.end()) {
    std::vector<std::string> names;
    for (const HostConfig& known : config.proxmox_hosts) names.push_back(known.name);
    print("There is no host " + host + " in proxmox_hosts; there are: " + text::join(names, ", ") +
          ". For a member that exporter.discover has found, --check --connect prints the command.");
    return kExitUsage;
  }
  const auto limit = milliseconds(config.ssh.connect_timeout);
  auto key = ssh::fetch_host_key(found->address, found->port, limit);
  if (!key.ok()) {
    print(key.error().message);
    if (!config.ssh.jump.empty() && host != config.ssh.jump)
      print("accept-host-key does not go through the jump host " + config.ssh.jump +
            ": take the old key out with ssh-keygen -R, then have the new one fetched there (ssh JUMP "
            "ssh-keyscan -t ed25519 -p PORT ADDRESS), compare its fingerprint, and add the line to " +
            config.ssh.known_hosts_path);
    return kExitFailed;
  }
  const std::string shown = ssh::fingerprint(*key);
  if (!fingerprint.empty() && fingerprint != shown) {
    print("Refused: " + host + " shows " + ssh::key_type(*key) + " " + shown + ", not " + fingerprint + ".");
    return kExitFailed;
  }
  auto replaced = ssh::replace_host_key(config.ssh.known_hosts_path, found->address, found->port, *key);
  if (!replaced.ok()) {
    print(replaced.error().message);
    return kExitFailed;
  }
  print("Accepted for " + host + ": " + ssh::key_type(*key) + " " + shown + " (" + std::to_string(*replaced) +
        " old lines taken out of " + config.ssh.known_hosts_path + ").");
  if (fingerprint.empty()) {
    print("Compare it on the host: ssh-keygen -lf /etc/ssh/ssh_host_" +
          std::string(ssh::key_type(*key) == "ssh-ed25519" ? "ed25519" : "ecdsa") + "_key.pub");
  }
  return kExitGood;
}

}  // namespace pcb
