// The real node-collect.sh, run by dash over a fixture tree: its own root directory in its own mount
// namespace.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class NodeCollect : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pattern = testing::TempDir() + "node_collect.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
    root_ = base_ / "root";
    for (const auto* directory : {"dev", "proc", "sys/class/net", "etc"})
      fs::create_directories(root_ / directory);
    std::ofstream(root_ / "dev/null").flush();
    for (const auto* link : {"bin", "sbin", "lib", "lib64"}) {
      if (fs::is_symlink(fs::path("/") / link)) fs::copy_symlink(fs::path("/") / link, root_ / link);
    }
    std::ofstream(base_ / "script.sh") << node_collect_script();
    fs::copy_file(base_ / "script.sh", root_ / "script.sh");
  }
  void TearDown() override { fs::remove_all(base_); }

  void unpack(const test::Tree& tree) {
    for (const auto& [path, content] : tree) {
      if (!path.starts_with('/')) continue;
      const auto file = root_ / path.substr(1);
      fs::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << content;
    }
    std::ofstream(root_ / "sys/fs/cgroup/cgroup.controllers") << "cpu io memory pids\n";
  }

  // What the script answers to these lines on its stdin.
  std::string run(const std::string& requests) {
    std::ofstream(base_ / "requests", std::ios::binary) << requests;
    const std::string unshare = geteuid() == 0 ? "unshare -m" : "unshare -rm";
    const auto root = root_.string();
    std::string mounts;
    for (const auto* system : {"usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "dev/null"}) {
      const auto source = fs::path("/") / system;
      if (!fs::exists(source)) continue;
      if (fs::is_directory(source)) fs::create_directories(root_ / system);
      mounts += "mount --bind " + source.string() + " " + (root_ / system).string() + " && ";
    }
    const auto command = unshare + " sh -c '" + mounts + "exec chroot " + root_.string() +
                         " /bin/sh /script.sh' <" + (base_ / "requests").string() + " >" +
                         (base_ / "answer").string();
    EXPECT_EQ(std::system(command.c_str()), 0) << "it needs root, or user namespaces";
    return test::read_file((base_ / "answer").string());
  }

  fs::path base_, root_;
};

CollectRequest everything() {
  CollectRequest request;
  request.configs = request.cluster = request.rrd = request.df = true;
  return request;
}

TEST_F(NodeCollect, AnswersAsTheFixturesOfTheOtherTestsDo) {
  const auto tree = test::load_tree("pve8/pve1");
  unpack(tree);
  const std::vector<CollectRequest> requests = {CollectRequest{}, everything()};
  std::string lines;
  for (const auto& request : requests) lines += request_line(request, test::kNonce);
  const auto received = run(lines);
  const auto second = received.find("\n@@" + std::string(test::kNonce) + " begin", 1);
  const std::vector<std::string> answers = {received.substr(0, second), received.substr(second)};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto real = parse_answer(answers[i], test::kNonce).value().files;
    auto built = parse_answer(test::answer(tree, requests[i]), test::kNonce).value().files;
    if (requests[i].df) {
      EXPECT_THAT(real.at("pcb/df"), HasSubstr(" /\n"));
    }
    for (const auto* own : {"pcb/df", "pcb/devices"}) {
      real.erase(own);
      built.erase(own);
    }
    for (const auto& [path, content] : built) EXPECT_EQ(real[path], content) << path;
    for (const auto& [path, content] : real) EXPECT_TRUE(built.contains(path)) << path << " is not expected";
  }
}

TEST_F(NodeCollect, GivesTheSameReportAsTheFixtures) {
  const auto tree = test::load_tree("pve9/gamma");
  unpack(tree);
  HostTracker tracker("gamma");
  const auto taken = tracker.accept(run(request_line(tracker.next_request(true), test::kNonce)), test::kNonce,
                                    1764000000, 0.01);
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  const auto& report = tracker.report();
  EXPECT_EQ(report.node_name, "gamma");
  EXPECT_EQ(report.facts->configs.size(), 8U);
  EXPECT_EQ(report.sample->guests.size(), 6U);
  for (const auto& [section, state] : report.sections)
    EXPECT_TRUE(state.ok) << section << ": " << state.detail;
}

TEST_F(NodeCollect, TellsADeadAnUnmountedAndAnAbsentPveApart) {
  const auto ask = [&] { return run(request_line({}, test::kNonce)); };
  unpack(test::load_tree("pve8/pve2"));
  EXPECT_THAT(ask(), HasSubstr("\npve ok\n"));
  fs::remove_all(root_ / "etc/pve");
  EXPECT_THAT(ask(), HasSubstr("\npve absent\n"));
  fs::create_directory(root_ / "etc/pve");
  EXPECT_THAT(ask(), HasSubstr("\npve unmounted\n"));
  // What does not answer cannot be looked at; only /proc/mounts still knows that it is there.
  fs::remove(root_ / "etc/pve");
  std::ofstream(root_ / "proc/mounts") << "/dev/fuse /etc/pve fuse rw,nosuid,nodev 0 0\n";
  EXPECT_THAT(ask(), HasSubstr("\npve dead\n"));
}

TEST_F(NodeCollect, TellsCgroupV1) {
  unpack(test::load_tree("pve8/pve2"));
  fs::remove(root_ / "sys/fs/cgroup/cgroup.controllers");
  const auto received = run(request_line({}, test::kNonce));
  EXPECT_THAT(received, HasSubstr("\ncgroup v1\n"));
  HostTracker tracker("pve2");
  ASSERT_TRUE(tracker.accept(received, test::kNonce, 1764000000, 0.01).ok());
  EXPECT_FALSE(tracker.report().sections.at("cgroups").ok);
  EXPECT_THAT(tracker.report().sections.at("cgroups").detail, HasSubstr("cgroup v1"));
}

TEST_F(NodeCollect, NothingInARequestIsEvaluated) {
  unpack(test::load_tree("pve8/pve2"));
  const std::string nonce = test::kNonce;
  const auto received =
      run("pcb1 " + nonce + " $(touch /evil)\n" + "pcb1 " + nonce + " host;touch /evil\n" +
          "pcb1 $(touch${IFS}/evil) host\n" + "`touch /evil`\n" + "pcb1 " + nonce + " host `touch /evil`\n" +
          "pcb9 " + nonce + " host\n" + "\n" + "pcb1 " + nonce + " *\n" + "pcb1 0123 host\n");
  EXPECT_FALSE(fs::exists(root_ / "evil"));
  EXPECT_THAT(received, HasSubstr("@@" + nonce + " error set"));
  EXPECT_THAT(received, HasSubstr("@@" + nonce + " error protocol"));
  EXPECT_THAT(received, HasSubstr("@@" + nonce + " error arguments"));
  EXPECT_THAT(received, HasSubstr("@@ error nonce"));
  EXPECT_EQ(received.find("begin 1"), std::string::npos);
}

TEST_F(NodeCollect, TheSteadyStateCostsOneProcess) {
  const auto log = (base_ / "execve.log").string();
  std::ofstream(base_ / "requests") << request_line({}, test::kNonce) << request_line({}, test::kNonce)
                                    << request_line({}, test::kNonce);
  const auto command = "strace -f -qq -e trace=execve -o " + log + " sh " + (base_ / "script.sh").string() +
                       " <" + (base_ / "requests").string() + " >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0) << "is strace installed?";
  std::size_t started = 0;
  const auto calls = test::read_file(log);
  for (const auto line : text::split_lines(calls)) started += line.ends_with("= 0") ? 1 : 0;
  EXPECT_EQ(started, 4U) << "the shell, and one head for each of three requests";
}

}  // namespace
}  // namespace pcb
