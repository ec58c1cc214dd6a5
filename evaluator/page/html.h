// The pieces every view of the page is made of: escaped text, times, tables, bars.
//
// Pure: values in, HTML out. Whatever a host, a guest, an alert or a person wrote is escaped here and nowhere
// later; parameters that end in _html are markup already. No style and no script is ever inline: the
// Content-Security-Policy of the page forbids both. Tested by tests/evaluator/page_frame_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pcb::html {

std::string escaped(std::string_view hostile);
// "<code>…</code>" around escaped text.
std::string code(std::string_view hostile);

// Escaped text that is not broken over lines, such as a number with its unit.
std::string whole(std::string_view hostile);

// "3 min ago" as a <time>, which the script keeps current.
std::string ago(double now, double at);
// "in 57 min", or "now" when it is over; counted down by the script.
std::string until(double now, double at);

// A <section> with a heading; `id` names it for links and for the script, which renews it while it is looked
// at.
std::string section(std::string_view id, std::string_view heading, const std::string& body_html);
// A paragraph of a class of the stylesheet: "bad", "warn", "ok", "dim".
std::string note(std::string_view kind, const std::string& text_html);

// A table with a caption and headings. On a narrow screen each row becomes a list, every cell with its
// heading in front; the roles keep it a table for those who hear it.
class Table {
 public:
  Table(std::string_view caption, std::vector<std::string> headings);
  // As many cells as headings; the first is the row's own heading. `id` may be empty.
  void row(const std::vector<std::string>& cells_html, std::string_view id = "");
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // The table, or what `nothing` says where it has no row.
  [[nodiscard]] std::string str(std::string_view nothing) const;

 private:
  std::string caption_;
  std::vector<std::string> headings_;
  std::string rows_;
};

// One part of a bar, in the unit of the bar; the title is what it is when pointed at, and for a reader.
struct Segment {
  double size = 0;
  std::string kind;  // a class of the stylesheet
  std::string title;
};
struct Bar {
  double whole = 0, limit = 0;  // what there is, and what of it may be used
  std::string label;            // the whole bar in words
  std::vector<Segment> segments;
};
// An SVG as wide as its place; what is used beyond the whole makes the scale longer.
std::string bar(const Bar& bar);

// A hidden field of a form.
std::string hidden(std::string_view name, std::string_view value);
std::string plural(std::size_t count, const char* one, const char* many);

// "/history?kind=move&q=db": pairs with an empty value are left out.
std::string link_of(std::string_view path,
                    const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace pcb::html
