#include "common/metrics_text.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/text.h"

namespace pcb {
namespace {

constexpr MetricFamily kReceived{.name = "pve_network_receive_bytes_total",
                                 .help = "Bytes \"received\",\nby \\ guest.",
                                 .type = MetricType::counter,
                                 .unit = "bytes"};

std::string page(Exposition exposition) {
  MetricsText text(exposition);
  text.family(kReceived);
  const std::string guest = render_labels({{"id", "lxc/101"}, {"name", "we\"b\\\n"}});
  text.sample(guest, 17179869184.0);
  text.sample(guest, {{"device", "net0"}}, 0.1);
  text.family({.name = "pve_node_info", .help = "Node.", .type = MetricType::info});
  text.sample({{"id", "node/pve1"}}, 1);
  text.single({.name = "pve_load1", .help = "Load.", .unit = "ratio"}, -1e-300);
  return std::move(text).finish();
}

TEST(MetricsText, PrometheusFormat) {
  EXPECT_EQ(page(Exposition::prometheus),
            "# HELP pve_network_receive_bytes_total Bytes \"received\",\\nby \\\\ guest.\n"
            "# TYPE pve_network_receive_bytes_total counter\n"
            "pve_network_receive_bytes_total{id=\"lxc/101\",name=\"we\\\"b\\\\\\n\"} 17179869184\n"
            "pve_network_receive_bytes_total{id=\"lxc/101\",name=\"we\\\"b\\\\\\n\",device=\"net0\"} 0.1\n"
            "# HELP pve_node_info Node.\n"
            "# TYPE pve_node_info gauge\n"
            "pve_node_info{id=\"node/pve1\"} 1\n"
            "# HELP pve_load1 Load.\n"
            "# TYPE pve_load1 gauge\n"
            "pve_load1 -1e-300\n");
}

TEST(MetricsText, OpenMetricsFormat) {
  EXPECT_EQ(page(Exposition::openmetrics),
            "# HELP pve_network_receive_bytes Bytes \\\"received\\\",\\nby \\\\ guest.\n"
            "# TYPE pve_network_receive_bytes counter\n"
            "# UNIT pve_network_receive_bytes bytes\n"
            "pve_network_receive_bytes_total{id=\"lxc/101\",name=\"we\\\"b\\\\\\n\"} 17179869184\n"
            "pve_network_receive_bytes_total{id=\"lxc/101\",name=\"we\\\"b\\\\\\n\",device=\"net0\"} 0.1\n"
            "# HELP pve_node Node.\n"
            "# TYPE pve_node info\n"
            "pve_node_info{id=\"node/pve1\"} 1\n"
            "# HELP pve_load1 Load.\n"  // no UNIT: the name does not end in it
            "# TYPE pve_load1 gauge\n"
            "pve_load1 -1e-300\n"
            "# EOF\n");
}

TEST(MetricsText, HistogramParts) {
  MetricsText text(Exposition::prometheus);
  text.family({.name = "d_seconds", .help = "D.", .type = MetricType::histogram});
  text.part("_bucket", {}, {{"le", "+Inf"}}, 3);
  text.part("_sum", {}, {}, 1.5);
  text.part("_count", {}, {}, 3);
  EXPECT_THAT(std::move(text).finish(),
              testing::EndsWith("d_seconds_bucket{le=\"+Inf\"} 3\nd_seconds_sum 1.5\nd_seconds_count 3\n"));
}

TEST(MetricsText, NumbersReadBackTheSame) {
  const auto written = [](double value) {
    MetricsText text(Exposition::prometheus);
    text.family({.name = "x", .help = ""});
    text.sample({}, value);
    std::string all = std::move(text).finish();
    return all.substr(all.rfind(' ') + 1, all.size() - all.rfind(' ') - 2);
  };
  EXPECT_EQ(written(std::nan("")), "NaN");
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(written(1000000), "1000000");
  EXPECT_EQ(written(-0.0), "-0");
  EXPECT_EQ(written(9007199254740993.0), "9007199254740992");
  std::mt19937_64 random(7);
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(text::to_double(written(value)), value);
  }
}

TEST(MetricsText, HostileBytesStayInsideTheirQuotes) {
  std::mt19937 random(11);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 2000; ++round) {
    std::string hostile(16, '\0');
    for (char& c : hostile) c = static_cast<char>(byte(random));
    MetricsText text(Exposition::openmetrics);
    text.family({.name = "x", .help = hostile});
    text.sample({{"a", hostile}, {"b", hostile}}, 1);
    const std::string all = std::move(text).finish();
    ASSERT_TRUE(text::is_utf8(all));
    const auto lines = text::split(all, '\n');
    ASSERT_EQ(lines.size(), 5U) << all;  // HELP, TYPE, sample, EOF, and nothing behind the last line end
    ASSERT_TRUE(lines[2].starts_with("x{a=\"") && lines[2].ends_with("\"} 1"));
    int quotes = 0;
    for (std::size_t i = 0; i < lines[2].size(); ++i) {
      const char c = lines[2][i];
      ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\t') << all;
      if (c == '\\') {
        ++i;
        ASSERT_TRUE(lines[2][i] == 'n' || lines[2][i] == '"' || lines[2][i] == '\\');
      } else if (c == '"') {
        ++quotes;
      }
    }
    ASSERT_EQ(quotes, 4);
  }
}

TEST(MetricsText, ControlsAndMalformedBytesBecomeTheReplacementCharacter) {
  EXPECT_EQ(render_labels({{"a", "\x1b[31m\xff\x7f\u0085é"}}), "a=\"\ufffd[31m\ufffd\ufffd\ufffdé\"");
}

TEST(MetricsText, ContentTypes) {
  EXPECT_EQ(content_type(Exposition::prometheus), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(content_type(Exposition::openmetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace pcb
