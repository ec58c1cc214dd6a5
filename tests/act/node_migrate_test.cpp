// node-migrate.sh on a host of the lab, given what an attacker would give it: nothing is executed, all is
// refused with its reason, whichever way it comes in.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/act/act_lab.h"

namespace pcb {
namespace {

using test::ActLab;
using test::kOwner;
using ::testing::HasSubstr;

const char* const kLab = R"(
hosts:
  pve1: {cores: 8, memory: 16GiB}
  pve2: {cores: 8, memory: 16GiB}
guests:
  101: {name: web, host: pve1, memory: 1GiB}
  102: {name: db, host: pve2, memory: 1GiB}
  103: {name: ha, host: pve1, memory: 1GiB, ha: true}
)";
const std::string kNonce = "0123456789abcdef";
const std::string kId(32, 'a');

// Each would leave /run/canary behind, or start something, if any of it were ever evaluated or passed on.
const std::vector<std::string>& payloads() {
  static const std::vector<std::string> all{"$(touch${IFS}/run/canary)",
                                            "`touch${IFS}/run/canary`",
                                            ";touch${IFS}/run/canary",
                                            "|touch${IFS}/run/canary",
                                            "&touch${IFS}/run/canary",
                                            "&&touch${IFS}/run/canary",
                                            "||touch${IFS}/run/canary",
                                            ">/run/canary",
                                            "<>/run/canary",
                                            "101>/run/canary",
                                            "101;touch${IFS}/run/canary",
                                            "lxc/101;touch${IFS}/run/canary",
                                            "lxc/$(touch${IFS}/run/canary)",
                                            "lxc/101$(touch${IFS}/run/canary)",
                                            "lxc/101`touch${IFS}/run/canary`",
                                            "lxc/101|touch${IFS}/run/canary",
                                            "lxc/101'",
                                            "lxc/101\"",
                                            "lxc/101\\",
                                            "'",
                                            "\"",
                                            "\\",
                                            "\\\\",
                                            "'\"'",
                                            "';touch${IFS}/run/canary;'",
                                            "\";touch${IFS}/run/canary;\"",
                                            "$((a[$(touch${IFS}/run/canary)]))",
                                            "a[$(touch${IFS}/run/canary)]",
                                            "${x:=$(touch${IFS}/run/canary)}",
                                            "$IFS",
                                            "$0",
                                            "$@",
                                            "$*",
                                            "*",
                                            "?",
                                            "[0-9]*",
                                            "~",
                                            "~root",
                                            "{1,2}",
                                            "..",
                                            "../../etc/passwd",
                                            "lxc/../101",
                                            "lxc/101/../102",
                                            "lxc/",
                                            "/101",
                                            "lxc//101",
                                            "lxc/0101",
                                            "lxc/-101",
                                            "lxc/+101",
                                            "lxc/1e3",
                                            "lxc/0x65",
                                            "lxc/99",
                                            "lxc/1234567890",
                                            "lxc/101.conf",
                                            "-oProxyCommand=touch${IFS}/run/canary",
                                            "--help",
                                            "-",
                                            "--",
                                            "-101",
                                            "pve2-",
                                            "pve2.",
                                            "pve2:22",
                                            "root@pve2",
                                            "pve2/x",
                                            "PVE_2",
                                            "a,b",
                                            "a=b",
                                            "\xff\xfe",
                                            "\xc0\xaf",
                                            "\x1b[2J",
                                            "\x01",
                                            "!!",
                                            "!1",
                                            "#",
                                            "%s%n",
                                            "%{x}",
                                            "@@0123456789abcdef",
                                            std::string(64, 'a'),
                                            std::string(300, '9'),
                                            std::string(4000, 'a')};
  return all;
}

// Every request of the grammar with the payload in the place of one of its arguments.
std::vector<std::string> requests_with(const std::string& payload) {
  const std::string good =
      "start " + kId + " lxc/101 pve1 pve2 restart running shared 0 0 0 9999999999 " + kOwner;
  std::vector<std::string> words, requests;
  std::istringstream in(good);
  for (std::string word; in >> word;) words.push_back(word);
  for (std::size_t at = 0; at < words.size(); ++at) {
    auto changed = words;
    changed[at] = payload;
    std::string request;
    for (const auto& word : changed) request += (request.empty() ? "" : " ") + word;
    requests.push_back(request);
  }
  for (const std::string& head :
       {std::string("status "), "clear " + kId + " ", std::string("lock take "), std::string("lock ")})
    requests.push_back(head + payload);
  for (const std::string& maintenance :
       {payload + " pve1 9999999999 " + kOwner, "enable " + payload + " 9999999999 " + kOwner,
        "enable pve1 " + payload + " " + kOwner, "enable pve1 9999999999 " + payload})
    requests.push_back("maintenance " + maintenance);
  requests.push_back("lock " + payload + " " + kOwner);
  requests.push_back("clear " + payload + " lxc/101");
  requests.push_back("guest " + kId + " " + payload + " pve1 9999999999 " + kOwner);
  requests.push_back("check " + kId + " lxc/101 pve1 " + payload + " 0");
  return requests;
}

// A node's name may be "aaaa…" or "--"-less words that exist nowhere: these are of the grammar, and refused
// later on.
bool is_refused(const std::string& answer) {
  return answer.find(" error ") != std::string::npos || answer.find("\nrefused ") != std::string::npos;
}

class NodeMigrate : public ::testing::Test {
 protected:
  NodeMigrate() : lab_(kLab) {
    lab::Outcome written = lab_.ssh("pve1", "true");
    EXPECT_EQ(written.code, 0) << written.err;
    std::ofstream(lab_.directory() + "/script.sh") << node_migrate_script();
  }
  // Runs `command` on pve1 with the script in $SCRIPT and `input` on its stdin.
  lab::Outcome on_host(const std::string& command, const std::string& input) {
    return lab_.ssh_with("pve1", command, input);
  }
  void install() {
    const auto done = on_host("cat >/usr/local/sbin/node-migrate && chmod 755 /usr/local/sbin/node-migrate",
                              std::string(node_migrate_script()));
    ASSERT_EQ(done.code, 0) << done.err;
  }
  void expect_untouched() {
    EXPECT_NE(lab_.ssh("pve1", "test -e /run/canary").code, 0);
    EXPECT_EQ(lab_.recorded("pct begin") + lab_.recorded("qm begin") + lab_.recorded("ha-manager begin") +
                  lab_.recorded("systemd-run begin") + lab_.recorded("ha-maintenance"),
              0);
    EXPECT_EQ(lab_.lab({"status"}).code, 0);
    EXPECT_EQ(lab_.place("101"), "pve1");
  }
  // Every answer is an error or a refusal, and there is one for each request.
  static void expect_all_refused(const std::string& out, std::size_t requests) {
    std::size_t answers = 0;
    for (auto at = out.find("\n@@"); at != std::string::npos;) {
      auto next = out.find("\n@@", at + 1);
      std::string answer = out.substr(at, next == std::string::npos ? next : next - at);
      if (answer.find(" begin 1\n") != std::string::npos && next != std::string::npos) {
        const auto after = out.find("\n@@", next + 1);
        EXPECT_THAT(out.substr(next, 60), HasSubstr(" end\n"));
        next = after;
      }
      EXPECT_TRUE(is_refused(answer)) << answer;
      ++answers;
      at = next;
    }
    EXPECT_EQ(answers, requests);
  }

  ActLab lab_;
};

TEST_F(NodeMigrate, HostileRequestsOverTheConnectionAreRefusedAndNeverExecuted) {
  ASSERT_GE(payloads().size(), 50U);
  std::string input(node_migrate_script());
  const auto length = input.size();
  std::size_t requests = 0;
  for (const auto& payload : payloads()) {
    const auto all = requests_with(payload);
    // Two of each: all of them would take minutes on the host. Which two goes round with the payload.
    for (std::size_t i = 0; i < 2; ++i) {
      input += "pcm1 " + kNonce + " " + all[(requests * 7 + i * 3) % all.size()] + "\n";
      ++requests;
    }
    input += payload + "\n" + "pcm1 " + payload + " version\n";  // no request at all, and a bad nonce
    requests += 2;
  }
  const auto done = on_host("exec sh -c 'eval \"$(head -c " + std::to_string(length) + ")\"'", input);
  expect_all_refused(done.out, requests);
  expect_untouched();
}

TEST_F(NodeMigrate, HostileCommandsOfAForcedCommandAreRefusedAndNeverExecuted) {
  install();
  std::string input;
  std::size_t requests = 0;
  for (const auto& payload : payloads()) {
    const auto all = requests_with(payload);
    input += payload + "\n" + "pcm1 " + kNonce + " " + all[requests % all.size()] + "\n" + "pcm1 " + payload +
             " status lxc/101\n";
    requests += 3;
  }
  // As sshd runs it: what the client asked for stands in the environment alone.
  const auto done = on_host(
      "while IFS= read -r line; do SSH_ORIGINAL_COMMAND=$line /usr/local/sbin/node-migrate </dev/null; done",
      input);
  expect_all_refused(done.out, requests);
  expect_untouched();
}

TEST_F(NodeMigrate, AsAForcedCommandItAnswersRequestsAndNothingElse) {
  install();
  const std::string status = "pcm1 " + kNonce + " status lxc/101";
  const auto one =
      on_host("SSH_ORIGINAL_COMMAND='" + status + "' node-migrate", "pcm1 " + kNonce + " version\n");
  EXPECT_THAT(one.out, HasSubstr("place pve1\nrunning 1\n"));
  EXPECT_EQ(one.out.find("begin 1"), one.out.rfind("begin 1"));  // its stdin is not read
  const auto loop =
      on_host("SSH_ORIGINAL_COMMAND='exec sh -c x' node-migrate", status + "\n" + status + "\n");
  EXPECT_NE(loop.out.find("begin 1"), loop.out.rfind("begin 1"));
  const auto shell = on_host("SSH_ORIGINAL_COMMAND='touch /run/canary' node-migrate", "");
  EXPECT_EQ(shell.code, 64);
  EXPECT_THAT(shell.out, HasSubstr("error command"));
  expect_untouched();
  const auto plain =
      on_host("setpriv --reuid 65534 --regid 65534 --clear-groups node-migrate", status + "\n");
  EXPECT_THAT(plain.out, HasSubstr("error not_root"));
}

TEST_F(NodeMigrate, ALateRequestIsDropped) {
  install();
  ASSERT_EQ(lab_.migrator()->take_lock(kOwner).sentence, "");
  const auto late =
      on_host("node-migrate", "pcm1 " + kNonce + " start " + kId +
                                  " lxc/101 pve1 pve2 restart running shared 0 0 0 5 " + kOwner + "\n");
  EXPECT_THAT(late.out, HasSubstr("refused too_late"));
  expect_untouched();
}

// pmxcfs may hang for minutes in the middle of a request: what was in time at its begin is looked at again.
TEST_F(NodeMigrate, ARequestThatBecomesLateOnTheHostIsDropped) {
  install();
  ASSERT_EQ(lab_.migrator()->take_lock(kOwner).sentence, "");
  const auto late = on_host(
      "state=/var/lib/pve-manager/pve-replication-state.json; mkdir -p /var/lib/pve-manager && mkfifo $state "
      "&& "
      "{ sleep 3 && echo '{}' >$state & } && read -r up rest </proc/uptime && "
      "echo \"pcm1 " +
          kNonce + " start " + kId + " lxc/101 pve1 pve2 restart running shared 0 0 0 $((${up%.*} + 1)) " +
          kOwner + "\" | node-migrate",
      "");
  EXPECT_THAT(late.out, HasSubstr("refused too_late"));
  expect_untouched();
}

TEST_F(NodeMigrate, ARequestForAnotherHostIsRefused) {
  install();
  ASSERT_EQ(lab_.migrator()->take_lock(kOwner).sentence, "");
  for (const std::string& request :
       {"start " + kId + " lxc/101 pve2 pve1 restart running shared 0 0 0 9999999999 " + kOwner,
        "check " + kId + " lxc/101 pve1 pve2 0", "maintenance enable pve2 9999999999 " + kOwner,
        "guest " + kId + " lxc/101 pve2 9999999999 " + kOwner}) {
    EXPECT_THAT(on_host("node-migrate", "pcm1 " + kNonce + " " + request + "\n").out,
                HasSubstr("refused wrong_host pve1"))
        << request;
  }
  expect_untouched();
}

// Source and target look at the same things; each refuses though the other may not have been asked.
TEST_F(NodeMigrate, EachOfTheTwoHostsRefusesByItself) {
  install();
  ASSERT_EQ(lab_.migrator()->take_lock(kOwner).sentence, "");
  const auto answer = [&](const std::string& request) {
    return on_host("node-migrate", "pcm1 " + kNonce + " " + request + "\n").out;
  };
  const auto start = [](const std::string& guest) {
    return "start " + kId + " " + guest + " pve1 pve2 restart running shared 0 0 0 9999999999 " + kOwner;
  };
  const auto check = [](const std::string& guest, const std::string& memory) {
    return "check " + kId + " " + guest + " pve2 pve1 " + memory;
  };
  EXPECT_THAT(answer(check("lxc/199", "0")), HasSubstr("refused not_here pve2"));
  EXPECT_THAT(answer(start("lxc/199")), HasSubstr("refused not_here pve1"));
  EXPECT_THAT(answer(check("lxc/102", "80000000000")), HasSubstr("refused target_memory"));
  EXPECT_THAT(answer(check("lxc/102", "1000")), HasSubstr("credit 0"));
  const std::string soon = " pve1 9999999999 " + kOwner;
  EXPECT_THAT(answer("guest " + kId + " lxc/101" + soon), HasSubstr("refused run_state running"));
  EXPECT_THAT(answer("guest " + kId + " lxc/103" + soon), HasSubstr("refused ha_managed ct:103"));
  ASSERT_EQ(lab_.lab({"fault", "pve1", "partition"}).code, 0);
  EXPECT_THAT(answer(start("lxc/101")), HasSubstr("refused no_quorum pve1"));
  EXPECT_THAT(answer(check("lxc/102", "0")), HasSubstr("refused no_quorum pve1"));
  ASSERT_EQ(lab_.lab({"heal", "pve1", "partition"}).code, 0);
  ASSERT_EQ(lab_.ssh("pve1", "mount --bind /bin/false $(realpath $(command -v systemctl))").code, 0);
  for (const auto& request :
       {check("lxc/102", "0"), start("lxc/101"), "clear " + kId + " lxc/101", std::string("status lxc/101")})
    EXPECT_THAT(answer(request), HasSubstr("refused systemd pve1")) << request;
  ASSERT_EQ(lab_.ssh("pve1", "umount $(realpath $(command -v systemctl))").code, 0);
  expect_untouched();
}

TEST_F(NodeMigrate, OnlyTheEndedUnitOfTheOperationIsClearedAway) {
  install();
  const auto clear = [&](const std::string& id) {
    return on_host("node-migrate", "pcm1 " + kNonce + " clear " + id + " lxc/101\n").out;
  };
  const auto unit = [&](const std::string& description, const std::string& command) {
    const std::string run =
        "systemd-run --unit=balancer-migrate-101 --property=RemainAfterExit=yes --description='";
    ASSERT_EQ(lab_.ssh("pve1", run + description + "' " + command).code, 0);
  };
  unit("of somebody else", "true");
  EXPECT_THAT(clear(kId), HasSubstr("refused unit_exists foreign"));
  ASSERT_EQ(lab_.ssh("pve1", "systemctl stop balancer-migrate-101").code, 0);
  unit("balancer " + kId + " migrate", "sleep 1000");
  EXPECT_THAT(clear(std::string(32, 'b')), HasSubstr("refused unit_exists " + kId));
  EXPECT_THAT(clear(kId), HasSubstr("refused running balancer-migrate-101.service"));
  ASSERT_EQ(lab_.ssh("pve1", "systemctl stop balancer-migrate-101").code, 0);
  EXPECT_THAT(clear(kId), HasSubstr("cleared"));
}

}  // namespace
}  // namespace pcb
