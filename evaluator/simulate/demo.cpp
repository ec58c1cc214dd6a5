#include "evaluator/simulate/demo.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace pcb {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr double kStart = 1763942400;  // Monday, 24 November 2025, 00:00 UTC
constexpr double kDaySeconds = 86400, kPi = 3.14159265358979323846;
constexpr int kGuests = 40;

struct HostSize {
  const char* name;
  double cores, memory_gib;
};
constexpr HostSize kHosts[] = {{"pve1", 16, 64}, {"pve2", 16, 64}, {"pve3", 24, 128}, {"pve4", 8, 48}};

enum class Kind { office, batch, service };

// Everything about one guest that its load is made of.
struct Habit {
  Kind kind = Kind::service;
  double cpu_cores = 0, memory_bytes = 0;  // at its busiest, without bursts
  double burst_until = 0, burst_factor = 1;
  double grown_bytes = 0;
  double noise = 0;
};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Trace make(double days) {
    trace_.cluster.cluster = "demo";
    trace_.cluster.taken_at = trace_.start = kStart;
    trace_.step_seconds = kDemoStepSeconds;
    trace_.points = static_cast<std::size_t>(std::clamp(std::ceil(days * kDaySeconds / kDemoStepSeconds), 1.0,
                                                        static_cast<double>(kMaxTracePoints)));
    for (const HostSize& size : kHosts) add_host(size);
    for (int g = 0; g < kGuests; ++g) add_guest(g);
    trace_.cluster.rules.push_back({RuleKind::apart, true, {id_of(2), id_of(3)}, {}, "demo"});
    for (std::size_t point = 0; point < trace_.points; ++point) add_point(point);
    take_first_point();
    return std::move(trace_);
  }

 private:
  double real() { return static_cast<double>(random_() >> 11U) * 0x1.0p-53; }
  double normal() { return std::sqrt(-2 * std::log(1 - real())) * std::cos(2 * kPi * real()); }

  static std::string id_of(int g) { return (g % 3 == 0 ? "qemu/" : "lxc/") + std::to_string(101 + g); }

  void add_host(const HostSize& size) {
    Host host;
    host.name = size.name;
    host.pve_version = "8.4.1";
    host.cpu_cores = size.cores;
    host.memory_bytes = size.memory_gib * kGiB;
    host.memory_reserved_bytes = std::max(4 * kGiB, 0.05 * host.memory_bytes);
    HostStorage storage;
    storage.name = "ceph";
    storage.type = "rbd";
    storage.content = {"images", "rootdir"};
    storage.shared = true;
    host.storages = {storage};
    trace_.cluster.hosts.push_back(std::move(host));
  }

  void add_guest(int g) {
    Habit habit;
    // Offices were set up on pve1 first, batch work on pve2: what is busy together stands together.
    habit.kind = g % 5 < 2 ? Kind::office : g % 5 == 2 ? Kind::batch : Kind::service;
    habit.cpu_cores = std::clamp(1.15 * std::exp(0.6 * normal()), 0.1, 4.0);
    habit.memory_bytes = std::clamp(3.2 * std::exp(0.6 * normal()), 0.3, 12.0) * kGiB;
    if (g == 0) {  // one guest that is a host's worth of trouble wherever it goes
      habit.cpu_cores = 5.5;
      habit.memory_bytes = 14 * kGiB;
    }
    const char* home = habit.kind == Kind::office ? "pve1" : habit.kind == Kind::batch ? "pve2" : "pve3";
    if (real() < 0.4) home = kHosts[random_() % std::size(kHosts)].name;
    Guest guest;
    guest.id = id_of(g);
    guest.name = std::string(habit.kind == Kind::office  ? "office"
                             : habit.kind == Kind::batch ? "batch"
                                                         : "service") +
                 "-" + std::to_string(g);
    guest.host = home;
    guest.cpu_cores = std::ceil(2 * habit.cpu_cores);
    guest.memory_bytes = std::ceil(1.5 * habit.memory_bytes / kGiB) * kGiB;
    guest.volumes = std::vector<Volume>{{"disk0", "ceph", 32 * kGiB, std::nullopt, true}};
    if (g % 11 == 7)
      guest.blockers.push_back(
          {"bind_mount", "mp0", "add shared=1 to mp0 if the path is the same mount on every host"});
    trace_.cluster.guests.push_back(std::move(guest));
    habits_.push_back(habit);
  }

  // 0..1: how busy the time of day makes a guest of this kind.
  static double busy(Kind kind, double day, double hour) {
    const bool weekend = std::fmod(day, 7) >= 5;
    if (kind == Kind::office) {
      const double bell = std::exp(-std::pow((hour - 13.5) / 4.0, 2));
      return 0.08 + (weekend ? 0.12 : 0.92) * bell;
    }
    if (kind == Kind::batch) return hour >= 1 && hour < 5 ? 1.0 : 0.1;
    return 0.5 + 0.1 * std::sin(2 * kPi * hour / 24);
  }

  void add_point(std::size_t point) {
    const double at = static_cast<double>(point) * kDemoStepSeconds;
    const double hour = std::fmod(at / 3600, 24);
    for (std::size_t g = 0; g < habits_.size(); ++g) {
      Habit& habit = habits_[g];
      if (at >= habit.burst_until) habit.burst_factor = 1;
      if (habit.burst_factor == 1 && real() < 0.0012) {
        habit.burst_factor = 1.6 + 1.8 * real();
        habit.burst_until = at + 1800 + 9000 * real();
      }
      habit.noise = 0.8 * habit.noise + 0.06 * normal();
      habit.grown_bytes += 0.01 * habit.memory_bytes * real() / 12;
      if (habit.grown_bytes > 0.35 * habit.memory_bytes) habit.grown_bytes = 0;  // restarted
      const double level = busy(habit.kind, std::floor(at / kDaySeconds), hour);
      const double cores = *trace_.cluster.guests[g].cpu_cores;
      const double cpu = habit.cpu_cores * level * habit.burst_factor * std::max(0.2, 1 + habit.noise);
      const double memory = habit.memory_bytes * (0.6 + 0.25 * level) + habit.grown_bytes;
      Series& series = trace_.series[trace_.cluster.guests[g].id];
      series.cpu_cores.push_back(std::clamp(cpu, 0.01, cores));
      series.memory_bytes.push_back(std::min(memory, *trace_.cluster.guests[g].memory_bytes));
    }
    for (const HostSize& size : kHosts) {
      Series& series = trace_.series[std::string("node/") + size.name];
      series.cpu_cores.push_back(0.25 + 0.05 * real());
      series.memory_bytes.push_back((2.5 + 0.02 * size.memory_gib) * kGiB);
    }
  }

  // The document holds what the trace says of its own moment, so that `plan` can read it as well.
  void take_first_point() {
    for (Guest& guest : trace_.cluster.guests) {
      guest.cpu_used_cores = trace_.series[guest.id].cpu_cores.front();
      guest.memory_used_bytes = trace_.series[guest.id].memory_bytes.front();
    }
  }

  std::mt19937_64 random_;
  Trace trace_;
  std::vector<Habit> habits_;
};

}  // namespace

Trace demo_trace(std::uint64_t seed, double days) { return Maker(seed).make(days); }

}  // namespace pcb
