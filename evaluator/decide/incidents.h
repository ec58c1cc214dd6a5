// Incidents: what alerts add up to. One open incident per (host, resource), whatever the number of alerts.
//
//   open      at least one of its alerts fires; the loop plans
//   clearing  all its alerts are resolved or expired, but the host has not been seen under its limit yet: an
//             alert that resolved for lack of data proves nothing. Nothing is planned; one more firing
//             reopens it
//   closed    over
//
// Pure: apply_alert() and close_cleared() change the values given and say what happened. Delivery is
// at-least-once and out of order: the same fact twice changes nothing, "resolved" wins over "firing" of the
// same start, and a start older than the newest one known of a fingerprint is ignored. Times are Unix
// seconds. Tested by tests/evaluator/incidents_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/decide/alert.h"

namespace pcb {

enum class IncidentState { open, clearing, closed };

struct IncidentAlert {
  std::int64_t starts_at_ms = 0;
  AlertStatus status = AlertStatus::firing;
  bool from_webhook = false;  // Alertmanager called us about it: without that nothing is ever started
  bool expired = false;       // Alertmanager forgot it: no longer firing, but a new "firing" revives it
};

struct Incident {
  std::int64_t id = 0;  // of the journal
  std::string host;
  Resource resource = Resource::cpu;
  IncidentState state = IncidentState::open;
  double opened_at = 0;
  double changed_at = 0;
  std::string reason;                           // why it is in this state
  std::map<std::string, IncidentAlert> alerts;  // by fingerprint

  [[nodiscard]] bool from_webhook() const;
};

enum class IncidentChange { none, opened, refreshed, reopened, clearing, closed };

struct IncidentEvent {
  IncidentChange change = IncidentChange::none;
  std::size_t index = 0;  // into the incidents; meaningless for none
  std::string reason;
};

// Takes in one alert that judge() found to ask for relief of `host`.
IncidentEvent apply_alert(std::vector<Incident>& incidents, const Alert& alert, const AlertVerdict& verdict,
                          double now);

// Alertmanager no longer knows this alert: it no longer counts as firing.
std::vector<IncidentEvent> expire_alert(std::vector<Incident>& incidents, const std::string& fingerprint,
                                        double now);

// Closes what clears, once the host is read (online, fresh) and under its limit, or is gone from a quorate
// cluster. Uses the figures of the document as it came, not those of a window: they are the newest.
std::vector<IncidentEvent> close_cleared(std::vector<Incident>& incidents, const Cluster& cluster,
                                         double stale_after_seconds, double now);

const char* name_of(IncidentState state);

}  // namespace pcb
