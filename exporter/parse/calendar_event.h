// Proxmox's calendar events, a part of systemd's: "sat 01:00", "mon..fri 8..17,22:0/15", "*/30", "*-*-1
// 2:00", "daily". Backup jobs and replication jobs are scheduled by them.
//
// Pure. [WEEKDAYS] [[YEARS-]MONTHS-DAYS] [[HOURS:]MINUTES[:SECONDS]] [UTC]; each of them "*", "*/STEP", or a
// list of "A", "A..B", "A/STEP", "A..B/STEP". Times are those of the host's time zone unless UTC stands
// behind. Tested by tests/exporter/calendar_event_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "exporter/parse/time_zone.h"

namespace pcb {

// first, first + step, … up to last.
struct CalendarSpan {
  int first = 0, last = 0, step = 1;
};
using CalendarSpans = std::vector<CalendarSpan>;  // none: any value

struct CalendarEvent {
  std::array<bool, 7> weekdays{true, true, true, true, true, true, true};  // [0]: Sunday
  CalendarSpans years, months, days, hours, minutes, seconds;
  bool utc = false;
};
Result<CalendarEvent> parse_calendar_event(std::string_view text);

// The first moment later than `after`, in Unix seconds; nullopt: none within nine years.
std::optional<std::int64_t> next_event(const CalendarEvent& event, const TimeZone& zone, std::int64_t after);

}  // namespace pcb
