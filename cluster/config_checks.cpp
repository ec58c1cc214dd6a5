// check_config(): faults that no single option shows.
#include <algorithm>
#include <set>

#include "cluster/config_walk.h"

namespace pcb {
namespace {

class Checker {
 public:
  explicit Checker(ConfigWalk& walk) : walk_(walk), config_(walk.reading.config) {}

  void check() {
    check_hosts();
    check_listening("exporter", config_.exporter.listen, config_.exporter.listen_without_tls,
                    config_.exporter.web_config);
    check_listening("evaluator", config_.evaluator.listen, config_.evaluator.listen_without_tls,
                    config_.evaluator.web_config);
    if (config_.exporter.listen == config_.evaluator.listen && !config_.exporter.listen.ends_with(":0")) {
      fault("evaluator.listen", "is the address of exporter.listen too; each program needs its own");
    }
    check_auth("prometheus", config_.prometheus.auth);
    check_auth("alertmanager", config_.alertmanager.auth);
    check_auth("evaluator.cluster_login", config_.evaluator.cluster_login.auth);
    check_auth("evaluator.webhook", config_.evaluator.webhook_auth);
    if (!config_.evaluator.cluster_url.empty() && !config_.evaluator.cluster_urls.empty())
      fault("evaluator.cluster_urls", "excludes cluster_url; take one of the two out");
    check_times();
    check_evaluator();
    check_rules();
    check_notify();
  }

 private:
  void fault(const std::string& key, std::string message) {
    walk_.fault(walk_.place_of(key), key, std::move(message));
  }
  void warn(const std::string& key, std::string message) {
    walk_.warn(walk_.place_of(key), key, std::move(message));
  }
  static std::string item(const char* list, size_t i) {
    return std::string(list) + "[" + std::to_string(i) + "]";
  }

  void check_hosts() {
    std::set<std::string> names;
    std::set<std::pair<std::string, int>> addresses;
    for (size_t i = 0; i < config_.proxmox_hosts.size(); ++i) {
      const HostConfig& host = config_.proxmox_hosts[i];
      const std::string path = item("proxmox_hosts", i);
      if (host.name.empty()) continue;  // a fault already
      if (!names.insert(host.name).second) {
        fault(path + ".name", "\"" + host.name + "\" is listed for the second time");
      } else if (!addresses.insert({host.address, host.port}).second) {
        fault(path + ".address", "\"" + host.address + "\" is the address of another host too");
      }
      check_login(path, host);
    }
    if (!config_.ssh.jump.empty() && !names.contains(config_.ssh.jump)) {
      fault("ssh.jump", "\"" + config_.ssh.jump + "\" is not the name of a host in proxmox_hosts");
    }
  }

  void check_login(const std::string& path, const HostConfig& host) {
    const bool tried = walk_.places.contains(path + ".password") || walk_.places.contains(path + ".key_path");
    if (host.password.empty() && host.key_path.empty() && !host.use_agent && !tried) {
      fault(path, "no way to log in; set key_path, password_file or use_agent: true");
    }
    if (!host.key_passphrase.empty() && host.key_path.empty() && !tried) {
      fault(path + ".key_passphrase", "belongs to a key; set key_path");
    }
  }

  void check_listening(const std::string& section, const std::string& listen, bool without_tls,
                       const std::string& web_config) {
    if (is_loopback(listen) || without_tls || !web_config.empty()) return;
    fault(section + ".listen", "\"" + listen + "\" can be reached from other machines; set " + section +
                                   ".web_config (TLS and users), or allow it with " + section +
                                   ".listen_without_tls: true");
  }

  void check_auth(const std::string& path, const HttpAuth& auth) {
    const bool user = !auth.basic_user.empty();
    const bool password = walk_.places.contains(path + ".basic_password");
    if (!auth.bearer_token.empty() && (user || password)) {
      fault(path + ".bearer_token", "excludes basic_user and basic_password: set one of the two");
    }
    if (user && !password) fault(path + ".basic_user", "needs basic_password_file");
    if (password && !user) fault(path + ".basic_password", "needs basic_user");
  }

  void check_times() {
    if (config_.evaluator.stale_after < 2 * config_.exporter.interval) {
      fault("evaluator.stale_after",
            "must be at least two exporter intervals, " + seconds(2 * config_.exporter.interval));
    }
    if (config_.prometheus.window < 3 * config_.exporter.interval) {
      fault("prometheus.window",
            "must hold at least three exporter intervals, " + seconds(3 * config_.exporter.interval));
    }
    for (size_t i = 0; i < config_.evaluator.windows.size(); ++i) {
      const TimeWindow& window = config_.evaluator.windows[i];
      const std::string path = item("evaluator.windows", i);
      if (window.from == window.to) fault(path, "from and to are the same: the window is empty");
      if (window.from == "24:00") fault(path + ".from", "found \"24:00\", write \"00:00\"");
    }
    for (size_t i = 0; i < config_.evaluator.balance.size(); ++i) {
      if (config_.evaluator.balance[i].at == "24:00")
        fault(item("evaluator.balance", i) + ".at", "found \"24:00\", write \"00:00\"");
    }
  }

  void check_evaluator() {
    const EvaluatorConfig& evaluator = config_.evaluator;
    const bool tried = walk_.places.contains("evaluator.webhook");
    if (evaluator.mode != "suggest" && !tried) {
      fault("evaluator.mode", "\"" + evaluator.mode +
                                  "\" moves guests: set evaluator.webhook.bearer_token_file, so that nobody "
                                  "else can raise alerts");
    }
    if (evaluator.limits.into_host_at_once > evaluator.limits.at_once) {
      fault("evaluator.limits.into_host_at_once", "is larger than evaluator.limits.at_once");
    }
  }

  void check_rules() {
    const auto listed = [&](const std::string& name) {
      return std::any_of(config_.proxmox_hosts.begin(), config_.proxmox_hosts.end(),
                         [&](const HostConfig& h) { return h.name == name; });
    };
    for (size_t i = 0; i < config_.rules.size(); ++i) {
      const RuleConfig& rule = config_.rules[i];
      const std::string path = item("rules", i);
      const bool of_hosts = rule.kind == "only_on" || rule.kind == "avoid";
      const bool of_guests = rule.kind == "together" || rule.kind == "apart";
      if (of_hosts && rule.hosts.empty()) fault(path, rule.kind + " needs hosts");
      if (of_guests && !rule.hosts.empty())
        fault(path + ".hosts", rule.kind + " is about guests alone; use only_on or avoid for hosts");
      if (of_guests && rule.guests.size() == 1 && !rule.guests[0].starts_with("tag:")) {
        fault(path + ".guests", rule.kind + " needs two guests, or a tag");
      }
      for (size_t j = 0; j < rule.hosts.size(); ++j) {
        if (!rule.hosts[j].empty() && !listed(rule.hosts[j]) && !config_.exporter.discover) {
          warn(path + item(".hosts", j),
               "\"" + rule.hosts[j] +
                   "\" is not in proxmox_hosts: the rule is ignored while the cluster has no such host");
        }
      }
    }
  }

  void check_notify() {
    std::set<std::string> names{"log", "alertmanager"};
    const auto check_name = [&](const std::string& path, const std::string& name) {
      if (!name.empty() && !names.insert(name).second)
        fault(path + ".name", "\"" + name + "\" is the name of another receiver too");
    };
    for (size_t i = 0; i < config_.notify.webhooks.size(); ++i) {
      const std::string path = item("notify.webhooks", i);
      check_name(path, config_.notify.webhooks[i].name);
      check_auth(path, config_.notify.webhooks[i].auth);
      const bool open = walk_.places.contains(path + ".url");
      const bool secret = walk_.places.contains(path + ".secret_url");
      if (open && secret) fault(path + ".secret_url", "excludes url: set one of the two");
      if (!open && !secret) fault(path, "needs url, or secret_url_file");
    }
    for (size_t i = 0; i < config_.notify.grafana.size(); ++i)
      check_name(item("notify.grafana", i), config_.notify.grafana[i].name);
    for (size_t i = 0; i < config_.notify.emails.size(); ++i) {
      const std::string path = item("notify.emails", i);
      check_name(path, config_.notify.emails[i].name);
      const bool password = walk_.places.contains(path + ".password");
      if (!config_.notify.emails[i].user.empty() != password)
        fault(path, "user and password_file go together");
    }
  }

  static std::string seconds(Seconds value) { return write_value({.kind = OptionKind::duration}, value); }

  ConfigWalk& walk_;
  const Config& config_;
};

}  // namespace

void check_config(ConfigWalk& walk) { Checker(walk).check(); }

}  // namespace pcb
