#include "evaluator/setup/files.h"

#include <algorithm>

#include "cluster/config_read.h"
#include "common/text.h"

namespace pcb {
namespace {

// A JSON string is a YAML string.
std::string quoted(std::string_view text) { return "\"" + text::json_escape(text) + "\""; }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// From the first line that starts with `begin` up to the first one behind it that starts with `end`.
std::string lines_between(std::string_view text, std::string_view begin, std::string_view end) {
  std::string out;
  bool inside = false;
  for (const auto line : text::split_lines(text)) {
    if (inside && !end.empty() && line.starts_with(end)) break;
    inside = inside || line.starts_with(begin);
    if (inside) out.append(line).append("\n");
  }
  return out;
}

std::string reasons_as_comments(const Proposal& proposal) {
  std::string out;
  for (const std::string& reason : proposal.reasons) out += "  # " + text::printable(reason) + "\n";
  return out;
}

std::string hosts_text(const SetupFacts& facts) {
  std::string out = "proxmox_hosts:\n";
  for (const Member& host : facts.hosts) {
    out += "  - name: " + quoted(host.name) + "\n    address: " + quoted(host.address) + "\n";
    if (facts.port != 22) out += "    port: " + std::to_string(facts.port) + "\n";
    out += "    user: " + quoted(facts.user) + "\n    key_path: ${CREDENTIALS_DIRECTORY}/exporter_key\n";
  }
  return out;
}

}  // namespace

bool is_plain_path(std::string_view path) {
  return path.size() > 1 && path.front() == '/' && std::all_of(path.begin(), path.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                  c == '_' || c == '.' || c == '-';
         });
}

std::string config_text(const SetupFacts& facts) {
  std::string out =
      "# Written by balancer-evaluator init. Every other setting, with its default and consequence, is in\n"
      "# docs/configuration.md. By hand: export CREDENTIALS_DIRECTORY=" +
      facts.folder + "/credentials\n\n";
  out +=
      "# The `cluster` label of all series and alerts; Prometheus's scrape configuration must say the "
      "same.\n";
  out += "cluster: " + quoted(facts.cluster) + "\n\n" + hosts_text(facts) + "\n";
  out += "default_params:\n" + reasons_as_comments(facts.proposal);
  out += "  cpu_threshold: " + std::to_string(facts.proposal.cpu) + "\n";
  out += "  memory_threshold: " + std::to_string(facts.proposal.memory) + "\n";
  out += "  container_cpu_threshold: " + std::to_string(facts.proposal.guest_cpu) + "\n";
  out += "  container_memory_threshold: " + std::to_string(facts.proposal.guest_memory) + "\n\n";
  out += "ssh:\n  # Only keys that were accepted: by init, or by balancer-exporter accept-host-key HOST.\n";
  out += "  known_hosts: " + quoted(facts.folder + "/known_hosts") + "\n\n";
  if (facts.discover) out += "exporter:\n  discover: true\n\n";
  out += "prometheus:\n  url: " + quoted(facts.prometheus_url) + "\n\n";
  out += "alertmanager:\n  urls: [" + quoted(facts.alertmanager_url) + "]\n\n";
  out += "evaluator:\n  mode: suggest   # it tells what it would move, and moves nothing\n";
  out += "  webhook:\n    # Alertmanager shows it with every alert.\n";
  out += "    bearer_token_file: ${CREDENTIALS_DIRECTORY}/webhook_token\n";
  return out;
}

Status check_config_text(const std::string& text, const std::string& folder) {
  const auto any_secret = [](const std::string&) { return Result<std::string>(std::string("secret")); };
  const ConfigReading reading = read_config(text, any_secret, folder + "/credentials");
  if (reading.faults.empty()) return Done{};
  return Error{describe_faults("config.yaml", reading.faults)};
}

std::string prometheus_text(const SetupFacts& facts) {
  const std::string_view whole = deploy_prometheus();
  std::string out =
      "# For the Prometheus that you run: add these entries to the lists of the same names in its "
      "prometheus.yml,\n"
      "# then: promtool check config prometheus.yml, and reload it. Nothing else of it needs to change.\n\n";
  out += lines_between(whole, "rule_files:", "alerting:");
  out += lines_between(whole, "scrape_configs:", "");
  replace_all(out, "../rules", facts.rules);
  replace_all(out, "cluster: homelab", "cluster: " + quoted(facts.cluster));
  return out;
}

std::string alertmanager_text(const SetupFacts& facts) {
  const std::string_view whole = deploy_alertmanager();
  std::string out =
      "# For the Alertmanager that you run: add the two routes above your own, the receiver, and the "
      "inhibit_rules;\n"
      "# `people` stands for your own receiver. Then: amtool check-config alertmanager.yml, and reload it.\n"
      "# It needs a copy of the webhook's token that it can read:\n"
      "#   install -o prometheus -g prometheus -m 0400 " +
      facts.folder + "/credentials/webhook_token " + facts.folder + "/webhook_token\n";
  out += lines_between(whole, "route:", "    - receiver: pager") + "\n";
  out += lines_between(whole, "inhibit_rules:", "receivers:");
  out += "receivers:\n" + lines_between(whole, "  - name: people", "  - name: pager");
  out += lines_between(whole, "  - name: balancer", "");
  replace_all(out, kPackageFolder, facts.folder);
  return out;
}

std::string unit_text(const SetupFacts& facts, std::string_view program) {
  std::string out(program == "balancer-exporter" ? deploy_exporter_unit() : deploy_evaluator_unit());
  const std::string name(program);
  out.erase(0, out.find("[Unit]"));
  replace_all(out, "User=" + name + "\nGroup=proxmox-cluster-balancer\n", "DynamicUser=yes\n");
  replace_all(out, "ExecStart=/usr/bin/" + name, "ExecStart=" + facts.programs + "/" + name);
  replace_all(out, kPackageFolder, facts.folder);
  return "# " + name +
         " without the package: copy it to /etc/systemd/system, then systemctl daemon-reload.\n" +
         "# Services do not see /home, /root and /tmp: the programs and " + facts.folder +
         " must lie elsewhere.\n" + out;
}

}  // namespace pcb
