#include "exporter/file_map.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using testing::ElementsAre;

std::vector<std::string> paths_of(const FileMap::Range& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.emplace_back(file.path);
  return paths;
}

TEST(FileMap, GivesFilesByPathWhateverOrderTheyCameIn) {
  const FileMap files(
      {{"p/z", "9\n"}, {"/a", ""}, {"/c/1", "one"}, {"/c/2", "two"}, {"/c/3", "three"}, {"/b", "4"}});
  EXPECT_EQ(files.size(), 6U);
  EXPECT_EQ(files.get("/c/2"), "two");
  EXPECT_EQ(files.get("p/z"), "9\n");
  EXPECT_EQ(files.get("/b"), "4");
  EXPECT_EQ(files.get("/a"), "") << "an empty file is there";
  EXPECT_FALSE(files.get("/c").has_value());
  EXPECT_FALSE(files.get("/c/20").has_value());
  EXPECT_FALSE(files.get("q").has_value());
  EXPECT_THAT(paths_of(files.below("")), ElementsAre("/a", "/b", "/c/1", "/c/2", "/c/3", "p/z"));
}

TEST(FileMap, PutsAPathTogether) {
  const FileMap files(std::vector<FileMap::Part>{{"/sys/", "x", "1"}, {{}, "/sys/w", "2"}});
  EXPECT_EQ(files.get("/sys/x"), "1");
  EXPECT_THAT(paths_of(files.below("/sys/")), ElementsAre("/sys/w", "/sys/x"));
}

TEST(FileMap, BelowIsWhatBeginsSoAndNothingElse) {
  const FileMap files({{"/n/1", ""}, {"/n/10", ""}, {"/n/1/a", ""}, {"/n0", ""}, {"/m", ""}});
  EXPECT_THAT(paths_of(files.below("/n/1")), ElementsAre("/n/1", "/n/1/a", "/n/10"));
  EXPECT_THAT(paths_of(files.below("/n/1/")), ElementsAre("/n/1/a"));
  EXPECT_THAT(paths_of(files.below("/x")), ElementsAre());
  EXPECT_THAT(paths_of(FileMap().below("/")), ElementsAre());
}

TEST(FileMap, OfAPathGivenTwiceTheFirstCounts) {
  const FileMap files(
      {{"/b", "first"}, {"/c", "1"}, {"/d", "1"}, {"/b", "second"}, {"/a", "1"}, {"/b", "third"}});
  EXPECT_EQ(files.size(), 4U);
  EXPECT_EQ(files.get("/b"), "first");
}

TEST(FileMap, ACopyLivesLongerThanWhatItWasMadeFrom) {
  FileMap copy;
  {
    const std::string content(100, 'x');
    const FileMap files({{"/long", content}});
    copy = files;
  }
  EXPECT_EQ(copy.get("/long"), std::string(100, 'x'));
}

}  // namespace
}  // namespace pcb
