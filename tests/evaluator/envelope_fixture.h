// A cluster in which an automatic live move of a VM from pve1 to pve2 is allowed: each test changes one
// thing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "evaluator/decide/envelope.h"

namespace pcb {

inline Host envelope_host(const std::string& name) {
  Host host;
  host.name = name;
  host.state = HostState::online;
  host.age_seconds = 1;
  host.pve_version = "8.4.1";
  host.cpu_cores = 8;
  host.memory_bytes = 32e9;
  return host;
}

inline Guest envelope_guest(const std::string& id, const std::string& host) {
  Guest guest;
  guest.id = id;
  guest.host = host;
  guest.status = GuestStatus::running;
  guest.memory_used_bytes = 4e9;
  return guest;
}

inline Move envelope_move(const std::string& guest, const std::string& from, const std::string& to,
                          const std::string& method) {
  Move move;
  move.step = 1;
  move.guest = guest;
  move.from = from;
  move.to = to;
  move.method = method;
  return move;
}

struct EnvelopeCase {
  static constexpr double kNow = 1'000'000;

  Cluster cluster;
  Circumstances known{cluster};
  EnvelopeSettings settings;
  Wish wish;

  EnvelopeCase() {
    for (const char* name : {"pve1", "pve2", "pve3"}) cluster.hosts.push_back(envelope_host(name));
    cluster.guests = {envelope_guest("qemu/201", "pve1"), envelope_guest("lxc/101", "pve1")};
    cluster.taken_at = kNow - 1;
    cluster.quorate = true;
    known.now = kNow;
    known.mode = "auto";
    known.paused = false;
    known.holds_lock = true;
    known.heartbeat_at = kNow - 60;
    wish.move = envelope_move("qemu/201", "pve1", "pve2", "live");
    wish.ticks = 3;
    wish.first_wanted_at = kNow - 60;
    wish.earlier_steps_done = true;
    wish.from_webhook = true;
    wish.sight = AlertSight::active;
  }
  EnvelopeCase(const EnvelopeCase&) = delete;
  EnvelopeCase& operator=(const EnvelopeCase&) = delete;

  void approve(double at) {
    wish.by = Initiator::approved;
    wish.approved_at = at;
    known.mode = "approve";
  }
  void take_container() { wish.move = envelope_move("lxc/101", "pve1", "pve2", "restart"); }
  Guest& guest() {
    for (Guest& guest : cluster.guests) {
      if (guest.id == wish.move.guest) return guest;
    }
    return cluster.guests.front();
  }
  void past(const std::string& guest_id, const std::string& from, const std::string& to, double started_at,
            std::optional<double> ended_at, bool automatic = true) {
    known.history.push_back({guest_id, from, to, started_at, ended_at, automatic});
  }
  // The names of the reasons, "" when allowed.
  [[nodiscard]] std::string verdict() const {
    std::string names;
    for (const Refusal& refusal : judge_start(wish, known, settings))
      names += (names.empty() ? "" : " ") + std::string(name_of(refusal.reason));
    return names;
  }
};

struct Row {
  const char* what;
  std::function<void(EnvelopeCase&)> change;
  const char* verdict;  // the reasons; "": allowed
};

inline void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EnvelopeCase c;
    row.change(c);
    EXPECT_EQ(c.verdict(), row.verdict) << row.what;
  }
}

}  // namespace pcb
