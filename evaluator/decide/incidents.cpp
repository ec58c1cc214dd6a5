#include "evaluator/decide/incidents.h"

#include <algorithm>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/limits.h"

namespace pcb {
namespace {

Incident* find_live(std::vector<Incident>& incidents, const std::string& host, Resource resource) {
  for (Incident& incident : incidents) {
    if (incident.host == host && incident.resource == resource && incident.state != IncidentState::closed) {
      return &incident;
    }
  }
  return nullptr;
}

// The newest start known of this fingerprint, over incidents of any state.
const IncidentAlert* newest(const std::vector<Incident>& incidents, const std::string& fingerprint) {
  const IncidentAlert* found = nullptr;
  for (const Incident& incident : incidents) {
    const auto entry = incident.alerts.find(fingerprint);
    if (entry == incident.alerts.end()) continue;
    if (found == nullptr || entry->second.starts_at_ms > found->starts_at_ms ||
        (entry->second.starts_at_ms == found->starts_at_ms &&
         entry->second.status == AlertStatus::resolved)) {
      found = &entry->second;
    }
  }
  return found;
}

bool fires(const IncidentAlert& alert) { return alert.status == AlertStatus::firing && !alert.expired; }

bool any_firing(const Incident& incident) {
  return std::any_of(incident.alerts.begin(), incident.alerts.end(),
                     [](const auto& entry) { return fires(entry.second); });
}

IncidentEvent enter(std::vector<Incident>& incidents, Incident& incident, IncidentState state,
                    IncidentChange change, std::string reason, double now) {
  incident.state = state;
  incident.changed_at = now;
  incident.reason = reason;
  return {change, static_cast<std::size_t>(&incident - incidents.data()), std::move(reason)};
}

IncidentEvent apply_firing(std::vector<Incident>& incidents, const Alert& alert, const AlertVerdict& verdict,
                           double now) {
  const IncidentAlert fact{alert.starts_at_ms, AlertStatus::firing, alert.source == AlertSource::webhook,
                           false};
  Incident* live = find_live(incidents, verdict.host, verdict.resource);
  if (live == nullptr) {
    Incident opened;
    opened.host = verdict.host;
    opened.resource = verdict.resource;
    opened.opened_at = now;
    opened.alerts.emplace(alert.fingerprint, fact);
    incidents.push_back(std::move(opened));
    return enter(incidents, incidents.back(), IncidentState::open, IncidentChange::opened,
                 "alert " + text::printable(alert.label("alertname")) + " fires", now);
  }
  IncidentAlert& known = live->alerts[alert.fingerprint];
  const bool was_from_webhook = known.from_webhook && known.starts_at_ms == fact.starts_at_ms;
  known = fact;
  known.from_webhook = known.from_webhook || was_from_webhook;
  if (live->state == IncidentState::clearing) {
    return enter(incidents, *live, IncidentState::open, IncidentChange::reopened,
                 "alert " + text::printable(alert.label("alertname")) + " fires again", now);
  }
  return {IncidentChange::refreshed, static_cast<std::size_t>(live - incidents.data()), "it still fires"};
}

IncidentEvent settle(std::vector<Incident>& incidents, Incident& incident, const char* reason, double now) {
  if (incident.state != IncidentState::open || any_firing(incident)) return {};
  return enter(incidents, incident, IncidentState::clearing, IncidentChange::clearing, reason, now);
}

// Why the incident cannot be closed yet is told by an empty answer: it stays as it is.
std::string reason_to_close(const Incident& incident, const Cluster& cluster, double stale_after_seconds) {
  const auto host = std::find_if(cluster.hosts.begin(), cluster.hosts.end(),
                                 [&](const Host& h) { return h.name == incident.host; });
  if (host == cluster.hosts.end()) return incident.host + " is no longer a member of the cluster";
  const HostState state = state_of(*host);
  if (state == HostState::offline || state == HostState::unknown) return "";
  if (age_seconds_of(*host) > stale_after_seconds) return "";
  const auto used = used_of(*host, incident.resource);
  if (!used || *used > limit_of(*host, incident.resource)) return "";
  return incident.host + " is under its " + (incident.resource == Resource::cpu ? "CPU" : "memory") +
         " limit: " + text::percent(*used / capacity_of(*host, incident.resource)) + " of " +
         text::percent(limit_of(*host, incident.resource) / capacity_of(*host, incident.resource));
}

}  // namespace

bool Incident::from_webhook() const {
  return std::any_of(alerts.begin(), alerts.end(),
                     [](const auto& entry) { return entry.second.from_webhook && fires(entry.second); });
}

IncidentEvent apply_alert(std::vector<Incident>& incidents, const Alert& alert, const AlertVerdict& verdict,
                          double now) {
  if (const IncidentAlert* known = newest(incidents, alert.fingerprint)) {
    if (alert.starts_at_ms < known->starts_at_ms) return {};
    if (alert.starts_at_ms == known->starts_at_ms && known->status == AlertStatus::resolved) return {};
  }
  if (alert.status == AlertStatus::firing) return apply_firing(incidents, alert, verdict, now);
  Incident* live = find_live(incidents, verdict.host, verdict.resource);
  if (live == nullptr) {
    for (std::size_t i = 0; i < incidents.size(); ++i) {
      const auto entry = incidents[i].alerts.find(alert.fingerprint);
      if (entry == incidents[i].alerts.end() || entry->second.starts_at_ms != alert.starts_at_ms) continue;
      entry->second.status = AlertStatus::resolved;
      return {IncidentChange::refreshed, i, "resolved after the incident was closed"};
    }
    // "resolved" came first: it must still win over a "firing" of the same start that is under way.
    Incident closed;
    closed.host = verdict.host;
    closed.resource = verdict.resource;
    closed.opened_at = now;
    closed.alerts.emplace(alert.fingerprint,
                          IncidentAlert{alert.starts_at_ms, AlertStatus::resolved, false, false});
    incidents.push_back(std::move(closed));
    return enter(incidents, incidents.back(), IncidentState::closed, IncidentChange::closed,
                 "resolved before it was seen firing", now);
  }
  live->alerts[alert.fingerprint] = {alert.starts_at_ms, AlertStatus::resolved,
                                     alert.source == AlertSource::webhook, false};
  return settle(incidents, *live, "its alerts are resolved; waiting to see the host under its limit", now);
}

std::vector<IncidentEvent> expire_alert(std::vector<Incident>& incidents, const std::string& fingerprint,
                                        double now) {
  std::vector<IncidentEvent> events;
  for (Incident& incident : incidents) {
    const auto entry = incident.alerts.find(fingerprint);
    if (incident.state != IncidentState::open || entry == incident.alerts.end()) continue;
    entry->second.expired = true;
    auto event = settle(incidents, incident, "Alertmanager no longer lists its alerts", now);
    if (event.change != IncidentChange::none) events.push_back(std::move(event));
  }
  return events;
}

std::vector<IncidentEvent> close_cleared(std::vector<Incident>& incidents, const Cluster& cluster,
                                         double stale_after_seconds, double now) {
  std::vector<IncidentEvent> events;
  if (!is_quorate(cluster)) return events;
  for (Incident& incident : incidents) {
    if (incident.state != IncidentState::clearing) continue;
    const std::string reason = reason_to_close(incident, cluster, stale_after_seconds);
    if (reason.empty()) continue;
    events.push_back(enter(incidents, incident, IncidentState::closed, IncidentChange::closed, reason, now));
  }
  return events;
}

const char* name_of(IncidentState state) {
  switch (state) {
    case IncidentState::open:
      return "open";
    case IncidentState::clearing:
      return "clearing";
    case IncidentState::closed:
      return "closed";
  }
  return "open";
}

}  // namespace pcb
