#include "evaluator/cli/simulate_command.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/simulate/demo.h"
#include "tests/support/raw_server.h"
#include "tests/support/temporary_folder.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Ran {
  int code = 0;
  std::string out, err;
};

Ran run(const SimulateOptions& options, const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, err;
  const int code = run_simulate(options, in, out, err);
  return {code, out.str(), err.str()};
}

TEST(SimulateCommand, ADemoIsReplayedBesideTheOtherWays) {
  SimulateOptions options;
  options.demo = 1;
  options.days = 1;
  const Ran ran = run(options);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("doing nothing         greedy  this balancer"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
  options.output = "json";
  EXPECT_THAT(run(options).out, HasSubstr("\"way\": \"greedy\""));
}

TEST(SimulateCommand, AWrittenTraceReplaysTheSame) {
  const test::TemporaryFolder folder;
  SimulateOptions options;
  options.demo = 2;
  options.days = 1;
  options.write_trace = folder.file("demo.trace");
  const Ran first = run(options);
  SimulateOptions again;
  again.trace = options.write_trace;
  const Ran second = run(again);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.out.substr(0, second.out.find("Moves")), first.out.substr(0, first.out.find("Moves")));
  again.days = 3;
  EXPECT_THAT(run(again).err, HasSubstr("the trace ends after 1 d"));
}

TEST(SimulateCommand, UsageIsCode2) {
  EXPECT_EQ(run({}).code, 2);
  SimulateOptions two;
  two.demo = 1;
  two.trace = "-";
  EXPECT_EQ(run(two).code, 2);
  for (const char* since : {"", "d", "14", "-1d", "1y", "5m", "500d", "nand"}) {
    SimulateOptions options;
    options.prometheus = "http://127.0.0.1:9";
    options.since = since;
    const Ran ran = run(options);
    EXPECT_EQ(ran.code, 2) << since;
    EXPECT_THAT(ran.err, HasSubstr("--since")) << since;
  }
}

TEST(SimulateCommand, AnUnreadableTraceIsCode1WithNothingOnStdout) {
  SimulateOptions options;
  options.trace = "-";
  const Ran bad = run(options, "hello\nworld\n!\n");
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.out, IsEmpty());
  EXPECT_THAT(bad.err, HasSubstr("line 1"));
  options.trace = "/nowhere/at/all.trace";
  EXPECT_EQ(run(options).code, 1);
  SimulateOptions config;
  config.demo = 1;
  config.config_path = "/nowhere/at/all.yaml";
  EXPECT_EQ(run(config).code, 78);
}

TEST(SimulateCommand, APrometheusThatIsNoneIsNamed) {
  SimulateOptions options;
  options.prometheus = "http://127.0.0.1:1";
  const Ran nobody = run(options);
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("127.0.0.1:1"));
  const test::RawServer server([](int socket) {
    test::receive_some(socket, 10);
    test::send_all(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  });
  options.prometheus = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  const Ran other = run(options);
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("is it the URL of a Prometheus?"));
}

}  // namespace
}  // namespace pcb
