#include "oracle.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>

namespace pcb::reference {
namespace {

using State = std::vector<std::uint8_t>;  // host per guest

struct Numbers {
  double cpu, memory;
};

// The reference's answers as arrays: the same contract, quick enough for thousands of states.
class Space {
 public:
  Space(const Reference& reference, const Goal& goal, const Policy& policy)
      : reference_(reference), goal_(goal), policy_(policy) {
    for (const auto& [id, host] : reference.start()) guests_.push_back(id);
    for (const auto& host : reference.cluster().hosts) hosts_.push_back(host.name);
    std::sort(hosts_.begin(), hosts_.end());
    for (const auto& id : guests_) {
      const Guest& guest = reference.guest(id);
      const bool runs = guest.status.value_or(GuestStatus::running) != GuestStatus::stopped;
      use_.push_back(
          {runs ? guest.cpu_used_cores.value_or(0) : 0, runs ? guest.memory_used_bytes.value_or(0) : 0});
      high_.push_back(use_.back());
      if (runs) {
        high_.back().cpu = std::max(high_.back().cpu, guest.cpu_high_cores.value_or(0));
        high_.back().memory = std::max(high_.back().memory, guest.memory_high_bytes.value_or(0));
      }
      configured_.push_back(runs ? guest.memory_bytes.value_or(0) : 0);
      vm_.push_back(id.rfind("qemu/", 0) == 0);
      home_.push_back(index(hosts_, guest.host));
      const bool fixed = !reference.own_limit(id).empty();
      std::vector<char> may;
      for (const auto& host : hosts_) may.push_back(!fixed && reference.never(id, host).empty());
      may_.push_back(may);
      std::vector<std::size_t> group;
      for (const auto& member : reference.group_of(id)) group.push_back(index(guests_, member));
      groups_.push_back(group);
    }
    const auto& none = reference.start();
    for (const auto& host : hosts_) {
      const Use limit = reference.limit(host), used = reference.use(none, host, false);
      const double factor = goal.kind == GoalKind::relieve ? policy.low_water : 1;
      limit_.push_back({factor * limit.cpu, factor * limit.memory});
      rest_.push_back({used.cpu, used.memory});
    }
    for (std::size_t g = 0; g < guests_.size(); ++g) {
      rest_[home_[g]].cpu -= use_[g].cpu;
      rest_[home_[g]].memory -= use_[g].memory;
    }
  }

  [[nodiscard]] State start() const { return {home_.begin(), home_.end()}; }
  [[nodiscard]] Places places(const State& state) const {
    Places result;
    for (std::size_t g = 0; g < guests_.size(); ++g) result[guests_[g]] = hosts_[state[g]];
    return result;
  }
  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }
  [[nodiscard]] std::size_t guests() const { return guests_.size(); }
  [[nodiscard]] const std::vector<std::size_t>& group(std::size_t g) const { return groups_[g]; }

  [[nodiscard]] double cost(std::size_t g, std::size_t to) const {
    return reference_.cost(guests_[g], hosts_[to]);
  }

  [[nodiscard]] bool allowed(const State& state, std::size_t guest, std::size_t to) const {
    for (const std::size_t g : groups_[guest])
      if (!may_[g][to]) return false;
    State after = state;
    for (const std::size_t g : groups_[guest]) after[g] = static_cast<std::uint8_t>(to);
    Numbers sum = rest_[to];
    double vm = 0, container = 0;
    for (std::size_t g = 0; g < guests_.size(); ++g) {
      if (after[g] != to) continue;
      const Numbers& load = home_[g] == to ? use_[g] : high_[g];
      sum.cpu += load.cpu;
      sum.memory += load.memory;
      (vm_[g] ? vm : container) += configured_[g];
    }
    const Host& host = reference_.host(hosts_[to]);
    if (sum.cpu > limit_[to].cpu + 1e-9 * host.cpu_cores ||
        sum.memory > limit_[to].memory + 1e-9 * host.memory_bytes)
      return false;
    if (vm > policy_.memory_overcommit_vm * host.memory_bytes * (1 + 1e-9) ||
        container > policy_.memory_overcommit_container * host.memory_bytes * (1 + 1e-9))
      return false;
    // Company and storage room are rare: ask the reference itself.
    if (reference_.cluster().rules.empty() && !host.storages) return true;
    std::vector<std::string> names;
    for (const std::size_t g : groups_[guest]) names.push_back(guests_[g]);
    return reference_.forbids(places(state), guests_[guest], hosts_[to], names).empty();
  }

 private:
  static std::size_t index(const std::vector<std::string>& list, const std::string& what) {
    return static_cast<std::size_t>(std::find(list.begin(), list.end(), what) - list.begin());
  }

  const Reference& reference_;
  Goal goal_;
  Policy policy_;
  std::vector<std::string> guests_, hosts_;
  std::vector<Numbers> use_, high_, limit_, rest_;
  std::vector<double> configured_;
  std::vector<bool> vm_;
  std::vector<std::size_t> home_;
  std::vector<std::vector<char>> may_;
  std::vector<std::vector<std::size_t>> groups_;
};

}  // namespace

int compare_scores(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t t = 0; t < a.size(); ++t) {
    if (std::fabs(a[t] - b[t]) <= 1e-7 * std::max({1.0, std::fabs(a[t]), std::fabs(b[t])})) continue;
    return a[t] < b[t] ? -1 : 1;
  }
  return 0;
}

Best best_plan(const Reference& reference, const Goal& goal, const Policy& policy) {
  const Space space(reference, goal, policy);
  const int cap = policy.max_moves.value_or(goal.kind == GoalKind::balance ? 10 : 0);
  const bool moves_first = goal.kind == GoalKind::balance;
  using Key = std::pair<double, double>;
  struct Reached {
    Key key;
    int moves;
    double cost;
    bool settled = false;
  };
  std::map<State, Reached> reached;
  std::priority_queue<std::pair<Key, State>, std::vector<std::pair<Key, State>>, std::greater<>> queue;
  const auto key_of = [&](int moves, double cost) {
    return moves_first ? Key{moves, cost} : Key{cost, moves};
  };
  reached[space.start()] = {key_of(0, 0), 0, 0};
  queue.push({key_of(0, 0), space.start()});
  Best best;
  best.places = reference.start();
  best.score = reference.score(best.places, 0, 0);
  best.least_overload = reference.overload(best.places, reference.online());
  best.least_peak = reference.peak(best.places);
  while (!queue.empty()) {
    const auto [key, state] = queue.top();
    queue.pop();
    Reached& here = reached[state];
    if (here.settled) continue;
    here.settled = true;
    ++best.states;
    const int moves = here.moves;
    const double cost = here.cost;
    const Places places = space.places(state);
    best.least_overload = std::min(best.least_overload, reference.overload(places, reference.online()));
    best.least_peak = std::min(best.least_peak, reference.peak(places));
    const auto score = reference.score(places, cost, moves);
    if (compare_scores(score, best.score) < 0 && reference.spares_others(places)) {
      best.score = score;
      best.places = places;
      best.moves = moves;
      best.cost = cost;
    }
    for (std::size_t g = 0; g < space.guests(); ++g) {
      if (space.group(g).front() != g) continue;  // once per group
      for (std::size_t t = 0; t < space.hosts(); ++t) {
        if (state[g] == t) continue;
        State next = state;
        int next_moves = moves;
        double next_cost = cost;
        for (const std::size_t member : space.group(g)) {
          next[member] = static_cast<std::uint8_t>(t);
          ++next_moves;
          next_cost += space.cost(member, t);
        }
        if (cap > 0 && next_moves > cap) continue;
        const Key next_key = key_of(next_moves, next_cost);
        const auto found = reached.find(next);
        if (found != reached.end() && found->second.key <= next_key) continue;
        if (!space.allowed(state, g, t)) continue;  // asked last: it is what takes time
        reached[next] = {next_key, next_moves, next_cost};
        queue.push({next_key, next});
      }
    }
  }
  return best;
}

}  // namespace pcb::reference
