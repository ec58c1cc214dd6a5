#include "exporter/collect_request.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNonce = "0123456789abcdef";

std::string framed(const std::string& body) {
  return "\n@@0123456789abcdef begin 1\n" + body + "\n@@0123456789abcdef end\n";
}

TEST(CollectRequest, NamesTheWantedSetsInOneLine) {
  EXPECT_EQ(request_line({}, kNonce), "pcb1 0123456789abcdef host,guests\n");
  CollectRequest all;
  all.configs = all.cluster = all.rrd = all.df = true;
  EXPECT_EQ(request_line(all, kNonce), "pcb1 0123456789abcdef host,guests,configs,cluster,rrd,df\n");
}

TEST(CollectRequest, SplitsAnAnswerIntoFilesByteForByte) {
  const auto answer = parse_answer(
      framed("==> pcb/host <==\nnode pve1\n\n==> /proc/uptime <==\n1.5 2.5\n\n==> /etc/pve/.vmlist <==\n"
             "{\n\n}\n\n==> /empty <==\n\n==> /no/newline <==\n{}"),
      kNonce);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->protocol, 1);
  EXPECT_EQ(answer->files.get("pcb/host"), "node pve1\n");
  EXPECT_EQ(answer->files.get("/proc/uptime"), "1.5 2.5\n");
  EXPECT_EQ(answer->files.get("/etc/pve/.vmlist"), "{\n\n}\n");
  EXPECT_EQ(answer->files.get("/empty"), "");
  EXPECT_EQ(answer->files.get("/no/newline"), "{}");
  EXPECT_EQ(answer->files.size(), 5U);
}

TEST(CollectRequest, FilesOfGuestsAreNamedFromTheRootOfTheCgroups) {
  const auto answer = parse_answer(
      "\n@@0123456789abcdef begin 2\n==> lxc/101/cpu.stat <==\n1\n\n==> qemu.slice/201.scope/io.stat "
      "<==\n2\n\n"
      "==> lxc.monitor/101/cgroup.procs <==\n3\n\n==> lxd/101/cpu.stat <==\n4\n\n==> /x <==\n5\n"
      "\n@@0123456789abcdef end\n",
      "0123456789abcdef");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->files.get("/sys/fs/cgroup/lxc/101/cpu.stat"), "1\n");
  EXPECT_EQ(answer->files.get("/sys/fs/cgroup/qemu.slice/201.scope/io.stat"), "2\n");
  EXPECT_EQ(answer->files.get("/sys/fs/cgroup/lxc.monitor/101/cgroup.procs"),
            "3\n\n==> lxd/101/cpu.stat <==\n4\n")
      << "only what the script names so begins a file";
  EXPECT_EQ(answer->files.get("/x"), "5\n");
}

TEST(CollectRequest, NoiseOfLoginShellsIsIgnored) {
  const auto answer =
      parse_answer("Welcome to pve1!\n@@ffffffffffffffff begin 1\n==> /proc/uptime <==\n9 9\n" +
                       framed("==> /proc/uptime <==\n1 1\n") + "mail waiting\n",
                   kNonce);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->files.get("/proc/uptime"), "1 1\n");
}

TEST(CollectRequest, AContentThatLooksLikeAMarkChangesNothing) {
  const auto answer = parse_answer(
      framed("==> /proc/uptime <==\n1 1\n\n==> /x <==\n#@@0123456789abcdef end\n==> nonsense <==\n"
             "\n==> /proc/uptime <==\n7 7\n"),
      kNonce);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->files.get("/x"), "#@@0123456789abcdef end\n==> nonsense <==\n");
  EXPECT_EQ(answer->files.get("/proc/uptime"), "1 1\n") << "the first block of a name counts";
}

TEST(CollectRequest, AFileThatReachedTheCapIsLeftOutAndNamed) {
  const auto answer = parse_answer(
      framed("==> /big <==\n" + std::string(kCollectFileCap, 'x') + "\n==> /proc/uptime <==\n1 1\n"), kNonce);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_FALSE(answer->files.get("/big").has_value());
  EXPECT_EQ(answer->truncated, std::vector<std::string>{"/big"});
  EXPECT_EQ(answer->files.get("/proc/uptime"), "1 1\n");
}

TEST(CollectRequest, EveryPrefixOfAnAnswerIsIncompleteAndAnError) {
  const auto whole = framed("==> /proc/uptime <==\n1 1\n");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(answer_complete(whole.substr(0, length), kNonce)) << length;
    EXPECT_FALSE(parse_answer(whole.substr(0, length), kNonce).ok()) << length;
  }
  EXPECT_TRUE(answer_complete(whole, kNonce));
}

TEST(CollectRequest, RefusalsAndForeignVersionsAreErrorsThatNameTheCure) {
  const std::string refusal = "noise\n@@0123456789abcdef error set\n";
  EXPECT_TRUE(answer_complete(refusal, kNonce));
  EXPECT_THAT(parse_answer(refusal, kNonce).error().message, HasSubstr("(set)"));
  EXPECT_THAT(
      parse_answer("\n@@0123456789abcdef begin 7\n\n@@0123456789abcdef end\n", kNonce).error().message,
      HasSubstr("protocol 7"));
  EXPECT_THAT(
      parse_answer("\n@@0123456789abcdef begin x\n\n@@0123456789abcdef end\n", kNonce).error().message,
      HasSubstr("malformed version"));
  EXPECT_THAT(parse_answer("sh: not found\n", kNonce).error().message, HasSubstr("no answer"));
}

TEST(CollectRequest, TheScriptCanBeSentAsOneQuotedArgument) {
  EXPECT_THAT(std::string(node_collect_script()), Not(HasSubstr("'")));
  EXPECT_THAT(std::string(node_collect_script()), HasSubstr("#!/bin/sh\n"));
  const auto command = node_collect_command();
  EXPECT_TRUE(command.starts_with("exec sh -c '"));
  EXPECT_THAT(command, Not(HasSubstr("\n#")));
  EXPECT_LT(command.size(), 16000U) << "one SSH packet holds it";
}

}  // namespace
}  // namespace pcb
