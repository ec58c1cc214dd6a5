#include "cluster/config_read.h"

#include <algorithm>

#include "cluster/config_fields.h"
#include "cluster/config_options.h"
#include "cluster/config_walk.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr size_t kMaxFaults = 100;
constexpr size_t kMaxSecretBytes = 4096;
constexpr std::string_view kCredentials = "${CREDENTIALS_DIRECTORY}/";

std::string shown_key(std::string_view key) { return text::printable(text::shortened(key, 60)); }

std::string name_of(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a single value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      break;
  }
  return "a map of keys";
}

// Reads one map; the tables call it once for each option.
class OptionReader {
 public:
  OptionReader(ConfigWalk& walk, const YamlNode& map, std::string path)
      : walk_(walk), map_(map), path_(std::move(path)) {}

  template <class T>
  void operator()(const OptionNote& note, T& member) {
    const YamlMember* found = find(note.key);
    const std::string path = join(note.key);
    if (found == nullptr || found->value.kind == YamlNode::Kind::null) {
      if (note.required) {
        const TextPlace place = found != nullptr ? found->place : map_.place;
        walk_.fault(place, path,
                    std::string(found != nullptr ? "is empty" : "is missing") + "; it is required: " +
                        (note.kind == OptionKind::section ? note.tells : allowed_text(note)));
      }
      return;
    }
    walk_.places[path] = found->place;
    if (note.unused) {
      walk_.warn(found->place, path,
                 "not yet used by this version: it is read and checked, and has no effect");
    }
    read(note, found->value, path, member);
  }

  void operator()(const OptionNote& note, Secret& member) {
    const YamlMember* inside = find(note.key);
    const std::string file_key = std::string(note.key) + "_file";
    const YamlMember* file = find(file_key);
    if (inside != nullptr && inside->value.kind != YamlNode::Kind::null) {
      walk_.places[join(note.key)] = inside->place;
      if (file != nullptr)
        walk_.fault(file->place, join(file_key),
                    "excludes " + std::string(note.key) + ": set one of the two");
      read_secret(inside->value, join(note.key), member);
    } else if (file != nullptr && file->value.kind != YamlNode::Kind::null) {
      walk_.places[join(note.key)] = file->place;
      std::string path;
      const OptionNote path_note{.kind = OptionKind::path};
      read(path_note, file->value, join(file_key), path);
      if (!path.empty()) read_secret_file(path, file->value.place, join(file_key), member);
    } else if (note.required) {
      walk_.fault(map_.place, join(file_key), "is missing; it is required");
    }
  }

  // Keys that stand twice, and keys that no option of this map has.
  void finish() {
    std::set<std::string_view> seen;
    for (const YamlMember& member : map_.members) {
      if (!seen.insert(member.key).second) {
        walk_.fault(member.place, join(shown_key(member.key)), "stands here for the second time");
      } else if (std::find(known_.begin(), known_.end(), member.key) == known_.end()) {
        unknown(member);
      }
    }
  }

 private:
  [[nodiscard]] std::string join(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }

  const YamlMember* find(std::string_view key) {
    known_.emplace_back(key);
    const auto at = std::find_if(map_.members.begin(), map_.members.end(),
                                 [&](const YamlMember& member) { return member.key == key; });
    return at == map_.members.end() ? nullptr : &*at;
  }

  void unknown(const YamlMember& member) {
    const std::string path = join(shown_key(member.key));
    if (const std::optional<std::string> because = why_no_longer_used(path)) {
      walk_.warn(member.place, path, "no longer used, because " + *because);
      return;
    }
    const std::optional<std::string> nearest = nearest_word(member.key, known_);
    std::string known;
    for (const std::string& key : known_) known += (known.empty() ? "" : ", ") + key;
    walk_.fault(member.place, path,
                "unknown key; " + (nearest ? "did you mean " + *nearest + "?" : "known here: " + known));
  }

  bool expect(const YamlNode& node, YamlNode::Kind kind, const std::string& path) {
    if (node.kind == kind) return true;
    const bool bare = node.kind == YamlNode::Kind::scalar && kind == YamlNode::Kind::list;
    walk_.fault(
        node.place, path,
        "found " + name_of(node.kind) + ", expected " + name_of(kind) + (bare ? ": put it in [ ]" : ""));
    return false;
  }

  // Scalars of every kind.
  template <class T>
  void read(const OptionNote& note, const YamlNode& node, const std::string& path, T& member) requires
      requires(std::string_view text) {
    parse_value(note, text, member);
  }
  {
    if (!expect(node, YamlNode::Kind::scalar, path)) return;
    if (const Status status = parse_value(note, node.text, member); !status.ok()) {
      walk_.fault(node.place, path, status.error().message);
      return;
    }
    if constexpr (std::is_same_v<T, std::string>) {
      if (note.kind == OptionKind::path) expand(node, path, member);
    }
    if constexpr (std::is_same_v<T, double>) {
      if (note.kind == OptionKind::percent && member < 0.1) {
        walk_.warn(node.place, path,
                   node.text + " % is very low; thresholds are percent, not the loads of the older versions");
      }
    }
  }
  template <class T>
  void read(const OptionNote& note, const YamlNode& node, const std::string& path, std::optional<T>& member) {
    T value{};
    const size_t faults = walk_.reading.faults.size();
    read(note, node, path, value);
    if (walk_.reading.faults.size() == faults) member = value;
  }
  template <class T>
  void read(const OptionNote& note, const YamlNode& node, const std::string& path, std::vector<T>& member) {
    if (!expect(node, YamlNode::Kind::list, path)) return;
    member.clear();
    for (size_t i = 0; i < node.items.size(); ++i) {
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      walk_.places[item_path] = node.items[i].place;
      if (node.items[i].kind == YamlNode::Kind::null) {
        walk_.fault(node.items[i].place, item_path, "is empty");
        continue;
      }
      T& element = member.emplace_back();
      if constexpr (requires { element.line; }) element.line = node.items[i].place.line;
      read(note, node.items[i], item_path, element);
    }
    if (note.required && node.items.empty())
      walk_.fault(node.place, path, "the list is empty; at least one is required");
  }
  void read(const OptionNote& /*note*/, const YamlNode& node, const std::string& path,
            std::vector<std::pair<std::string, std::string>>& headers) {
    if (!expect(node, YamlNode::Kind::map, path)) return;
    headers.clear();
    for (const YamlMember& member : node.members) {
      const std::string header_path = path + "." + shown_key(member.key);
      if (const std::string fault = header_fault(member, headers); !fault.empty()) {
        walk_.fault(member.place, header_path, fault);
      } else {
        headers.emplace_back(member.key, member.value.text);
      }
    }
  }
  template <class T>
  void read(const OptionNote& note, const YamlNode& node, const std::string& path,
            std::map<std::string, T>& member) {
    if (!expect(node, YamlNode::Kind::map, path)) return;
    for (const YamlMember& entry : node.members) {
      const std::string entry_path = path + "[" + shown_key(entry.key) + "]";
      std::string selector;
      if (const Status status = parse_value({.kind = OptionKind::guest}, entry.key, selector); !status.ok()) {
        walk_.fault(entry.place, entry_path, status.error().message);
      } else if (member.contains(selector)) {
        walk_.fault(entry.place, entry_path, "stands here for the second time");
      } else if (entry.value.kind == YamlNode::Kind::null) {
        walk_.fault(entry.place, entry_path, "is empty");
      } else {
        walk_.places[entry_path] = entry.place;
        read(note, entry.value, entry_path, member[selector]);
      }
    }
  }
  template <class T>
  void read(const OptionNote& /*note*/, const YamlNode& node, const std::string& path, T& section) requires
      requires(OptionReader& reader) {
    describe_options(reader, section);
  }
  {
    if (!expect(node, YamlNode::Kind::map, path)) return;
    OptionReader reader(walk_, node, path);
    describe_options(reader, section);
    reader.finish();
  }

  // Header values may be secrets: they are not shown.
  static std::string header_fault(const YamlMember& member,
                                  const std::vector<std::pair<std::string, std::string>>& before) {
    const std::string name = text::to_lower(member.key);
    const bool token = !name.empty() &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
    if (!token) return "not the name of an HTTP header";
    if (name == "authorization") return "use bearer_token_file, or basic_user and basic_password_file";
    if (name == "host" || name == "content-length" || name == "content-type" || name == "transfer-encoding") {
      return "this header is set by the program";
    }
    const bool twice = std::any_of(before.begin(), before.end(),
                                   [&](const auto& h) { return text::to_lower(h.first) == name; });
    if (twice) return "stands here for the second time";
    if (member.value.kind != YamlNode::Kind::scalar)
      return "found " + name_of(member.value.kind) + ", expected text";
    return member.value.text.find_first_of("\r\n") == std::string::npos ? "" : "one line, please";
  }

  void expand(const YamlNode& node, const std::string& path, std::string& member) {
    if (!member.starts_with(kCredentials)) return;
    if (walk_.credentials_directory.empty()) {
      if (!walk_.needs_secret(path)) return;
      walk_.fault(node.place, path,
                  "CREDENTIALS_DIRECTORY is not set; systemd sets it where the unit has LoadCredential=");
    }
    member = std::string(walk_.credentials_directory) + "/" + member.substr(kCredentials.size());
  }

  void read_secret(const YamlNode& node, const std::string& path, Secret& member) {
    if (!expect(node, YamlNode::Kind::scalar, path)) return;
    if (node.text.starts_with(kCredentials)) {
      std::string file = node.text;
      const size_t faults = walk_.reading.faults.size();
      if (walk_.credentials_directory.empty() && !walk_.needs_secret(path)) return;
      expand(node, path, file);
      if (walk_.reading.faults.size() == faults) read_secret_file(file, node.place, path, member);
      return;
    }
    walk_.reading.holds_secret = true;
    take_secret(node.text, node.place, path, member);
  }

  void read_secret_file(const std::string& file, TextPlace place, const std::string& path, Secret& member) {
    Result<std::string> content = walk_.secrets(file);
    if (!content) {
      if (!walk_.needs_secret(path)) return;
      walk_.fault(place, path, content.error().message);
      return;
    }
    std::string_view line = *content;
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_secret(line, place, path, member);
  }

  void take_secret(std::string_view value, TextPlace place, const std::string& path, Secret& member) {
    const bool one_line =
        std::none_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (value.empty() || value.size() > kMaxSecretBytes || !one_line) {
      walk_.fault(place, path,
                  "a secret is one line of 1 to 4096 bytes; this one is " +
                      std::string(value.empty() ? "empty"
                                  : one_line    ? "longer"
                                                : "more than one line"));
      return;
    }
    member = Secret{std::string(value)};
  }

  ConfigWalk& walk_;
  const YamlNode& map_;
  std::string path_;
  std::vector<std::string> known_;
};

void sort_by_place(std::vector<ConfigFault>& faults) {
  std::stable_sort(faults.begin(), faults.end(), [](const ConfigFault& a, const ConfigFault& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}

}  // namespace

void ConfigWalk::fault(TextPlace place, const std::string& key, std::string message) {
  if (reading.faults.size() < kMaxFaults)
    reading.faults.push_back({place.line, place.column, key, std::move(message)});
}

void ConfigWalk::warn(TextPlace place, const std::string& key, std::string message) {
  if (reading.warnings.size() < kMaxFaults)
    reading.warnings.push_back({place.line, place.column, key, std::move(message)});
}

bool ConfigWalk::needs_secret(std::string_view key) const {
  const bool of_exporter = key.starts_with("proxmox_hosts");
  return needed == SecretsOf::both || needed == (of_exporter ? SecretsOf::exporter : SecretsOf::evaluator);
}

TextPlace ConfigWalk::place_of(std::string key) const {
  while (!key.empty()) {
    if (const auto at = places.find(key); at != places.end()) return at->second;
    const size_t end = key.find_last_of(".[");
    key.resize(end == std::string::npos ? 0 : end);
  }
  return {};
}

ConfigReading read_config(std::string_view yaml_text, const SecretSource& secrets,
                          std::string_view credentials_directory, SecretsOf needed) {
  ConfigWalk walk{{}, secrets, credentials_directory, needed, {}};
  const std::variant<YamlNode, YamlFault> yaml = read_yaml(yaml_text);
  if (const auto* fault = std::get_if<YamlFault>(&yaml)) {
    walk.fault(fault->place, "", fault->message);
    return walk.reading;
  }
  const YamlNode& root = std::get<YamlNode>(yaml);
  if (root.kind != YamlNode::Kind::map) {
    walk.fault(root.place, "",
               "found " + name_of(root.kind) +
                   ", expected the keys of a configuration such as cluster and proxmox_hosts");
    return walk.reading;
  }
  OptionReader reader(walk, root, "");
  describe_options(reader, walk.reading.config);
  reader.finish();
  Config& config = walk.reading.config;
  for (HostConfig& host : config.proxmox_hosts) {
    if (host.address.empty()) host.address = host.name;
  }
  if (config.ssh.known_hosts_path.empty())
    config.ssh.known_hosts_path = config.evaluator.state_directory + "/known_hosts";
  check_config(walk);
  sort_by_place(walk.reading.faults);
  sort_by_place(walk.reading.warnings);
  return std::move(walk.reading);
}

std::string describe_faults(std::string_view file_name, const std::vector<ConfigFault>& faults) {
  std::string lines;
  for (const ConfigFault& fault : faults) {
    if (!lines.empty()) lines += '\n';
    lines +=
        std::string(file_name) + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": ";
    if (!fault.key.empty()) lines += fault.key + ": ";
    lines += fault.message;
  }
  return lines;
}

}  // namespace pcb
