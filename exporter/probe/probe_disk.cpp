#include <algorithm>
#include <array>
#include <map>

#include "common/text.h"
#include "exporter/parse/filesystems.h"
#include "exporter/probe/collectors.h"

namespace pcb::probe {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Its partitions and the kernel's own devices, which node_exporter leaves out as well:
// ram1, loop0, fd0, sda1, vdb2, nvme0n1p3.
bool is_ignored_disk(std::string_view name) {
  const auto digits = name.find_last_not_of("0123456789") + 1;
  if (digits == 0 || digits == name.size()) return false;
  const auto stem = name.substr(0, digits);
  if (stem == "ram" || stem == "loop" || stem == "fd") return true;
  const auto body = stem.starts_with("xv") ? stem.substr(1) : stem;
  if (body.size() >= 3 && body[1] == 'd' && std::string_view("hsv").find(body[0]) != std::string_view::npos)
    return body.find_first_not_of("abcdefghijklmnopqrstuvwxyz", 2) == std::string_view::npos &&
           body.size() == 3;
  return name.starts_with("nvme") && stem.ends_with('p') && stem.size() > 5 &&
         is_digit(stem[stem.size() - 2]);
}

struct Mount {
  std::string device;
  std::string_view type;
  bool read_only = false;
};

// "\040" in /proc/mounts is a blank.
std::string unescaped(std::string_view field) {
  std::string plain;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const auto octal = [&](std::size_t at) { return field[at] >= '0' && field[at] <= '7'; };
    if (field[i] == '\\' && i + 3 < field.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      const int code = (field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0');
      plain += static_cast<char>(code & 0xff);
      i += 3;
    } else {
      plain += field[i];
    }
  }
  return plain;
}

// By mount point; of several on one place the last is the one that is seen.
std::map<std::string, Mount> read_mounts(std::string_view text) {
  std::map<std::string, Mount> mounts;
  for (const auto line : text::split_lines(text)) {
    const auto words = text::split(line, ' ');
    if (words.size() < 4) continue;
    const auto options = text::split(words[3], ',');
    mounts[unescaped(words[1])] = {unescaped(words[0]), words[2],
                                   std::find(options.begin(), options.end(), "ro") != options.end()};
  }
  return mounts;
}

// As node_exporter's default: the kernel's own, and what container engines mount.
bool is_ignored_mount(std::string_view mount_point) {
  for (const std::string_view root : {"/dev", "/proc", "/sys"}) {
    if (mount_point == root || (mount_point.starts_with(root) && mount_point[root.size()] == '/'))
      return true;
  }
  for (const std::string_view above :
       {"/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"}) {
    if (mount_point.starts_with(above)) return true;
  }
  return false;
}

// One array of /proc/mdstat.
struct Array {
  std::string_view name;
  std::string_view activity;  // what it is doing, if anything
  bool active = false;
  double members = 0, failed = 0, spare = 0;
  std::optional<double> blocks, required, working;
};

void read_members(const std::vector<std::string_view>& words, Array& array) {
  for (const auto word : words) {
    if (word.find('[') == std::string_view::npos) continue;
    if (word.ends_with("(F)"))
      ++array.failed;
    else if (word.ends_with("(S)"))
      ++array.spare;
    else
      ++array.members;
  }
}

void read_detail(const std::vector<std::string_view>& words, Array& array) {
  if (words.size() >= 2 && words[1] == "blocks") array.blocks = text::to_double(words[0]);
  for (const auto word : words) {
    const auto slash = word.find('/');
    if (word.starts_with('[') && word.ends_with(']') && slash != std::string_view::npos) {
      array.required = text::to_double(word.substr(1, slash - 1));
      array.working = text::to_double(word.substr(slash + 1, word.size() - slash - 2));
    }
    for (const std::string_view activity : {"recovery", "resync", "check"}) {
      if (word.starts_with(activity)) array.activity = activity == "recovery" ? "recovering" : activity;
    }
  }
}

std::vector<Array> read_arrays(std::string_view mdstat) {
  std::vector<Array> arrays;
  for (const auto line : text::split_lines(mdstat)) {
    const auto words = text::split_words(line);
    if (words.size() >= 3 && words[1] == ":" && words[0].starts_with("md")) {
      Array array;
      array.name = words[0];
      array.active = words[2] == "active";
      read_members({words.begin() + 3, words.end()}, array);
      arrays.push_back(array);
    } else if (!arrays.empty() && line.starts_with(' ')) {
      read_detail(words, arrays.back());
    }
  }
  return arrays;
}

}  // namespace

void add_diskstats(ProbePage& page, const NodeFiles& files) {
  constexpr double kMilliseconds = 1000, kSectors = 1.0 / 512;
  constexpr auto kColumns =
      std::to_array<ProbeColumn>({{"node_disk_reads_completed_total", 3},
                                  {"node_disk_reads_merged_total", 4},
                                  {"node_disk_read_bytes_total", 5, kSectors},
                                  {"node_disk_read_time_seconds_total", 6, kMilliseconds},
                                  {"node_disk_writes_completed_total", 7},
                                  {"node_disk_writes_merged_total", 8},
                                  {"node_disk_written_bytes_total", 9, kSectors},
                                  {"node_disk_write_time_seconds_total", 10, kMilliseconds},
                                  {"node_disk_io_now", 11},
                                  {"node_disk_io_time_seconds_total", 12, kMilliseconds},
                                  {"node_disk_io_time_weighted_seconds_total", 13, kMilliseconds},
                                  {"node_disk_discards_completed_total", 14},
                                  {"node_disk_discards_merged_total", 15},
                                  {"node_disk_discarded_sectors_total", 16},
                                  {"node_disk_discard_time_seconds_total", 17, kMilliseconds},
                                  {"node_disk_flush_requests_total", 18},
                                  {"node_disk_flush_requests_time_seconds_total", 19, kMilliseconds}});
  std::vector<ProbeRow> rows;
  for (const auto line : text::split_lines(files.get("/proc/diskstats"))) {
    auto words = text::split_words(line);
    if (words.size() < 14 || is_ignored_disk(words[2])) continue;
    rows.push_back({render_labels({{"device", words[2]}}), std::move(words)});
  }
  add_columns(page, rows, kColumns);
}

void add_filesystem(ProbePage& page, const NodeFiles& files) {
  const auto mounts = read_mounts(files.get("/proc/mounts"));
  struct Shown {
    std::string labels;
    FileSystem figures;
    bool read_only = false;
  };
  std::vector<Shown> shown;
  for (const auto& entry : parse_filesystems(files.get("pcb/filesystems"))) {
    const auto mount = mounts.find(std::string(entry.mount_point));
    if (mount == mounts.end() || is_ignored_mount(entry.mount_point)) continue;
    shown.push_back(
        {render_labels(
             {{"device", mount->second.device}, {"fstype", entry.type}, {"mountpoint", entry.mount_point}}),
         entry, mount->second.read_only});
  }
  const auto add = [&](std::string_view name, auto value_of) {
    page.family(name);
    for (const auto& one : shown) {
      if (const std::optional<double> value = value_of(one)) page.sample(one.labels, *value);
    }
  };
  using Value = std::optional<double>;
  add("node_filesystem_size_bytes", [](const Shown& one) -> Value { return one.figures.size_bytes; });
  add("node_filesystem_free_bytes",
      [](const Shown& one) -> Value { return one.figures.size_bytes - one.figures.used_bytes; });
  add("node_filesystem_avail_bytes", [](const Shown& one) -> Value { return one.figures.available_bytes; });
  add("node_filesystem_files", [](const Shown& one) { return one.figures.inodes; });
  add("node_filesystem_files_free", [](const Shown& one) { return one.figures.inodes_free; });
  add("node_filesystem_readonly", [](const Shown& one) -> Value { return one.read_only ? 1 : 0; });
  add("node_filesystem_device_error", [](const Shown&) -> Value { return 0; });
}

void add_mdadm(ProbePage& page, const NodeFiles& files) {
  const auto arrays = read_arrays(files.get("/proc/mdstat"));
  const auto device = [](const Array& array) { return render_labels({{"device", array.name}}); };
  page.family("node_md_blocks");
  for (const auto& array : arrays) {
    if (array.blocks) page.sample(device(array), *array.blocks);
  }
  page.family("node_md_disks");
  for (const auto& array : arrays) {
    const auto add = [&](std::string_view state, double value) {
      page.sample(render_labels({{"device", array.name}, {"state", state}}), value);
    };
    add("active", array.working.value_or(array.members));
    add("failed", array.failed);
    add("spare", array.spare);
  }
  page.family("node_md_disks_required");
  for (const auto& array : arrays) page.sample(device(array), array.required.value_or(array.members));
  page.family("node_md_state");
  for (const auto& array : arrays) {
    const auto is = !array.active ? "inactive" : array.activity.empty() ? "active" : array.activity;
    for (const std::string_view state : {"active", "inactive", "recovering", "resync", "check"}) {
      page.sample(render_labels({{"device", array.name}, {"state", state}}), state == is ? 1 : 0);
    }
  }
}

}  // namespace pcb::probe
