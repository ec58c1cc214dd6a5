// Files in docs/ that are made from tables in the code: compared, or rewritten when PCB_BLESS=1 is set.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace pcb {

inline std::string read_source_file(const std::string& path) {
  std::ifstream in(std::string(PCB_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << path << " is missing";
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void expect_generated(const std::string& path, const std::string& text) {
  const char* bless = std::getenv("PCB_BLESS");
  if (bless != nullptr && std::string(bless) == "1") {
    std::ofstream out(std::string(PCB_SOURCE_DIR) + "/" + path, std::ios::binary);
    out << text;
    ASSERT_TRUE(out.good()) << path;
    return;
  }
  EXPECT_EQ(read_source_file(path), text)
      << path << " is not what the tables say; run this test with PCB_BLESS=1";
}

}  // namespace pcb
