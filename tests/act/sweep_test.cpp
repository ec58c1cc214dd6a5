// The evaluator killed (SIGKILL) at the n-th system call of a kind, then started again: whatever n is, no
// move is started twice, and what became of it is known, told, and cleared away.
//
// In every run a few n for every path, chosen by a fixed seed. PCB_SWEEP_PATH=NAME: that path alone, n = 1,
// 2, 3, … until the evaluator comes to its end unharmed (PCB_SWEEP_WRITES: every so many of the writes, of
// which there are ten times as many); tests/long does so.
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/act/act_lab.h"
#include "tests/evaluator/journal_fixture.h"

namespace pcb {
namespace {

using test::ActLab;

const char* const kLab = R"(
phase: 0.04s
pvestatd: 0.5s
hosts:
  pve1: {cores: 8, memory: 32GiB}
  pve2: {cores: 8, memory: 32GiB}
ha_groups:
  both: {nodes: {pve1: 1, pve2: 1}}
guests:
  101: {name: web, host: pve1, memory: 1GiB, memory_used: 512MiB}
  102: {name: dns, host: pve1, memory: 1GiB, memory_used: 512MiB, ha: {group: both}}
  201: {type: vm, name: win, host: pve1, memory: 1GiB, memory_used: 512MiB}
  202: {type: vm, name: mail, host: pve1, memory: 1GiB, memory_used: 512MiB, ha: {group: both}}
)";

struct Path {
  const char *name, *guest, *fault;  // of the lab, as it stands after the guest's id
  MoveState end;                     // of a move that was begun
};
constexpr Path kPaths[] = {
    {"container", "lxc/101", "", MoveState::done},
    {"vm", "qemu/201", "", MoveState::done},
    {"ha_container", "lxc/102", "", MoveState::done},
    {"ha_vm", "qemu/202", "", MoveState::done},
    {"container_fails_before_it_moves", "lxc/101", "before-move", MoveState::failed},
    {"container_is_left_stopped", "lxc/101", "after-move", MoveState::done},
    {"container_does_not_stop", "lxc/101", "shutdown", MoveState::failed},
    {"container_keeps_its_lock", "lxc/101", "keep-lock", MoveState::failed},
    {"vm_fails_before_it_moves", "qemu/201", "before-move", MoveState::failed},
    {"vm_is_left_stopped", "qemu/201", "after-move", MoveState::failed},
    {"ha_vm_in_error", "qemu/202", "ha-error", MoveState::skipped},
};
double unix_now() { return static_cast<double>(std::time(nullptr)); }

constexpr const char* kKinds[] = {"write", "sync", "send"};

class Sweep : public ::testing::Test {
 protected:
  struct Journey {  // one move: its journal, and what the hosts had recorded before it
    test::TemporaryFolder folder;
    const Path* path = nullptr;
    std::string id, from, to;
    int begun_before = 0;
  };

  [[nodiscard]] int begun(const Path& path) const {
    const std::string id = std::string(path.guest).substr(std::string(path.guest).find('/') + 1);
    const std::string tool = is_ha(path) ? "ha-migrate " : "migrate begin ";
    int count = 0;
    std::istringstream lines(lab_.record());
    for (std::string line; std::getline(lines, line);) {
      const auto at = line.find(tool);
      if (at == std::string::npos) continue;
      const std::string rest = line.substr(at) + " ";
      count +=
          rest.find(":" + id + " ") != std::string::npos || rest.find("/" + id + " ") != std::string::npos;
    }
    return count;
  }
  static bool is_ha(const Path& path) { return std::string(path.name).rfind("ha_", 0) == 0; }

  void begin(Journey& journey, const Path& path) {
    journey.path = &path;
    const std::string guest = path.guest;
    journey.id = guest.substr(guest.find('/') + 1);
    journey.from = lab_.place(journey.id);
    journey.to = journey.from == "pve1" ? "pve2" : "pve1";
    journey.begun_before = begun(path);
    if (*path.fault != '\0') lab_.order({"fault", journey.id, path.fault, "test"});
    const auto journal = open_journal(journey.folder.path());
    const Alert alert = relief_alert(journey.from);
    ASSERT_TRANSACT(*journal, [&](Tables& tables) -> Status {
      auto done = tables.store_alert(alert, judge(alert, "lab"), unix_now());
      if (done) done = tables.set_setting("heartbeat_at", std::to_string(unix_now()));
      return done ? tables.set_setting("lock_owner", test_owner_) : done;
    });
  }

  // The evaluator until it ends or is killed; its exit status, -1 when it was killed.
  int run(const Journey& journey, const std::string& kind = "", int at = 0) const {
    const pid_t child = fork();
    if (child == 0) {
      setenv("LD_PRELOAD", PCB_KILL_AT, 1);
      setenv("PCB_KILL_COUNTS", (journey.folder.path() + "/counts").c_str(), 1);
      if (at > 0) {
        setenv("PCB_KILL_KIND", kind.c_str(), 1);
        setenv("PCB_KILL_AT", std::to_string(at).c_str(), 1);
      }
      const std::string log = journey.folder.path() + "/log";
      if (freopen(log.c_str(), "a", stderr) == nullptr) _exit(126);
      execl(PCB_SWEEP_EVALUATOR, "sweep_evaluator", journey.folder.path().c_str(), lab_.directory().c_str(),
            journey.path->guest, journey.from.c_str(), journey.to.c_str(),
            is_ha(*journey.path) ? "ha" : nullptr, nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // What is wrong once the evaluator has come to its end; empty: nothing.
  [[nodiscard]] std::string wrong(const Journey& journey) const {
    const int starts = begun(*journey.path) - journey.begun_before;
    const auto journal = open_journal(journey.folder.path());
    std::string wrong = starts > 1 ? "started " + std::to_string(starts) + " times; " : "";
    int known = 0;
    bool done = false;
    const Status read = journal->read([&](Tables& tables) -> Status {
      std::set<std::string> told;
      const auto deliveries = tables.recent_deliveries(1000);
      const auto operations = tables.operations_since(0);
      if (!deliveries || !operations) return Error{"the journal cannot be read"};
      for (const auto& delivery : *deliveries) told.insert(delivery.notification.event_key);
      for (const OperationRecord& operation : *operations) {
        const MoveState state = operation.move.state;
        if (!operation.ended_at || !operation.cleared) wrong += operation.id + " has no end; ";
        if (told.count("operation/" + operation.id + "/" + name_of(state)) == 0)
          wrong += std::string(name_of(state)) + " is not told; ";
        if (state == MoveState::skipped) continue;
        ++known;
        done = state == MoveState::done;
        if (state != journey.path->end) wrong += std::string("it is ") + name_of(state) + "; ";
      }
      return Done{};
    });
    if (!read) wrong += read.error().message;
    if (known != starts) wrong += std::to_string(starts) + " started, " + std::to_string(known) + " known; ";
    const std::string place = lab_.place(journey.id);
    if (done && place != journey.to) wrong += "done, and it is on " + place + "; ";
    for (const char* host : {"pve1", "pve2"}) {
      const auto units = lab_.lab({"exec", host, "ls", "/run/pcb-units"}).out;
      if (units.find("balancer-migrate-" + journey.id) != std::string::npos) wrong += "its unit is left; ";
    }
    return wrong;
  }

  // The guest as a person would leave it: unlocked, running, without a fault.
  void tidy(const Journey& journey) const {
    if (*journey.path->fault != '\0') lab_.order({"heal", journey.id, journey.path->fault});
    const std::string tool = std::string(journey.path->guest)[0] == 'l' ? "pct" : "qm";
    const std::string host = lab_.place(journey.id);
    lab_.order({"exec", host, tool, "unlock", journey.id});
    if (!lab_.running(journey.id)) lab_.order({"start", journey.id});
    const auto usable = [&] {
      if (!is_ha(*journey.path)) return true;
      const auto manager = lab_.lab({"exec", host, "ha-manager", "status"}).out;
      return manager.find(journey.id + " (" + host + ", started") != std::string::npos;
    };
    EXPECT_TRUE(lab::await(60, usable)) << journey.path->name;
  }

  // One move, killed there and finished by a second evaluator; whether the first was killed at all.
  bool once(const Path& path, const std::string& kind, int at) {
    Journey journey;
    begin(journey, path);
    const int ended = run(journey, kind, at);
    if (ended != 0) {
      EXPECT_EQ(ended, -1) << text_of(journey, "log");
      EXPECT_EQ(run(journey), 0) << text_of(journey, "log");
    }
    EXPECT_EQ(wrong(journey), "") << path.name << " killed at " << kind << " " << at << "\n"
                                  << text_of(journey, "log");
    tidy(journey);
    ++runs_;
    if (ended == 0)
      std::printf("%s by itself, its calls:\n%s", path.name, text_of(journey, "counts").c_str());
    return ended != 0;
  }
  static std::string text_of(const Journey& journey, const std::string& name) {
    std::ifstream file(journey.folder.path() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  ActLab lab_{kLab};
  std::string test_owner_ = test::kOwner;
  int runs_ = 0;
};

TEST_F(Sweep, sweep_killed_at_the_nth_system_call_nothing_starts_twice_and_no_outcome_is_lost) {
  const char* const wanted = std::getenv("PCB_SWEEP_PATH");
  const char* const stride = std::getenv("PCB_SWEEP_WRITES");
  const int every = stride == nullptr ? 1 : std::atoi(stride);
  std::mt19937 random(20261123);
  for (const Path& path : kPaths) {
    if (wanted != nullptr && std::string(wanted) != path.name) continue;
    if (wanted == nullptr) {
      const char* const kind = kKinds[runs_ % 3];
      once(path, kind, std::uniform_int_distribution<int>(1, 25)(random));
      once(path, "sync", std::uniform_int_distribution<int>(8, 40)(random));
      continue;
    }
    for (const char* const kind : kKinds) {
      for (int at = 1; once(path, kind, at);) at += kind == kKinds[0] ? every : 1;
    }
  }
  std::printf("%d runs\n", runs_);
  EXPECT_GT(runs_, 20);
}

// The control: an evaluator whose journal has lost what it had promised to keep.
TEST_F(Sweep, sweep_control_with_a_journal_that_forgets_an_outcome_is_lost) {
  Journey journey;
  begin(journey, kPaths[0]);
  const std::string journal = journey.folder.path() + "/journal.sqlite",
                    kept = journey.folder.path() + "/kept";
  std::filesystem::copy_file(journal, kept);
  std::string found;
  for (int at = 60; at < 200 && begun(kPaths[0]) == journey.begun_before; at += 10) run(journey, "send", at);
  ASSERT_EQ(begun(kPaths[0]) - journey.begun_before, 1) << text_of(journey, "log");
  std::filesystem::remove(journal + "-journal");
  std::filesystem::copy_file(kept, journal, std::filesystem::copy_options::overwrite_existing);
  run(journey);
  EXPECT_NE(wrong(journey), "");
}

}  // namespace
}  // namespace pcb
