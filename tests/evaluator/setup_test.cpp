// What init proposes and writes: pure texts.
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/config_read.h"
#include "common/yaml_tree.h"
#include "evaluator/setup/files.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Host host(const std::string& name, double cpu_used, double memory_used) {
  Host one;
  one.name = name;
  one.cpu_cores = 10;
  one.cpu_used_cores = cpu_used;
  one.memory_bytes = 100;
  one.memory_used_bytes = memory_used;
  return one;
}

Guest guest(const std::string& id, double memory_used) {
  Guest one;
  one.id = id;
  one.host = "pve1";
  one.memory_bytes = 100;
  one.memory_used_bytes = memory_used;
  one.cpu_cores = 1;
  one.cpu_used_cores = 0.1;
  return one;
}

std::string file(const std::string& path) {
  std::ifstream in(PCB_SOURCE_DIR "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Proposal, TheDefaultsStandForAClusterWithRoom) {
  Cluster cluster;
  cluster.hosts = {host("pve1", 9, 20), host("pve2", 1, 40)};
  const Proposal proposal = propose_thresholds(cluster);
  EXPECT_EQ(proposal.cpu, 80);
  EXPECT_EQ(proposal.memory, 85);
  EXPECT_THAT(proposal.reasons, ElementsAre(HasSubstr("10 % to 90 % of their CPU, 50 % all together"),
                                            HasSubstr("20 % to 40 % of their memory, 30 % all together.")));
}

TEST(Proposal, AFullClusterGetsAThresholdThatItsMeanDoesNotPass) {
  Cluster cluster;
  cluster.hosts = {host("pve1", 7.0, 79), host("pve2", 7.0, 79)};
  EXPECT_EQ(propose_thresholds(cluster).cpu, 80) << "70 % and ten points: the default is enough";
  EXPECT_EQ(propose_thresholds(cluster).memory, 90) << "79 % and ten points: 89, in steps of five 90";
  cluster.hosts = {host("pve1", 7.1, 99), host("pve2", 7.1, 99)};
  const Proposal proposal = propose_thresholds(cluster);
  EXPECT_EQ(proposal.cpu, 85);
  EXPECT_EQ(proposal.memory, 95) << "never above";
  EXPECT_THAT(proposal.reasons[0], HasSubstr("The cluster is full"));
}

TEST(Proposal, SaysWhenTheLossOfAHostCouldNotBeBorne) {
  Cluster cluster;
  cluster.hosts = {host("pve1", 4.0, 10), host("pve2", 4.0, 10)};
  EXPECT_THAT(propose_thresholds(cluster).reasons[0], Not(HasSubstr("Without its largest")));
  cluster.hosts = {host("pve1", 4.1, 10), host("pve2", 4.0, 10)};
  EXPECT_THAT(propose_thresholds(cluster).reasons[0], HasSubstr("Without its largest host"));
  cluster.hosts = {host("pve1", 5, 10)};
  EXPECT_THAT(propose_thresholds(cluster).reasons[0], Not(HasSubstr("Without its largest")));
}

TEST(Proposal, CountsNeitherWhatIsOfflineNorWhatIsNotKnown) {
  Cluster cluster;
  cluster.hosts = {host("pve1", 1, 10), host("pve2", 10, 100), host("pve3", 0, 0)};
  cluster.hosts[1].state = HostState::offline;
  cluster.hosts[2].cpu_used_cores.reset();
  cluster.hosts[2].memory_used_bytes.reset();
  EXPECT_THAT(propose_thresholds(cluster).reasons[0], HasSubstr("10 % to 10 % of their CPU"));
  cluster.hosts.erase(cluster.hosts.begin());
  const Proposal unknown = propose_thresholds(cluster);
  EXPECT_THAT(unknown.reasons[0], HasSubstr("could be measured: the default stands"));
  EXPECT_EQ(unknown.cpu, 80);
}

TEST(Proposal, RaisesTheGuestsThresholdWhereEveryFifthIsAboveIt) {
  Cluster cluster;
  cluster.hosts = {host("pve1", 1, 10)};
  for (int number = 101; number <= 110; ++number)
    cluster.guests.push_back(guest("lxc/" + std::to_string(number), number <= 102 ? 95 : 10));
  const Proposal few = propose_thresholds(cluster);
  EXPECT_EQ(few.guest_memory, 90);
  EXPECT_THAT(few.reasons.back(), HasSubstr("2 of 10 running guests use more than 90 % of their own memory"));
  cluster.guests[2].memory_used_bytes = 91;
  const Proposal many = propose_thresholds(cluster);
  EXPECT_EQ(many.guest_memory, 95);
  EXPECT_EQ(many.guest_cpu, 90);
  cluster.guests[2].status = GuestStatus::stopped;
  EXPECT_EQ(propose_thresholds(cluster).guest_memory, 95) << "2 of 9";
  cluster.guests[1].memory_bytes.reset();
  EXPECT_EQ(propose_thresholds(cluster).guest_memory, 90) << "a guest without a limit is not above it";
}

TEST(Members, ComeFromTheListOfTheExporter) {
  const auto members = read_members(R"([
    {"targets": ["pve1"], "labels": {"cluster": "x", "__meta_pve_node": "pve1", "__meta_pve_address": "10.0.0.1", "__meta_pve_state": "online"}},
    {"targets": ["first"], "labels": {"__meta_pve_node": "first", "__meta_pve_address": "10.0.0.9", "__meta_pve_state": "unknown"}},
    {"targets": ["pve9"], "labels": {"__meta_pve_node": "pve9", "__meta_pve_address": "10.0.0.9", "__meta_pve_state": "online"}},
    {"targets": ["x"], "labels": {"__meta_pve_node": "a\nb: c", "__meta_pve_address": "10.0.0.3"}},
    {"targets": ["y"], "labels": {"__meta_pve_node": "pve5"}}])");
  ASSERT_TRUE(members.ok()) << members.error().message;
  ASSERT_EQ(members->size(), 2U);
  EXPECT_EQ((*members)[0].name, "pve1");
  EXPECT_EQ((*members)[0].address, "10.0.0.1");
  EXPECT_EQ((*members)[0].state, "online");
  EXPECT_EQ((*members)[1].name, "pve9") << "the name that the host gives itself";
  EXPECT_FALSE(read_members("[{").ok());
  EXPECT_TRUE(read_members("[]")->empty());
}

SetupFacts facts() {
  SetupFacts given;
  given.cluster = "office";
  given.hosts = {{"pve1", "10.0.0.1", "online"}, {"pve2", "fd00::2", "online"}};
  given.folder = "/srv/balancer";
  given.programs = "/opt/bin";
  given.rules = "/usr/share/rules";
  return given;
}

TEST(SetupFiles, TheConfigurationIsReadBackAsItWasMeant) {
  SetupFacts given = facts();
  given.user = "balancer-read";
  given.port = 2222;
  given.proposal.cpu = 85;
  given.proposal.guest_memory = 95;
  given.proposal.reasons = {"one\nmode: auto"};
  given.prometheus_url = "http://prometheus.example:9090/\\x22";
  const std::string text = config_text(given);
  ASSERT_TRUE(check_config_text(text, given.folder).ok())
      << check_config_text(text, given.folder).error().message;
  const auto secret = [](const std::string&) { return Result<std::string>(std::string("s")); };
  const Config config = read_config(text, secret, "/creds").config;
  EXPECT_EQ(config.cluster, "office");
  ASSERT_EQ(config.proxmox_hosts.size(), 2U);
  EXPECT_EQ(config.proxmox_hosts[1].address, "fd00::2");
  EXPECT_EQ(config.proxmox_hosts[1].port, 2222);
  EXPECT_EQ(config.proxmox_hosts[1].user, "balancer-read");
  EXPECT_EQ(config.proxmox_hosts[1].key_path, "/creds/exporter_key");
  EXPECT_EQ(config.default_params.cpu_threshold, 0.85);
  EXPECT_EQ(config.default_params.container_memory_threshold, 0.95);
  EXPECT_EQ(config.ssh.known_hosts_path, "/srv/balancer/known_hosts");
  EXPECT_EQ(config.prometheus.url, given.prometheus_url) << "no escape of it is one of YAML's";
  EXPECT_EQ(config.evaluator.mode, "suggest");
  EXPECT_FALSE(config.exporter.discover);
}

TEST(SetupFiles, WhatWasTypedCannotAddToTheConfiguration) {
  for (const std::string& hostile :
       {std::string("x\"\nevaluator: {mode: auto}"), std::string("a b"), std::string("$(id)"),
        std::string("x: y"), std::string("\xff"), std::string("*a")}) {
    SetupFacts given = facts();
    given.cluster = hostile;
    EXPECT_FALSE(check_config_text(config_text(given), given.folder).ok()) << hostile;
    given = facts();
    given.user = hostile;
    EXPECT_FALSE(check_config_text(config_text(given), given.folder).ok()) << hostile;
    given = facts();
    given.hosts[0].address = hostile;
    EXPECT_FALSE(check_config_text(config_text(given), given.folder).ok()) << hostile;
    given = facts();
    given.prometheus_url = hostile;
    EXPECT_FALSE(check_config_text(config_text(given), given.folder).ok()) << hostile;
  }
}

TEST(SetupFiles, OnlyPlainPathsAreTaken) {
  EXPECT_TRUE(is_plain_path("/etc/proxmox-cluster-balancer"));
  for (const char* odd : {"", "/", "relative", "/a b", "/a%n", "/a\nb", "/a;b", "/a\"", "/$x", "/ä"})
    EXPECT_FALSE(is_plain_path(odd)) << odd;
}

TEST(SetupFiles, ThePartsForPrometheusHaveTheClusterAndNothingElse) {
  const std::string text = prometheus_text(facts());
  EXPECT_TRUE(std::holds_alternative<YamlNode>(read_yaml(text))) << text;
  EXPECT_THAT(text,
              AllOf(HasSubstr("- /usr/share/rules/recording.yml"), HasSubstr("- job_name: balancer-exporter"),
                    HasSubstr("- job_name: balancer-evaluator"), HasSubstr("labels: {cluster: \"office\"}"),
                    Not(HasSubstr("homelab")), Not(HasSubstr("alerting:")), Not(HasSubstr("global:")),
                    Not(HasSubstr("../rules"))));
}

TEST(SetupFiles, ThePartsForAlertmanagerAreTheBalancersOwn) {
  const std::string text = alertmanager_text(facts());
  EXPECT_TRUE(std::holds_alternative<YamlNode>(read_yaml(text))) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("max_alerts: 500"), HasSubstr("balancer=\"heartbeat\""),
                          HasSubstr("credentials_file: /srv/balancer/webhook_token"), HasSubstr("QuorumLost"),
                          Not(HasSubstr("pager")), Not(HasSubstr("nobody"))));
}

TEST(SetupFiles, AUnitWithoutThePackageNamesItsOwnFilesAndKeepsTheSandbox) {
  for (const std::string& program : {std::string("balancer-exporter"), std::string("balancer-evaluator")}) {
    const std::string text = unit_text(facts(), program);
    EXPECT_THAT(text, AllOf(HasSubstr("\nExecStart=/opt/bin/" + program),
                            HasSubstr("--config /srv/balancer/config.yaml\n"), HasSubstr("DynamicUser=yes\n"),
                            Not(HasSubstr("\nUser=")), Not(HasSubstr("\nGroup=")),
                            Not(HasSubstr("/etc/proxmox-cluster-balancer/")),
                            HasSubstr("ProtectSystem=strict"), HasSubstr("LoadCredential=")));
  }
}

TEST(SetupFiles, WhatIsPartOfTheProgramIsWhatIsInDeploy) {
  EXPECT_EQ(deploy_prometheus(), file("deploy/prometheus.yml"));
  EXPECT_EQ(deploy_alertmanager(), file("deploy/alertmanager.yml"));
  EXPECT_EQ(deploy_exporter_unit(), file("deploy/systemd/balancer-exporter.service"));
  EXPECT_EQ(deploy_evaluator_unit(), file("deploy/systemd/balancer-evaluator.service"));
}

}  // namespace
}  // namespace pcb
