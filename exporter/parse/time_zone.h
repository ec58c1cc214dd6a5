// A host's time zone, from the last line of its /etc/localtime: the rule in POSIX's form, such as
// "CET-1CEST,M3.5.0,M10.5.0/3".
//
// Pure: no clock, no zone of this machine. Times are Unix seconds; "local" seconds are what clocks there
// show, counted as if they showed UTC. Tested by tests/exporter/calendar_event_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/result.h"

namespace pcb {

// When clocks change: at `seconds` (of the day, may be negative or beyond it) of a day that `kind` says how
// to find.
struct ZoneChange {
  enum class Kind { month_week_day, julian, zero_based };
  Kind kind = Kind::month_week_day;
  int month = 0, week = 0;  // of month_week_day; week 5: the last
  int day = 0;  // of the week (0: Sunday), of the year without (from 1) or with (from 0) 29 February
  std::int64_t seconds = 7200;
};

class TimeZone {
 public:
  static Result<TimeZone> parse(std::string_view posix_rule);

  [[nodiscard]] std::int64_t offset_seconds(std::int64_t unix_seconds) const;  // ahead of UTC
  // The first moment later than `after` at which clocks show `local_seconds`; one that they leave out when
  // they are put forward is as long after the change as it would have been without.
  [[nodiscard]] std::optional<std::int64_t> moment(std::int64_t local_seconds, std::int64_t after) const;

 private:
  std::int64_t standard_ = 0, summer_ = 0;  // seconds ahead of UTC
  bool has_summer_ = false;
  ZoneChange begin_, end_;
};

}  // namespace pcb
