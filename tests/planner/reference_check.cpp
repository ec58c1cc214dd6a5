// Scores of end states and the check of whole plans.
#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "reference.h"

namespace pcb::reference {
namespace {

bool near(double a, double b) {
  return std::fabs(a - b) <= 1e-9 * std::max({1.0, std::fabs(a), std::fabs(b)});
}

bool among(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

double share(double part, double whole) { return whole > 0 ? part / whole : (part > 0 ? 1e9 : 0); }

}  // namespace

std::vector<double> Reference::score(const Places& places, double cost, int moves) const {
  double strict = 0, preferred = 0;
  for (const auto& rule : cluster_.rules) {
    const auto hosts = broken_hosts(rule, places);
    const bool counts =
        goal_.kind != GoalKind::balance
            ? std::any_of(hosts.begin(), hosts.end(), [&](auto& h) { return among(scope_, h); })
            : !hosts.empty();
    if (counts) (rule.strict ? strict : preferred) += 1;
  }
  const double over = overload(places, goal_.kind == GoalKind::relieve ? scope_ : online());
  double cores = 0, bytes = 0, above = 0, counted = 0;
  for (const auto& name : online()) {
    cores += hosts_.at(name)->cpu_cores;
    bytes += hosts_.at(name)->memory_bytes;
  }
  for (const auto& name : online()) {
    const Use used = use(places, name, false), most = limit(name), before = use(start_, name, false);
    if (among(was_over_, name)) {
      const double cpu = used.cpu - policy_.low_water * most.cpu,
                   memory = used.memory - policy_.low_water * most.memory;
      if (cpu > 1e-9 * hosts_.at(name)->cpu_cores) above += share(cpu, cores);
      if (memory > 1e-9 * hosts_.at(name)->memory_bytes) above += share(memory, bytes);
    }
    const bool lowers = can_be_lowered_.at(name);
    if (lowers || used.cpu > before.cpu * (1 + 1e-9)) counted = std::max(counted, share(used.cpu, most.cpu));
    if (lowers || used.memory > before.memory * (1 + 1e-9))
      counted = std::max(counted, share(used.memory, most.memory));
  }
  if (goal_.kind == GoalKind::relieve) return {strict, over, preferred, above, cost, peak(places)};
  if (goal_.kind == GoalKind::balance)
    return {strict, over, preferred, counted + policy_.min_gain * moves, cost, imbalance(places)};
  double staying = 0, stopped = 0;
  for (const auto& [id, place] : places)
    if (among(scope_, place))
      (guests_.at(id)->status.value_or(GuestStatus::running) == GuestStatus::stopped ? stopped : staying) +=
          1;
  return {strict, staying, goal_.include_stopped ? stopped : 0, over, preferred, cost, peak(places)};
}

bool Reference::spares_others(const Places& places) const {
  if (goal_.kind != GoalKind::relieve) return true;
  for (const auto& name : online()) {
    if (among(scope_, name)) continue;
    if (overload(places, {name}) > overload(start_, {name}) + 1e-9) return false;
    int before = 0, after = 0;
    for (const auto& rule : cluster_.rules) {
      before += among(broken_hosts(rule, start_), name) ? 1 : 0;
      after += among(broken_hosts(rule, places), name) ? 1 : 0;
    }
    if (after > before) return false;
  }
  return true;
}

void Reference::check_steps(const Plan& plan, std::vector<std::string>& faults) const {
  Places places = start_;
  for (std::size_t k = 0; k < plan.moves.size(); ++k) {
    const Move& move = plan.moves[k];
    const std::string where =
        "step " + std::to_string(move.step) + " (" + move.guest + " to " + move.to + ")";
    if (move.step != static_cast<int>(k) + 1) faults.push_back(where + ": steps are not numbered in order");
    if (guests_.count(move.guest) == 0 || hosts_.count(move.to) == 0) {
      faults.push_back(where + ": names what is not there");
      return;
    }
    if (places.at(move.guest) != move.from) faults.push_back(where + ": it is on " + places.at(move.guest));
    if (!near(move.copy_bytes, copy_bytes(move.guest, move.to)))
      faults.push_back(where + ": copy_bytes is wrong");
    check_words(move, where, faults);
    for (const int other : move.after)
      if (other < 1 || other >= move.step) faults.push_back(where + ": after names no earlier step");
    // A group's later members were judged with its first: they must follow at once, to the same host.
    const auto group = group_of(move.guest);
    const bool follows = k > 0 && among(group, plan.moves[k - 1].guest) && plan.moves[k - 1].to == move.to &&
                         plan.moves[k - 1].guest != move.guest;
    if (!follows) {
      const std::string fault = forbids(places, move.guest, move.to, group);
      if (!fault.empty()) faults.push_back(where + ": not allowed, " + fault);
      for (std::size_t m = 0; m < group.size(); ++m)
        if (k + m >= plan.moves.size() || !among(group, plan.moves[k + m].guest) ||
            plan.moves[k + m].to != move.to)
          faults.push_back(where + ": its group does not come along");
    }
    places[move.guest] = move.to;
  }
}

// What a move is called, how it is done and how long the guest is away.
void Reference::check_words(const Move& move, const std::string& where,
                            std::vector<std::string>& faults) const {
  const Guest& guest = *guests_.at(move.guest);
  const bool runs = guest.status.value_or(GuestStatus::running) != GuestStatus::stopped;
  const bool vm = move.guest.rfind("qemu/", 0) == 0;
  const std::string method = guest.ha && guest.ha->managed ? "ha"
                             : !runs                       ? "offline"
                             : vm                          ? "live"
                                                           : "restart";
  if (move.method != method) faults.push_back(where + ": its method is " + method);
  if (move.name != guest.name.value_or(move.guest)) faults.push_back(where + ": it has another name");
  if (!near(move.downtime_seconds, downtime_seconds(move.guest)))
    faults.push_back(where + ": downtime_seconds is wrong");
  if (move.why.empty()) faults.push_back(where + ": says nothing of why");
}

void Reference::check_orders(const Plan& plan, std::vector<std::string>& faults) const {
  std::mt19937 random(7);
  for (int trial = 0; trial < 12 && faults.empty(); ++trial) {
    Places places = start_;
    std::set<int> done;
    while (done.size() < plan.moves.size()) {
      std::vector<const Move*> ready;
      for (const auto& move : plan.moves)
        if (done.count(move.step) == 0 &&
            std::all_of(move.after.begin(), move.after.end(), [&](int s) { return done.count(s) != 0; }))
          ready.push_back(&move);
      if (ready.empty()) {
        faults.push_back("after has a cycle");
        return;
      }
      const Move& first = *ready[random() % ready.size()];
      const auto group = group_of(first.guest);
      const std::string fault = forbids(places, first.guest, first.to, group);
      if (!fault.empty()) {
        faults.push_back("step " + std::to_string(first.step) +
                         " run in another order that after permits: " + fault);
        return;
      }
      for (const auto& move : plan.moves)  // a group goes as one
        if (done.count(move.step) == 0 && among(group, move.guest) && move.to == first.to) {
          places[move.guest] = move.to;
          done.insert(move.step);
        }
    }
  }
}

void Reference::check_figures(const Plan& plan, std::vector<std::string>& faults) const {
  Places end = start_;
  double cost_sum = 0;
  for (const auto& move : plan.moves) {
    end[move.guest] = move.to;
    cost_sum += cost(move.guest, move.to);
  }
  const auto compare = [&](const std::string& name, double found, double expected) {
    if (!near(found, expected))
      faults.push_back(name + " is " + std::to_string(found) + ", computed " + std::to_string(expected));
  };
  for (const bool after : {false, true}) {
    const Figures& figures = after ? plan.after : plan.before;
    const Places& places = after ? end : start_;
    const std::string name = after ? "after." : "before.";
    compare(name + "overload", figures.overload, overload(places, online()));
    compare(name + "peak", figures.peak, peak(places));
    compare(name + "imbalance", figures.imbalance, imbalance(places));
    compare(name + "cost", figures.cost, after ? cost_sum : 0);
    if (figures.hosts.size() != online().size()) faults.push_back(name + "hosts are not those online");
    for (const auto& host : online()) {
      const Use used = use(places, host, false);
      const auto found = figures.hosts.find(host);
      if (found == figures.hosts.end()) continue;
      compare(name + "hosts." + host + ".cpu", found->second.cpu,
              share(used.cpu, hosts_.at(host)->cpu_cores));
      compare(name + "hosts." + host + ".memory", found->second.memory,
              share(used.memory, hosts_.at(host)->memory_bytes));
    }
  }
  if (plan.bound.overload > plan.after.overload + 1e-9)
    faults.push_back("bound.overload is above the result");
  if (plan.bound.peak > plan.after.peak + 1e-9) faults.push_back("bound.peak is above the result");
}

void Reference::check_rejected(const Plan& plan, std::vector<std::string>& faults) const {
  std::set<std::string> moved, named;
  for (const auto& move : plan.moves) moved.insert(move.guest);
  for (const auto& rejection : plan.rejected) {
    named.insert(rejection.guest);
    if (moved.count(rejection.guest) != 0) faults.push_back(rejection.guest + " moves and is rejected");
  }
  for (const auto& [id, guest] : guests_) {
    if (!among(scope_, guest->host) || moved.count(id) != 0 || named.count(id) != 0) continue;
    bool could = false;
    for (const auto& [host, data] : hosts_)
      could = could || (host != guest->host && forbids(start_, id, host, group_of(id)).empty());
    if (!could) faults.push_back(id + " could not leave " + guest->host + " and is not in rejected");
  }
}

// A fix names the room that the guest's leaving gives: what it uses.
void Reference::check_fixes(const Plan& plan, std::vector<std::string>& faults) const {
  for (const auto& fix : plan.fixes) {
    const Guest& guest = *guests_.at(fix.guest);
    const bool runs = guest.status.value_or(GuestStatus::running) != GuestStatus::stopped;
    if (!near(fix.cpu_cores, runs ? guest.cpu_used_cores.value_or(0) : 0) ||
        !near(fix.memory_bytes, runs ? guest.memory_used_bytes.value_or(0) : 0))
      faults.push_back("the fix for " + fix.guest + " gives another room than the guest uses");
  }
}

void Reference::check_place(const Plan& plan, std::vector<std::string>& faults) const {
  for (std::size_t i = 0; i < plan.place.size(); ++i) {
    const Placement& place = plan.place[i];
    Use used = use(start_, place.host, false);
    used.cpu += goal_.place_cores;
    used.memory += goal_.place_memory_bytes;
    const Use most = limit(place.host);
    if (!near(place.peak, std::max(share(used.cpu, most.cpu), share(used.memory, most.memory))))
      faults.push_back("place: the peak of " + place.host + " is wrong");
    const Host& host = *hosts_.at(place.host);
    const bool fits = among(online(), place.host) && goal_.place_cores <= host.cpu_cores * (1 + 1e-9) &&
                      used.cpu <= most.cpu + 1e-9 * host.cpu_cores &&
                      used.memory <= most.memory + 1e-9 * host.memory_bytes;
    if (place.fits != fits) faults.push_back("place: " + place.host + (fits ? " fits" : " does not fit"));
    if (i > 0 && !plan.place[i - 1].fits && place.fits) faults.push_back("place: the best is not first");
    if (i > 0 && plan.place[i - 1].fits == place.fits && plan.place[i - 1].peak > place.peak)
      faults.push_back("place: hosts are not ordered by their peak");
  }
}

// Load is neither made nor lost: the room that is left follows from who was carried, unless a host is over
// its limit.
void Reference::check_survive(const Plan& plan, std::vector<std::string>& faults) const {
  for (const auto& survival : plan.survive) {
    if (survival.survives != survival.left_over.empty())
      faults.push_back("survive: " + survival.host + " and its guests left over do not fit");
    Use room;
    bool full = false;
    for (const auto& name : online()) {
      if (name == survival.host) continue;
      const Use used = use(start_, name, false), most = limit(name);
      full = full || used.cpu > most.cpu || used.memory > most.memory;
      room.cpu += most.cpu - used.cpu;
      room.memory += most.memory - used.memory;
    }
    for (const auto& id : survival.left_over)
      if (guests_.at(id)->host != survival.host)
        faults.push_back("survive: " + id + " is not on the host lost");
    for (const auto& [id, guest] : guests_) {
      if (guest->host != survival.host || among(survival.left_over, id)) continue;
      if (guest->status.value_or(GuestStatus::running) == GuestStatus::stopped) continue;
      room.cpu -= guest->cpu_used_cores.value_or(0);
      room.memory -= guest->memory_used_bytes.value_or(0);
    }
    if (!full && (!near(survival.room_cpu_cores, room.cpu) ||
                  std::fabs(survival.room_memory_bytes - room.memory) > 1e-9 * std::fabs(room.memory) + 1))
      faults.push_back("survive: the room without " + survival.host + " is wrong");
  }
}

std::vector<std::string> Reference::check(const Plan& plan) const {
  std::vector<std::string> faults;
  check_steps(plan, faults);
  if (faults.empty()) check_orders(plan, faults);
  check_figures(plan, faults);
  check_fixes(plan, faults);
  if (plan.result != PlanResult::refused && goal_.kind == GoalKind::place) check_place(plan, faults);
  if (plan.result != PlanResult::refused && goal_.kind == GoalKind::survive) check_survive(plan, faults);
  if (plan.result != PlanResult::refused && plan.goal != "place" && plan.goal != "survive")
    check_rejected(plan, faults);
  if ((plan.result == PlanResult::moves) != !plan.moves.empty())
    faults.push_back("result does not fit the list of moves");
  const int cap = policy_.max_moves.value_or(goal_.kind == GoalKind::balance ? 10 : 0);
  if (cap > 0 && static_cast<int>(plan.moves.size()) > cap) faults.push_back("more moves than max_moves");
  Places end = start_;
  double cost_sum = 0;
  for (const auto& move : plan.moves) {
    end[move.guest] = move.to;
    cost_sum += cost(move.guest, move.to);
  }
  if (!plan.moves.empty() && score(end, cost_sum, static_cast<int>(plan.moves.size())) >= score(start_, 0, 0))
    faults.push_back("the plan is no better than doing nothing");
  if (!spares_others(end)) faults.push_back("a host outside the scope ends worse");
  return faults;
}

}  // namespace pcb::reference
