#include "tests/lab/model/model.h"

#include <algorithm>
#include <cmath>

namespace pcb::lab {
namespace {

constexpr double kLongestStepSeconds = 0.1;
constexpr double kFreshSeconds = 0.0005;  // a reader of fifty files needs the host brought up to date once
constexpr double kLoadWindowSeconds[3] = {60.0, 300.0, 900.0};
constexpr double kShmemShare = 0.02;  // of what a guest uses: enough to catch a formula that forgets it
constexpr double kArcCredit = 0.5;

}  // namespace

double GuestState::limit_cores(double host_cores) const {
  double limit = spec.cores ? std::min(*spec.cores, host_cores) : host_cores;
  if (spec.cpulimit && *spec.cpulimit > 0.0) limit = std::min(limit, *spec.cpulimit);
  return limit;
}

double GuestState::shown_cores(double host_cores) const {
  if (spec.cores) return *spec.cores;
  if (spec.vm) return 1.0;
  if (spec.cpulimit && *spec.cpulimit > 0.0) return *spec.cpulimit;
  return host_cores;
}

double GuestState::memory_used_bytes(double second) const {
  if (!running) return 0.0;
  const double wanted = spec.memory_used ? spec.memory_used->at(second) : 0.5 * spec.memory_bytes;
  const double most = spec.vm ? spec.memory_bytes * 1.1 : spec.memory_bytes + spec.swap_bytes;
  return std::floor(std::clamp(wanted, 1.0e6, most));
}

GuestState::Memory GuestState::memory(double second) const {
  const double used = memory_used_bytes(second);
  Memory parts{};
  parts.swap = std::floor(std::min(spec.swap_used_bytes, used * 0.5));
  parts.shmem = std::floor(used * kShmemShare);
  parts.file = parts.shmem + std::floor(spec.memory_cache_bytes);
  parts.current = used - parts.swap + parts.file - parts.shmem;
  return parts;
}

Model::Model(ClusterSpec spec) : spec_(std::move(spec)) {
  for (const auto& host : spec_.hosts) {
    HostState state;
    state.spec = host;
    state.partitioned = host.offline;
    state.maintenance = host.maintenance;
    state.cpu_seconds = host.uptime_seconds * host.own_cpu.at(0.0);
    hosts_[host.name] = std::move(state);
  }
  for (const auto& [id, guest] : spec_.guests) {
    GuestState state;
    state.spec = guest;
    state.host = guest.host;
    state.started_at = -3600.0 - id;  // running since before the lab: uptimes that are not all alike
    state.cpu_seconds = 3600.0 * guest.cpu.at(0.0);
    state.network_in_bytes = 1e6 * id;
    state.network_out_bytes = 2e6 * id;
    auto& placed = guests_[id] = std::move(state);
    if (guest.running) {
      placed.running = true;
      placed.starts = 1;
      running_[guest.host].push_back(&placed);
    }
  }
  for (auto& [name, host] : hosts_) {
    double wanted = host.spec.own_cpu.at(0.0);
    for (const GuestState* guest : running_[name]) wanted += guest->spec.cpu.at(0.0);
    for (double& load : host.load) load = wanted;
    host.cpu_now_cores = std::min<double>(wanted, host.spec.cores);
  }
}

HostState* Model::host(const std::string& name) {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? nullptr : &found->second;
}

GuestState* Model::guest(int id) {
  const auto found = guests_.find(id);
  return found == guests_.end() ? nullptr : &found->second;
}

std::vector<GuestState*> Model::running_on(const std::string& host) { return running_[host]; }

void Model::step(HostState& host, const std::vector<GuestState*>& guests, double from, double to) {
  const double seconds = to - from;
  const double cores = host.spec.cores;
  const double own = host.spec.own_cpu.integral(from, to) / seconds;
  double wanted = own;
  double allowed = own;
  for (GuestState* guest : guests) {
    const double asks = std::max(0.0, guest->spec.cpu.integral(from, to) / seconds);
    guest->cpu_now_cores = std::min(asks, guest->limit_cores(cores));
    if (guest->spec.cpulimit && *guest->spec.cpulimit > 0.0 && asks > *guest->spec.cpulimit)
      guest->throttled_seconds += seconds * (asks - *guest->spec.cpulimit) / asks;
    wanted += asks;
    allowed += guest->cpu_now_cores;
  }
  const double share = allowed > cores ? cores / allowed : 1.0;
  for (GuestState* guest : guests) {
    const double asks = std::max(1e-9, guest->spec.cpu.integral(from, to) / seconds);
    guest->cpu_now_cores *= share;
    guest->cpu_seconds += guest->cpu_now_cores * seconds;
    guest->cpu_waiting_seconds += seconds * std::max(0.0, 1.0 - guest->cpu_now_cores / asks);
    guest->network_in_bytes += guest->spec.network_in.integral(from, to);
    guest->network_out_bytes += guest->spec.network_out.integral(from, to);
    guest->disk_read_bytes += guest->spec.disk_read.integral(from, to);
    guest->disk_written_bytes += guest->spec.disk_written.integral(from, to);
    host.network_in_bytes += guest->spec.network_in.integral(from, to);
    host.network_out_bytes += guest->spec.network_out.integral(from, to);
  }
  host.cpu_now_cores = allowed * share;
  host.cpu_seconds += host.cpu_now_cores * seconds;
  host.cpu_waiting_seconds += seconds * (1.0 - share);
  for (int i = 0; i < 3; ++i)
    host.load[i] += (wanted - host.load[i]) * (1.0 - std::exp(-seconds / kLoadWindowSeconds[i]));
}

void Model::advance(HostState& host, double second) {
  if (second - host.at < kFreshSeconds) return;
  const auto& guests = running_[host.spec.name];
  while (host.at < second) {
    double end = std::min(second, host.at + kLongestStepSeconds);
    end = std::min(end, host.spec.own_cpu.next_jump(host.at));
    for (const GuestState* guest : guests) end = std::min(end, guest->spec.cpu.next_jump(host.at));
    step(host, guests, host.at, end);
    host.at = end;
  }
}

void Model::advance_all(double second) {
  for (auto& [name, host] : hosts_) advance(host, second);
}

void Model::relocate(int id, const std::string& host, double second) {
  GuestState* guest = this->guest(id);
  if (guest == nullptr || guest->host == host) return;
  const bool was_running = guest->running;
  if (was_running) stop(id, second);
  guest->host = host;
  if (was_running && !host.empty()) {
    const double started_at = guest->started_at;
    start(id, second);
    guest->started_at = started_at;  // a live move is no restart
  }
}

void Model::start(int id, double second) {
  GuestState* guest = this->guest(id);
  if (guest == nullptr || guest->running || guest->host.empty()) return;
  HostState& host = hosts_.at(guest->host);
  advance(host, second);
  guest->running = true;
  guest->started_at = second;
  guest->published_cpu_seconds = guest->cpu_seconds = guest->throttled_seconds = guest->cpu_waiting_seconds =
      0.0;
  guest->published_at = second;
  guest->network_in_bytes = guest->network_out_bytes = guest->disk_read_bytes = guest->disk_written_bytes =
      0.0;
  ++guest->starts;
  running_[guest->host].push_back(guest);
}

void Model::stop(int id, double second) {
  GuestState* guest = this->guest(id);
  if (guest == nullptr || !guest->running) return;
  advance(hosts_.at(guest->host), second);
  guest->running = false;
  guest->cpu_now_cores = 0.0;
  auto& list = running_[guest->host];
  list.erase(std::find(list.begin(), list.end(), guest));
}

double Model::memory_used_bytes(const HostState& host, double second) {
  double used = host.spec.own_memory.at(second);
  for (const GuestState* guest : running_[host.spec.name]) {
    const auto parts = guest->memory(second);
    used += guest->memory_used_bytes(second) - parts.swap;  // what is swapped out is in nobody's memory
  }
  const double freeable = kArcCredit * std::max(0.0, host.spec.arc_bytes - host.spec.arc_minimum_bytes);
  return std::min(used, host.spec.memory_bytes - freeable);
}

bool Model::sees_online(const HostState& view, const HostState& other) const {
  if (&view == &other) return true;
  return !view.partitioned && !other.partitioned && !other.pmxcfs_dead;
}

bool Model::quorate(const HostState& view) const {
  std::size_t votes = 0;
  for (const auto& [name, other] : hosts_) votes += sees_online(view, other) ? 1 : 0;
  return votes * 2 > hosts_.size();
}

double Model::unix_seconds(const HostState& host, double second) const {
  return epoch_ + second + host.spec.clock_skew_seconds;
}

}  // namespace pcb::lab
