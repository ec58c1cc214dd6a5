// A lab of its own with migrators that reach its hosts, and moves carried to their end as the evaluator does
// it. Needs root. A lab that does not come up fails the test.
#pragma once

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <poll.h>

#include "common/os/clock.h"
#include "evaluator/decide/migration.h"
#include "evaluator/trigger/migrate.h"
#include "tests/act/lab_hosts.h"
#include "tests/lab/checks/lab_run.h"

namespace pcb::test {

inline const std::string kOwner(32, 'c');

class ActLab : public lab::LabRun {
 public:
  explicit ActLab(const std::string& yaml) : LabRun(yaml) {}

  [[nodiscard]] std::unique_ptr<SshMigrator> migrator() const {
    auto made = SshMigrator::create(hosts_of_lab(directory()));
    EXPECT_TRUE(made.ok());
    return std::move(*made);
  }

  // Runs `command` on `host` with `input` on its stdin.
  [[nodiscard]] lab::Outcome ssh_with(const std::string& host, const std::string& command,
                                      const std::string& input) const {
    const std::string path = directory() + "/input";
    std::ofstream(path, std::ios::binary) << input;
    std::string line;
    for (const auto& word : ssh_command(host, command)) {
      line += " '";
      for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
      line += "'";
    }
    return lab::run_and_wait({"sh", "-c", "exec" + line + " <" + path});
  }

  void order(const std::vector<std::string>& words) const {
    const auto done = lab(words);
    EXPECT_EQ(done.code, 0) << done.out << done.err;
  }

  [[nodiscard]] std::string place(const std::string& vmid) const {
    return status()["guests"][vmid]["host"].get<std::string>();
  }
  [[nodiscard]] bool running(const std::string& vmid) const {
    return status()["guests"][vmid]["status"] == "running";
  }
  [[nodiscard]] int recorded(const std::string& text) const {
    const std::string all = record();
    int times = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++times;
    return times;
  }
};

inline Operation operation_of(const std::string& guest, MoveMethod method, const std::string& from = "pve1",
                              const std::string& to = "pve2") {
  static int number = 0;
  Operation operation;
  operation.id = std::to_string(++number);
  operation.id.insert(0, 32 - operation.id.size(), 'a');
  operation.guest = guest;
  operation.from = from;
  operation.to = to;
  operation.method = method;
  operation.was_running = method != MoveMethod::offline;
  return operation;
}

// Looks until the verdict is final or `enough` says so; starts what was left stopped and clears up.
inline MigrationVerdict follow(Migrator& migrator, Migration& migration,
                               const std::function<bool(const MigrationVerdict&)>& enough = {}) {
  MigrationVerdict verdict;
  const double deadline = os::seconds_since_boot() + 120;
  while (os::seconds_since_boot() < deadline) {
    verdict = migration.see(migrator.look(migration.operation()));
    if (!verdict.start_guest_on.empty()) {
      EXPECT_EQ(migrator.start_guest(migration.operation(), verdict.start_guest_on).sentence, "");
    }
    if (enough && enough(verdict)) return verdict;
    if (verdict.clear_unit) {
      const auto cleared = migrator.clear(migration.operation());
      EXPECT_TRUE(cleared.ok()) << (cleared.ok() ? "" : cleared.error().message);
      return verdict;
    }
    poll(nullptr, 0, 100);
  }
  ADD_FAILURE() << "no end of " << migration.operation().guest << ": " << name_of(verdict.state) << ", "
                << verdict.sentence;
  return verdict;
}

inline MigrationVerdict carry_out(Migrator& migrator, const Operation& operation) {
  const double begun = os::seconds_since_boot();
  const auto answer = migrator.start(operation);
  EXPECT_EQ(static_cast<int>(answer.kind), static_cast<int>(StartAnswer::Kind::started)) << answer.sentence;
  Migration migration(operation, quick_rules(), begun, true);
  return follow(migrator, migration);
}

}  // namespace pcb::test
