#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/os/memory.h"

namespace pcb {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// A sanitizer has an allocator of its own.
TEST(Memory, TheSettingHarmsNothing) { os::return_large_blocks(); }
#else
long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return -1;
}

// What stays when large blocks have come and gone, with a small one behind each that lives on.
long kept_kib() {
  constexpr std::size_t kPageBytes = 8UL << 20U;
  { const std::string first(kPageBytes * 2, 'x'); }  // glibc learns from it to keep such blocks
  const long before = resident_kib();
  std::vector<std::unique_ptr<std::string> > pages;
  std::vector<std::unique_ptr<std::string> > living;
  for (int i = 0; i < 8; ++i) {
    pages.push_back(std::make_unique<std::string>(kPageBytes, 'x'));
    living.push_back(std::make_unique<std::string>(1000, 'y'));
  }
  pages.clear();
  return resident_kib() - before;
}

// Each in a program begun anew: the setting is the whole program's, and what other tests have left on the
// heap would take the blocks in.
TEST(MemoryDeathTest, LargeBlocksGoBackOnlyWithTheSetting) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr long kGoneBackKib = 16384;
  EXPECT_EXIT(
      {
        os::return_large_blocks();
        ::_exit(kept_kib() <= kGoneBackKib ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EXIT(::_exit(kept_kib() > kGoneBackKib ? 0 : 1), testing::ExitedWithCode(0), "")
      << "without it nothing needs setting any more";
}
#endif

}  // namespace
}  // namespace pcb
