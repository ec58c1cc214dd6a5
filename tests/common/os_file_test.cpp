#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/os/fd.h"
#include "common/os/file.h"
#include "tests/support/temporary_folder.h"

namespace pcb::os {
namespace {

using testing::HasSubstr;

TEST(OsFile, ReadsUpToTheCap) {
  const test::TemporaryFolder dir;
  const std::string path = dir.write("a", std::string(100000, 'x'));
  EXPECT_EQ(read_file(path, 100000)->size(), 100000U);
  EXPECT_THAT(read_file(path, 99999).error().message, HasSubstr("larger than 99999 bytes"));
  EXPECT_THAT(read_file(dir.file("none")).error().message, HasSubstr("no such file"));
  EXPECT_THAT(read_file(dir.path()).error().message, HasSubstr("not a regular file"));
}

TEST(OsFile, APipeIsRefusedAndNotWaitedFor) {
  const test::TemporaryFolder dir;
  ASSERT_EQ(::mkfifo((dir.file("pipe")).c_str(), 0600), 0);
  EXPECT_THAT(read_file(dir.file("pipe")).error().message, HasSubstr("not a regular file"));
}

TEST(OsFile, SecretsOpenToOthersAreRefused) {
  const test::TemporaryFolder dir;
  const std::string path = dir.write("token", "s3cret \r\n\n");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_THAT(read_secret_file(path).error().message,
              HasSubstr("mode 0644 opens it to others; run chmod 0600"));
  ASSERT_EQ(::chmod(path.c_str(), 0660), 0);
  EXPECT_FALSE(read_secret_file(path).ok());
  for (const mode_t good : {0600U, 0400U, 0640U}) {
    ASSERT_EQ(::chmod(path.c_str(), good), 0);
    EXPECT_EQ(*read_secret_file(path), "s3cret");
  }
  std::filesystem::create_symlink(path, dir.file("link"));
  EXPECT_THAT(read_secret_file(dir.file("link")).error().message, HasSubstr("symbolic link"));
  const std::string empty = dir.write("empty", "\n");
  ASSERT_EQ(::chmod(empty.c_str(), 0600), 0);
  EXPECT_THAT(read_secret_file(empty).error().message, HasSubstr("is empty"));
}

TEST(OsFile, AtomicWriteReplacesWholeOrNotAtAll) {
  const test::TemporaryFolder dir;
  const std::string path = dir.write("state", "old");
  ASSERT_TRUE(write_file_atomically(path, std::string(300000, 'n'), 0640).ok());
  EXPECT_EQ(read_file(path)->size(), 300000U);
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0640U);
  EXPECT_THAT(write_file_atomically(dir.file("no/such/file"), "x").error().message,
              HasSubstr("no such file or folder"));
  // A folder cannot be replaced by a file: the write fails at its last step and leaves nothing behind.
  std::filesystem::create_directory(dir.file("folder"));
  EXPECT_FALSE(write_file_atomically(dir.file("folder"), "x").ok());
  const auto entries = std::distance(std::filesystem::directory_iterator(dir.path()), {});
  EXPECT_EQ(entries, 2);
}

TEST(OsFile, FdClosesAndMoves) {
  Fd first(::dup(0));
  const int number = first.get();
  Fd second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT: what is left after a move is the point
  EXPECT_EQ(second.get(), number);
  second.reset();
  EXPECT_EQ(::close(number), -1);
}

}  // namespace
}  // namespace pcb::os
