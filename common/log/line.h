// The look of one log line, apart from where it goes: pure, so that hostile bytes can be tried on it
// directly.
//
// Text: `2026-11-22T18:40:01Z info  message key=value`; a value with blanks, quotes or "=" is quoted, so that
// a value cannot pose as a further field. JSON: one object, members "time" (with milliseconds), "level",
// "message", then the fields in order, all strings. The line has no end and no control character but those of
// `colour`. Tested by tests/common/log_test.cpp.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/log/log.h"

namespace pcb::log {

struct LineStyle {
  Format format = Format::text;
  bool colour = false;  // of the level's word, text only
};

std::string line(LineStyle style, std::chrono::system_clock::time_point time, Level level,
                 std::string_view message, std::initializer_list<Field> fields);

}  // namespace pcb::log
