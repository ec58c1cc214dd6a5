#include "exporter/parse/time_zone.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace pcb {
namespace {

constexpr std::int64_t kDaySeconds = 86400;

// What is still to be read of a rule.
class Rule {
 public:
  explicit Rule(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> number() {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 4 && is_digit(rest_[digits]); ++digits)
      value = value * 10 + (rest_[digits] - '0');
    if (digits == 0) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }
  // "CET" or "<+03>"
  bool name() {
    std::size_t length = 0;
    if (take('<')) {
      while (length < rest_.size() && rest_[length] != '>') ++length;
      if (length == rest_.size()) return false;
      rest_.remove_prefix(length + 1);
      return length > 0;
    }
    while (length < rest_.size() && is_letter(rest_[length])) ++length;
    rest_.remove_prefix(length);
    return length >= 3;
  }
  // "[+-]hh[:mm[:ss]]" in seconds
  std::optional<std::int64_t> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t seconds = 0;
    for (std::int64_t unit = 3600; unit > 0; unit /= 60) {
      if (unit < 3600 && !take(':')) break;
      const auto value = number();
      if (!value || (unit < 3600 && *value > 59) || *value > 167) return std::nullopt;
      seconds += unit * *value;
    }
    return negative ? -seconds : seconds;
  }
  // ",M3.5.0/2" or ",J60/2" or ",59/2"
  std::optional<ZoneChange> change() {
    if (!take(',')) return std::nullopt;
    ZoneChange change;
    if (take('M')) {
      change.month = number().value_or(0);
      change.week = take('.') ? number().value_or(0) : 0;
      change.day = take('.') ? number().value_or(7) : 7;
      if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 || change.day > 6)
        return std::nullopt;
    } else {
      change.kind = take('J') ? ZoneChange::Kind::julian : ZoneChange::Kind::zero_based;
      const auto day = number();
      if (!day || *day > 365 || (*day == 0 && change.kind == ZoneChange::Kind::julian)) return std::nullopt;
      change.day = *day;
    }
    if (take('/')) {
      const auto seconds = time();
      if (!seconds) return std::nullopt;
      change.seconds = *seconds;
    }
    return change;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

  std::string_view rest_;
};

// The change in a year, in local seconds before it.
std::int64_t local_seconds_of(const ZoneChange& change, std::chrono::year year) {
  using namespace std::chrono;
  sys_days date = sys_days{year / January / 1};
  if (change.kind == ZoneChange::Kind::month_week_day) {
    const month month{static_cast<unsigned>(change.month)};
    const weekday day{static_cast<unsigned>(change.day)};
    date = change.week == 5 ? sys_days{year / month / day[last]}
                            : sys_days{year / month / day[static_cast<unsigned>(change.week)]};
  } else {
    int days_in = change.day;
    if (change.kind == ZoneChange::Kind::julian) days_in -= year.is_leap() && change.day >= 60 ? 0 : 1;
    date += days{days_in};
  }
  return date.time_since_epoch().count() * kDaySeconds + change.seconds;
}

}  // namespace

Result<TimeZone> TimeZone::parse(std::string_view posix_rule) {
  const auto fault = [&] {
    return Error{"\"" + std::string(posix_rule.substr(0, 60)) + "\" is no time zone"};
  };
  Rule rule(posix_rule);
  TimeZone zone;
  if (!rule.name()) return fault();
  const auto west = rule.time();
  if (!west) return fault();
  zone.standard_ = zone.summer_ = -*west;
  if (rule.at_end()) return zone;
  zone.has_summer_ = true;
  if (!rule.name()) return fault();
  zone.summer_ = zone.standard_ + 3600;
  if (const auto summer_west = rule.time()) zone.summer_ = -*summer_west;
  const auto begin = rule.change(), end = rule.change();
  if (!begin || !end || !rule.at_end()) return fault();
  zone.begin_ = *begin;
  zone.end_ = *end;
  return zone;
}

std::int64_t TimeZone::offset_seconds(std::int64_t unix_seconds) const {
  using namespace std::chrono;
  if (!has_summer_) return standard_;
  const auto year = year_month_day{floor<days>(sys_seconds{seconds{unix_seconds + standard_}})}.year();
  const std::int64_t begin = local_seconds_of(begin_, year) - standard_;
  const std::int64_t end = local_seconds_of(end_, year) - summer_;
  const bool summer =
      begin < end ? unix_seconds >= begin && unix_seconds < end : unix_seconds >= begin || unix_seconds < end;
  return summer ? summer_ : standard_;
}

std::optional<std::int64_t> TimeZone::moment(std::int64_t local_seconds, std::int64_t after) const {
  bool shown = false;
  for (const auto offset : {std::max(standard_, summer_), std::min(standard_, summer_)}) {
    const auto at = local_seconds - offset;
    if (offset_seconds(at) != offset) continue;
    shown = true;
    if (at > after) return at;
  }
  const auto skipped = local_seconds - std::min(standard_, summer_);
  return !shown && skipped > after ? std::optional(skipped) : std::nullopt;
}

}  // namespace pcb
