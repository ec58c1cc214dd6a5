#include "cluster/metric_catalogue.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

TEST(MetricCatalogue, NamesAreUniqueAndWellFormed) {
  std::set<std::string_view> seen;
  const auto consists_of = [](std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
  };
  for (const auto& entry : metric_catalogue()) {
    const std::string metric_name(entry.family.name);
    EXPECT_TRUE(seen.insert(entry.family.name).second) << metric_name << " stands twice";
    EXPECT_TRUE(consists_of(metric_name, "abcdefghijklmnopqrstuvwxyz0123456789_")) << metric_name;
    EXPECT_TRUE(consists_of(entry.labels, "abcdefghijklmnopqrstuvwxyz,")) << metric_name;
    // prometheus-pve-exporter has a gauge of that name; as "unknown" it is no fault to promtool.
    const bool is_counter = metric_name.ends_with("_total") && metric_name != "pve_not_backed_up_total";
    EXPECT_EQ(entry.family.type == MetricType::counter, is_counter) << metric_name;
    EXPECT_TRUE(entry.family.help.ends_with('.')) << metric_name;
    if (!entry.family.unit.empty()) {
      EXPECT_NE(metric_name.find("_" + std::string(entry.family.unit)), std::string::npos) << metric_name;
    }
  }
}

TEST(MetricCatalogue, HasWhatPrometheusPveExporterHasUnderTheSameNames) {
  for (const auto* name :
       {"pve_up", "pve_cpu_usage_ratio", "pve_cpu_usage_limit", "pve_memory_usage_bytes",
        "pve_memory_size_bytes", "pve_disk_usage_bytes", "pve_disk_size_bytes", "pve_uptime_seconds",
        "pve_network_receive_bytes_total", "pve_network_transmit_bytes_total", "pve_disk_read_bytes_total",
        "pve_disk_written_bytes_total", "pve_storage_shared"}) {
    EXPECT_EQ(metric(name).labels, "id") << name;
  }
  EXPECT_EQ(metric("pve_guest_info").labels, "id,node,name,type,template,tags");
  EXPECT_EQ(metric("pve_node_info").labels, "id,level,name,nodeid");
  EXPECT_EQ(metric("pve_storage_info").labels, "id,node,storage,plugintype,content");
  EXPECT_EQ(metric("pve_version_info").labels, "release,repoid,version");
  EXPECT_EQ(metric("pve_cluster_info").labels, "id,nodes,quorate,version");
  EXPECT_EQ(metric("pve_ha_state").labels, "id,state");
  EXPECT_EQ(metric("pve_lock_state").labels, "id,state");
  EXPECT_EQ(metric("pve_onboot_status").labels, "id,node,type");
  EXPECT_EQ(metric("pve_not_backed_up_total").labels, "id");
  EXPECT_EQ(metric("pve_not_backed_up_info").labels, "id");
  EXPECT_EQ(metric("pve_replication_info").labels, "id,type,source,target,guest");
}

// "a{x=\"1\",y=\"2\"} 3" → "x,y". Values in the fixtures hold no quotes.
std::string label_names(std::string_view sample) {
  std::string names;
  const auto pieces = text::split(sample.substr(0, sample.rfind(' ')), '"');
  for (const auto piece : pieces) {
    if (!piece.ends_with('=')) continue;
    const auto start = piece.find_last_of("{,") + 1;
    names += (names.empty() ? "" : ",") + std::string(piece.substr(start, piece.size() - start - 1));
  }
  return names;
}

// A golden page shows each family with just the labels of the table, and every family of the table.
TEST(MetricCatalogue, IsWhatThePagesShow) {
  std::set<std::string> shown;
  for (const auto* page : {"pve8", "pve9"}) {
    const auto text = test::read_file(test::kGolden + "/" + page + ".metrics");
    for (const auto line : text::split_lines(text)) {
      if (line.starts_with('#')) continue;
      const std::string name(line.substr(0, line.find_first_of("{ ")));
      EXPECT_EQ(metric(name).labels, label_names(line)) << line;
      shown.insert(name);
    }
  }
  for (const auto& entry : metric_catalogue()) {
    if (entry.program == Program::exporter) {
      EXPECT_TRUE(shown.contains(std::string(entry.family.name))) << entry.family.name << " is never shown";
    }
  }
}

TEST(MetricCatalogue, TheDocumentIsMadeFromIt) {
  test::expect_golden(std::string(PCB_SOURCE_DIR) + "/docs/metrics.md", metrics_document());
}

TEST(MetricCatalogueDeathTest, AnUnknownNameIsAProgrammingError) {
  EXPECT_DEATH(metric("pve_nothing"), "has no pve_nothing");
}

}  // namespace
}  // namespace pcb
