// The evaluator's loop and actor on a lab, for sweep_test.cpp: carries one move through and ends.
//
//   sweep_evaluator STATE_DIRECTORY LAB_DIRECTORY GUEST FROM TO [ha]
//
// The journal, the hosts and the way to them are real. What it is told of load and alerts is a table: FROM is
// over its limit, and GUEST is the one to move. Exit status 0: every operation has ended and is cleared away.
#include <cstdio>
#include <memory>

#include <poll.h>

#include "common/os/clock.h"
#include "evaluator/cli/actor.h"
#include "tests/act/lab_hosts.h"
#include "tests/evaluator/loop_fixture.h"

namespace pcb {
namespace {

constexpr double kPatienceSeconds = 120;
constexpr int kPauseMilliseconds = 150;

// The hosts of the lab are quick, and every wait is in every run.
MigrationRules quicker_rules() {
  MigrationRules rules = test::quick_rules();
  rules.start_doubt_seconds = 3;
  rules.ha_settle_seconds = 1;
  return rules;
}

World world_of(const std::string& guest_id, const std::string& from, const std::string& to, bool ha) {
  World world;
  world.document.cluster = "lab";
  for (const std::string& name : {from, to}) {
    Host host;
    host.name = name;
    host.cpu_cores = 8;
    host.memory_bytes = 32e9;
    host.memory_used_bytes = 1e9;
    host.age_seconds = 1;
    host.pve_version = "8.4.1";
    host.cpu_used_cores = world.cpu["node/" + name] = name == from ? 7 : 1;
    world.document.hosts.push_back(host);
  }
  Guest guest;
  guest.id = guest_id;
  guest.name = "db";
  guest.host = from;
  guest.tags = {"balancer_auto"};
  guest.memory_bytes = 1e9;
  guest.memory_used_bytes = 5e8;
  guest.cpu_used_cores = world.cpu[guest.id] = 3;
  if (ha) {
    guest.ha.emplace();
    guest.ha->managed = true;
    guest.ha->state = "started";
  }
  world.document.guests.push_back(guest);
  world.listed = "[" + listed_alert() + "]";
  world.listed.replace(world.listed.find("node/pve1"), 9, "node/" + from);
  return world;
}

bool is_over(Journal& journal) {
  bool over = false;
  const Status read = journal.read([&](Tables& tables) -> Status {
    const auto all = tables.operations_since(0);
    const auto open = tables.open_operations();
    if (!all || !open) return Error{"the journal cannot be read"};
    over = !all->empty() && open->empty();
    return Done{};
  });
  return read.ok() && over;
}

int run(const std::string& state, const std::string& lab, World world) {
  auto journal = Journal::open(state, unix_now());
  auto migrator = SshMigrator::create(test::hosts_of_lab(lab));
  if (!journal || !migrator) return 1;
  Config config;
  config.cluster = "lab";
  config.evaluator.mode = "auto";
  config.evaluator.limits.hold = Seconds(0);
  config.notify.webhooks.resize(1);
  config.notify.webhooks[0].name = "chat";
  const auto shared = std::make_shared<const Config>(config);
  const auto outside = [&](const Config&) { return std::make_unique<FakeOutside>(world); };
  Board board;
  ActBoard act_board;
  Counters counters;
  RedButton button(state);
  Actor actor(ActorParts{*journal->journal, act_board, counters, button, **migrator, [] {}, [] {},
                         os::seconds_since_boot, quicker_rules()},
              shared, outside);
  Loop loop(
      LoopParts{*journal->journal, board, counters, [] {}, [&](Situation s) { actor.see(std::move(s)); }},
      shared, outside);
  const double deadline = os::seconds_since_boot() + kPatienceSeconds;
  while (os::seconds_since_boot() < deadline) {
    world.now = unix_now();
    loop.tick();
    actor.round();
    if (is_over(*journal->journal)) return 0;
    poll(nullptr, 0, kPauseMilliseconds);
  }
  return 1;
}

}  // namespace
}  // namespace pcb

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs("usage: sweep_evaluator STATE_DIRECTORY LAB_DIRECTORY GUEST FROM TO [ha]\n", stderr);
    return 2;
  }
  return pcb::run(argv[1], argv[2], pcb::world_of(argv[3], argv[4], argv[5], argc > 6));
}
