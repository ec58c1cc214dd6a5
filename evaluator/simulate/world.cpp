#include "evaluator/simulate/world.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cluster/document_defaults.h"

namespace pcb::simulation {
namespace {

constexpr double kMoveSeconds = 10;  // what Proxmox takes for a move of nothing
constexpr double kCostBytes = 8.0 * 1024 * 1024 * 1024, kCostSeconds = 20;  // docs/planner.md "Figures"
constexpr double kSecondsPerHour = 3600;
constexpr double kHigh = 0.9;  // the quantile of load_window.h

bool known(const Series& series, std::size_t point) {
  return !std::isnan(series.cpu_cores[point]) && !std::isnan(series.memory_bytes[point]);
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// As Prometheus's quantile_over_time: between the two neighbours.
double quantile_of(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(rank));
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (values[high] - values[low]) * (rank - std::floor(rank));
}

}  // namespace

World::World(const Trace& trace, double copy_bytes_per_second, double kept_seconds)
    : trace_(trace),
      copy_bytes_per_second_(copy_bytes_per_second),
      kept_seconds_(kept_seconds),
      now_(trace.start),
      document_(trace.cluster) {
  const auto series_of = [&](const std::string& id) {
    const auto found = trace.series.find(id);
    return found == trace.series.end() ? nullptr : &found->second;
  };
  for (std::size_t h = 0; h < document_.hosts.size(); ++h) {
    Host& host = document_.hosts[h];
    host_index_[host.name] = h;
    host.age_seconds = 0;
    hosts_.push_back({series_of("node/" + host.name),
                      {host.cpu_used_cores.value_or(0), host.memory_used_bytes.value_or(0)},
                      true,
                      state_of(host)});
    hosts_.back().always_online = hosts_.back().series == nullptr;
  }
  for (std::size_t g = 0; g < document_.guests.size(); ++g) {
    Guest& guest = document_.guests[g];
    guest_index_[guest.id] = g;
    guest.lock.reset();  // of the moment the document was taken
    const std::size_t host = host_index_.at(guest.host);
    guests_.push_back({series_of(guest.id), host, guest.cpu_used_cores.value_or(0),
                       guest.memory_used_bytes.value_or(0), is_running(guest), ""});
    if (!is_running(guest)) continue;
    hosts_[host].own.cpu_cores -= guest.cpu_used_cores.value_or(0);
    hosts_[host].own.memory_bytes -= guest.memory_used_bytes.value_or(0);
  }
  for (HostPart& host : hosts_)
    host.own = {std::max(0.0, host.own.cpu_cores), std::max(0.0, host.own.memory_bytes)};
  uses_.resize(hosts_.size());
}

std::size_t World::point_at(double time) const {
  const double position = std::floor((time - trace_.start) / trace_.step_seconds + 1e-9);
  return static_cast<std::size_t>(std::clamp(position, 0.0, static_cast<double>(trace_.points - 1)));
}

void World::load_point(std::size_t point) {
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    HostPart& part = hosts_[h];
    if (part.series == nullptr) continue;
    const bool there = known(*part.series, point);
    part.own = there ? Use{part.series->cpu_cores[point], part.series->memory_bytes[point]} : Use{};
    part.state = !there                                 ? HostState::offline
                 : part.state == HostState::maintenance ? HostState::maintenance
                                                        : HostState::online;
    document_.hosts[h].state = part.state;
  }
  for (std::size_t g = 0; g < guests_.size(); ++g) {
    GuestPart& part = guests_[g];
    if (part.series == nullptr) continue;
    Guest& guest = document_.guests[g];
    part.running = known(*part.series, point);
    part.cpu_cores = part.running ? part.series->cpu_cores[point] : 0;
    part.memory_bytes = part.running ? part.series->memory_bytes[point] : 0;
    guest.status = part.running ? GuestStatus::running : GuestStatus::stopped;
    guest.cpu_used_cores = part.cpu_cores;
    guest.memory_used_bytes = part.memory_bytes;
    guest.cpu_high_cores.reset();
    guest.memory_high_bytes.reset();
  }
}

Use World::shown_use(std::size_t host, const Use& wanted) const {
  const Host& data = document_.hosts[host];
  return {std::min(wanted.cpu_cores, data.cpu_cores), std::min(wanted.memory_bytes, data.memory_bytes)};
}

void World::sum_up() {
  for (std::size_t h = 0; h < hosts_.size(); ++h) uses_[h] = hosts_[h].own;
  for (const GuestPart& guest : guests_) {
    if (!guest.running || hosts_[guest.host].state == HostState::offline) continue;
    uses_[guest.host].cpu_cores += guest.cpu_cores;
    uses_[guest.host].memory_bytes += guest.memory_bytes;
  }
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    const Use shown = shown_use(h, uses_[h]);
    document_.hosts[h].cpu_used_cores = shown.cpu_cores;
    document_.hosts[h].memory_used_bytes = shown.memory_bytes;
  }
}

bool World::end_moves() {
  bool ended = false;
  for (std::size_t m = 0; m < running_.size();) {
    if (running_[m].ends_at > now_) {
      ++m;
      continue;
    }
    SimulatedMove move = std::move(running_[m]);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(m));
    GuestPart& part = guests_[guest_index_.at(move.guest)];
    Guest& guest = document_.guests[guest_index_.at(move.guest)];
    const std::size_t from = host_index_.at(move.from), to = host_index_.at(move.to);
    guest.lock.reset();
    move.failed = hosts_[from].state == HostState::offline || hosts_[to].state == HostState::offline;
    tally_.failed += move.failed ? 1 : 0;
    if (!move.failed) {
      tally_.returns += part.left == move.to ? 1 : 0;
      part.left = move.from;
      part.host = to;
      guest.host = move.to;
      guest.last_moved_at = move.ends_at;
      document_.hosts[from].last_moved_at = document_.hosts[to].last_moved_at = move.ends_at;
    }
    finished_.push_back(std::move(move));
    ended = true;
  }
  return ended;
}

bool World::go_to(double now) {
  now_ = now;
  document_.taken_at = now;
  const std::size_t point = point_at(now);
  const bool fresh = !begun_ || point != point_;
  if (fresh) load_point(point);
  point_ = point;
  begun_ = true;
  const bool ended = end_moves();
  if (fresh || ended) sum_up();
  return fresh || ended;
}

void World::spend(double seconds) {
  const double hours = seconds / kSecondsPerHour;
  double highest = 0;
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    const Host& host = document_.hosts[h];
    if (hosts_[h].state == HostState::offline) continue;
    const double cpu_limit = cpu_limit_cores(host), memory_limit = memory_limit_bytes(host);
    const bool over_cpu = uses_[h].cpu_cores > cpu_threshold_of(host) * host.cpu_cores;
    const bool over_memory = uses_[h].memory_bytes > memory_threshold_of(host) * host.memory_bytes;
    tally_.over_cpu_host_hours += over_cpu ? hours : 0;
    tally_.over_memory_host_hours += over_memory ? hours : 0;
    tally_.over_host_hours += over_cpu || over_memory ? hours : 0;
    tally_.full_memory_host_hours += uses_[h].memory_bytes > host.memory_bytes ? hours : 0;
    if (cpu_limit > 0) highest = std::max(highest, uses_[h].cpu_cores / cpu_limit);
    if (memory_limit > 0) highest = std::max(highest, uses_[h].memory_bytes / memory_limit);
  }
  tally_.peak = std::max(tally_.peak, highest);
  const double before = now_ - trace_.start;
  tally_.mean_peak = (tally_.mean_peak * before + highest * seconds) / (before + seconds);
  spent_.push_back({now_ + seconds, seconds, uses_});
  while (spent_.front().until < now_ - kept_seconds_) spent_.pop_front();
}

bool World::start(const Move& move) {
  const auto found = guest_index_.find(move.guest);
  if (found == guest_index_.end() || host_index_.count(move.to) == 0) return false;
  Guest& guest = document_.guests[found->second];
  if (guest.host != move.from || guest.lock) return false;
  guest.lock = "migrate";
  ++tally_.moves;
  tally_.restarts += move.method == "restart" || (move.method == "ha" && is_container(guest)) ? 1 : 0;
  tally_.downtime_seconds += move.downtime_seconds;
  tally_.copy_bytes += move.copy_bytes;
  tally_.cost += 1 + move.copy_bytes / kCostBytes + move.downtime_seconds / kCostSeconds;
  running_.push_back({now_,
                      now_ + kMoveSeconds + move.downtime_seconds + move.copy_bytes / copy_bytes_per_second_,
                      move.guest, move.name, move.from, move.to, move.method, move.downtime_seconds,
                      move.copy_bytes, move.why});
  return true;
}

Use World::mean_use(std::size_t host, double seconds) const {
  double cpu = 0, memory = 0, total = 0;
  for (auto spent = spent_.rbegin(); spent != spent_.rend() && total < seconds - 1e-9; ++spent) {
    const double part = std::min(spent->seconds, seconds - total);
    cpu += part * spent->uses[host].cpu_cores;
    memory += part * spent->uses[host].memory_bytes;
    total += part;
  }
  return total > 0 ? Use{cpu / total, memory / total} : uses_[host];
}

void World::add_samples(LoadAnswers& answers, const std::string& id, std::vector<double> cpu,
                        std::vector<double> memory) const {
  answers[LoadQuery::cpu_points][id] = static_cast<double>(cpu.size());
  answers[LoadQuery::memory_points][id] = static_cast<double>(memory.size());
  answers[LoadQuery::age][id] = 0;
  answers[LoadQuery::cpu_mean][id] = mean_of(cpu);
  answers[LoadQuery::memory_mean][id] = mean_of(memory);
  answers[LoadQuery::cpu_high][id] = quantile_of(std::move(cpu), kHigh);
  answers[LoadQuery::memory_high][id] = quantile_of(std::move(memory), kHigh);
}

LoadAnswers World::answers(double window_seconds) const {
  LoadAnswers answers;
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    if (hosts_[h].state == HostState::offline) continue;
    std::vector<double> cpu, memory;
    for (auto spent = spent_.rbegin(); spent != spent_.rend(); ++spent) {
      if (spent->until <= now_ - window_seconds) break;
      const Use shown = shown_use(h, spent->uses[h]);
      cpu.push_back(shown.cpu_cores);
      memory.push_back(shown.memory_bytes);
    }
    if (!cpu.empty())
      add_samples(answers, "node/" + document_.hosts[h].name, std::move(cpu), std::move(memory));
  }
  const auto most =
      static_cast<std::size_t>(std::max(1.0, std::floor(window_seconds / trace_.step_seconds + 1e-9)));
  for (std::size_t g = 0; g < guests_.size(); ++g) {
    const GuestPart& part = guests_[g];
    if (!part.running) continue;
    const std::size_t points = std::min(most, point_ + 1);
    std::vector<double> cpu, memory;
    for (std::size_t p = point_ + 1 - points; p <= point_; ++p) {
      if (part.series != nullptr && !known(*part.series, p)) continue;
      cpu.push_back(part.series != nullptr ? part.series->cpu_cores[p] : part.cpu_cores);
      memory.push_back(part.series != nullptr ? part.series->memory_bytes[p] : part.memory_bytes);
    }
    const Guest& guest = document_.guests[g];
    if (part.series == nullptr && (!guest.cpu_used_cores || !guest.memory_used_bytes)) continue;
    add_samples(answers, guest.id, std::move(cpu), std::move(memory));
  }
  return answers;
}

}  // namespace pcb::simulation
