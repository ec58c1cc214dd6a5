// configuration_example(): /config.yaml, every option with its default, its range and its consequence.
#include "cluster/config_options.h"
#include "cluster/config_values.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr size_t kLineWidth = 110;

constexpr const char* kHead =
    R"(# Proxmox Cluster Balancer: the configuration of both programs, and the manual of every setting.
#
# One file describes one Proxmox cluster. Lines that begin with "#key:" are options at their default (or, where there
# is none, with an example): remove the "#" to change them. Check the file with `balancer-exporter --check`.
#
# Thresholds are percent, above 1 up to 100. Durations: 500ms, 30s, 5m, 6h, 1d. Sizes: 512MiB, 4GiB. Rates: 100MiB/s.
# Guests: lxc/101, qemu/201, or tag:NAME for all with that tag. Unknown keys are faults.
# Secrets are best kept out of this file: KEY_file names a file of mode 0600 that holds it, and
# ${CREDENTIALS_DIRECTORY}/NAME is what systemd's LoadCredential= gives. With a secret in it, this file must be 0600.
# "Restart" marks what takes effect at the next start; all else takes effect with a reload (SIGHUP). "Not yet used"
# marks what is read and checked, but heeded by no program of this version: set, it is warned of at start.
# The same as tables: docs/configuration.md.
)";

constexpr const char* kSecondHost = R"(  - name: pve2
    address: 192.0.2.12
    key_path: /etc/proxmox-cluster-balancer/id_ed25519
)";

class ExampleWriter {
 public:
  ExampleWriter(std::string& out, size_t indent, bool commented, bool in_list)
      : out_(out), indent_(indent), commented_(commented), dash_(in_list) {}

  template <class T>
  void operator()(const OptionNote& note, const T& member) {
    if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      const std::string value = member.empty() ? note.example : "[" + text::join(member, ", ") + "]";
      option(note, "a list: " + allowed_text(note), member.empty() ? note.absent : "", value, note.key);
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::vector<std::string>>>) {
      out_ += '\n';
      option(note, "", note.absent, note.example, note.key);
    } else if constexpr (std::is_same_v<T, std::vector<std::pair<std::string, std::string>>>) {
      option(note, allowed_text(note), note.absent, note.example, note.key);
    } else if constexpr (std::is_same_v<T, Secret>) {
      option(note, "one line", note.absent, note.example, std::string(note.key) + "_file");
    } else if constexpr (requires { write_value(note, member); }) {
      const std::string value = note.required ? "" : write_value(note, member);
      option(note, allowed_text(note), note.absent, value.empty() ? note.example : quoted(note, value),
             note.key);
    } else {
      section(note, member);
    }
  }
  template <class T>
  void operator()(const OptionNote& note, const std::optional<T>& /*member*/) {
    option(note, allowed_text(note), note.absent, note.example, note.key);
  }

 private:
  static std::string quoted(const OptionNote& note, const std::string& value) {
    return note.kind == OptionKind::time_of_day ? "\"" + value + "\"" : value;
  }

  // What the tables of the page say in italics.
  static std::string marks(const OptionNote& note) {
    return std::string(note.live ? "" : " Restart.") + (note.unused ? " Not yet used by this version." : "");
  }

  void prose(const std::string& words) {
    const std::string begin = std::string(indent_, ' ') + (dash_ || item_begun_ ? "  # " : "# ");
    std::string line = begin;
    for (const std::string_view word : text::split_words(words)) {
      if (line.size() > begin.size() && line.size() + word.size() > kLineWidth) {
        out_ += line.substr(0, line.size() - 1) + "\n";
        line = begin;
      }
      line += std::string(word) + " ";
    }
    out_ += line.substr(0, line.size() - 1) + "\n";
  }

  void key_line(const std::string& text, bool commented) {
    out_ += std::string(indent_ + (item_begun_ && !dash_ ? 2 : 0), ' ') + (commented ? "#" : "");
    out_ += (std::exchange(dash_, false) ? "- " : "") + text + "\n";
  }

  void option(const OptionNote& note, const std::string& allowed, const std::string& absent,
              const std::string& value, const std::string& key) {
    std::string range = allowed;
    if (note.required) range += range.empty() ? "required" : "; required";
    if (!absent.empty()) range += (range.empty() ? "" : "; ") + ("not set: " + absent);
    const bool in_item = dash_ || item_begun_;
    prose(note.tells);
    prose((range.empty() ? "" : "[" + range + "]") + marks(note));
    const bool dash = dash_;
    key_line(key + ": " + value, commented_ || !note.shown);
    item_begun_ = in_item && (dash || item_begun_);
  }

  template <class T>
  void section(const OptionNote& note, const T& member) {
    out_ += '\n';
    if (*note.tells != '\0') prose(note.tells + marks(note));
    key_line(std::string(note.key) + ":", commented_);
    ExampleWriter inside(out_, indent_ + 2, commented_, false);
    describe_options(inside, member);
  }
  template <class T>
  void section(const OptionNote& note, const std::vector<T>& /*list*/) {
    const bool commented = !note.required;
    out_ += '\n';
    prose(std::string(note.tells) +
          (*note.absent != '\0' ? " [not set: " + std::string(note.absent) + "]" : "") + marks(note));
    key_line(std::string(note.key) + ":", commented_);
    ExampleWriter inside(out_, indent_ + 2, commented_ || commented, true);
    const T element{};
    describe_options(inside, element);
    if (note.required) out_ += kSecondHost;
  }
  void section(const OptionNote& note, const std::map<std::string, GuestThresholds>& /*guests*/) {
    out_ += '\n';
    prose(std::string(note.tells) + " [not set: " + note.absent + "]");
    key_line(std::string(note.key) + ":", commented_);
    out_ += "  #tag:database:\n";
    ExampleWriter inside(out_, 2, true, false);
    inside.item_begun_ = true;  // its keys are indented as those of an item are
    const GuestThresholds thresholds;
    describe_options(inside, thresholds);
  }

  std::string& out_;
  size_t indent_;
  bool commented_;
  bool dash_;                // the next key begins an item of a list
  bool item_begun_ = false;  // the keys that follow belong to it
};

}  // namespace

std::string configuration_example() {
  std::string out = kHead;
  out += '\n';
  ExampleWriter writer(out, 0, false, false);
  describe_options(writer, static_cast<const Config&>(Config{}));
  return out;
}

}  // namespace pcb
