// /probe of this machine, as node-collect.sh reads it, against a node_exporter that runs here.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/text.h"
#include "exporter/collect_request.h"
#include "exporter/probe/render_probe.h"
#include "tests/support/sshd.h"

namespace pcb {
namespace {

constexpr const char* kNonce = "0123456789abcdef";

struct Page {
  std::map<std::string, double> series;  // labels in order of their names
  std::map<std::string, std::string> types;
};

// "name{b="1",a="2"}" → "name{a="2",b="1"}"; without adminstate, which node_exporter has since 1.6.
std::string in_order(std::string_view series) {
  const auto brace = series.find('{');
  if (brace == std::string_view::npos) return std::string(series);
  std::set<std::string> labels;
  std::size_t start = brace + 1;
  bool quoted = false;
  for (std::size_t i = start; i < series.size(); ++i) {
    if (series[i] == '\\') {
      ++i;
    } else if (series[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (series[i] == ',' || series[i] == '}')) {
      const auto label = series.substr(start, i - start);
      if (!label.starts_with("adminstate=")) labels.emplace(label);
      start = i + 1;
    }
  }
  return std::string(series.substr(0, brace)) + "{" + text::join({labels.begin(), labels.end()}, ",") + "}";
}

Page read_page(std::string_view text) {
  Page page;
  for (const auto line : text::split_lines(text)) {
    const auto words = text::split_words(line);
    if (line.starts_with("# TYPE ")) page.types[std::string(words[2])] = words[3];
    if (line.starts_with('#')) continue;
    const auto value = text::to_double(words.back().find('+') == std::string_view::npos
                                           ? words.back()
                                           : std::string(words.back()).erase(words.back().find('+'), 1));
    if (value) page.series[in_order(line.substr(0, line.rfind(' ')))] = *value;
  }
  return page;
}

std::string name_of(const std::string& series) { return series.substr(0, series.find('{')); }

class ThisMachine {
 public:
  ThisMachine() { test::write_text(folder_.file("script.sh"), std::string(node_collect_script())); }

  Page read() {
    CollectRequest request;
    request.guests = false;
    request.configs = request.df = true;
    test::write_text(folder_.file("request"), request_line(request, kNonce));
    const auto answer =
        test::run({"/bin/sh", "-c", "/bin/sh " + folder_.file("script.sh") + " <" + folder_.file("request")});
    auto parsed = parse_answer(answer, kNonce);
    EXPECT_TRUE(parsed.ok());
    return read_page(
        render_probe(take_node_files(parsed->files, true, true, true, {}), Exposition::prometheus));
  }

 private:
  test::TemporaryFolder folder_;
};

// What may be another figure a moment later, in either direction.
bool moves(const std::string& name) {
  for (const std::string_view start :
       {"node_load", "node_procs_", "node_memory_", "node_sockstat_", "node_filefd_allocated",
        "node_disk_io_now", "node_arp_entries", "node_nf_conntrack_entries", "node_filesystem_free_bytes",
        "node_filesystem_avail_bytes", "node_filesystem_files_free", "node_netstat_Tcp_CurrEstab",
        "node_time_seconds", "node_ksmd_"}) {
    if (name.starts_with(start)) return name != "node_memory_MemTotal_bytes";
  }
  return false;
}

// A network device that no test makes, changes and takes away again.
bool is_of_the_machine(const std::string& series) {
  return series.find("device=\"lo\"") != std::string::npos ||
         series.find("device=\"eth") != std::string::npos || series.find("device=\"en") != std::string::npos;
}

TEST(ProbeLive, TellsWhatNodeExporterTellsOfTheSameMachine) {
  ThisMachine machine;
  const auto port = std::to_string(test::free_port());
  const test::Program exporter(
      {"/usr/bin/prometheus-node-exporter", "--collector.ksmd", "--web.listen-address=127.0.0.1:" + port});
  const auto ask = [&] {
    return test::run({"/usr/bin/curl", "--silent", "--fail", "--retry", "20", "--retry-connrefused",
                      "--retry-delay", "1", "http://127.0.0.1:" + port + "/metrics"});
  };
  ask();
  const auto before = machine.read();
  const auto theirs = read_page(ask());
  const auto after = machine.read();
  ASSERT_GT(theirs.series.size(), 300U) << "is prometheus-node-exporter (Debian) installed?";

  int compared = 0;
  for (const auto& [series, first] : before.series) {
    const auto name = name_of(series);
    const auto last = after.series.find(series);
    if (name == "node_scrape_collector_success" || last == after.series.end()) continue;
    // node_exporter has these in later releases than Debian's.
    if (name == "node_pressure_irq_stalled_seconds_total" || name == "node_netstat_TcpExt_TCPOFOQueue" ||
        name == "node_netstat_TcpExt_TCPRcvQDrop")
      continue;
    EXPECT_EQ(before.types.at(name), theirs.types.contains(name) ? theirs.types.at(name) : "none") << name;
    const auto found = theirs.series.find(series);
    // Other tests make and remove devices and mounts all the time.
    const bool fleeting =
        series.find("fstype=\"tmpfs\"") != std::string::npos || name.starts_with("node_network_");
    if (found == theirs.series.end() && fleeting) continue;
    ASSERT_NE(found, theirs.series.end()) << series << " is not node_exporter's";
    ++compared;
    if (moves(name) || (fleeting && !is_of_the_machine(series))) continue;
    EXPECT_GE(found->second, first * (1 - 1e-9)) << series;
    EXPECT_LE(found->second, last->second * (1 + 1e-9)) << series;
  }
  EXPECT_GT(compared, 200);
  EXPECT_NEAR(before.series.at("node_time_seconds"), theirs.series.at("node_time_seconds"), 10);

  // And nothing is missing of the families that both have.
  for (const auto& [series, value] : theirs.series) {
    const auto name = name_of(series);
    const bool fleeting = name.starts_with("node_network_") || name.starts_with("node_filesystem_") ||
                          name.starts_with("node_arp_");
    if (!before.types.contains(name) || name == "node_scrape_collector_success") continue;
    if (fleeting && series.find("device=\"lo\"") == std::string::npos &&
        series.find("mountpoint=\"/\"") == std::string::npos)
      continue;
    EXPECT_TRUE(before.series.contains(series)) << series << " is missing";
  }
}

}  // namespace
}  // namespace pcb
