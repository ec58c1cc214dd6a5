// MetricsText: writes a metrics page, in Prometheus's text format 0.0.4 or OpenMetrics 1.0.0.
//
// Append-only and quick: one buffer, numbers by std::to_chars, an ordinary line in one piece. What repeats
// (the labels of a guest) is rendered once with append_label() and handed to every sample. Help texts and
// label values may hold any bytes: they are escaped, malformed UTF-8 and control characters become U+FFFD,
// because one bad byte costs the whole scrape. Names of families and labels come from our own tables and are
// written as they are. Names are Prometheus's: a counter's ends in "_total", an info's in "_info";
// OpenMetrics' rules for the name in TYPE, UNIT and HELP are applied here. The caller writes each family
// once, with all its samples behind it. Source: prometheus.io/docs/instrumenting/exposition_formats and the
// OpenMetrics 1.0.0 text. Tested by tests/common/metrics_text_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pcb {

enum class Exposition { prometheus, openmetrics };

// What the Content-Type header of the page says.
std::string_view content_type(Exposition exposition);

enum class MetricType { gauge, counter, info, histogram, summary, unknown };

struct MetricFamily {
  std::string_view name;
  std::string_view help;
  MetricType type = MetricType::gauge;
  std::string_view unit =
      {};  // "bytes", "seconds", "ratio": written in OpenMetrics, and only if the name ends so
};

struct Label {
  std::string_view name;
  std::string_view value;
};

// Adds `name="value"` to a rendered list of labels, behind a comma when the list is not empty.
void append_label(std::string& rendered, std::string_view name, std::string_view value);
std::string render_labels(std::initializer_list<Label> labels);

class MetricsText {
 public:
  // With a sink the page goes there in pieces of some families, and is never whole in memory.
  using Sink = std::function<void(std::string_view piece)>;
  explicit MetricsText(Exposition exposition, std::size_t expected_bytes = 0, Sink sink = {});

  // Starts a family; samples until the next call belong to it.
  void family(const MetricFamily& family);

  // `rendered` comes from append_label() or render_labels(); empty for none. `more` stands behind it.
  void sample(std::string_view rendered, double value);
  void sample(std::string_view rendered, std::initializer_list<Label> more, double value);
  // Both parts rendered before: the quickest way for labels that repeat.
  void sample_of(std::string_view rendered, std::string_view more_rendered, double value);
  void sample(std::initializer_list<Label> labels, double value) { sample({}, labels, value); }
  // The parts of a histogram or summary: suffix "_bucket", "_sum", "_count".
  void part(std::string_view suffix, std::string_view rendered, std::initializer_list<Label> more,
            double value);

  // A family with one sample.
  void single(const MetricFamily& one, double value);

  // The page, complete (empty if it went to a sink); the writer is used up.
  std::string finish() &&;

 private:
  bool short_part(std::string_view suffix, std::string_view rendered, std::initializer_list<Label> more,
                  double value);

  Exposition exposition_;
  Sink sink_;
  std::string page_;
  std::string name_;
  // A line that is not long is put together here, behind the family's name, and appended in one piece.
  static constexpr std::size_t kShortLine = 512;
  std::array<char, kShortLine> line_;
  std::size_t line_start_ = 0;  // behind "name{"
};

}  // namespace pcb
