#include "cluster/config_options.h"

#include <map>

#include "cluster/config_values.h"

namespace pcb {
namespace {

struct Obsolete {
  std::string_view path;  // "[]" stands for any index
  std::string_view because;
};
constexpr std::string_view kPlanner =
    "the planner compares whole plans and needs no weights; see docs/planner.md";
constexpr std::string_view kPrograms =
    "the exporter and the evaluator run as services; see exporter.interval and evaluator.interval";
constexpr Obsolete kObsolete[] = {
    {"default_params.balance_score_cpu_weight", kPlanner},
    {"default_params.balance_score_memory_weight", kPlanner},
    {"default_params.migration_memory_weight", kPlanner},
    {"default_params.migration_core_weight", kPlanner},
    {"default_params.migration_balance_weight", kPlanner},
    {"default_params.max_migration_suitability_score", kPlanner},
    {"default_params.check_interval", kPrograms},
    {"check_interval", kPrograms},
    {"poll_interval", kPrograms},
    {"monitoring_interval", kPrograms},
    {"dry_run", "evaluator.mode: suggest is the default and moves nothing"},
    {"paramiko", "SSH is built in; see the section ssh"},
    {"logging", "logs go to stderr; see --log-level and --log-format"},
    {"log_level", "it is the option --log-level"},
    {"log_file", "logs go to stderr, where systemd's journal takes them"},
    {"alert_email", "mail is set up in notify.emails"},
    {"email", "mail is set up in notify.emails"},
    {"prometheus_port", "the address of the metrics is exporter.listen"},
};

// "proxmox_hosts[3].x" → "proxmox_hosts[].x"
std::string without_indices(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) out += c;
    if (c == '[') inside = true;
  }
  return out;
}

// Collects the options of a section, with the defaults of the values it is shown.
class OptionLister {
 public:
  OptionLister(std::vector<ConfigOption>& options, std::string prefix, bool live, bool unused)
      : options_(options), prefix_(std::move(prefix)), live_(live), unused_(unused) {}

  template <class T>
  void operator()(const OptionNote& note, const T& member) {
    ConfigOption option{.path = prefix_ + note.key,
                        .allowed = allowed_text(note),
                        .default_text = note.absent,
                        .required = note.required,
                        .live = live_ && note.live,
                        .unused = unused_ || note.unused,
                        .tells = note.tells};
    set_default(option, note, member);
    options_.push_back(std::move(option));
    OptionLister inside(options_, "", live_ && note.live, unused_ || note.unused);
    inside.below(prefix_ + note.key, member);
  }

 private:
  template <class T>
  static void set_default(ConfigOption& option, const OptionNote& note, const T& member) {
    if constexpr (requires { write_value(note, member); }) {
      const std::string value = write_value(note, member);
      if (value.empty() || note.required) return;
      option.default_text = value;
      option.has_default_value = true;
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      option.allowed = "a list: " + option.allowed;
      if (member.empty() || note.required) return;
      option.default_text = "[" + member.front() + "]";
      option.has_default_value = true;
    } else if constexpr (std::is_same_v<T, Secret>) {
      option.secret = true;
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::vector<std::string>>>) {
      option.allowed = "a map of lxc/N, qemu/N or tag:NAME to lists of codes (docs/cluster-document.md)";
    } else {
      option.section = note.kind == OptionKind::section;
    }
  }
  template <class T>
  void below(const std::string& path, const std::vector<T>& /*list*/) {
    if constexpr (requires(OptionLister & lister, T & section) { describe_options(lister, section); }) {
      section_of(path + "[].", T{});
    }
  }
  void below(const std::string& path, const std::map<std::string, GuestThresholds>& /*guests*/) {
    section_of(path + "[].", GuestThresholds{});
  }
  template <class T>
  void below(const std::string& path, const T& member) {
    if constexpr (requires(OptionLister & lister) { describe_options(lister, member); })
      section_of(path + ".", member);
  }
  template <class T>
  void section_of(const std::string& prefix, const T& section) {
    OptionLister lister(options_, prefix, live_, unused_);
    describe_options(lister, section);
  }

  std::vector<ConfigOption>& options_;
  std::string prefix_;
  bool live_, unused_;
};

struct Leaf {
  std::string value;  // compared, never shown
  bool live = true;
};

// Every option of a configuration by its path.
class Flattener {
 public:
  Flattener(std::map<std::string, Leaf>& leaves, std::string prefix, bool live)
      : leaves_(leaves), prefix_(std::move(prefix)), live_(live) {}

  template <class T>
  void operator()(const OptionNote& note, const T& member) {
    flatten(note, prefix_ + note.key, member, live_ && note.live);
  }

 private:
  template <class T>
  void flatten(const OptionNote& note, const std::string& path, const T& member, bool live) {
    if constexpr (requires { write_value(note, member); }) {
      leaves_[path] = {"=" + write_value(note, member), live};
    } else {
      Flattener below(leaves_, path + ".", live);
      describe_options(below, member);
    }
  }
  template <class T>
  void flatten(const OptionNote& note, const std::string& path, const std::optional<T>& member, bool live) {
    if (member) flatten(note, path, *member, live);
  }
  void flatten(const OptionNote& /*note*/, const std::string& path, const Secret& member, bool live) {
    leaves_[path] = {"=" + member.reveal(), live};
  }
  void flatten(const OptionNote& /*note*/, const std::string& path, const std::vector<std::string>& member,
               bool live) {
    std::string joined;
    for (const std::string& value : member) joined += value + '\n';
    leaves_[path] = {"=" + joined, live};
  }
  void flatten(const OptionNote& /*note*/, const std::string& path,
               const std::vector<std::pair<std::string, std::string>>& member, bool live) {
    for (const auto& [name, value] : member) leaves_[path + "." + name] = {"=" + value, live};
  }
  template <class T>
  void flatten(const OptionNote& note, const std::string& path, const std::vector<T>& member, bool live) {
    for (size_t i = 0; i < member.size(); ++i) {
      std::string name = std::to_string(i);
      if constexpr (requires { member[i].name; }) name = member[i].name;
      flatten(note, path + "[" + name + "]", member[i], live);
    }
  }
  template <class T>
  void flatten(const OptionNote& note, const std::string& path, const std::map<std::string, T>& member,
               bool live) {
    for (const auto& [name, value] : member) flatten(note, path + "[" + name + "]", value, live);
  }

  std::map<std::string, Leaf>& leaves_;
  std::string prefix_;
  bool live_;
};

std::map<std::string, Leaf> flattened(const Config& config) {
  std::map<std::string, Leaf> leaves;
  Flattener flattener(leaves, "", true);
  describe_options(flattener, config);
  return leaves;
}

}  // namespace

std::vector<ConfigOption> config_options() {
  std::vector<ConfigOption> options;
  OptionLister lister(options, "", true, false);
  describe_options(lister, static_cast<const Config&>(Config{}));
  return options;
}

std::optional<std::string> why_no_longer_used(std::string_view path) {
  const std::string general = without_indices(path);
  for (const Obsolete& obsolete : kObsolete) {
    if (obsolete.path == general) return std::string(obsolete.because);
  }
  return std::nullopt;
}

std::string describe(const ConfigChange& change) {
  return change.path + (change.live ? " has changed: taken now" : " has changed: needs a restart");
}

std::vector<ConfigChange> config_changes(const Config& before, const Config& after) {
  const std::map<std::string, Leaf> old_leaves = flattened(before);
  std::map<std::string, Leaf> changed = flattened(after);
  for (const auto& [path, leaf] : old_leaves) {
    const auto [at, gone] = changed.try_emplace(path, leaf);
    if (!gone && at->second.value == leaf.value) changed.erase(at);
  }
  std::vector<ConfigChange> changes;
  changes.reserve(changed.size());
  for (const auto& [path, leaf] : changed) changes.push_back({path, leaf.live});
  return changes;
}

}  // namespace pcb
