// SshMigrator: the Migrator that talks to node-migrate.sh on the hosts, over SSH.
//
// Connections of its own, kept open between calls; the script is sent over them where it is not installed as
// a forced command. Requests that only look are sent again on a connection that turns out to be dead; a start
// never is. A start is asked in three steps: the target whether it has room, the source for its uptime, then
// the source to check and start in one script; a request that comes late, because somebody slept, is refused
// there by that uptime. It also stands on the lock that take_lock() got: without it nothing is started.
// One thread; interrupt() from any.
// Tested on the lab by tests/act/migrate_test.cpp, cut_test.cpp and two_evaluators_test.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.h"
#include "common/ssh/connection.h"
#include "evaluator/decide/migrate_answer.h"
#include "evaluator/trigger/migrator.h"

namespace pcb {

namespace ssh {
class Loop;
}

struct MigratorSettings {
  std::vector<ssh::ConnectionSettings> hosts;   // `script` is filled in here
  std::string jump;                             // the host through which the others are reached
  std::chrono::milliseconds call_limit{15000};  // for one answer, once the connection stands
};

MigratorSettings migrator_settings(const Config& config);
// Whether it reads that option of config.yaml: its connections stand, so a reload does not change it.
bool is_read_at_the_start(std::string_view option);

class SshMigrator final : public Migrator {
 public:
  static Result<std::unique_ptr<SshMigrator>> create(MigratorSettings settings);
  ~SshMigrator() override;

  StartAnswer start(const Operation& operation) override;
  Observation look(const Operation& operation) override;
  Status clear(const Operation& operation) override;
  StartAnswer start_guest(const Operation& operation, const std::string& host) override;
  StartAnswer maintenance(const std::string& host, bool begins) override;
  LockAnswer take_lock(const std::string& owner) override;
  LockAnswer renew_lock(const std::string& owner) override;
  Status release_lock(const std::string& owner) override;
  void interrupt() override;

 private:
  struct Reply {
    Result<NodeAnswer> answer;
    bool sent = false;  // the request may have reached the script
  };

  SshMigrator(MigratorSettings settings, std::unique_ptr<ssh::Loop> loop);
  ssh::Connection* connection_to(const std::string& host);
  Reply ask(const std::string& host, const std::string& request, bool acts = false);
  std::vector<Reply> ask_all(const std::vector<std::string>& hosts, const std::string& request, bool acts);
  StartAnswer act(const std::string& host, const Operation& operation, const std::string& request);
  // The uptime of a host after which what is asked of it now is stale; empty with an error.
  Result<double> until(const std::string& host);
  LockAnswer ask_lock(const char* verb, const std::string& owner);

  MigratorSettings settings_;
  std::unique_ptr<ssh::Loop> loop_;
  std::map<std::string, ssh::Connection*> connections_;
  ssh::Connection* jump_ = nullptr;
  std::string lock_owner_;  // empty: the lock is not held
  std::string lock_host_;   // that answered last
  std::atomic<bool> interrupted_{false};
};

}  // namespace pcb
