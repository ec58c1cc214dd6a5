// The load model: what every host and guest of the lab uses, integrated over time.
//
// A host's use is its own rest plus its guests'; guests want their load, get at most their cores or cpulimit,
// and share what the host has when together they want more. Time is seconds since the lab's start; advance()
// brings a host's counters up to a moment, exactly. A guest that moves takes its load along and starts with
// new counters, as a new control group does; a stopped one uses nothing. One thread. Tested by
// tests/lab/checks/model_test.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/lab/model/spec.h"

namespace pcb::lab {

struct GuestState {
  GuestSpec spec;
  std::string host;  // empty: its configuration is nowhere
  bool running = false;
  double started_at = 0.0;
  double cpu_now_cores = 0.0;  // used in the last step
  double cpu_seconds = 0.0, throttled_seconds = 0.0, cpu_waiting_seconds = 0.0;
  double network_in_bytes = 0.0, network_out_bytes = 0.0, disk_read_bytes = 0.0, disk_written_bytes = 0.0;
  double published_cpu_seconds = 0.0, published_at = 0.0;  // of the last .rrd row
  int starts = 0;
  std::uint64_t config_version = 1;

  [[nodiscard]] double limit_cores(double host_cores) const;
  [[nodiscard]] double shown_cores(double host_cores) const;    // Proxmox's maxcpu
  [[nodiscard]] double memory_used_bytes(double second) const;  // as the cluster document counts it
  // The parts that the kernel would show: used = current − (file − shmem) + swap.
  struct Memory {
    double current, file, shmem, swap;
  };
  [[nodiscard]] Memory memory(double second) const;
};

struct HostState {
  HostSpec spec;
  double at = 0.0;
  double cpu_now_cores = 0.0;
  double cpu_seconds = 0.0;  // of all cores together
  double cpu_waiting_seconds = 0.0;
  double load[3] = {0.0, 0.0, 0.0};
  double network_in_bytes = 5e9, network_out_bytes = 4e9;
  bool partitioned = false;  // from the cluster: corosync does not reach the others
  bool left = false;         // no member of the cluster any more
  bool pmxcfs_dead = false;
  bool maintenance = false;
  double published_cpu_seconds = 0.0, published_at = 0.0;
};

class Model {
 public:
  explicit Model(ClusterSpec spec);

  void advance(HostState& host, double second);
  void advance_all(double second);

  // The life of a guest. `start` and `stop` say what was wrong, or nothing.
  void relocate(int id, const std::string& host, double second);
  void start(int id, double second);
  void stop(int id, double second);

  [[nodiscard]] const ClusterSpec& spec() const { return spec_; }
  [[nodiscard]] std::map<std::string, HostState>& hosts() { return hosts_; }
  [[nodiscard]] std::map<int, GuestState>& guests() { return guests_; }
  [[nodiscard]] HostState* host(const std::string& name);
  [[nodiscard]] GuestState* guest(int id);
  [[nodiscard]] std::vector<GuestState*> running_on(const std::string& host);

  // What the host uses by the product's formula (DESIGN 6, ARC credited by half).
  [[nodiscard]] double memory_used_bytes(const HostState& host, double second);
  [[nodiscard]] bool quorate(const HostState& view) const;
  [[nodiscard]] bool sees_online(const HostState& view, const HostState& other) const;

  // The second a moment of the model has by a host's own clock.
  [[nodiscard]] double unix_seconds(const HostState& host, double second) const;
  void set_epoch(double unix_seconds_at_start) { epoch_ = unix_seconds_at_start; }

 private:
  void step(HostState& host, const std::vector<GuestState*>& guests, double from, double to);

  ClusterSpec spec_;
  std::map<std::string, HostState> hosts_;
  std::map<int, GuestState> guests_;
  std::map<std::string, std::vector<GuestState*>> running_;  // by host
  double epoch_ = 0.0;
};

}  // namespace pcb::lab
