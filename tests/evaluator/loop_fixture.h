// The evaluator's loop in a world that is a table of answers: a cluster of three hosts whose load the test
// sets, no network, a clock that the test moves, a real journal.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/document_json.h"
#include "evaluator/cli/loop.h"
#include "evaluator/decide/mode.h"
#include "tests/evaluator/journal_fixture.h"

namespace pcb {

// The world as a table of answers: a cluster of three hosts whose load the test sets.
struct World {
  Cluster document;
  bool exporter_answers = true;
  std::optional<double> document_taken_at;  // absent: now
  bool prometheus_answers = true;
  bool prometheus_is_empty = false;
  std::string listed = "[]";                         // the body of /api/v2/alerts
  std::optional<Result<std::string>> second_listed;  // of a second Alertmanager
  std::string silences = "[]";                       // the body of /api/v2/silences
  bool alertmanager_answers = true;
  std::set<std::string> own_macs;
  double now = 100'000;
  int lists_read = 0;
  std::function<void()> on_lists;     // happens while Alertmanager is asked
  std::function<void()> on_now;       // happens when the time is asked for
  std::map<std::string, double> cpu;  // cores by id
};

class FakeOutside : public Outside {
 public:
  explicit FakeOutside(World& world) : world_(world) {}
  Result<std::string> cluster_document() override {
    if (!world_.exporter_answers) return Error{"connection refused"};
    world_.document.taken_at = world_.document_taken_at.value_or(world_.now);
    return write_cluster(world_.document);
  }
  Result<std::string> query(const std::string& promql) override {
    if (!world_.prometheus_answers) return Error{"connection refused"};
    std::string series;
    for (const auto& [id, cores] : world_.cpu) {
      double value = cores;
      if (promql.rfind("count", 0) == 0) value = 60;
      if (promql.rfind("time()", 0) == 0) value = 3;
      if (promql.find("memory") != std::string::npos && promql.rfind("count", 0) != 0) value = 1e9;
      if (world_.prometheus_is_empty) continue;
      series += std::string(series.empty() ? "" : ",") + R"({"metric":{"id":")" + id + R"("},"value":[1,")" +
                std::to_string(value) + "\"]}";
    }
    return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
  }
  std::vector<Result<std::string>> alert_lists() override {
    ++world_.lists_read;
    if (world_.on_lists) world_.on_lists();
    if (!world_.alertmanager_answers) return {Error{"connection refused"}};
    if (world_.second_listed) return {world_.listed, *world_.second_listed};
    return {world_.listed};
  }
  std::vector<Result<std::string>> silence_lists() override {
    if (!world_.alertmanager_answers) return {Error{"connection refused"}};
    return {world_.silences};
  }
  std::set<std::string> own_macs() override { return world_.own_macs; }
  double now() override {
    if (world_.on_now) world_.on_now();
    return world_.now;
  }

 private:
  World& world_;
};

inline std::string listed_alert(const std::string& silenced_by = "",
                                const std::string& receiver = "balancer") {
  return R"({"labels":{"alertname":"HostCpuHigh","balancer":"relieve","cluster":"lab","id":"node/pve1","resource":"cpu"},)"
         R"("annotations":{},"startsAt":"1970-01-01T00:00:05.000Z","endsAt":"2036-11-22T16:53:30.323Z",)"
         R"("receivers":[{"name":")" +
         receiver + R"("}],"fingerprint":"a1","status":{"inhibitedBy":[],"silencedBy":[)" + silenced_by +
         R"(],"state":")" + (silenced_by.empty() ? "active" : "suppressed") + R"("}})";
}

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() {
    world_.document.cluster = "lab";
    world_.document.taken_at = world_.now;
    for (const char* name : {"pve1", "pve2", "pve3"}) {
      Host host;
      host.name = name;
      host.cpu_cores = 8;
      host.memory_bytes = 32e9;
      host.cpu_used_cores = 1;
      host.memory_used_bytes = 1e9;
      host.age_seconds = 1;
      world_.document.hosts.push_back(host);
      world_.cpu[std::string("node/") + name] = 1;
    }
    world_.document.hosts[0].cpu_used_cores = 7;
    world_.cpu["node/pve1"] = 7;
    add_guest("lxc/103", "db", "pve1", 3);
    add_guest("lxc/101", "web", "pve1", 2);
    config_.cluster = "lab";
    config_.notify.log = false;
    config_.notify.webhooks.resize(1);
    config_.notify.webhooks[0].name = "chat";
    config_.notify.webhooks[0].url = "http://127.0.0.1:1/";
    journal_ = open_journal(directory_.path());
    begin();
  }

  void add_guest(const std::string& id, const std::string& name, const std::string& host, double cores) {
    Guest guest;
    guest.id = id;
    guest.name = name;
    guest.host = host;
    guest.cpu_used_cores = cores;
    guest.memory_used_bytes = 1e9;
    guest.memory_bytes = 2e9;
    world_.document.guests.push_back(guest);
    world_.cpu[id] = cores;
  }

  // As after a restart: all that is kept is the journal.
  void begin() {
    loop_ = std::make_unique<Loop>(LoopParts{*journal_, board_, counters_, [this] { ++messages_; }},
                                   std::make_shared<const Config>(config_),
                                   [this](const Config&) { return std::make_unique<FakeOutside>(world_); });
  }

  void deliver(const Alert& alert) {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
      return tables.store_alert(alert, judge(alert, "lab"), world_.now);
    });
  }
  void fire() { deliver(relief_alert()); }
  void tick(int times = 1) {
    for (int i = 0; i < times; ++i) {
      world_.now += 30;
      loop_->tick();
    }
  }

  std::vector<Notification> told() {
    std::vector<Notification> all;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      const auto rows = tables.recent_deliveries(1000);
                      for (const auto& delivery : *rows) all.push_back(delivery.notification);
                      return Done{};
                    })
                    .ok());
    std::reverse(all.begin(), all.end());
    return all;
  }
  std::vector<std::string> events_told() {
    std::vector<std::string> events;
    for (const Notification& notification : told()) events.push_back(notification.event);
    return events;
  }
  std::vector<std::string> moves() {
    std::vector<std::string> all;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      const auto rows = tables.recent_moves(100);
                      for (const auto& move : *rows) {
                        all.push_back(move.guest + ">" + move.to + " " + name_of(move.state) +
                                      (move.state == MoveState::cancelled ? ": " + move.reason : ""));
                      }
                      return Done{};
                    })
                    .ok());
    return all;
  }
  HoldReason hold() { return board_.newest()->hold.reason; }
  std::size_t open_incidents() {
    std::size_t count = 0;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      count = tables.incidents_changed_since(1e300).value().size();
                      return Done{};
                    })
                    .ok());
    return count;
  }

  test::TemporaryFolder directory_;
  World world_;
  Config config_;
  std::unique_ptr<Journal> journal_;
  Board board_;
  Counters counters_;
  int messages_ = 0;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pcb
