#include "evaluator/trigger/message_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "cluster/json_tree.h"
#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr std::array<std::string_view, 9> kNames{"event_key", "event",   "severity", "cluster", "at",
                                                 "incident",  "subject", "text",     "icon"};

constexpr std::array<std::string_view, 4> kEverybody{"all", "channel", "everyone", "here"};

std::string value_of(std::string_view name, const Notification& notification, const std::string& cluster) {
  if (name == "event_key") return notification.event_key;
  if (name == "event") return notification.event;
  if (name == "severity") return notification.severity;
  if (name == "cluster") return cluster;
  if (name == "at") return format_rfc3339(notification.created_at);
  if (name == "incident") return notification.incident_id ? std::to_string(*notification.incident_id) : "";
  if (name == "subject") return notification.subject;
  if (name == "text") return text::join(notification.lines, "\n");
  return notification.severity == "critical"  ? "\U0001F6A8"
         : notification.severity == "warning" ? "⚠️"
                                              : "ℹ️";
}

// Mattermost and Rocket.Chat call everybody by such a word; a space without width ends it. Elsewhere, as in
// the root@pve1 of a command, nothing is changed.
bool calls_everybody(std::string_view text, std::size_t at) {
  if (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0) return false;
  const std::string_view word = text.substr(at + 1);
  return std::any_of(kEverybody.begin(), kEverybody.end(), [&](std::string_view name) {
    return text::equal_ignoring_case(word.substr(0, name.size()), name);
  });
}

// [text](url), [text][name], and [name]: url at the beginning of a line. A space without width after the
// bracket ends each; brackets elsewhere, as in http://[::1]:9723/, stay as they are. Backslashes are no way:
// not every receiver knows them.
std::string without_links(std::string_view hostile) {
  std::string out;
  bool line_begins_with_bracket = false;
  bool line_is_blank = true;
  for (std::size_t at = 0; at < hostile.size(); ++at) {
    const char c = hostile[at];
    out += c;
    if (c == '\n' || c == '\r') {
      line_is_blank = true;
      line_begins_with_bracket = false;
    } else if (line_is_blank && c != ' ' && c != '\t') {
      line_is_blank = false;
      line_begins_with_bracket = c == '[';
    }
    if (c != ']' || at + 1 == hostile.size()) continue;
    const char next = hostile[at + 1];
    if (next == '(' || next == '[' || (next == ':' && line_begins_with_bracket)) out += "\u200b";
  }
  return out;
}

std::string for_chat(std::string_view hostile) {
  std::string out;
  for (std::size_t at = 0; at < hostile.size(); ++at) {
    const char c = hostile[at];
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
      if (c == '@' && calls_everybody(hostile, at)) out += "\u200b";
    }
  }
  return out;
}

}  // namespace

Result<MessageTemplate::Place> MessageTemplate::place_of(std::string_view inside, std::string_view before) {
  const std::vector<std::string_view> parts = text::split(inside, '|');
  Place place;
  place.before = before;
  place.name = text::trim(parts.front());
  bool known = false;
  for (const std::string_view name : kNames) known = known || name == place.name;
  if (!known) {
    std::string names;
    for (const std::string_view name : kNames) (names += names.empty() ? "" : ", ") += name;
    return Error{"{{" + text::printable(inside) + "}} is not known; known are " + names};
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view filter = text::trim(parts[i]);
    const std::optional<std::int64_t> bytes = text::to_int64(filter);
    if (filter == "chat") {
      place.chat = place.markdown = true;
    } else if (filter == "markdown") {
      place.markdown = true;
    } else if (bytes && *bytes > 3) {
      place.max_bytes = static_cast<std::size_t>(*bytes);
    } else {
      return Error{"\"" + text::printable(filter) + "\" in {{" + text::printable(inside) +
                   "}} is not known; a filter is `chat`, `markdown` or a number of bytes"};
    }
  }
  return place;
}

Result<MessageTemplate> MessageTemplate::parse(std::string_view text) {
  MessageTemplate result;
  for (;;) {
    const std::size_t begin = text.find("{{");
    if (begin == std::string_view::npos) break;
    const std::size_t end = text.find("}}", begin);
    if (end == std::string_view::npos) return Error{"a {{ has no }}"};
    auto place = place_of(text.substr(begin + 2, end - begin - 2), text.substr(0, begin));
    if (!place) return place.error();
    result.places_.push_back(std::move(place).value());
    text.remove_prefix(end + 2);
  }
  result.places_.push_back({std::string(text), "", 0, false});
  Notification probe;
  probe.lines = {"\"", "<"};
  const auto tree = read_json_tree(result.fill(probe, "c"));
  if (!tree)
    return Error{"it is no JSON once filled (" + tree.error().message +
                 "); put each {{place}} into a string of its own quotes"};
  return result;
}

std::string MessageTemplate::fill(const Notification& notification, const std::string& cluster) const {
  std::string out;
  for (const Place& place : places_) {
    out += place.before;
    if (place.name.empty()) break;
    std::string value = value_of(place.name, notification, cluster);
    if (place.markdown) value = without_links(value);  // before it is cut: it grows
    if (place.max_bytes != 0) value = text::shortened(value, place.max_bytes);
    if (place.chat) value = for_chat(value);
    out += text::json_escape(value);
  }
  return out;
}

}  // namespace pcb
