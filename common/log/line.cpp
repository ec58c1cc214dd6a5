#include "common/log/line.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "common/text.h"

namespace pcb::log {
namespace {

struct LevelWord {
  std::string_view name;
  std::string_view padding;
  std::string_view colour;
};

LevelWord word(Level level) {
  switch (level) {
    case Level::debug:
      return {"debug", "", "\033[2m"};
    case Level::info:
      return {"info", " ", "\033[32m"};
    case Level::warning:
      return {"warn", " ", "\033[33m"};
    case Level::error:
      break;
  }
  return {"error", "", "\033[31m"};
}

std::string utc_time(std::chrono::system_clock::time_point time, bool with_milliseconds) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds =
      static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> buffer{};
  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string result = buffer.data();
  if (with_milliseconds) {
    std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(milliseconds - seconds * 1000LL));
    result += buffer.data();
  }
  return result + "Z";
}

std::string text_value(std::string_view value) {
  std::string shown = text::printable(value);
  if (!shown.empty() && shown.find_first_of(" =\"'") == std::string::npos) return shown;
  std::string quoted = "\"";
  for (const char c : shown) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

void append_member(std::string& json, std::string_view name, std::string_view value) {
  json += json.empty() ? "{\"" : ",\"";
  json += text::json_escape(name);
  json += "\":\"";
  json += text::json_escape(value);
  json += '"';
}

}  // namespace

std::string line(LineStyle style, std::chrono::system_clock::time_point time, Level level,
                 std::string_view message, std::initializer_list<Field> fields) {
  const LevelWord level_word = word(level);
  std::string result;
  if (style.format == Format::json) {
    append_member(result, "time", utc_time(time, true));
    append_member(result, "level", level_word.name);
    append_member(result, "message", message);
    for (const Field& field : fields) {
      const bool taken = field.name == "time" || field.name == "level" || field.name == "message";
      append_member(result, taken ? "field_" + std::string(field.name) : std::string(field.name),
                    field.value);
    }
    return result + "}";
  }
  result = utc_time(time, false);
  result += ' ';
  if (style.colour) result += level_word.colour;
  result += level_word.name;
  if (style.colour) result += "\033[0m";
  result += level_word.padding;
  result += ' ';
  result += text::printable(message);
  for (const Field& field : fields) {
    result += ' ';
    result += text::printable(field.name);
    result += '=';
    result += text_value(field.value);
  }
  return result;
}

}  // namespace pcb::log
