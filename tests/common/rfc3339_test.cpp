#include "common/rfc3339.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

TEST(Rfc3339, ReadsWhatAlertmanagerWrites) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2026-11-22T16:43:30.323Z"), 1795365810323);
  EXPECT_EQ(parse_rfc3339("2026-11-22T16:43:30.323456789Z"), 1795365810323);
  EXPECT_EQ(parse_rfc3339("2026-11-22T17:43:30.3+01:00"), 1795365810300);
  EXPECT_EQ(parse_rfc3339("2026-11-22T14:13:30-02:30"), 1795365810000);
  EXPECT_LT(*parse_rfc3339("0001-01-01T00:00:00Z"), 0);
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text : {"", "now", "2026-11-22", "2026-11-22 16:43:30Z", "2026-11-22T16:43:30",
                           "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
                           "2026-11-22T16:43:30.Z", "2026-11-22T16:43:30.1234567890Z",
                           "2026-11-22T16:43:30Zx", "2026-11-22T16:43:30+1:00", "-026-11-22T16:43:30Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, WritesWhatItReads) {
  EXPECT_EQ(format_rfc3339(1795365810.9), "2026-11-22T16:43:30Z");
  EXPECT_EQ(format_rfc3339(-1.0), "1969-12-31T23:59:59Z");
  EXPECT_EQ(format_rfc3339(1e300), "9999-12-31T23:59:59Z");
}

}  // namespace
}  // namespace pcb
