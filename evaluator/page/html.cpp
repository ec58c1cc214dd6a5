#include "evaluator/page/html.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb::html {
namespace {

constexpr double kBarUnits = 1000;  // the width of a bar's drawing, whatever its place on the screen
constexpr int kBarHeight = 24;

std::string seconds(double unix_seconds) { return text::number(std::floor(unix_seconds)); }

std::string time_element(const char* what, double at, const std::string& words) {
  return std::string("<time data-") + what + "=\"" + seconds(at) + "\" datetime=\"" + format_rfc3339(at) +
         "\">" + words + "</time>";
}

// Whole seconds: these times count on.
std::string duration(double length) { return text::human_duration(std::max(1.0, std::round(length))); }

std::string rect(double from, double width, const std::string& kind, const std::string& title) {
  char place[96];
  std::snprintf(place, sizeof place, "<rect x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%d\" class=\"", from,
                width, kBarHeight);
  return place + escaped(kind) + "\">" + (title.empty() ? "" : "<title>" + escaped(title) + "</title>") +
         "</rect>";
}

}  // namespace

std::string escaped(std::string_view hostile) { return text::html_escape(hostile); }

std::string code(std::string_view hostile) { return "<code>" + escaped(hostile) + "</code>"; }

std::string whole(std::string_view hostile) {
  return "<span class=\"whole\">" + escaped(hostile) + "</span>";
}

std::string ago(double now, double at) {
  return time_element("since", at, now - at < 2 ? "just now" : duration(now - at) + " ago");
}

std::string until(double now, double at) {
  return time_element("until", at, at <= now ? "now" : "in " + duration(at - now));
}

std::string section(std::string_view id, std::string_view heading, const std::string& body_html) {
  const std::string name(id);
  return "<section id=\"" + name + "\" data-live aria-labelledby=\"" + name + "-heading\">\n<h2 id=\"" +
         name + "-heading\">" + escaped(heading) + "</h2>\n" + body_html + "</section>\n";
}

std::string note(std::string_view kind, const std::string& text_html) {
  return "<p class=\"" + std::string(kind) + "\">" + text_html + "</p>\n";
}

Table::Table(std::string_view caption, std::vector<std::string> headings)
    : caption_(caption), headings_(std::move(headings)) {}

void Table::row(const std::vector<std::string>& cells_html, std::string_view id) {
  rows_ += "<tr role=\"row\"";
  if (!id.empty()) rows_ += " id=\"" + escaped(id) + "\"";
  rows_ += ">";
  for (std::size_t i = 0; i < std::min(cells_html.size(), headings_.size()); ++i) {
    const char* element = i == 0 ? "th" : "td";
    rows_ += std::string("<") + element + (i == 0 ? " role=\"rowheader\" scope=\"row\"" : " role=\"cell\"") +
             " data-label=\"" + escaped(headings_[i]) + "\">" + cells_html[i] + "</" + element + ">";
  }
  rows_ += "</tr>\n";
}

std::string Table::str(std::string_view nothing) const {
  if (rows_.empty()) return note("dim", std::string(nothing));
  std::string table = "<table role=\"table\"><caption>" + escaped(caption_) +
                      "</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">";
  for (const std::string& heading : headings_)
    table += "<th role=\"columnheader\" scope=\"col\">" + escaped(heading) + "</th>";
  return table + "</tr></thead>\n<tbody role=\"rowgroup\">\n" + rows_ + "</tbody></table>\n";
}

std::string bar(const Bar& bar) {
  double used = 0;
  for (const Segment& segment : bar.segments) used += segment.size;
  const double scale = std::max({bar.whole, used, bar.limit});
  if (!(scale > 0)) return note("dim", "not known");
  char head[128];
  std::snprintf(
      head, sizeof head,
      "<svg class=\"bar\" viewBox=\"0 0 %.0f %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
      kBarUnits, kBarHeight);
  std::string svg = head + escaped(bar.label) + "\">" + rect(0, bar.whole / scale * kBarUnits, "room", "");
  double at = 0;
  for (const Segment& segment : bar.segments) {
    const double width = segment.size / scale * kBarUnits;
    svg += rect(at, std::max(0.0, width - 2), segment.kind, segment.title);
    at += width;
  }
  svg += rect(std::clamp(bar.limit / scale * kBarUnits - 2, 0.0, kBarUnits - 4), 4, "limit", "");
  return svg + "</svg>\n";
}

std::string hidden(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + escaped(name) + "\" value=\"" + escaped(value) + "\">";
}

std::string plural(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string link_of(std::string_view path,
                    const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string link(path);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    link += separator + text::url_encode(name) + "=" + text::url_encode(value);
    separator = '&';
  }
  return escaped(link);
}

}  // namespace pcb::html
