// The real node-collect.sh, run by dash over a fixture tree: its own root directory in its own mount
// namespace.
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/exporter/fixture.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class NodeCollect : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto* directory : {"dev", "proc", "sys/class/net", "etc"})
      fs::create_directories(root_ / directory);
    std::ofstream(root_ / "dev/null").flush();
    for (const auto* link : {"bin", "sbin", "lib", "lib64"}) {
      if (fs::is_symlink(fs::path("/") / link)) fs::copy_symlink(fs::path("/") / link, root_ / link);
    }
    std::ofstream(base_ / "script.sh") << node_collect_script();
    fs::copy_file(base_ / "script.sh", root_ / "script.sh");
  }
  void unpack(const test::Tree& tree) {
    for (const auto& [path, content] : tree) {
      if (!path.starts_with('/')) continue;
      const auto file = root_ / path.substr(1);
      fs::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << content;
    }
    std::ofstream(root_ / "sys/fs/cgroup/cgroup.controllers") << "cpu io memory pids\n";
    fs::create_directories(root_ / "proc/self");  // where df looks
    std::ofstream(root_ / "proc/self/mountinfo") << "21 1 0:20 / / rw,relatime - ext4 /dev/root rw\n"
                                                    "22 21 0:21 / /mnt/nas rw - nfs4 nas:/export rw\n";
  }

  // What the script answers to these lines on its stdin.
  std::string run(const std::string& requests) {
    std::ofstream(base_ / "requests", std::ios::binary) << requests;
    EXPECT_EQ(std::system((command() + " <" + (base_ / "requests").string()).c_str()), 0)
        << "it needs root, or user namespaces";
    return answers();
  }

  [[nodiscard]] std::string answers() const { return test::read_file((base_ / "answer").string()); }

  // Runs the script in the tree; its answers go to a file.
  std::string command() {
    const std::string unshare = geteuid() == 0 ? "unshare -m" : "unshare -rm";
    const auto root = root_.string();
    std::string mounts;
    for (const auto* system : {"usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "dev/null"}) {
      const auto source = fs::path("/") / system;
      if (!fs::exists(source)) continue;
      if (fs::is_directory(source)) fs::create_directories(root_ / system);
      mounts += "mount --bind " + source.string() + " " + (root_ / system).string() + " && ";
    }
    return unshare + " sh -c '" + mounts + "exec chroot " + root_.string() + " /bin/sh /script.sh' >" +
           (base_ / "answer").string();
  }

  const test::TemporaryFolder folder_;
  const fs::path base_ = folder_.path(), root_ = base_ / "root";
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
    auto real = test::tree_of(parse_answer(answers[i], test::kNonce).value().files);
    auto built = test::tree_of(parse_answer(test::answer(tree, requests[i]), test::kNonce).value().files);
    if (requests[i].df) {
      EXPECT_THAT(real.at("pcb/filesystems"), AllOf(HasSubstr(" /\n"), Not(HasSubstr("nas"))));
    }
    for (const auto* own : {"pcb/filesystems", "pcb/devices", "pcb/nics", "pcb/zone", "pcb/pools"}) {
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

TEST_F(NodeCollect, TellsNetworkCardsFromWhatIsMadeOfThem) {
  unpack(test::load_tree("pve8/pve2"));
  CollectRequest request;
  request.configs = true;
  const auto nics = [&] {
    const auto answer = parse_answer(run(request_line(request, test::kNonce)), test::kNonce);
    return std::string(answer->files.get("pcb/nics").value_or("was not sent"));
  };
  EXPECT_EQ(nics(), "") << "of none the hardware is seen";
  for (const auto* card : {"lan0", "veth-like", "eno1"})
    fs::create_directories(root_ / "sys/class/net" / card / "device");
  fs::create_directories(root_ / "sys/class/net/bond0");
  EXPECT_EQ(nics(), "eno1\nlan0\nveth-like\n");
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

// The script over one tree that changes between requests.
class LivingNode : public NodeCollect {
 protected:
  void SetUp() override {
    NodeCollect::SetUp();
    unpack(test::load_tree("pve8/pve1"));
  }
  void TearDown() override {
    if (script_ != nullptr) ::pclose(script_);
  }

  test::Tree ask() {
    if (script_ == nullptr) {
      std::ofstream(base_ / "answer").flush();
      script_ = ::popen(command().c_str(), "w");
    }
    const std::string nonce = "00000000000000" + std::to_string(10 + asked_++);
    std::fputs(request_line({}, nonce).c_str(), script_);
    std::fflush(script_);
    EXPECT_TRUE(test::wait_until([&] { return answer_complete(answers(), nonce); }));
    const auto parsed = parse_answer(answers(), nonce);
    EXPECT_TRUE(parsed.ok()) << answers();
    return parsed.ok() ? test::tree_of(parsed->files) : test::Tree{};
  }
  void write(const std::string& path, const std::string& content) {
    const auto file = root_ / path.substr(1);
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }

  static constexpr const char* kPidFile = "/sys/fs/cgroup/lxc.monitor/101/cgroup.procs";
  static constexpr const char* kEvents = "/sys/fs/cgroup/lxc/101/cgroup.events";

 private:
  std::FILE* script_ = nullptr;
  int asked_ = 0;
};

TEST_F(LivingNode, SendsTheStartOfAGuestAgainAndItsFiguresAnew) {
  const auto first = ask();
  write("/sys/fs/cgroup/lxc/101/memory.current", "4242\n");
  const auto second = ask();
  EXPECT_EQ(second.at(kPidFile), first.at(kPidFile));
  EXPECT_EQ(second.at("/proc/3000/stat"), first.at("/proc/3000/stat"));
  EXPECT_EQ(second.at("/sys/fs/cgroup/lxc/101/memory.current"), "4242\n");
}

TEST_F(LivingNode, FindsAGuestThatWasRestartedBetweenTwoRequests) {
  EXPECT_EQ(ask().at(kPidFile), "3000\n");
  fs::remove_all(root_ / "proc/3000");
  write(kPidFile, "9000\n");
  write("/proc/9000/stat", "9000 (lxc start) S 1\n");
  const auto second = ask();
  EXPECT_EQ(second.at(kPidFile), "9000\n");
  EXPECT_EQ(second.at("/proc/9000/stat"), "9000 (lxc start) S 1\n");
  EXPECT_FALSE(second.contains("/proc/3000/stat"));
}

TEST_F(LivingNode, FindsAGuestThatStartsAndForgetsOneThatStopped) {
  ask();
  write("/sys/fs/cgroup/lxc/109/cgroup.events", "populated 1\n");
  const auto starting = ask();
  EXPECT_TRUE(starting.contains("/sys/fs/cgroup/lxc/109/cgroup.events"));
  EXPECT_FALSE(starting.contains("/sys/fs/cgroup/lxc.monitor/109/cgroup.procs"));
  // Its process is seen a little later: nothing else tells that it is to be looked for.
  write("/sys/fs/cgroup/lxc.monitor/109/cgroup.procs", "9100\n");
  write("/proc/9100/stat", "9100 (lxc-start) S 1\n");
  EXPECT_TRUE(ask().contains("/proc/9100/stat"));
  fs::remove_all(root_ / "sys/fs/cgroup/lxc/101");
  const auto stopped = ask();
  EXPECT_FALSE(stopped.contains(kEvents) || stopped.contains(kPidFile));
  EXPECT_TRUE(stopped.contains("/proc/9100/stat"));
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
