// The log: one line per event on stderr, as text or JSON, with fields.
//
// spdlog stays behind this header. Message and field values may hold any bytes: control characters, ESC and
// invalid UTF-8 are escaped before they are written, so that a hostile name cannot forge a line or a colour.
// Data of others is never a format string. Thread-safe; set up once by main before threads start; before
// that, and in tests, it writes warnings and above as text. Colour only on a terminal and never with
// NO_COLOR. The line's look is common/log/line.h. Tested by tests/common/log_test.cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "common/result.h"

namespace pcb::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

struct Field {
  std::string_view name;
  std::string value;
};

void set_up(Level level, Format format);
Result<Level> parse_level(std::string_view name);    // "debug", "info", "warn" or "warning", "error"
Result<Format> parse_format(std::string_view name);  // "text", "json"

void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void debug(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::debug, m, f); }
inline void info(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::info, m, f); }
inline void warning(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::warning, m, f); }
inline void error(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::error, m, f); }

}  // namespace pcb::log
