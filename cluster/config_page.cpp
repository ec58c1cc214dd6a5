// configuration_page(): docs/configuration.md, made from the table of options.
#include <algorithm>

#include "cluster/config_options.h"

namespace pcb {
namespace {

constexpr const char* kIntroduction = R"(# Configuration

Both programs read one file, `config.yaml`, given with `--config`. It describes one Proxmox cluster. This page is
made from the table that the programs check the file against; `/config.yaml` in the source tree is an example with
every option in it.

The file is read strictly. A program that finds a fault does not start (exit code 78) and names all faults at once,
each with line and column, the key, what was found, and what is allowed. At a reload (SIGHUP, or `POST /-/reload`) a
faulty file changes nothing.

- **YAML** here is maps, lists and single values. Aliases, anchors and tags are refused, keys may not stand twice, and
  an unknown key is a fault. A key without a value counts as not set.
- **Thresholds** are percent, above 1 up to 100: write `80`, not `0.8` and not `80%`.
- **Durations** have a unit: `500ms`, `30s`, `5m`, `6h`, `1d`. **Sizes** have one too: `512MiB`, `4GiB`; **rates**:
  `100MiB/s`. A bare number is refused, but for `0`.
- **Booleans** are `true` and `false`.
- **Guests** are named by id, `lxc/101` or `qemu/201`, or by tag, `tag:database`.
- **Secrets** (`password`, `bearer_token` …) are best kept in a file of their own, named by the same key with `_file`:
  `password_file: /etc/proxmox-cluster-balancer/pve1.password`. The file holds one line, belongs to the program's user
  or root, has mode 0600 or 0400, and does not lie in a directory in which everyone may write. With systemd's
  `LoadCredential=NAME:…` write `${CREDENTIALS_DIRECTORY}/NAME`. A secret may stand in `config.yaml` itself only while
  that file is 0600. No message shows one.
- **Not yet used by this version**: these options are read and checked, so that a file can be written for the next
  version, but nothing heeds them. A program that starts with one of them set says so on stderr.
- **Reload**: options marked *restart* take effect at the next start, all others with a reload. Both programs log
  which options a reload changed.

)";

// Table cells: no line break, no bar.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string default_cell(const ConfigOption& option) {
  if (option.required) return "**required**";
  return option.has_default_value ? "`" + cell(option.default_text) + "`" : cell(option.default_text);
}

// "evaluator.limits.hold" → "evaluator.limits"; "cluster" → "".
std::string section_of(const ConfigOption& option) {
  const size_t dot = option.path.rfind('.');
  return dot == std::string::npos ? "" : option.path.substr(0, dot);
}

}  // namespace

std::string configuration_page() {
  const std::vector<ConfigOption> options = config_options();
  std::string page = kIntroduction;
  std::vector<std::string> sections{""};
  for (const ConfigOption& option : options) {
    const std::string section = section_of(option);
    if (section != sections.back() &&
        std::find(sections.begin(), sections.end(), section) == sections.end()) {
      sections.push_back(section);
    }
  }
  for (const std::string& section : sections) {
    page += section.empty() ? "## Top level\n\n" : "## " + section + "\n\n";
    page += "| key | allowed | default | |\n|---|---|---|---|\n";
    for (const ConfigOption& option : options) {
      if (section_of(option) != section) continue;
      const std::string key = section.empty() ? option.path : option.path.substr(section.size() + 1);
      page += "| `" + key + "`" + (option.secret ? ", `" + key + "_file`" : "") + " | " +
              (option.section ? "a section, below" : cell(option.allowed)) + " | " + default_cell(option) +
              " | " + cell(option.tells) + (option.live ? "" : " *Restart.*") +
              (option.unused ? " *Not yet used by this version.*" : "") + " |\n";
    }
    page += "\n";
  }
  page.pop_back();
  return page;
}

}  // namespace pcb
