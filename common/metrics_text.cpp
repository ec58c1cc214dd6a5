#include "common/metrics_text.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/text.h"

namespace pcb {
namespace {

enum class Quotes { stay, escaped };

bool is_ordinary(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte <= 0x7e && byte != '\\' && byte != '"';
}

// Labels are short: two moves that overlap are quicker than a call that looks at the length again.
char* put(char* out, std::string_view bytes) {
  const std::size_t size = bytes.size();
  const char* from = bytes.data();
  if (size > 16) {
    std::memcpy(out, from, size);
  } else if (size >= 8) {
    std::memcpy(out, from, 8);
    std::memcpy(out + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, from, 4);
    std::memcpy(out + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) out[i] = from[i];
  }
  return out + size;
}

// Copies whole runs of ordinary bytes; only what needs a decision is looked at one by one.
void append_escaped(std::string& out, std::string_view hostile, Quotes quotes) {
  while (!hostile.empty()) {
    std::size_t run = 0;
    while (run < hostile.size() && is_ordinary(hostile[run])) ++run;
    out += hostile.substr(0, run);
    hostile.remove_prefix(run);
    if (hostile.empty()) return;
    const text::CodePoint point = text::decode_utf8(hostile);
    const bool control =
        point.value != '\t' && (point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0));
    if (point.valid && point.value == '\n') {
      out += "\\n";
    } else if (!point.valid || control) {
      out += "\xef\xbf\xbd";
    } else {
      if (point.value == '\\' || (point.value == '"' && quotes == Quotes::escaped)) out += '\\';
      out += hostile.substr(0, point.length);
    }
    hostile.remove_prefix(point.length);
  }
}

// OpenMetrics names a family without the suffix its samples carry.
std::string_view family_name(Exposition exposition, const MetricFamily& family) {
  std::string_view name = family.name;
  if (exposition == Exposition::prometheus) return name;
  const std::string_view suffix = family.type == MetricType::counter ? "_total"
                                  : family.type == MetricType::info  ? "_info"
                                                                     : "";
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name;
}

std::string_view type_word(Exposition exposition, MetricType type) {
  const bool open = exposition == Exposition::openmetrics;
  switch (type) {
    case MetricType::gauge:
      return "gauge";
    case MetricType::counter:
      return "counter";
    case MetricType::info:
      return open ? "info" : "gauge";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
    case MetricType::unknown:
      break;
  }
  return open ? "unknown" : "untyped";
}

bool has_unit(std::string_view name, std::string_view unit) {
  return !unit.empty() && name.size() > unit.size() + 1 && name.ends_with(unit) &&
         name[name.size() - unit.size() - 1] == '_';
}

}  // namespace

std::string_view content_type(Exposition exposition) {
  return exposition == Exposition::prometheus ? "text/plain; version=0.0.4; charset=utf-8"
                                              : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

void append_label(std::string& rendered, std::string_view name, std::string_view value) {
  if (!rendered.empty()) rendered += ',';
  rendered += name;
  rendered += "=\"";
  append_escaped(rendered, value, Quotes::escaped);
  rendered += '"';
}

std::string render_labels(std::initializer_list<Label> labels) {
  std::string rendered;
  for (const Label& label : labels) append_label(rendered, label.name, label.value);
  return rendered;
}

MetricsText::MetricsText(Exposition exposition, std::size_t expected_bytes, Sink sink)
    : exposition_(exposition), sink_(std::move(sink)) {
  page_.reserve(expected_bytes);
}

void MetricsText::family(const MetricFamily& family) {
  constexpr std::size_t kPieceBytes = 65536;
  if (sink_ && page_.size() >= kPieceBytes) {
    sink_(page_);
    page_.clear();
  }
  const std::string_view name = family_name(exposition_, family);
  ((page_ += "# HELP ") += name) += ' ';
  append_escaped(page_, family.help, exposition_ == Exposition::openmetrics ? Quotes::escaped : Quotes::stay);
  (((page_ += "\n# TYPE ") += name) += ' ') += type_word(exposition_, family.type);
  page_ += '\n';
  if (exposition_ == Exposition::openmetrics && has_unit(name, family.unit))
    ((((page_ += "# UNIT ") += name) += ' ') += family.unit) += '\n';
  name_ = family.name;
  line_start_ = name_.size() + 1;
  if (line_start_ <= kShortLine) *put(line_.data(), name_) = '{';
}

void MetricsText::sample(std::string_view rendered, double value) { sample_of(rendered, {}, value); }

void MetricsText::sample_of(std::string_view rendered, std::string_view more_rendered, double value) {
  if (rendered.empty() ||
      line_start_ + rendered.size() + more_rendered.size() + text::kNumberBytes + 4 > kShortLine) {
    std::string joined(rendered);
    if (!joined.empty() && !more_rendered.empty()) joined += ',';
    return part({}, joined += more_rendered, {}, value);
  }
  char* at = put(line_.data() + line_start_, rendered);
  if (!more_rendered.empty()) {
    *at++ = ',';
    at = put(at, more_rendered);
  }
  *at++ = '}';
  *at++ = ' ';
  at = text::write_number(at, value);
  *at++ = '\n';
  page_.append(line_.data(), static_cast<std::size_t>(at - line_.data()));
}

void MetricsText::sample(std::string_view rendered, std::initializer_list<Label> more, double value) {
  part({}, rendered, more, value);
}

// Nearly every line: it needs no escape and is not long. Put together on the stack, appended at once.
bool MetricsText::short_part(std::string_view suffix, std::string_view rendered,
                             std::initializer_list<Label> more, double value) {
  std::size_t bytes = name_.size() + suffix.size() + rendered.size() + text::kNumberBytes + 4;
  for (const Label& label : more) {
    bytes += label.name.size() + label.value.size() + 4;
    if (!std::all_of(label.value.begin(), label.value.end(), is_ordinary)) return false;
  }
  if (bytes > kShortLine) return false;
  std::array<char, kShortLine> line;
  char* at = put(put(line.data(), name_), suffix);
  if (!rendered.empty() || more.size() != 0) {
    *at++ = '{';
    at = put(at, rendered);
    bool first = rendered.empty();
    for (const Label& label : more) {
      if (!first) *at++ = ',';
      first = false;
      at = put(put(put(at, label.name), "=\""), label.value);
      *at++ = '"';
    }
    *at++ = '}';
  }
  *at++ = ' ';
  at = text::write_number(at, value);
  *at++ = '\n';
  page_.append(line.data(), static_cast<std::size_t>(at - line.data()));
  return true;
}

void MetricsText::part(std::string_view suffix, std::string_view rendered, std::initializer_list<Label> more,
                       double value) {
  if (short_part(suffix, rendered, more, value)) return;
  (page_ += name_) += suffix;
  if (!rendered.empty() || more.size() != 0) {
    (page_ += '{') += rendered;
    bool first = rendered.empty();
    for (const Label& label : more) {
      if (!first) page_ += ',';
      first = false;
      (page_ += label.name) += "=\"";
      append_escaped(page_, label.value, Quotes::escaped);
      page_ += '"';
    }
    page_ += '}';
  }
  page_ += ' ';
  text::append_number(page_, value);
  page_ += '\n';
}

void MetricsText::single(const MetricFamily& one, double value) {
  family(one);
  sample({}, value);
}

std::string MetricsText::finish() && {
  if (exposition_ == Exposition::openmetrics) page_ += "# EOF\n";
  if (sink_) {
    sink_(page_);
    return {};
  }
  return std::move(page_);
}

}  // namespace pcb
