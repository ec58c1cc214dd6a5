// What init refuses before it has touched a host. With hosts: tests/e2e/test_init.py.
#include "evaluator/cli/init_command.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/raw_server.h"
#include "tests/support/temporary_folder.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class InitCommand : public testing::Test {
 protected:
  InitCommand() {
    options_.host = "192.0.2.1";
    options_.cluster = "homelab";
    options_.folder = folder_.file("out");
  }
  int run(const std::string& typed = "") {
    std::istringstream in(typed);
    std::ostringstream out, err;
    const int code = run_init(options_, in, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  test::TemporaryFolder folder_;
  InitOptions options_;
  std::string out_, err_;
};

TEST_F(InitCommand, NeedsAHostWhereNobodyCanBeAsked) {
  options_.host.clear();
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err_, HasSubstr("--host"));
}

TEST_F(InitCommand, TakesNoPathThatWouldMeanSomethingElseInAFile) {
  options_.folder = folder_.file("a b");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err_, HasSubstr("the path may hold"));
  EXPECT_FALSE(std::filesystem::exists(options_.folder));
}

TEST_F(InitCommand, SaysWhatIsWrongWithWhatWasTyped) {
  options_.cluster = "home lab";
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr("cluster: found \"home lab\""), HasSubstr("allowed: letters")));
  EXPECT_FALSE(std::filesystem::exists(options_.folder));
}

TEST_F(InitCommand, ReplacesNothingWithoutAYes) {
  std::filesystem::create_directory(options_.folder);
  std::ofstream(options_.folder + "/config.yaml") << "mine\n";
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr(options_.folder + "/config.yaml already"), HasSubstr("--force")));
  options_.ask = true;
  EXPECT_EQ(run("no\n"), 2);
  EXPECT_EQ(run(""), 2) << "an end of the input is no yes";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(options_.folder), {}), 1);
}

TEST_F(InitCommand, AsksForWhatIsMissing) {
  test::RawServer closed([](int) {});  // nothing that speaks SSH
  options_.host.clear();
  options_.cluster.clear();
  options_.port = closed.port();
  options_.ask = true;
  EXPECT_EQ(run("127.0.0.1\n\n"), 1);
  EXPECT_THAT(out_, AllOf(HasSubstr("Address of one host"), HasSubstr("series and alerts [homelab]: ")));
  EXPECT_THAT(err_, HasSubstr("127.0.0.1 port " + std::to_string(closed.port())));
  EXPECT_FALSE(std::filesystem::exists(options_.folder + "/config.yaml"));
}

}  // namespace
}  // namespace pcb
