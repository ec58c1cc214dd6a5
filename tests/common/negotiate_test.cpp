#include "common/negotiate.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

TEST(Negotiate, GzipOnlyWhenTaken) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("br, GZIP;q=0.5"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_TRUE(accepts_gzip("*;q=0, gzip"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity, br"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0, *"));
  EXPECT_FALSE(accepts_gzip("gzip;q=nonsense"));
  EXPECT_FALSE(accepts_gzip(";;;,,=;q=1"));
}

TEST(Negotiate, OpenMetricsForThoseWhoPreferIt) {
  // As Prometheus 2.42 sends it.
  EXPECT_EQ(choose_exposition(
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
                "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            Exposition::openmetrics);
  EXPECT_EQ(choose_exposition("application/openmetrics-text; version=1.0.0; q=0.4, text/plain;q=0.5"),
            Exposition::prometheus);
  EXPECT_EQ(choose_exposition("application/openmetrics-text;version=0.0.1"), Exposition::prometheus);
  EXPECT_EQ(choose_exposition("application/openmetrics-text;q=0"), Exposition::prometheus);
  EXPECT_EQ(choose_exposition("*/*"), Exposition::prometheus);
  EXPECT_EQ(choose_exposition(""), Exposition::prometheus);
}

}  // namespace
}  // namespace pcb
