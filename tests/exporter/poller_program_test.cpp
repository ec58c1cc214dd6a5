// The program itself: its command line, exit codes, routes, signals, and how it talks to systemd.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/http/client.h"
#include "exporter/shard.h"
#include "tests/support/raw_server.h"
#include "tests/support/sshd.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using std::chrono::seconds;
using test::crypt_hash;
using test::Program;
using test::Sshd;
using test::TemporaryFolder;
using test::wait_until;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kProgram = PCB_BINARY_DIR "/bin/balancer-exporter";

std::string this_host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));
}

struct Finished {
  int code = 0;
  std::string output;
};

Finished run_program(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{kProgram};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Program program(command);
  const int code = program.wait();
  return {code, program.output()};
}

class ExporterProgram : public testing::Test {
 protected:
  ExporterProgram() { write_config(); }

  void write_config(const std::string& more = "", const std::string& more_hosts = "") {
    test::write_text(folder_.file("known_hosts"), sshd_.known_hosts());
    test::write_text(config_, "cluster: test\nproxmox_hosts:\n  - name: " + this_host() +
                                  "\n    address: 127.0.0.1\n    port: " + std::to_string(sshd_.port()) +
                                  "\n    user: root\n    key_path: " + sshd_.key() + "\n" + more_hosts +
                                  "ssh:\n  known_hosts: " + folder_.file("known_hosts") +
                                  "\n  connect_timeout: 2s\n  command_timeout: 5s\n" +
                                  "exporter:\n  listen: 127.0.0.1:" + std::to_string(port_) +
                                  "\n  interval: 5s\n" + more);
  }
  [[nodiscard]] std::string refusing_host() const {
    return "  - name: refuses\n    address: 127.0.0.1\n    port: " + std::to_string(test::free_port()) +
           "\n    key_path: " + sshd_.key() + "\n";
  }
  // The program takes a free port itself, and tells in its log which: one that was free a moment ago may by
  // now belong to another program, be it for an outgoing connection.
  bool wait_for_port(const Program& program) {
    return wait_until([&] {
      const std::string log = program.output();
      const auto serving = log.find("serving"), port = log.find(" port=", serving);
      if (serving == std::string::npos || log.find('\n', port) == std::string::npos) return false;
      port_ = std::stoi(log.substr(port + 6));
      return true;
    });
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  http::ClientResponse get(const std::string& path, const std::string& accept = "") {
    http::ClientSettings settings;
    if (!accept.empty()) settings.headers.emplace_back("Accept", accept);
    auto response = http::Client(settings).get(url(path));
    return response.ok() ? *response : http::ClientResponse{};
  }
  bool wait_for_page(const Program& program) {
    return wait_for_port(program) && wait_until([&] { return get("/-/ready").status == 200; });
  }

  TemporaryFolder folder_;
  Sshd sshd_;
  int port_ = 0;
  std::string config_ = folder_.file("config.yaml");
};

TEST_F(ExporterProgram, AnswersHelpAndVersion) {
  const Finished help = run_program({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, AllOf(HasSubstr("--once"), HasSubstr("Examples:"), HasSubstr("accept-host-key")));
  const Finished version = run_program({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.output,
              AllOf(HasSubstr("balancer-exporter "), HasSubstr("libssh2 1."), HasSubstr("\nCivetWeb 1."),
                    HasSubstr("\nOpenSSL "), HasSubstr("\nzlib 1."), HasSubstr("\nyaml-cpp 0."),
                    HasSubstr("\nspdlog 1."), HasSubstr("\nnlohmann json 3.")));
}

TEST_F(ExporterProgram, LeavesWithTwoOnAWrongCommandLine) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--no-such"},
                                             {"--output", "text"},
                                             {"--connect"},
                                             {"--once", "--check"},
                                             {"--once", "--output", "xml"},
                                             {"--shard", "3/2"},
                                             {"--log-level", "loud"},
                                             {"accept-host-key"},
                                             {"--once", "accept-host-key", "pve1"},
                                             {"extra"}}) {
    EXPECT_EQ(run_program(wrong).code, 2) << wrong[0];
  }
}

TEST_F(ExporterProgram, LeavesWithSeventyEightOnABadConfiguration) {
  EXPECT_EQ(run_program({"--config", folder_.file("absent.yaml")}).code, 78);
  write_config("nonsense: 1\n");
  const Finished unknown_key = run_program({"--config", config_, "--check"});
  EXPECT_EQ(unknown_key.code, 78);
  EXPECT_THAT(unknown_key.output, HasSubstr("nonsense"));
  write_config();
  ::chmod(sshd_.key().c_str(), 0644);
  for (const char* action : {"--check", "--once", "--log-level=info"}) {
    const Finished open_key = run_program({"--config", config_, action});
    EXPECT_EQ(open_key.code, 78) << action;
    EXPECT_THAT(open_key.output, AllOf(HasSubstr("0644"), HasSubstr("chmod 0600"))) << action;
  }
}

TEST_F(ExporterProgram, RefusesToListenBeyondThisMachineUnlessAllowedByName) {
  const std::string beyond = "0.0.0.0:" + std::to_string(port_);
  std::string config = test::read_text(config_);
  config.replace(config.find("127.0.0.1:" + std::to_string(port_)), 10 + std::to_string(port_).size(),
                 beyond);
  test::write_text(config_, config);
  const Finished refused = run_program({"--config", config_});
  EXPECT_EQ(refused.code, 78);
  EXPECT_THAT(refused.output, HasSubstr("listen_without_tls"));
  test::write_text(config_, config + "  listen_without_tls: true\n");
  EXPECT_EQ(run_program({"--config", config_, "--check"}).code, 0);
}

TEST_F(ExporterProgram, ChecksEveryHostAndSaysWhatMendsIt) {
  const Finished part = run_program({"--config", config_, "--check", "--connect"});
  EXPECT_EQ(part.code, 3) << part.output;  // this machine has no /etc/pve
  EXPECT_THAT(part.output, HasSubstr(this_host() + ": usable, "));
  write_config("", refusing_host());
  const Finished some = run_program({"--config", config_, "--check", "--connect"});
  EXPECT_EQ(some.code, 3) << some.output;
  EXPECT_THAT(some.output,
              AllOf(HasSubstr("refuses: FAILED (connect_refused)\n  "), HasSubstr("is sshd running there")));
  write_config();
  test::write_text(folder_.file("known_hosts"), "");
  const Finished none = run_program({"--config", config_, "--check", "--connect"});
  EXPECT_EQ(none.code, 1) << none.output;
  EXPECT_THAT(none.output, AllOf(HasSubstr("host_key_unknown"), HasSubstr("ssh-keyscan -t ed25519")));
}

TEST_F(ExporterProgram, PrintsOnceWhatIsAskedFor) {
  const Finished text = run_program({"--config", config_, "--once"});
  EXPECT_EQ(text.code, 0) << text.output;
  EXPECT_THAT(text.output, AllOf(HasSubstr("Host metrics for " + this_host()), Not(HasSubstr("\x1b["))));
  const Finished metrics = run_program({"--config", config_, "--once", "--output", "metrics"});
  EXPECT_THAT(metrics.output, HasSubstr("pve_up{id=\"node/" + this_host() + "\"} 1"));
  EXPECT_THAT(metrics.output, HasSubstr("pve_cpu_usage_ratio{id=\"node/" + this_host() + "\"}"));
  const Finished cluster = run_program({"--config", config_, "--once", "--output", "cluster"});
  EXPECT_THAT(cluster.output, HasSubstr("\"schema\": \"balancer.cluster/1\""));
  write_config("", refusing_host());
  const Finished some = run_program({"--config", config_, "--once", "--output", "metrics"});
  EXPECT_EQ(some.code, 3);
  EXPECT_THAT(some.output, HasSubstr("pve_up{id=\"node/refuses\"} 0"));
  write_config();
  sshd_.stop();
  EXPECT_EQ(run_program({"--config", config_, "--once"}).code, 1);
}

TEST_F(ExporterProgram, AShardAsksItsOwnHostsAloneWhateverItIsToDo) {
  int count = 2;  // so many that the two hosts are not of one shard
  const auto shard_of = [&](const std::string& host) {
    for (int index = 1;; ++index)
      if (Shard{index, count}.has(host)) return std::to_string(index) + "/" + std::to_string(count);
  };
  while (shard_of(this_host()) == shard_of("refuses")) ++count;
  write_config("", refusing_host());
  const std::string own = shard_of(this_host());
  const Finished checked = run_program({"--config", config_, "--shard", own, "--check", "--connect"});
  EXPECT_THAT(checked.output, AllOf(HasSubstr(this_host() + ": usable"), Not(HasSubstr("refuses"))));
  EXPECT_EQ(run_program({"--config", config_, "--shard", own, "--once"}).code, 0);
  EXPECT_EQ(run_program({"--config", config_, "--shard", shard_of("refuses"), "--once"}).code, 1);
  Program program({kProgram, "--config", config_, "--shard", own});
  ASSERT_TRUE(wait_for_page(program)) << program.output();
  EXPECT_THAT(get("/metrics").body, Not(HasSubstr("refuses")));
  write_config();  // nothing of it is the other shard's
  EXPECT_EQ(run_program({"--config", config_, "--shard", shard_of("refuses"), "--check"}).code, 78);
  std::string others = test::read_text(config_);
  others.replace(others.find(this_host()), this_host().size(), "refuses");
  test::write_text(config_, others);
  const auto reload = http::Client({}).post(url("/-/reload"), "");
  EXPECT_THAT(reload.ok() ? reload->body : "", HasSubstr("has none of the hosts"));
}

TEST_F(ExporterProgram, AcceptsTheNewKeyOfAHostThatWasInstalledAgain) {
  sshd_.replace_host_key("ed25519");
  const Finished before = run_program({"--config", config_, "--check", "--connect"});
  EXPECT_EQ(before.code, 1);
  EXPECT_THAT(before.output, HasSubstr("host_key_changed"));
  EXPECT_EQ(run_program({"--config", config_, "accept-host-key", "nobody"}).code, 2);
  const Finished other =
      run_program({"--config", config_, "accept-host-key", "--fingerprint", "SHA256:other", this_host()});
  EXPECT_EQ(other.code, 1) << other.output;
  EXPECT_THAT(other.output, HasSubstr("Refused"));
  const Finished accepted = run_program({"--config", config_, "accept-host-key", this_host()});
  EXPECT_EQ(accepted.code, 0) << accepted.output;
  EXPECT_THAT(accepted.output, HasSubstr("SHA256:"));
  EXPECT_EQ(run_program({"--config", config_, "--check", "--connect"}).code, 3);
}

TEST_F(ExporterProgram, ServesItsPages) {
  Program program({kProgram, "--config", config_});
  ASSERT_TRUE(wait_for_page(program)) << program.output();
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.content_type, HasSubstr("version=0.0.4"));
  EXPECT_THAT(metrics.body, HasSubstr("pve_up{id=\"node/" + this_host() + "\"} 1"));
  EXPECT_THAT(metrics.body, HasSubstr("balancer_ssh_connects_total{id=\"node/" + this_host() + "\"} 1"));
  const auto open = get("/metrics", "application/openmetrics-text;version=1.0.0");
  EXPECT_THAT(open.content_type, HasSubstr("application/openmetrics-text"));
  EXPECT_THAT(open.body, testing::EndsWith("# EOF\n"));
  EXPECT_EQ(get("/metrics?collect[]=no-such").status, 400);
  EXPECT_THAT(get("/cluster").body, HasSubstr("\"name\": \"" + this_host() + "\""));
  EXPECT_THAT(get("/cluster?anonymize=1").body,
              AllOf(HasSubstr("\"schema\""), Not(HasSubstr("\"name\": \"" + this_host() + "\""))));
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_THAT(get("/").body, AllOf(HasSubstr("<h1>"), HasSubstr(this_host()), HasSubstr("/metrics")));
  EXPECT_EQ(get("/nowhere").status, 404);
}

TEST_F(ExporterProgram, AnswersUnavailableUntilEveryHostHasBeenAsked) {
  test::RawServer silent([](int socket) { test::receive_some(socket, 1U << 20U); });
  write_config("", "  - name: silent\n    address: 127.0.0.1\n    port: " + std::to_string(silent.port()) +
                       "\n    key_path: " + sshd_.key() + "\n");
  Program program({kProgram, "--config", config_});
  ASSERT_TRUE(wait_for_port(program)) << program.output();
  EXPECT_EQ(get("/metrics").status, 503);
  EXPECT_EQ(get("/-/ready").status, 503);
  ASSERT_TRUE(wait_for_page(program)) << program.output();
  EXPECT_THAT(get("/metrics").body, HasSubstr("pve_up{id=\"node/silent\"} 0"));
}

TEST_F(ExporterProgram, SaysAtOnceThatItsPortIsTaken) {
  Program first({kProgram, "--config", config_});
  ASSERT_TRUE(wait_for_port(first)) << first.output();
  write_config();
  const Finished second = run_program({"--config", config_});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.output, HasSubstr(std::to_string(port_)));
}

TEST_F(ExporterProgram, ReloadsAndKeepsTheOldConfigurationWhenTheNewOneIsBad) {
  Program program({kProgram, "--config", config_});
  ASSERT_TRUE(wait_for_page(program)) << program.output();
  const std::string good = "balancer_config_last_reload_successful 1";
  const std::string bad = "balancer_config_last_reload_successful 0";
  EXPECT_THAT(get("/metrics").body, HasSubstr(good));
  write_config("nonsense: 1\n");
  program.send_signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return get("/metrics").body.find(bad) != std::string::npos; }))
      << program.output();
  EXPECT_THAT(get("/metrics").body, HasSubstr("pve_up{id=\"node/" + this_host() + "\"} 1"));
  auto reload = http::Client({}).post(url("/-/reload"), "");
  ASSERT_TRUE(reload.ok()) << reload.error().message;
  EXPECT_EQ(reload->status, 500);
  EXPECT_THAT(reload->body, HasSubstr("nonsense"));
  write_config("", refusing_host());
  reload = http::Client({}).post(url("/-/reload"), "");
  ASSERT_TRUE(reload.ok());
  EXPECT_EQ(reload->status, 200) << reload->body;
  EXPECT_TRUE(wait_until([&] {
    const std::string page = get("/metrics").body;
    return page.find(good) != std::string::npos &&
           page.find("pve_up{id=\"node/refuses\"} 0") != std::string::npos;
  }));
}

TEST_F(ExporterProgram, AsksForTheLoginOfItsWebConfigurationAndTakesAnotherAtAReload) {
  const std::string users = folder_.file("web.yml");
  const auto let_in = [&](const std::string& user) {
    test::write_text(users, "basic_auth_users:\n  " + user + ": '" + crypt_hash("secret") + "'\n");
  };
  const auto status_for = [&](const std::string& user) {
    http::ClientSettings settings;
    settings.basic_user = user;
    settings.basic_password = "secret";
    const auto answer = http::Client(settings).get(url("/-/healthy"));
    return answer.ok() ? answer->status : 0;
  };
  let_in("one");
  write_config("  web_config: " + users + "\n");
  Program program({kProgram, "--config", config_});
  ASSERT_TRUE(wait_for_port(program)) << program.output();
  EXPECT_EQ(status_for("one"), 200);
  EXPECT_EQ(get("/metrics").status, 401);
  let_in("two");
  write_config("  web_config: " + users + "\nssh_typo: 1\n");
  program.send_signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return program.output().find("ssh_typo") != std::string::npos; }));
  EXPECT_EQ(status_for("two"), 401) << "a faulty file changes nothing";
  write_config("  web_config: " + users + "\n  collectors: [usage]\n");
  program.send_signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return status_for("two") == 200; })) << program.output();
  EXPECT_EQ(status_for("one"), 401);
  // The log comes after the server has changed.
  EXPECT_TRUE(wait_until([&] {
    return program.output().find("exporter.collectors has changed: taken now") != std::string::npos;
  })) << program.output();
}

TEST_F(ExporterProgram, DoesNotListenForOtherMachinesWithoutTlsAndALogin) {
  test::write_text(folder_.file("web.yml"), "basic_auth_users:\n  one: '" + crypt_hash("secret") + "'\n");
  const std::string loopback = "127.0.0.1:" + std::to_string(port_);
  write_config("  web_config: " + folder_.file("web.yml") + "\n");
  std::string text = test::read_text(config_);
  text.replace(text.find(loopback), 9, "0.0.0.0");
  test::write_text(config_, text);
  const Finished refused = run_program({"--config", config_});
  EXPECT_EQ(refused.code, 78);
  EXPECT_THAT(refused.output, HasSubstr("without TLS;"));
}

TEST_F(ExporterProgram, EndsWithinFiveSecondsAlsoWhileAHostHangs) {
  test::RawServer silent([](int socket) { test::receive_some(socket, 1U << 20U); });
  write_config("", "  - name: silent\n    address: 127.0.0.1\n    port: " + std::to_string(silent.port()) +
                       "\n    key_path: " + sshd_.key() + "\n");
  for (const int signal : {SIGTERM, SIGINT}) {
    const int before = silent.connections();
    Program program({kProgram, "--config", config_});
    ASSERT_TRUE(wait_for_port(program)) << program.output();
    ASSERT_TRUE(wait_until([&] { return silent.connections() > before; })) << program.output();
    const auto asked = std::chrono::steady_clock::now();
    program.send_signal(signal);
    EXPECT_EQ(program.wait(), 0) << program.output();
    EXPECT_LT(std::chrono::steady_clock::now() - asked, seconds(5));
  }
}

TEST_F(ExporterProgram, TellsSystemdWhenItIsReadyAndFeedsTheWatchdogFromItsWork) {
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_.file("notify");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval limit{10, 0};
  ASSERT_EQ(::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "1000000", 1);
  std::string told;
  {
    Program program({kProgram, "--config", config_});
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    const auto read_until = [&](const std::string& word) {
      std::array<char, 1024> buffer{};
      while (told.find(word) == std::string::npos) {
        const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (count <= 0) return false;
        told.append(buffer.data(), static_cast<std::size_t>(count)).append("\n");
      }
      return true;
    };
    EXPECT_TRUE(read_until("READY=1")) << program.output();
    EXPECT_TRUE(read_until("WATCHDOG=1")) << program.output();
    told.clear();
    EXPECT_TRUE(read_until("WATCHDOG=1"));  // and again
    program.send_signal(SIGTERM);
    EXPECT_TRUE(read_until("STOPPING=1"));
    program.wait();
  }
  ::close(socket);
}

}  // namespace
}  // namespace pcb
