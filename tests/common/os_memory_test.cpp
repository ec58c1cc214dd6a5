#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
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

// In a child: the setting is the whole program's.
int child_status(bool with_setting) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (with_setting) os::return_large_blocks();
    ::_exit(kept_kib() > 16384 ? 1 : 0);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WEXITSTATUS(status);
}

TEST(Memory, LargeBlocksGoBackOnlyWithTheSetting) {
  EXPECT_EQ(child_status(true), 0);
  EXPECT_EQ(child_status(false), 1) << "without it nothing needs setting any more";
}
#endif

}  // namespace
}  // namespace pcb
