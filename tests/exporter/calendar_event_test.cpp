// Calendar events as Proxmox writes them, and time zones as /etc/localtime ends with them.
#include "exporter/parse/calendar_event.h"

#include <gtest/gtest.h>

#include "common/rfc3339.h"

namespace pcb {
namespace {

std::string next(const char* event, const char* zone, const char* after) {
  const auto parsed = parse_calendar_event(event);
  const auto place = TimeZone::parse(zone);
  if (!parsed.ok()) return parsed.error().message;
  if (!place.ok()) return place.error().message;
  const auto at = next_event(*parsed, *place, *parse_rfc3339(after) / 1000);
  return at ? format_rfc3339(static_cast<double>(*at)) : "never";
}

struct EventCase {
  const char* event;
  const char* after;
  const char* expected;
};

TEST(CalendarEvent, TheNextMomentInUtc) {
  // 2026-11-22 is a Sunday.
  const EventCase cases[] = {
      {"21:00", "2026-11-22T20:59:59Z", "2026-11-22T21:00:00Z"},
      {"21:00", "2026-11-22T21:00:00Z", "2026-11-23T21:00:00Z"},
      {"sat 01:00", "2026-11-22T12:00:00Z", "2026-11-28T01:00:00Z"},
      {"sun 12:00:01", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z"},
      {"sun 12:00", "2026-11-22T12:00:00Z", "2026-11-29T12:00:00Z"},
      {"mon,wed 3:30", "2026-11-23T03:30:00Z", "2026-11-25T03:30:00Z"},
      {"mon..fri 22:30", "2026-11-27T22:30:00Z", "2026-11-30T22:30:00Z"},
      {"Sat..Mon 02:00", "2026-11-23T02:00:00Z", "2026-11-28T02:00:00Z"},
      {"monday 00:00", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"},
      {"fri", "2026-11-22T00:00:00Z", "2026-11-27T00:00:00Z"},
      {"fri 12..13:5/20", "2026-11-27T12:05:00Z", "2026-11-27T12:25:00Z"},
      {"fri 12..13:5/20", "2026-11-27T12:45:00Z", "2026-11-27T13:05:00Z"},
      {"fri 12..13:5/20", "2026-11-27T13:45:00Z", "2026-12-04T12:05:00Z"},
      {"12,14,16,18,20,22:5", "2026-11-22T14:05:00Z", "2026-11-22T16:05:00Z"},
      {"8..17,22:0/15", "2026-11-22T17:45:00Z", "2026-11-22T22:00:00Z"},
      {"mon..wed *:0/5", "2026-11-22T23:59:00Z", "2026-11-23T00:00:00Z"},
      {"*/15", "2026-11-22T10:14:59Z", "2026-11-22T10:15:00Z"},
      {"*:*/15", "2026-11-22T10:45:00Z", "2026-11-22T11:00:00Z"},
      {"0/40", "2026-11-22T10:40:00Z", "2026-11-22T11:00:00Z"},
      {"10..30/10", "2026-11-22T10:30:00Z", "2026-11-22T11:10:00Z"},
      {"30", "2026-11-22T10:31:00Z", "2026-11-22T11:30:00Z"},
      {"*", "2026-11-22T10:31:07Z", "2026-11-22T10:32:00Z"},
      {"*:*:*/20", "2026-11-22T10:31:07Z", "2026-11-22T10:31:20Z"},
      {"*/5:0", "2026-11-22T20:00:00Z", "2026-11-23T00:00:00Z"},
      {"*-1 2:15", "2026-11-22T00:00:00Z", "2026-12-01T02:15:00Z"},
      {"*-*-1..7 2:15", "2026-11-22T00:00:00Z", "2026-12-01T02:15:00Z"},
      {"sat *-1..7 15:00", "2026-11-22T00:00:00Z", "2026-12-05T15:00:00Z"},
      {"2028-2-29", "2026-11-22T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"*-02-29 4:00", "2096-03-01T00:00:00Z", "2104-02-29T04:00:00Z"},
      {"2025-*-* 1:00", "2026-11-22T00:00:00Z", "never"},
      {"*-02-30", "2026-11-22T00:00:00Z", "never"},
      {"minutely", "2026-11-22T10:31:07Z", "2026-11-22T10:32:00Z"},
      {"hourly", "2026-11-22T10:31:07Z", "2026-11-22T11:00:00Z"},
      {"daily", "2026-11-22T10:31:07Z", "2026-11-23T00:00:00Z"},
      {"weekly", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
      {"monthly", "2026-11-22T00:00:00Z", "2026-12-01T00:00:00Z"},
      {"yearly", "2026-11-22T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"annually UTC", "2026-11-22T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"quarterly", "2026-11-22T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"quarterly", "2026-05-22T00:00:00Z", "2026-07-01T00:00:00Z"},
      {"semiannually", "2026-02-22T00:00:00Z", "2026-07-01T00:00:00Z"},
      {"semi-annually", "2026-11-22T00:00:00Z", "2027-01-01T00:00:00Z"},
  };
  for (const auto& one : cases) EXPECT_EQ(next(one.event, "UTC0", one.after), one.expected) << one.event;
}

TEST(CalendarEvent, TimesAreThoseOfTheHostsZone) {
  struct Case {
    const char* zone;
    const char* event;
    const char* after;
    const char* expected;
  };
  constexpr auto* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  constexpr auto* kNewYork = "EST5EDT,M3.2.0,M11.1.0";
  constexpr auto* kSydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
  constexpr auto* kDublin = "IST-1GMT0,M10.5.0,M3.5.0/1";
  const Case cases[] = {
      {kBerlin, "21:00", "2026-11-22T19:59:00Z", "2026-11-22T20:00:00Z"},
      {kBerlin, "21:00", "2026-07-01T12:00:00Z", "2026-07-01T19:00:00Z"},
      {kBerlin, "21:00 UTC", "2026-07-01T12:00:00Z", "2026-07-01T21:00:00Z"},
      {kBerlin, "mon 00:30", "2026-11-22T12:00:00Z", "2026-11-22T23:30:00Z"},
      // Clocks are put forward on 29 March 2026 at 2:00 and back on 25 October at 3:00.
      {kBerlin, "2:30", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
      {kBerlin, "3:00", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
      {kBerlin, "2:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
      {kBerlin, "2:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
      {kNewYork, "01:00", "2026-07-04T04:00:00Z", "2026-07-04T05:00:00Z"},
      {kNewYork, "01:00", "2026-12-04T04:00:00Z", "2026-12-04T06:00:00Z"},
      {kSydney, "12:00", "2026-01-10T00:00:00Z", "2026-01-10T01:00:00Z"},
      {kSydney, "12:00", "2026-07-10T00:00:00Z", "2026-07-10T02:00:00Z"},
      {kDublin, "12:00", "2026-07-10T00:00:00Z", "2026-07-10T11:00:00Z"},
      {kDublin, "12:00", "2026-12-10T00:00:00Z", "2026-12-10T12:00:00Z"},
      {"<+0545>-5:45", "00:00", "2026-11-22T00:00:00Z", "2026-11-22T18:15:00Z"},
      {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "12:00", "2026-07-10T00:00:00Z", "2026-07-10T13:00:00Z"},
      {"AAA0BBB,J60/0,J300/0", "12:00", "2028-02-29T13:00:00Z", "2028-03-01T11:00:00Z"},
      {"AAA0BBB,59/0,299/0", "12:00", "2028-02-28T13:00:00Z", "2028-02-29T11:00:00Z"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(next(one.event, one.zone, one.after), one.expected) << one.zone << " " << one.event;
}

TEST(CalendarEvent, WhatIsNoneIsRefused) {
  for (const auto* event : {"",
                            " ",
                            "UTC",
                            "someday",
                            "mon-fri 1:00",
                            "mon..someday",
                            "mon,",
                            "24:00",
                            "12:60",
                            "1:2:60",
                            "1:2:3:4",
                            "13-1",
                            "1-32",
                            "0-1",
                            "1-0",
                            "1-2-3-4",
                            "30..10",
                            "*/0",
                            "0/0",
                            "5/x",
                            "*/",
                            "-1",
                            "1:00 mon",
                            "1:00 1-1",
                            "mon 1-1 1:00 x",
                            "99999999999999999999",
                            "*,5:00",
                            "2200-1-1"}) {
    EXPECT_FALSE(parse_calendar_event(event).ok()) << event;
  }
  for (const auto* zone : {"", "C-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J3",
                           "CET-1CEST,M3.5.0,M10.5.0/3x", "<CET-1", "CET-168", "CET-1:60", "TZif"}) {
    EXPECT_FALSE(TimeZone::parse(zone).ok()) << zone;
  }
}

}  // namespace
}  // namespace pcb
