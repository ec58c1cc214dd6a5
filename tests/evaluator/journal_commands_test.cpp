// Backups of the journal while it is used, and restores that lose nothing by mistake.
#include "evaluator/cli/journal_commands.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "evaluator/decide/mode.h"
#include "tests/evaluator/journal_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

class JournalCommands : public ::testing::Test {
 protected:
  void put(const std::string& value) {
    const auto journal = open_journal(state_.path());
    ASSERT_TRANSACT(*journal, [&](Tables& tables) { return tables.set_setting("word", value); });
  }
  std::string word(const std::string& setting = "word") {
    std::string found;
    const auto journal = open_journal(state_.path());
    EXPECT_TRUE(journal
                    ->read([&](Tables& tables) -> Status {
                      found = tables.setting(setting).value().value_or("");
                      return Done{};
                    })
                    .ok());
    return found;
  }

  test::TemporaryFolder state_, elsewhere_;
  const std::string backup_ = elsewhere_.path() + "/journal.backup";
};

TEST_F(JournalCommands, ABackupMadeWhileTheEvaluatorRunsIsWholePrivateAndRestores) {
  put("first");
  {
    const auto alone = take_state_directory(state_.path());
    const auto running = open_journal(state_.path());
    ASSERT_TRUE(back_up_journal(state_.path(), backup_).ok());
  }
  struct stat info {};
  ASSERT_EQ(stat(backup_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  put("second");
  const auto done = restore_journal(state_.path(), backup_, 1000);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(word(), "first");
  EXPECT_EQ(word(kModeFallbackSetting), "suggest")
      << "what happened since is not known: a person looks first";
  EXPECT_TRUE(std::filesystem::exists(state_.path() + "/journal.sqlite.replaced-1000"));
}

TEST_F(JournalCommands, ABackupIsNeverWrittenOverAFile) {
  put("first");
  std::ofstream(backup_) << "mine";
  EXPECT_FALSE(back_up_journal(state_.path(), backup_).ok());
  std::string kept;
  std::ifstream(backup_) >> kept;
  EXPECT_EQ(kept, "mine");
}

TEST_F(JournalCommands, ARestoreIsRefusedWhileAnEvaluatorRuns) {
  put("first");
  ASSERT_TRUE(back_up_journal(state_.path(), backup_).ok());
  put("second");
  const auto running = take_state_directory(state_.path());
  ASSERT_TRUE(running.ok());
  const auto done = restore_journal(state_.path(), backup_, 1000);
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message, HasSubstr("stop the evaluator first"));
  EXPECT_EQ(word(), "second");
}

TEST_F(JournalCommands, ADamagedOrForeignBackupChangesNothing) {
  put("first");
  for (const char* const content : {"no database", "", "SQLite format 3 and no more"}) {
    std::ofstream(backup_, std::ios::trunc) << content;
    const auto done = restore_journal(state_.path(), backup_, 1000);
    EXPECT_FALSE(done.ok()) << content;
    EXPECT_EQ(word(), "first");
    EXPECT_FALSE(std::filesystem::exists(state_.path() + "/journal.sqlite.restored"));
  }
  EXPECT_FALSE(restore_journal(state_.path(), elsewhere_.path() + "/none", 1000).ok());
}

TEST_F(JournalCommands, TwoEvaluatorsNeverUseOneStateDirectory) {
  const auto first = take_state_directory(state_.path());
  ASSERT_TRUE(first.ok());
  const auto second = take_state_directory(state_.path());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("one evaluator at a time"));
}

}  // namespace
}  // namespace pcb
