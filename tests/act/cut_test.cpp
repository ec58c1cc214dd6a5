// SSH connections cut, and evaluators killed, at random moments of a migration: it ends on the host all the
// same, and whoever looks afterwards finds out what became of it.
//
// PCB_CUTS: how many (10). The control is the same migration in the foreground of a connection.
#include <cstdlib>
#include <random>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/act/act_lab.h"

namespace pcb {
namespace {

using test::ActLab;
using test::kOwner;
using test::operation_of;

const char* const kLab = R"(
phase: 0.1s
pvestatd: 0.5s
hosts:
  pve1: {cores: 8, memory: 16GiB}
  pve2: {cores: 8, memory: 16GiB}
guests:
  101: {name: web, host: pve1, memory: 1GiB, memory_used: 512MiB}
  201: {type: vm, name: win, host: pve1, memory: 1GiB, memory_used: 512MiB}
)";

int cuts() {
  const char* const wanted = std::getenv("PCB_CUTS");
  return wanted == nullptr ? 10 : std::atoi(wanted);
}

// Runs `work` in a process of its own, and kills it `seconds` after `begun` holds.
template <class Work, class Begun>
void run_and_kill(const Work& work, const Begun& begun, double seconds) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    pause();  // killed here at the latest
    _exit(1);
  }
  EXPECT_TRUE(lab::await(60, begun));
  poll(nullptr, 0, static_cast<int>(seconds * 1000));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(Cut, cut_at_a_random_moment_the_migration_ends_on_the_host_and_is_reported_right) {
  const ActLab lab(kLab);
  std::mt19937 random(20261122);
  std::uniform_real_distribution<double> early(0.0, 2.0), late(0.0, 1.0);
  int moved = 0, never = 0;
  for (int i = 0; i < cuts(); ++i) {
    const std::string guest = i % 2 == 0 ? "lxc/101" : "qemu/201", id = guest.substr(guest.find('/') + 1);
    const std::string from = lab.place(id), to = from == "pve1" ? "pve2" : "pve1";
    const auto operation = operation_of(guest, i % 2 == 0 ? MoveMethod::restart : MoveMethod::live, from, to);
    const double started = os::seconds_since_boot();
    const std::string text = i % 2 == 0 ? "pct begin" : "migrate begin";
    const int before = lab.recorded(text);
    // Three of four are cut while Proxmox is at it; the others from the first connection on.
    const bool at_work = i % 4 != 3;
    run_and_kill(
        [&] {
          const auto migrator = lab.migrator();
          migrator->take_lock(kOwner);
          migrator->start(operation);
          for (;;) migrator->look(operation);
        },
        [&] { return !at_work || lab.recorded(text) > before; }, at_work ? late(random) : early(random));
    const auto migrator = lab.migrator();
    ASSERT_EQ(migrator->take_lock(kOwner).sentence, "");
    Migration migration(operation, test::quick_rules(), started, false);
    const auto verdict = test::follow(*migrator, migration);
    SCOPED_TRACE("cut " + std::to_string(i) + ": " + verdict.sentence);
    EXPECT_TRUE(verdict.state == MoveState::done || verdict.not_started) << name_of(verdict.state);
    EXPECT_EQ(lab.place(id), verdict.state == MoveState::done ? to : from);
    EXPECT_TRUE(lab.running(id));
    EXPECT_EQ(lab.recorded("migrate begin"), moved + (verdict.state == MoveState::done ? 1 : 0));
    (verdict.state == MoveState::done ? moved : never) += 1;
  }
  std::printf("%d cut: %d moved, %d never begun\n", cuts(), moved, never);
  EXPECT_GE(moved, cuts() / 2);
  EXPECT_EQ(lab.recorded("broken-pipe"), 0);
}

// Without it the test above could pass because a cut breaks nothing.
TEST(Cut, cut_in_the_foreground_a_migration_breaks) {
  const ActLab lab(kLab);
  int broken = 0;
  for (int i = 0; i < 2; ++i) {
    lab.order({"fault", "101", "hang"});  // it has something left to write, however late it is cut
    const std::string from = lab.place("101"), to = from == "pve1" ? "pve2" : "pve1";
    auto command = lab.ssh_command(from, "pct migrate 101 " + to + " --restart");
    const int before = lab.recorded("migrate begin"), ended = lab.recorded("pct end");
    run_and_kill(
        [&] {
          std::vector<char*> words;
          for (auto& word : command) words.push_back(word.data());
          words.push_back(nullptr);
          execvp(words[0], words.data());
        },
        [&] { return lab.recorded("migrate begin") > before; }, 0);
    lab.order({"heal", "101", "hang"});
    EXPECT_TRUE(lab::await(60, [&] { return lab.recorded("pct end") > ended; }));
    broken = lab.recorded("broken-pipe");
  }
  EXPECT_GT(broken, 0) << lab.record();
}

}  // namespace
}  // namespace pcb
