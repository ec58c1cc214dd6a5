#include <algorithm>
#include <array>

#include "common/text.h"
#include "exporter/probe/collectors.h"

namespace pcb::probe {

void add_meminfo(ProbePage& page, const NodeFiles& files) {
  for (const auto line : text::split_lines(files.get("/proc/meminfo"))) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto words = text::split_words(line.substr(colon + 1));
    const auto value = words.empty() ? std::nullopt : text::to_double(words[0]);
    if (!value) continue;
    std::string field;  // "Active(anon)" is node_memory_Active_anon_bytes
    for (const char c : line.substr(0, colon)) {
      if (c == '(') field += '_';
      if (c != '(' && c != ')') field += c;
    }
    const bool kilobytes = words.size() == 2 && words[1] == "kB";
    page.family("node_memory_*", kilobytes ? field + "_bytes" : field);
    page.sample(kilobytes ? *value * 1024 : *value);
  }
}

void add_vmstat(ProbePage& page, const NodeFiles& files) {
  constexpr std::array<std::string_view, 7> kFields = {"oom_kill", "pgfault", "pgmajfault", "pgpgin",
                                                       "pgpgout",  "pswpin",  "pswpout"};
  for (const auto line : text::split_lines(files.get("/proc/vmstat"))) {
    const auto words = text::split_words(line);
    if (words.size() != 2 || std::find(kFields.begin(), kFields.end(), words[0]) == kFields.end()) continue;
    if (const auto value = text::to_double(words[1])) {
      page.family("node_vmstat_*", words[0]);
      page.sample(*value);
    }
  }
}

void add_ksmd(ProbePage& page, const NodeFiles& files) {
  page.single("node_ksmd_pages_sharing", files.get("/sys/kernel/mm/ksm/pages_sharing"));
}

void add_zfs(ProbePage& page, const NodeFiles& files) {
  for (const auto line : text::split_lines(files.get("/proc/spl/kstat/zfs/arcstats"))) {
    const auto words = text::split_words(line);
    if (words.size() != 3) continue;
    // Kinds of kstat: 3 and 4 are numbers with and without a sign, as head and title lines are not.
    const auto value = words[1] == "3" || words[1] == "4" ? text::to_double(words[2]) : std::nullopt;
    if (!value) continue;
    page.family("node_zfs_arc_*", words[0]);
    page.sample(*value);
  }
}

}  // namespace pcb::probe
