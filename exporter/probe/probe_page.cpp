#include "exporter/probe/probe_page.h"

#include <algorithm>

#include "cluster/metric_catalogue.h"
#include "common/text.h"

namespace pcb {
namespace {

bool is_name_part(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), good);
}

}  // namespace

void ProbePage::family(std::string_view name) {
  const auto& entry = probe_metric(name);
  name_ = name;
  help_ = entry.family.help;
  type_ = entry.family.type;
  usable_ = true;
  started_ = false;
  labels_.clear();
}

void ProbePage::family(std::string_view pattern, std::string_view rest) {
  family(pattern);
  usable_ = is_name_part(rest);
  name_.pop_back();
  name_ += rest;
}

void ProbePage::sample(std::string_view rendered_labels, double value) {
  if (!usable_) return;
  if (!started_) {
    usable_ = families_.insert(name_).second;
    if (!usable_) return;
    text_.family({name_, help_, type_, {}});
    started_ = true;
  }
  if (!labels_.emplace(rendered_labels).second) return;
  text_.sample(rendered_labels, value);
  ++samples_;
}

void ProbePage::single(std::string_view name, std::string_view number, double divisor) {
  const auto value = text::to_double(text::trim(number));
  if (!value) return;
  family(name);
  sample(*value / divisor);
}

void add_columns(ProbePage& page, const std::vector<ProbeRow>& rows, std::span<const ProbeColumn> columns) {
  for (const auto& column : columns) {
    page.family(column.name);
    for (const auto& row : rows) {
      if (column.index >= row.words.size()) continue;
      if (const auto value = text::to_double(row.words[column.index]))
        page.sample(row.labels, *value / column.divisor);
    }
  }
}

}  // namespace pcb
