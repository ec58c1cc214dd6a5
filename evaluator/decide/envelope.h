// The safety envelope: may this step of a plan be started now? Every limit of docs/safety.md, in one layer
// that knows nothing of the planner's reasons.
//
// Pure: the time, the local time, what happened before and what is known now come as arguments. judge_start()
// gives every reason that forbids the start, in a fixed order; none means allowed. Nothing unknown counts as
// allowed: a version, a copy or an alert that is not known is a reason. Which limits bind whom:
//   always             the red button, breaker, mode, lock, quorum, members, HA, versions, host and guest
//                      as they are, backups, order, moves at once
//   automatic alone    hold, hourly limits, cooldowns, protected guests, consent to interrupt, heartbeat
//   automatic and approved  no A→B→A, no silence, the alert seen at Alertmanager right before the start
//   approved alone     the age of the yes
// A drain that a person started is bound by the first group alone, the return of a drained guest as well.
// Times are Unix seconds. Tested by tests/evaluator/envelope_test.cpp and envelope_property_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "cluster/document.h"
#include "evaluator/decide/restraint.h"
#include "evaluator/planner/plan.h"

namespace pcb {

enum class Initiator { automatic, approved, drain, giving_back };  // the last: a drained guest goes home

// What Alertmanager says of the alert behind a move, and of silences over it, right before its start.
enum class AlertSight { not_asked, unreachable, active, stopped };

struct PastMove {
  std::string guest, from, to;
  double started_at = 0;
  std::optional<double> ended_at;  // absent: under way, or nobody knows
  bool automatic = true;
};

struct EnvelopeSettings {
  MoveLimits limits;
  double interval_seconds = 30;
  double stale_after_seconds = 60;
  double guest_cooldown_seconds = 6 * 3600;
  double host_cooldown_seconds = 0;
  double approval_ttl_seconds = 3600;
  double heartbeat_silence_seconds = 15 * 60;
  double large_copy_bytes = 8.0 * 1024 * 1024 * 1024;
  std::vector<std::string> protected_guests;  // ids or "tag:NAME"
  std::vector<TimeWindow> windows;
};

struct LocalTime {
  int weekday = 0;  // 0: Monday
  int minute = 0;   // of the day
};

// What is known at the moment of the start. The cluster must outlive it.
struct Circumstances {
  const Cluster& cluster;
  double now = 0;
  LocalTime local = {};
  std::string mode = "suggest";
  bool paused = true;             // the red button is pressed, or nobody knows
  std::string pause_reason = {};  //
  std::string breaker = {};       // why it is open; empty: closed
  bool holds_lock = false;        // the cluster's, of the evaluators
  double acting_since = 0;        // when it was taken: what was moved before, another may have moved
  std::optional<double> quorum_changed_at = {};
  std::optional<double> heartbeat_at = {};
  std::set<std::string> backup_hosts = {};            // a backup runs there
  std::map<std::string, double> next_backup_at = {};  // by host, where it is known
  std::set<std::string> own_guests = {};              // of the balancer's own parts: protected
  bool copies_avoid_corosync = false;                 // migrations have a network of their own
  std::vector<PastMove> history = {};                 // as far back as cooldowns and return_ban reach
};

struct Wish {
  Move move;
  Initiator by = Initiator::automatic;
  int ticks = 0;               // in a row that wanted the same
  double first_wanted_at = 0;  // the first of them
  bool earlier_steps_done = false;
  bool from_webhook = false;
  bool scheduled = false;  // by evaluator.balance: there is no alert behind it
  AlertSight sight = AlertSight::not_asked;
  std::string sight_sentence;
  std::optional<double> approved_at;
};

Refusals judge_start(const Wish& wish, const Circumstances& known, const EnvelopeSettings& settings);
// May Proxmox's HA be asked for node maintenance of `host`, or for its end? It then moves guests: the first
// group binds it, as far as it is about no single move.
Refusals judge_maintenance(const std::string& host, const Circumstances& known,
                           const EnvelopeSettings& settings);

const char* name_of(Initiator initiator);  // "automatic", "approved", "drain", "return"
Initiator initiator_from(const std::string& name);

EnvelopeSettings envelope_settings(const EvaluatorConfig& config);

// The mode for one guest: the tags balancer_suggest and balancer_approve lower it, nothing raises it.
std::string guest_mode(const std::string& mode, const Guest& guest);
// An entry of evaluator.protected or of a window: the guest's id, or tag:NAME.
bool is_named(const std::vector<std::string>& entries, const Guest& guest);
bool window_is_open(const TimeWindow& window, const LocalTime& local);
// A running guest stops for a moment, or its volumes are copied.
bool interrupts(const Move& move, const Guest& guest);
double local_copy_bytes(const Move& move, const Guest& guest);
// Since the move was planned: a guest may have been deleted, and another one made under its number.
bool has_another_name(const Move& move, const Guest& guest);

}  // namespace pcb
