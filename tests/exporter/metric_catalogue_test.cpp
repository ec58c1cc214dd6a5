#include "cluster/metric_catalogue.h"

#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

TEST(MetricCatalogue, NamesAreUniqueAndWellFormed) {
  std::set<std::string_view> seen;
  const std::regex name("[a-z][a-z0-9_]*"), labels("([a-z]+(,[a-z]+)*)?");
  for (const auto& entry : metric_catalogue()) {
    const std::string metric_name(entry.family.name);
    EXPECT_TRUE(seen.insert(entry.family.name).second) << metric_name << " stands twice";
    EXPECT_TRUE(std::regex_match(metric_name, name)) << metric_name;
    EXPECT_TRUE(std::regex_match(std::string(entry.labels), labels)) << metric_name;
    EXPECT_EQ(entry.family.type == MetricType::counter, metric_name.ends_with("_total")) << metric_name;
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
}

// What a golden page shows stands in the table with just these labels, and every family of the table is
// shown.
TEST(MetricCatalogue, IsWhatThePagesShow) {
  std::set<std::string> shown;
  const std::regex sample("([a-z0-9_]+)(\\{(.*)\\})? [^ ]+"), label("([a-z]+)=\"");
  for (const auto* page : {"pve8", "pve9"}) {
    for (const auto line : text::split_lines(test::read_file(test::kGolden + "/" + page + ".metrics"))) {
      if (line.starts_with('#')) continue;
      std::smatch parts;
      const std::string text(line);
      ASSERT_TRUE(std::regex_match(text, parts, sample)) << text;
      std::string labels;
      const auto list = parts[3].str();
      for (std::sregex_iterator at(list.begin(), list.end(), label), end; at != end; ++at) {
        labels += (labels.empty() ? "" : ",") + (*at)[1].str();
      }
      EXPECT_EQ(metric(parts[1].str()).labels, labels) << text;
      shown.insert(parts[1]);
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
