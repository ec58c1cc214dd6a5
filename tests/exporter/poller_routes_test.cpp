// The routes: what a client gets for which question, from a snapshot that stands.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics_text.h"
#include "exporter/poller/routes.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Routes : public ::testing::Test {
 protected:
  void publish(Snapshot snapshot) {
    auto collected = std::make_shared<Collected>();
    const auto stamp = snapshot.taken_at = ++taken_at_;
    collected->snapshot = std::move(snapshot);
    publisher_.publish(std::move(collected));
    ASSERT_TRUE(test::wait_until([&] {
      const auto pages = publisher_.current();
      return pages && pages->collected().snapshot.taken_at == stamp;
    }));
  }

  http::Response get(const std::string& path, std::multimap<std::string, std::string> query = {},
                     std::map<std::string, std::string> headers = {}) {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.query = std::move(query);
    request.headers = std::move(headers);
    for (const auto& route : routes_) {
      if (route.method == "GET" && route.path == path) return route.handler(request);
    }
    ADD_FAILURE() << "no route " << path;
    return {};
  }

  static std::string text_of(const http::Response& response) {
    return response.shared_body ? *response.shared_body : response.body;
  }

  static SnapshotHost host(const std::string& name, const std::string& address, double load1) {
    SnapshotHost host;
    host.document.name = name;
    host.configured_name = name;
    host.address = address;
    host.read = host.up = true;
    host.node_files.cycle = std::make_shared<FileMap>(
        FileMap{{"/proc/loadavg", std::to_string(load1) + " 0.4 0.3 1/100 1234\n"}});
    return host;
  }

  static Snapshot two_hosts() {
    Snapshot snapshot;
    snapshot.cluster = "homelab";
    snapshot.hosts = {host("pve1", "10.0.0.1", 1.5), host("pve2", "fd00::2", 2.5)};
    return snapshot;
  }

  Publisher publisher_{std::vector<std::string>{}};
  std::vector<http::Route> routes_ = exporter_routes(
      publisher_, [] { return Status(Done{}); }, "1.2.3");
  double taken_at_ = 1000;
};

TEST_F(Routes, ProbeAnswersForTheHostThatTheTargetNames) {
  EXPECT_EQ(get("/probe", {{"target", "pve1"}}).status, 503) << "before the first round";
  publish(two_hosts());
  for (const auto* target : {"pve1", "10.0.0.1", "pve1:9100", "10.0.0.1:9100"}) {
    const auto response = get("/probe", {{"target", target}});
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.content_type, content_type(Exposition::prometheus));
    EXPECT_THAT(text_of(response), HasSubstr("\nnode_load1 1.5\n")) << target;
  }
  for (const auto* target : {"pve2", "fd00::2", "[fd00::2]:9100"}) {
    EXPECT_THAT(text_of(get("/probe", {{"target", target}})), HasSubstr("\nnode_load1 2.5\n")) << target;
  }
}

// Hosts whose names in the configuration are mixed up, and hosts behind one address.
TEST_F(Routes, ATargetIsOneHostAndNeverAnother) {
  auto snapshot = two_hosts();
  snapshot.hosts[0].configured_name = "pve2";
  snapshot.hosts[1].configured_name = "pve1";
  snapshot.hosts[1].address = "10.0.0.1";
  publish(snapshot);
  EXPECT_THAT(text_of(get("/probe", {{"target", "pve1"}})), HasSubstr("\nnode_load1 1.5\n"));
  EXPECT_THAT(text_of(get("/probe", {{"target", "pve2:9100"}})), HasSubstr("\nnode_load1 2.5\n"));
  EXPECT_EQ(get("/probe", {{"target", "10.0.0.1"}}).status, 404);
}

TEST_F(Routes, ProbeSaysClearlyWhyThereIsNothing) {
  auto snapshot = two_hosts();
  snapshot.hosts[1].read = false;
  snapshot.hosts[1].failure_detail = "connection refused\nby evil";
  SnapshotHost member;
  member.document.name = "pve3";
  member.configured = false;
  snapshot.hosts.push_back(member);
  publish(snapshot);
  EXPECT_EQ(get("/probe").status, 400);
  const auto unknown = get("/probe", {{"target", "nowhere"}});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(text_of(unknown), AllOf(HasSubstr("pve1, pve2"), Not(HasSubstr("nowhere"))));
  EXPECT_EQ(get("/probe", {{"target", "pve3"}}).status, 404) << "a member that is not read";
  for (const auto* target : {"", ":", ":9100", "[]:1", "pve1:", "pve1:x"}) {
    EXPECT_NE(get("/probe", {{"target", target}}).status, 200) << target;
  }
  const auto down = get("/probe", {{"target", "pve2"}});
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(text_of(down), "pve2 is not read: connection refused\\nby evil\n");
}

TEST_F(Routes, ProbeIsCompressedAndInOpenMetricsOnRequest) {
  publish(two_hosts());
  const auto zipped = get("/probe", {{"target", "pve1"}}, {{"accept-encoding", "gzip"}});
  EXPECT_EQ(text_of(zipped).substr(0, 2), "\x1f\x8b");
  const auto open =
      get("/probe", {{"target", "pve1"}}, {{"accept", "application/openmetrics-text;version=1.0.0"}});
  EXPECT_THAT(text_of(open), testing::EndsWith("# EOF\n"));
  EXPECT_EQ(open.content_type, content_type(Exposition::openmetrics));
}

TEST_F(Routes, PveTakesTheParametersOfPrometheusPveExporter) {
  EXPECT_EQ(get("/pve", {{"target", "pve1"}}).status, 503) << "before the first round";
  auto snapshot = two_hosts();
  snapshot.hosts[1].read = snapshot.hosts[1].up = false;
  publish(snapshot);
  const auto both =
      get("/pve", {{"target", "10.0.0.1"}, {"module", "default"}, {"cluster", "1"}, {"node", "1"}});
  EXPECT_EQ(both.status, 200);
  EXPECT_THAT(text_of(both),
              AllOf(HasSubstr("pve_up{id=\"node/pve1\"} 1\n"), HasSubstr("pve_onboot_status")));
  for (const auto* no : {"0", "false", "False", ""}) {
    EXPECT_THAT(text_of(get("/pve", {{"target", "pve1"}, {"cluster", no}})), Not(HasSubstr("pve_up"))) << no;
    EXPECT_THAT(text_of(get("/pve", {{"target", "pve1"}, {"node", no}})), Not(HasSubstr("pve_onboot"))) << no;
  }
  const auto down = get("/pve", {{"target", "pve2"}});
  EXPECT_EQ(down.status, 200) << "a host that is down is told, not hidden";
  EXPECT_THAT(text_of(down), HasSubstr("pve_up{id=\"node/pve2\"} 0\n"));
  EXPECT_EQ(get("/pve").status, 200);
  EXPECT_EQ(get("/pve", {{"target", "nowhere"}}).status, 404);
  EXPECT_EQ(get("/pve", {{"target", "pve1"}, {"module", "other"}}).status, 400);
  EXPECT_EQ(text_of(get("/pve", {{"target", "pve1"}}, {{"accept-encoding", "gzip"}})).substr(0, 2),
            "\x1f\x8b");
}

TEST_F(Routes, DiscoveryIsJsonAndRefusedBeforeTheFirstRound) {
  EXPECT_EQ(get("/sd").status, 503);
  publish(two_hosts());
  const auto response = get("/sd");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(text_of(response), AllOf(HasSubstr("[\"pve1\"]"), HasSubstr("\"cluster\": \"homelab\"")));
}

TEST_F(Routes, APageOfAHostIsRenderedOncePerRound) {
  publish(two_hosts());
  const auto first = get("/probe", {{"target", "pve1"}}).shared_body;
  EXPECT_EQ(first.get(), get("/probe", {{"target", "10.0.0.1"}}).shared_body.get());
  auto later = two_hosts();
  later.hosts[0] = host("pve1", "10.0.0.1", 3.5);
  publish(later);
  EXPECT_THAT(text_of(get("/probe", {{"target", "pve1"}})), HasSubstr("\nnode_load1 3.5\n"));
  publish(Snapshot{});  // what was asked for is gone: prepared pages must not assume it
  EXPECT_EQ(get("/probe", {{"target", "pve1"}}).status, 404);
}

}  // namespace
}  // namespace pcb
