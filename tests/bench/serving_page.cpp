#include "tests/bench/serving_page.h"

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace pcb::bench {
namespace {

[[noreturn]] void unreadable(const std::string& line) {
  std::cerr << "this line of the page cannot be read: " << line << '\n';
  std::exit(1);
}

// A quoted label value from `at` on, which stands behind the opening quote; leaves `at` behind the closing
// one.
std::string unescaped(const std::string& line, std::size_t& at) {
  std::string value;
  for (; at < line.size() && line[at] != '"'; ++at) {
    char byte = line[at];
    if (byte == '\\' && at + 1 < line.size()) {
      byte = line[++at];
      if (byte == 'n') byte = '\n';
    }
    value += byte;
  }
  if (at++ >= line.size()) unreadable(line);
  return value;
}

prometheus::ClientMetric read_sample(const std::string& line, const prometheus::MetricFamily& family) {
  std::size_t at = line.find_first_of("{ ");
  if (at == std::string::npos || line.compare(0, at, family.name) != 0) unreadable(line);
  prometheus::ClientMetric metric;
  while (line[at] != ' ') {
    ++at;  // "{" or ","
    if (line[at] == '}') {
      ++at;
      break;
    }
    const std::size_t equals = line.find("=\"", at);
    if (equals == std::string::npos) unreadable(line);
    prometheus::ClientMetric::Label label;
    label.name = line.substr(at, equals - at);
    at = equals + 2;
    label.value = unescaped(line, at);
    metric.label.push_back(std::move(label));
    if (line[at] == '}') {
      ++at;
      break;
    }
  }
  const double value = std::strtod(line.c_str() + at, nullptr);
  (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return metric;
}

}  // namespace

std::vector<prometheus::MetricFamily> read_page(std::istream& page) {
  constexpr std::string_view kHelp = "# HELP ";
  constexpr std::string_view kType = "# TYPE ";
  std::vector<prometheus::MetricFamily> families;
  for (std::string line; std::getline(page, line);) {
    if (line.compare(0, kHelp.size(), kHelp) == 0) {
      const std::size_t blank = line.find(' ', kHelp.size());
      if (blank == std::string::npos) unreadable(line);
      prometheus::MetricFamily family;
      family.name = line.substr(kHelp.size(), blank - kHelp.size());
      family.help = line.substr(blank + 1);
      families.push_back(std::move(family));
    } else if (line.compare(0, kType.size(), kType) == 0) {
      const bool counter = line.size() > 8 && line.compare(line.size() - 8, 8, " counter") == 0;
      families.back().type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    } else {
      if (families.empty()) unreadable(line);
      families.back().metric.push_back(read_sample(line, families.back()));
    }
  }
  for (auto& family : families) family.metric.shrink_to_fit();
  return families;
}

}  // namespace pcb::bench
