// ProbePage: writes a page with node_exporter's names, from the table in cluster/probe_catalogue.cpp.
//
// A family is written when it gets its first sample. Names that are made from a host's files (fields of
// /proc/meminfo) are checked: what is no name, a family for the second time, or the same labels twice in a
// family is left out, because one such line would cost the whole scrape. Pure; used by one thread. Tested by
// tests/exporter/probe_test.cpp.
#pragma once

#include <array>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics_text.h"

namespace pcb {

class ProbePage {
 public:
  explicit ProbePage(Exposition exposition) : text_(exposition, 128UL * 1024) {}

  // Samples until the next call belong to this family. Aborts on a name that is not in the table.
  void family(std::string_view name);
  // The same for a family of the table whose name ends in "*": `rest` stands in its place.
  void family(std::string_view pattern, std::string_view rest);

  void sample(std::string_view rendered_labels, double value);
  void sample(double value) { sample({}, value); }
  // A family with one sample, whose value is a text from a host: nothing if that is no number.
  void single(std::string_view name, std::string_view number, double divisor = 1);

  [[nodiscard]] std::size_t samples() const { return samples_; }
  std::string finish() && { return std::move(text_).finish(); }

 private:
  MetricsText text_;
  std::string name_;
  std::string_view help_;
  MetricType type_ = MetricType::gauge;
  bool usable_ = false, started_ = false;
  std::set<std::string, std::less<>> families_, labels_;  // labels: of the family at hand
  std::size_t samples_ = 0;
};

// A table of a host: lines with the same columns, each column a family.
struct ProbeColumn {
  std::string_view name;
  std::size_t index;
  double divisor = 1;
};
struct ProbeRow {
  std::string labels;  // rendered
  std::vector<std::string_view> words;
};
void add_columns(ProbePage& page, const std::vector<ProbeRow>& rows, std::span<const ProbeColumn> columns);

}  // namespace pcb
