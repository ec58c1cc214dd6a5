#include "evaluator/decide/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/os/file.h"
#include "tests/evaluator/loop_fixture.h"
#include "tests/evaluator/silence_lists.h"

namespace pcb {
namespace {

using test::silence_list;
using ::testing::HasSubstr;

using Lists = std::vector<Result<std::string>>;

std::string heartbeat_of(const std::string& cluster) {
  return R"([{"labels":{"alertname":"BalancerHeartbeat","balancer":"heartbeat","cluster":")" + cluster +
         R"(","severity":"none","region":"north"},"annotations":{},"startsAt":"1970-01-01T00:00:05.000Z",)"
         R"("endsAt":"2036-11-22T16:53:30.323Z","receivers":[{"name":"balancer"}],"fingerprint":"b1",)"
         R"("status":{"inhibitedBy":[],"silencedBy":[],"state":"active"}}])";
}
const std::string kHeartbeat = heartbeat_of("lab");

Sight over(const std::string& matchers, const Lists& alerts = {kHeartbeat}) {
  return silence_over({"lab", {"node/pve1", "node/pve2", "lxc/101"}}, {silence_list(matchers)}, alerts);
}

TEST(Silence, silence_covers_what_a_relieve_alert_of_hosts_or_guest_would_carry) {
  for (const char* matchers :
       {"balancer=relieve cluster=lab", "balancer=relieve", "balancer=relieve cluster=lab id=node/pve1",
        "id=node/pve2", "id=lxc/101", "alertname=HostCpuOverloaded", "resource=memory", "severity=info",
        "id=~node/pve.", "id=~node/(pve1|pve7)", "cluster=~.+", "id!=node/pve1", "id!~node/pve1",
        "region=north", "nothing=", "region=~nor.*", "balancer=relieve team!=db"}) {
    EXPECT_EQ(over(matchers).is, AlertSight::stopped) << matchers;
  }
  for (const char* matchers :
       {"cluster=other", "id=node/pve3", "id=lxc/102", "alertname=NodeDown", "severity=warning",
        "alertname=ContainerCpuHigh id=lxc/101", "id=~pve1", "id=~node/pve", "cluster!=lab", "cluster!~l.b",
        "balancer=heartbeat", "region=south", "job=mysql", "team=~.+", "balancer=relieve job=mysql"}) {
    EXPECT_EQ(over(matchers).is, AlertSight::active) << matchers << ": " << over(matchers).sentence;
  }
}

TEST(Silence, silence_is_told_with_who_set_it_and_why) {
  EXPECT_EQ(over("id=node/pve2").sentence, "a silence of \"you\" (\"work \\u{202e}\") covers node/pve2");
}

TEST(Silence, silence_that_is_over_or_not_yet_counts_for_nothing) {
  const auto with = [](const char* state) {
    return silence_over({"lab", {"node/pve1"}}, {silence_list("balancer=relieve", state)}, {kHeartbeat}).is;
  };
  EXPECT_EQ(with("active"), AlertSight::stopped);
  EXPECT_EQ(with("expired"), AlertSight::active);
  EXPECT_EQ(with("pending"), AlertSight::active);
}

TEST(Silence, silence_that_cannot_be_decided_is_no_leave) {
  for (const char* matchers : {"id=~node/\\\\pL", "id!~node/\\\\pL", "cluster=lab id=~(?=x)"}) {
    EXPECT_EQ(over(matchers).is, AlertSight::unreachable) << matchers;
    EXPECT_THAT(over(matchers).sentence, HasSubstr("may cover node/pve1")) << matchers;
  }
  EXPECT_EQ(over("cluster=other id=~(?=x)").is, AlertSight::active) << "one matcher that does not is enough";
  EXPECT_EQ(over("job=mysql", {std::string("[]")}).is, AlertSight::unreachable)
      << "without a heartbeat nobody knows which labels Prometheus adds";
  EXPECT_EQ(over("job=mysql cluster=other", {std::string("[]")}).is, AlertSight::active);
  for (const char* odd :
       {R"([{"status":{"state":"active"}}])", R"([{"status":{"state":"active"},"matchers":[]}])",
        R"([{"status":{"state":"active"},"matchers":[{"name":"a","value":1,"isRegex":false}]}])",
        R"([{"status":{"state":"active"},"matchers":[{"name":"a","value":"b"}]}])",
        R"([{"matchers":[{"name":"a","value":"b","isRegex":false}]}])"}) {
    EXPECT_EQ(silence_over({"lab", {"node/pve1"}}, {std::string(odd)}, {kHeartbeat}).is,
              AlertSight::unreachable)
        << odd;
  }
}

TEST(Silence, silence_known_to_one_alertmanager_is_enough_and_no_answer_is_no_leave) {
  const Silenceable move{"lab", {"node/pve1"}};
  const Result<std::string> away = Error{"connection refused"};
  const Result<std::string> none = std::string("[]");
  EXPECT_EQ(silence_over(move, {none, silence_list("balancer=relieve")}, {}).is, AlertSight::stopped);
  EXPECT_EQ(silence_over(move, {away, silence_list("balancer=relieve")}, {}).is, AlertSight::stopped);
  EXPECT_EQ(silence_over(move, {away, none}, {}).is, AlertSight::active);
  for (const Lists& lists : {Lists{}, Lists{away}, Lists{std::string("<html>")}, Lists{std::string("{}")}}) {
    EXPECT_EQ(silence_over(move, lists, {}).is, AlertSight::unreachable);
  }
}

TEST(Silence, silence_of_another_host_is_held_against_the_labels_of_the_alert_behind_the_move) {
  Incident incident;
  incident.host = "pve1";
  incident.alerts["a1"] = {5000, AlertStatus::firing, true, false};
  const Lists alerts{"[" + listed_alert() + "]"};  // of the user's own rule HostCpuHigh, about the CPU
  const auto with = [&](const char* matchers) {
    return silence_over({"lab", {"node/pve1", "node/pve2", "lxc/101"}, &incident}, {silence_list(matchers)},
                        alerts)
        .is;
  };
  EXPECT_EQ(with("id=node/pve2"), AlertSight::stopped);
  EXPECT_EQ(with("alertname=HostCpuHigh id=node/pve2"), AlertSight::stopped);
  EXPECT_EQ(with("id=lxc/101"), AlertSight::stopped);
  EXPECT_EQ(with("resource=memory"), AlertSight::active) << "it is about the CPU";
  EXPECT_EQ(with("alertname=HostMemoryOverloaded"), AlertSight::active);
  EXPECT_EQ(with("job=mysql"), AlertSight::active);
}

// As Alertmanager 0.25 answers, word for word but for ids and times.
TEST(Silence, ReadsWhatAlertmanagerAnswers) {
  const auto body = os::read_file(PCB_SOURCE_DIR "/tests/evaluator/silences/amtool.json");
  ASSERT_TRUE(body.ok());
  const auto silences = read_silences(*body);
  ASSERT_TRUE(silences.ok());
  ASSERT_EQ(silences->size(), 2U) << "the third has expired";
  for (const Silence& silence : *silences) {
    EXPECT_EQ(silence.fault, "");
    EXPECT_EQ(silence.created_by, "you");
  }
  const auto is = [&](const std::string& cluster, const std::string& id) {
    return silence_over({cluster, {id}}, {*body}, {heartbeat_of(cluster)}).is;
  };
  EXPECT_EQ(is("homelab", "node/pve1"), AlertSight::stopped);
  EXPECT_EQ(is("homelab", "node/pve2"), AlertSight::active);
  EXPECT_EQ(is("homelab", "node/pve31"), AlertSight::stopped);
  EXPECT_EQ(is("other", "node/pve1"), AlertSight::active);
}

// The labels that are expected of an alert to come are those of the rules that are delivered.
TEST(Silence, TheExpectedLabelsAreThoseOfTheRules) {
  const std::string rules = os::read_file(PCB_SOURCE_DIR "/rules/alerts.yml").value();
  for (const auto& [alertname, resource] :
       {std::pair("HostCpuOverloaded", "cpu"), std::pair("HostMemoryOverloaded", "memory")}) {
    const auto at = rules.find(std::string("- alert: ") + alertname + "\n");
    ASSERT_NE(at, std::string::npos) << alertname;
    const std::string rule = rules.substr(at, rules.find("annotations:", at) - at);
    EXPECT_THAT(
        rule, HasSubstr(std::string("        labels:\n          severity: info\n          balancer: relieve\n"
                                    "          resource: ") +
                        resource + "\n"));
    for (const std::string& matchers : {std::string("alertname=") + alertname,
                                        "resource=" + std::string(resource), std::string("severity=info")})
      EXPECT_EQ(over(matchers).is, AlertSight::stopped) << matchers;
  }
}

}  // namespace
}  // namespace pcb
