#include "common/csv.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

TEST(Csv, CellsAreQuotedAndNeverFormulas) {
  EXPECT_EQ(csv_cell("pve1"), "\"pve1\"");
  EXPECT_EQ(csv_cell(""), "\"\"");
  EXPECT_EQ(csv_cell("say \"hi\", you"), "\"say \"\"hi\"\", you\"");
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "  =1", "|calc", "%0A=1"})
    EXPECT_EQ(csv_cell(formula), std::string("\"'") + formula + "\"");
  EXPECT_EQ(csv_cell("\t=1+1"), "\"\\t=1+1\"");
  EXPECT_EQ(csv_cell("\r\n=1"), "\"\\r\\n=1\"");
  EXPECT_EQ(csv_cell("a=b"), "\"a=b\"");
}

TEST(Csv, ARowIsALine) { EXPECT_EQ(csv_row({"a", "b\nc", "\xff"}), "\"a\",\"b\\nc\",\"\\xff\"\r\n"); }

}  // namespace
}  // namespace pcb
