#include "exporter/parse/calendar_event.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "common/text.h"

namespace pcb {
namespace {

constexpr int kHours = 24, kMinutes = 60, kSeconds = 60;
constexpr std::int64_t kDaySeconds = 86400;
constexpr int kMostDays = 9 * 366;  // 29 February may be eight years away

struct Shorthand {
  std::string_view word, meaning;
};
constexpr auto kShorthands = std::to_array<Shorthand>({{"minutely", "*:*"},
                                                       {"hourly", "*:00"},
                                                       {"daily", "00:00"},
                                                       {"weekly", "mon 00:00"},
                                                       {"monthly", "*-1 00:00"},
                                                       {"yearly", "1-1 00:00"},
                                                       {"annually", "1-1 00:00"},
                                                       {"quarterly", "1,4,7,10-1 00:00"},
                                                       {"semiannually", "1,7-1 00:00"},
                                                       {"semi-annually", "1,7-1 00:00"}});

constexpr auto kWeekdays = std::to_array<std::string_view>(
    {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"});

std::optional<int> weekday_of(std::string_view word) {
  const auto lower = text::to_lower(word);
  for (std::size_t day = 0; day < kWeekdays.size(); ++day) {
    if (lower == kWeekdays[day] || lower == kWeekdays[day].substr(0, 3)) return static_cast<int>(day);
  }
  return std::nullopt;
}

// "A" and "B" of "A..B"; `second` is empty where there is no "..".
std::pair<std::string_view, std::string_view> range_of(std::string_view piece) {
  const auto dots = piece.find("..");
  if (dots == std::string_view::npos) return {piece, {}};
  return {piece.substr(0, dots), piece.substr(dots + 2)};
}

bool take_weekdays(std::string_view word, CalendarEvent& event) {
  event.weekdays.fill(false);
  for (const auto piece : text::split(word, ',')) {
    const auto [from, to] = range_of(piece);
    const auto first = weekday_of(from);
    const auto last = piece.size() == from.size() ? first : weekday_of(to);
    if (!first || !last) return false;
    // "sat..mon" goes over the end of the week.
    for (int day = *first;; day = (day + 1) % 7) {
      event.weekdays[static_cast<std::size_t>(day)] = true;
      if (day == *last) break;
    }
  }
  return true;
}

std::optional<int> number_within(std::string_view digits, int least, int most) {
  const auto number = text::to_uint64(digits);
  if (!number || *number > static_cast<std::uint64_t>(most)) return std::nullopt;
  const auto value = static_cast<int>(*number);
  return value < least ? std::nullopt : std::optional(value);
}

// One of the list: "A", "A..B", "A/STEP", "A..B/STEP".
std::optional<CalendarSpan> span_of(std::string_view piece, int least, int most) {
  const auto slash = piece.find('/');
  const auto [from, to] = range_of(piece.substr(0, slash));
  const auto first = number_within(from, least, most);
  if (!first) return std::nullopt;
  CalendarSpan span{*first, slash == std::string_view::npos ? *first : most, 1};
  if (from.size() != piece.substr(0, slash).size()) {
    const auto last = number_within(to, *first, most);
    if (!last) return std::nullopt;
    span.last = *last;
  }
  if (slash == std::string_view::npos) return span;
  const auto step = number_within(piece.substr(slash + 1), 1, most);
  if (!step) return std::nullopt;
  span.step = *step;
  return span;
}

bool take_list(std::string_view list, int least, int most, CalendarSpans& into) {
  into.clear();
  if (list == "*") return true;
  if (list.starts_with("*/")) {
    const auto step = number_within(list.substr(2), 1, most);
    if (step) into.push_back({least, most, *step});
    return step.has_value();
  }
  for (const auto piece : text::split(list, ',')) {
    const auto span = span_of(piece, least, most);
    if (!span) return false;
    into.push_back(*span);
  }
  return true;
}

bool take_date(std::string_view word, CalendarEvent& event) {
  const auto parts = text::split(word, '-');
  if (parts.size() < 2 || parts.size() > 3) return false;
  const std::size_t month = parts.size() - 2;
  return (month == 0 || take_list(parts[0], 0, 2199, event.years)) &&
         take_list(parts[month], 1, 12, event.months) && take_list(parts[month + 1], 1, 31, event.days);
}

bool take_time(std::string_view word, CalendarEvent& event) {
  const auto parts = text::split(word, ':');
  if (parts.size() > 3) return false;
  event.hours.clear();  // "30" alone is the thirtieth minute of every hour
  event.seconds = {{0, 0, 1}};
  if (parts.size() == 1) return take_list(parts[0], 0, kMinutes - 1, event.minutes);
  return take_list(parts[0], 0, kHours - 1, event.hours) &&
         take_list(parts[1], 0, kMinutes - 1, event.minutes) &&
         (parts.size() == 2 || take_list(parts[2], 0, kSeconds - 1, event.seconds));
}

bool matches(const CalendarSpans& spans, int value) {
  return spans.empty() || std::any_of(spans.begin(), spans.end(), [&](const CalendarSpan& span) {
           return value >= span.first && value <= span.last && (value - span.first) % span.step == 0;
         });
}

bool matches_day(const CalendarEvent& event, std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  return event.weekdays[std::chrono::weekday{day}.c_encoding()] &&
         matches(event.years, static_cast<int>(date.year())) &&
         matches(event.months, static_cast<int>(static_cast<unsigned>(date.month()))) &&
         matches(event.days, static_cast<int>(static_cast<unsigned>(date.day())));
}

// The first second of the day that fits, from `from` on.
std::optional<int> second_of_day(const CalendarEvent& event, int from) {
  for (int hour = from / 3600; hour < kHours; ++hour) {
    if (!matches(event.hours, hour)) continue;
    for (int minute = 0; minute < kMinutes; ++minute) {
      const int begin = hour * 3600 + minute * 60;
      if (begin + kSeconds <= from || !matches(event.minutes, minute)) continue;
      for (int second = 0; second < kSeconds; ++second) {
        if (begin + second >= from && matches(event.seconds, second)) return begin + second;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Result<CalendarEvent> parse_calendar_event(std::string_view text) {
  const auto fault = [&] {
    return Error{"\"" + text::shortened(text::valid_utf8(text), 80) + "\" is no calendar event"};
  };
  auto words = text::split_words(text);
  CalendarEvent event;
  if (!words.empty() && words.back() == "UTC") {
    event.utc = true;
    words.pop_back();
  }
  if (words.size() == 1) {
    for (const auto& [word, meaning] : kShorthands) {
      if (words.front() == word) words = text::split_words(meaning);
    }
  }
  if (words.empty() || words.size() > 3) return fault();
  std::size_t at = 0;
  const auto letter = words.front().front();
  if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) {
    if (!take_weekdays(words[at++], event)) return fault();
  }
  if (at < words.size() && words[at].find('-') != std::string_view::npos) {
    if (!take_date(words[at++], event)) return fault();
  }
  event.hours = event.minutes = event.seconds = {{0, 0, 1}};
  if (at < words.size() && !take_time(words[at++], event)) return fault();
  if (at != words.size()) return fault();
  return event;
}

std::optional<std::int64_t> next_event(const CalendarEvent& event, const TimeZone& zone, std::int64_t after) {
  using namespace std::chrono;
  static const TimeZone kUtc;
  const TimeZone& clock = event.utc ? kUtc : zone;
  const std::int64_t local = after + 1 + clock.offset_seconds(after + 1);
  const auto today = floor<days>(sys_seconds{seconds{local}});
  for (int later = 0; later < kMostDays; ++later) {
    const auto day = today + days{later};
    if (!matches_day(event, day)) continue;
    const std::int64_t midnight = day.time_since_epoch().count() * kDaySeconds;
    int from = later == 0 ? static_cast<int>(local - midnight) : 0;
    while (const auto second = second_of_day(event, from)) {
      if (const auto at = clock.moment(midnight + *second, after)) return at;
      from = *second + 1;
    }
  }
  return std::nullopt;
}

}  // namespace pcb
