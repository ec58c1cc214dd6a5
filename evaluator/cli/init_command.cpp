#include "evaluator/cli/init_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cluster/config_values.h"
#include "cluster/document_json.h"
#include "common/cli/command_line.h"
#include "common/http/client.h"
#include "common/os/file.h"
#include "common/os/terminal.h"
#include "common/text.h"
#include "evaluator/cli/init_access.h"
#include "evaluator/planner/planner.h"
#include "evaluator/setup/files.h"

namespace pcb {
namespace {

constexpr const char* kInstalledRules = "/usr/share/proxmox-cluster-balancer/rules";

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

class Init {
 public:
  Init(InitOptions options, std::istream& in, std::ostream& out, std::ostream& err)
      : options_(std::move(options)), in_(in), out_(out), err_(err) {}

  int run() {
    const auto done = steps();
    if (done) return some_failed_ ? kExitPartial : kExitGood;
    err_ << "balancer-evaluator init: " << done.error().message << "\n";
    return exit_code_;
  }

 private:
  Status steps();
  Status complete_options();
  Status may_write();
  Status trust(const std::string& name, const std::string& address, const ShownKey& key);
  Status install(const std::string& address);
  Status find_members();
  Status trust_members();
  Status install_where_refused();
  Status measure();
  void suggest();
  Status write_files();
  void say_what_is_next();

  Status usage(const std::string& message) {
    exit_code_ = kExitUsage;
    return Error{message};
  }
  void say(const std::string& line) { out_ << line << "\n" << std::flush; }
  std::string ask(const std::string& question, const std::string& otherwise);
  bool confirm(const std::string& question);
  [[nodiscard]] std::vector<std::string> targets() const;
  void say_whether_it_answers(const std::string& name, const std::string& url);

  InitOptions options_;
  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
  SetupPlaces places_;
  SetupFacts facts_;
  Cluster measured_;
  std::string password_;
  bool some_failed_ = false;
  int exit_code_ = kExitFailed;
};

std::string Init::ask(const std::string& question, const std::string& otherwise) {
  if (!options_.ask) return otherwise;
  out_ << question << (otherwise.empty() ? ": " : " [" + otherwise + "]: ") << std::flush;
  std::string line;
  std::getline(in_, line);
  const std::string answer(text::trim(line));
  return answer.empty() ? otherwise : answer;
}

bool Init::confirm(const std::string& question) {
  return options_.ask && text::to_lower(ask(question + " (yes/no)", "no")).starts_with("y");
}

std::vector<std::string> Init::targets() const {
  std::vector<std::string> all{places_.config(), places_.to_add("prometheus.yml"),
                               places_.to_add("alertmanager.yml")};
  if (options_.folder == kPackageFolder) return all;
  for (const char* program : {"balancer-exporter", "balancer-evaluator"})
    all.push_back(places_.to_add(std::string(program) + ".service"));
  return all;
}

Status Init::complete_options() {
  if (options_.host.empty()) options_.host = ask("Address of one host of the cluster", "");
  if (options_.host.empty()) return usage("give the address of one host of the cluster: --host 192.0.2.11");
  if (options_.cluster.empty())
    options_.cluster = ask("What the cluster is called in series and alerts", "homelab");
  if (options_.folder.empty()) {
    const bool packaged = ::geteuid() == 0 && exists(kPackageFolder);
    const std::string here = (std::filesystem::current_path() / "balancer").string();
    options_.folder = ask("Folder to write into", packaged ? kPackageFolder : here);
  }
  options_.folder = std::filesystem::absolute(options_.folder).lexically_normal().string();
  while (options_.folder.size() > 1 && options_.folder.back() == '/') options_.folder.pop_back();
  if (!is_plain_path(options_.folder))
    return usage("--output " + text::printable(options_.folder) +
                 ": the path may hold letters, digits, and _ . - / alone");
  places_.folder = options_.folder;
  facts_.cluster = options_.cluster;
  facts_.user = options_.user;
  facts_.port = options_.port;
  facts_.folder = options_.folder;
  facts_.prometheus_url = options_.prometheus_url;
  facts_.alertmanager_url = options_.alertmanager_url;
  facts_.programs = std::filesystem::path(exporter_program()).parent_path().string();
  facts_.rules = exists(kInstalledRules) ? kInstalledRules : options_.folder + "/rules";
  facts_.hosts = {{is_node_name(options_.host) ? options_.host : "first", options_.host}};
  facts_.discover = true;
  if (auto good = check_config_text(config_text(facts_), places_.folder); !good)
    return usage(good.error().message);
  return Done{};
}

Status Init::may_write() {
  std::vector<std::string> there;
  for (const std::string& path : targets())
    if (exists(path)) there.push_back(path);
  if (there.empty() || options_.force) return Done{};
  const std::string list = text::join(there, ", ");
  if (confirm("Replace " + list + "? The old files are kept as *.before-init.")) return Done{};
  return usage("there is " + list + " already; --force replaces it and keeps the old one as *.before-init, " +
               "--output names another folder");
}

// Every host key is seen by a person, or named by its fingerprint.
Status Init::trust(const std::string& name, const std::string& address, const ShownKey& key) {
  if (key.trusted) return Done{};
  const auto& accepted = options_.accept_host_keys;
  const auto is_named = [&](const std::string& word) {
    return std::find(accepted.begin(), accepted.end(), word) != accepted.end();
  };
  const std::string shown = name + " (" + address + ") shows " + key.type + " " + key.fingerprint;
  if (key.changed && !is_named(key.fingerprint)) {
    return Error{shown + ", which is not the key in " + places_.known_hosts() +
                 ". If the host was installed again: --accept-host-keys " + key.fingerprint};
  }
  say(shown);
  const bool yes = is_named(key.fingerprint) || is_named("all") || confirm("Is that its key?");
  if (!yes) {
    return Error{"the key of " + name + " was not confirmed. Compare it on the host: ssh-keygen -lf " +
                 "/etc/ssh/ssh_host_ed25519_key.pub; then --accept-host-keys " + key.fingerprint};
  }
  return accept_key(places_, address, options_.port, key);
}

Status Init::install(const std::string& address) {
  if (password_.empty() && !options_.password_file.empty()) {
    auto read = os::read_secret_file(options_.password_file);
    if (!read) return read.error();
    password_ = std::move(*read);
  }
  if (password_.empty() && options_.ask) {
    out_ << "Password of root on " << address << " (used now, kept nowhere): " << std::flush;
    password_ = os::read_hidden_line(STDIN_FILENO);
    say("");
  }
  if (password_.empty()) return usage("--install-key needs root's password: --password-file FILE");
  auto installed = install_key(places_, address, options_.port, password_);
  if (installed) say("root on " + address + " accepts the key now.");
  return installed;
}

Status Init::find_members() {
  const std::string text = config_text(facts_);
  auto asked = ask_exporter(places_, text, {"--once", "--output", "sd"});
  if (!asked) return asked.error();
  if (asked->exit_code != kExitGood && asked->exit_code != kExitPartial) {
    const auto check = ask_exporter(places_, text, {"--check", "--connect"});
    const std::string why = check ? check->out + check->err : asked->err;
    const bool refused = why.find("FAILED (auth)") != std::string::npos;
    if (refused && !options_.install_key && options_.user == "root" &&
        confirm("It does not accept the key " + places_.key() + ".pub. Install it with root's password?")) {
      options_.install_key = true;
      if (auto done = install(options_.host); !done) return done;
      return find_members();
    }
    return Error{"the host cannot be read.\n" + why +
                 (refused ? "The key is " + places_.key() + ".pub: ssh-copy-id -i it root@" + options_.host +
                                ", or --install-key; for a user with few rights: docs/security.md\n"
                          : "")};
  }
  auto members = read_members(asked->out);
  if (!members) return members.error();
  if (members->empty()) return Error{"the host tells of no member of a cluster"};
  facts_.hosts = std::move(*members);
  facts_.discover = false;
  std::vector<std::string> names;
  names.reserve(facts_.hosts.size());
  for (const Member& host : facts_.hosts) names.push_back(host.name + " (" + host.address + ")");
  say("The cluster: " + text::join(names, ", "));
  return Done{};
}

Status Init::trust_members() {
  for (const Member& host : facts_.hosts) {
    if (host.address == options_.host) continue;
    const auto key = look_at_host_key(places_, host.address, options_.port);
    if (!key) {
      // A member that is down, or whose address in the cluster is not reached from here: it stands in the
      // configuration, and a person mends it there.
      say(host.name + " is not reached: " + key.error().message);
      say("  When it is, or its address in " + places_.config() + " is another: balancer-exporter --config " +
          places_.config() + " accept-host-key " + host.name);
      some_failed_ = true;
      continue;
    }
    if (auto trusted = trust(host.name, host.address, *key); !trusted) return trusted;
  }
  return Done{};
}

// On Proxmox hosts root's authorized_keys is the cluster's, so that one installation does for all.
Status Init::install_where_refused() {
  const auto check = ask_exporter(places_, config_text(facts_), {"--check", "--connect"});
  if (!check) return check.error();
  for (const Member& host : facts_.hosts) {
    if (check->out.find(host.name + ": FAILED (auth)\n") == std::string::npos) continue;
    if (auto done = install(host.address); !done) return done;
  }
  return Done{};
}

Status Init::measure() {
  say("Measuring …");
  const auto asked = ask_exporter(places_, config_text(facts_), {"--once", "--output", "cluster"});
  if (!asked) return asked.error();
  if (asked->exit_code != kExitGood && asked->exit_code != kExitPartial)
    return Error{"no host could be read: " + asked->err};
  auto read = read_cluster(asked->out);
  if (!read) return read.error().in("what the exporter printed");
  measured_ = std::move(read->cluster);
  for (const Member& host : facts_.hosts) {
    const bool measured = std::any_of(measured_.hosts.begin(), measured_.hosts.end(), [&](const Host& one) {
      return one.name == host.name && one.cpu_used_cores.has_value();
    });
    if (measured) continue;
    some_failed_ = true;
    say(host.name + " could not be read: balancer-exporter --config " + places_.config() +
        " --check --connect says why");
  }
  return Done{};
}

void Init::suggest() {
  facts_.proposal = propose_thresholds(measured_);
  apply(facts_.proposal, measured_);
  say("");
  for (const std::string& reason : facts_.proposal.reasons) say(text::printable(reason));
  say("Thresholds: CPU " + std::to_string(facts_.proposal.cpu) + " %, memory " +
      std::to_string(facts_.proposal.memory) + " %");
  say("");
  say("With the figures of this moment, the first suggestion:");
  const auto made = plan(measured_, {}, {});
  say(made ? plan_to_text(*made, measured_, options_.style) : made.error().message);
}

Status Init::write_files() {
  const std::string config = config_text(facts_);
  if (auto good = check_config_text(config, places_.folder); !good) return good;
  std::vector<std::pair<std::string, std::string>> files{
      {places_.config(), config},
      {places_.to_add("prometheus.yml"), prometheus_text(facts_)},
      {places_.to_add("alertmanager.yml"), alertmanager_text(facts_)}};
  if (options_.folder != kPackageFolder && is_plain_path(facts_.programs))
    for (const char* program : {"balancer-exporter", "balancer-evaluator"})
      files.emplace_back(places_.to_add(std::string(program) + ".service"), unit_text(facts_, program));
  for (const auto& [path, text] : files) {
    if (auto written = write_setup_file(path, text); !written) return written;
    say("Written: " + path);
  }
  return Done{};
}

void Init::say_whether_it_answers(const std::string& name, const std::string& url) {
  http::ClientSettings settings;
  settings.timeout = std::chrono::seconds(3);
  const auto answer = http::Client(settings).get(url + "/-/ready");
  say("  " + name + (answer && answer->status == 200 ? " answers at " : " does not answer yet at ") + url);
}

void Init::say_what_is_next() {
  const std::string with_config = " --config " + places_.config();
  say("");
  say("Next:");
  say("  export CREDENTIALS_DIRECTORY=" + places_.credentials());
  say("  balancer-exporter" + with_config + " --check --connect     # is every host read");
  if (options_.folder == kPackageFolder) {
    say("  systemctl restart balancer-exporter balancer-evaluator");
  } else {
    say("  balancer-exporter" + with_config + "                       # http://127.0.0.1:9722/metrics");
    say("  balancer-evaluator serve" + with_config + "                # http://127.0.0.1:9723/");
    say("  for good, under systemd: " + places_.to_add("*.service"));
  }
  if (const std::string& rules = facts_.rules; rules != kInstalledRules)
    say("  mkdir -p " + rules + " && cp rules/*.yml " + rules + "/   # from the sources");
  say("  add " + places_.to_add("prometheus.yml") + " to your Prometheus, " +
      places_.to_add("alertmanager.yml") + " to your Alertmanager");
  say("  import dashboards/*.json into your Grafana");
  say("  balancer-evaluator check" + with_config + " --chain        # does an alert come through");
  say_whether_it_answers("Prometheus", options_.prometheus_url);
  say_whether_it_answers("Alertmanager", options_.alertmanager_url);
}

Status Init::steps() {
  if (auto done = complete_options(); !done) return done;
  if (auto done = may_write(); !done) return done;
  if (auto done = make_places(places_); !done) return done;
  std::string said;
  if (auto done = prepare_key(places_, options_.key, said); !done) return done;
  if (!said.empty()) say(said);
  const auto key = look_at_host_key(places_, options_.host, options_.port);
  if (!key) return key.error();
  if (auto done = trust(options_.host, options_.host, *key); !done) return done;
  if (options_.install_key)
    if (auto done = install(options_.host); !done) return done;
  if (auto done = find_members(); !done) return done;
  if (auto done = trust_members(); !done) return done;
  if (options_.install_key)
    if (auto done = install_where_refused(); !done) return done;
  if (auto done = measure(); !done) return done;
  suggest();
  if (auto done = write_files(); !done) return done;
  say_what_is_next();
  return Done{};
}

}  // namespace

CLI::App* add_init_command(CLI::App& app, InitOptions& options) {
  CLI::App* init =
      app.add_subcommand("init", "From one host's address to a configuration and a first suggestion");
  init->add_option("--host", options.host, "Address of one host; the others are found");
  init->add_option("--port", options.port, "SSH port")->check(CLI::Range(1, 65535))->capture_default_str();
  init->add_option("--user", options.user, "SSH user: root, or balancer-read on prepared hosts")
      ->capture_default_str();
  init->add_option("--key", options.key,
                   "Private key that the hosts accept, which is copied into the folder "
                   "(default: the one that is there, or a new one)");
  init->add_flag("--install-key", options.install_key,
                 "Let root on the hosts accept the key, with root's password");
  init->add_option("--password-file", options.password_file,
                   "Root's password, for --install-key (default: it is "
                   "asked for)");
  init->add_option("--cluster", options.cluster,
                   "What the cluster is called in series and alerts (default: homelab)");
  init->add_option("--output", options.folder,
                   "Folder to write into (default: that of the package, or ./balancer)");
  init->add_option("--prometheus", options.prometheus_url, "Your Prometheus")->capture_default_str();
  init->add_option("--alertmanager", options.alertmanager_url, "Your Alertmanager")->capture_default_str();
  init->add_option("--accept-host-keys", options.accept_host_keys,
                   "Fingerprints SHA256:…, separated by commas, or all: whatever the hosts show now")
      ->delimiter(',');
  init->add_flag("--force", options.force,
                 "Replace files that exist; the old ones are kept as *.before-init");
  init->add_flag("--yes", options.yes, "Ask nothing: what is not given has its default");
  init->footer(
      "Examples:\n"
      "  balancer-evaluator init\n"
      "        asks, on a terminal\n"
      "  balancer-evaluator init --host 192.0.2.11 --key ~/.ssh/id_ed25519 --accept-host-keys all --output "
      "./balancer\n"
      "        asks nothing");
  return init;
}

int run_init(const InitOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  return Init(options, in, out, err).run();
}

}  // namespace pcb
