// The loop's way from alerts to incidents.
#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/loop.h"
#include "evaluator/cli/tell.h"

namespace pcb {
namespace {

constexpr double kIncidentsKeptSeconds = 24 * 3600;  // late facts still find their incident
constexpr double kMissingSeconds = 300;  // an Alertmanager that restarts hears all within a few minutes
constexpr const char* kHeartbeatSetting = "heartbeat_at";

std::string list_key(const Alert& alert) {
  return alert.fingerprint + "/" + std::to_string(alert.starts_at_ms);
}

std::string alert_key(const Alert& alert) { return "alert/" + list_key(alert) + "/" + name_of(alert.status); }

const char* name_of(IncidentChange change) {
  switch (change) {
    case IncidentChange::none:
      return "unchanged";
    case IncidentChange::opened:
      return "opened";
    case IncidentChange::refreshed:
      return "refreshed";
    case IncidentChange::reopened:
      return "opened again";
    case IncidentChange::clearing:
      return "clearing";
    case IncidentChange::closed:
      return "closed";
  }
  return "";
}

}  // namespace

// What one of them says is used, though another is away; only what none of them lists may be believed gone
// when all have answered.
Loop::Lists Loop::read_lists(double now) {
  {
    const std::lock_guard lock(mutex_);
    list_wanted_ = false;
  }
  Lists all;
  all.complete = true;
  for (const auto& body : outside_->alert_lists()) {
    auto list = body ? read_alert_list(*body) : Result<AlertList>(body.error());
    if (!list) {
      if (view_.alertmanager_answers) {
        log::warning("Alertmanager's list cannot be read; its silences are not known",
                     {{"reason", list.error().message}});
      }
      all.complete = false;
      continue;
    }
    auto& alerts = list->alerts;
    const auto not_ours = [&](const ListedAlert& listed) {
      const auto& receivers = listed.receivers;
      return std::find(receivers.begin(), receivers.end(), config_->alertmanager.receiver) == receivers.end();
    };
    alerts.erase(std::remove_if(alerts.begin(), alerts.end(), not_ours), alerts.end());
    all.lists.push_back(std::move(list).value());
  }
  view_.alertmanager_answers = all.complete;
  if (all.complete) last_list_at_ = now;
  return all;
}

Status Loop::store_listed(const Lists& lists, double now) {
  std::vector<const Alert*> fresh;
  for (const AlertList& list : lists.lists) {
    for (const ListedAlert& listed : list.alerts) {
      if (listed.active && listed_.count(list_key(listed.alert)) == 0) fresh.push_back(&listed.alert);
    }
  }
  if (fresh.empty()) return Done{};
  const Status stored = parts_.journal.transact([&](Tables& tables) -> Status {
    for (const Alert* alert : fresh) {
      auto done = tables.store_alert(*alert, judge(*alert, config_->cluster), now);
      if (!done) return done;
    }
    return Done{};
  });
  if (stored) {
    for (const Alert* alert : fresh) listed_.insert(list_key(*alert));
  }
  return stored;
}

Status Loop::take_in(double now) {
  std::vector<Incident> next;  // replaces incidents_ only once it is on the disk
  std::optional<double> heartbeat;
  bool told = false;
  const Status done = parts_.journal.transact([&](Tables& tables) -> Status {
    auto known = tables.incidents_changed_since(now - kIncidentsKeptSeconds);
    if (!known) return known.error();
    next = std::move(known).value();
    auto kept = tables.setting(kHeartbeatSetting);
    if (!kept) return kept.error();
    if (*kept) heartbeat = text::to_double(**kept);
    auto alerts = tables.unhandled_alerts();
    if (!alerts) return alerts.error();
    for (const AlertRecord& record : *alerts) {
      const Alert& alert = record.alert;
      const AlertVerdict verdict = judge(alert, config_->cluster);
      Status step = Done{};
      if (verdict.use == AlertUse::relieve) {
        const IncidentEvent event = apply_alert(next, alert, verdict, now);
        if (event.change != IncidentChange::none) step = tables.save_incident(next[event.index]);
        if (step && event.change != IncidentChange::none && event.change != IncidentChange::refreshed) {
          const Incident& incident = next[event.index];
          step = tables.add_event({now, "incident", "alertmanager",
                                   incident.host + " " + name_of(incident.resource),
                                   std::string(name_of(event.change)) + ": " + event.reason});
        }
      } else if (verdict.use == AlertUse::heartbeat) {
        heartbeat = record.last_received_at;
        step = tables.set_setting(kHeartbeatSetting, text::number(record.last_received_at));
      } else if (verdict.use == AlertUse::tell && !record.again) {
        told = true;
        step = notify(tables, alert_key(alert), alert_message(alert), std::nullopt, now);
      }
      if (step && !record.again && verdict.use != AlertUse::heartbeat) {
        step = tables.add_event(
            {now, "alert", "alertmanager", alert.label("alertname") + " " + alert.label("id"),
             std::string(name_of(alert.status)) + ", " + name_of(verdict.use) + ": " + verdict.reason});
      }
      if (step) step = tables.mark_handled(record.id);
      if (!step) return step;
    }
    return Done{};
  });
  if (!done) return done;
  incidents_ = std::move(next);
  view_.heartbeat_at = heartbeat;
  if (told) parts_.on_message();
  return Done{};
}

Status Loop::expire(const Lists& lists, double now) {
  std::vector<std::string> gone;
  std::map<std::string, double> missing;
  for (const Incident& incident : incidents_) {
    if (incident.state != IncidentState::open) continue;
    for (const auto& [fingerprint, alert] : incident.alerts) {
      if (alert.status != AlertStatus::firing || alert.expired) continue;
      const bool listed = std::any_of(
          lists.lists.begin(), lists.lists.end(), [&, &print = fingerprint](const AlertList& list) {
            return std::any_of(list.alerts.begin(), list.alerts.end(),
                               [&](const ListedAlert& l) { return l.alert.fingerprint == print; });
          });
      if (listed) continue;
      const auto since = missing_since_.find(fingerprint);
      const double from = since == missing_since_.end() ? now : since->second;
      missing[fingerprint] = from;
      if (now - from >= kMissingSeconds) gone.push_back(fingerprint);
    }
  }
  missing_since_ = std::move(missing);
  for (const std::string& fingerprint : gone) {
    for (const IncidentEvent& event : expire_alert(incidents_, fingerprint, now)) {
      const Status saved =
          parts_.journal.transact([&](Tables& tables) { return record(tables, event, now); });
      if (!saved) return saved;
    }
  }
  return Done{};
}

Status Loop::close(double now) {
  const auto events = close_cleared(incidents_, *view_.document, config_->evaluator.stale_after.count(), now);
  for (const IncidentEvent& event : events) {
    const Status saved = parts_.journal.transact([&](Tables& tables) -> Status {
      auto done = record(tables, event, now);
      if (!done) return done;
      const Incident& incident = incidents_[event.index];
      done = cancel_waiting(tables, incident.id, "the incident is over", now);
      if (!done) return done;
      return notify(tables, "incident/" + std::to_string(incident.id) + "/closed", closed_message(incident),
                    incident.id, now);
    });
    if (!saved) return saved;
    parts_.on_message();
  }
  return Done{};
}

Status Loop::record(Tables& tables, const IncidentEvent& event, double now) {
  Incident& incident = incidents_[event.index];
  auto saved = tables.save_incident(incident);
  if (!saved) return saved;
  return tables.add_event({now, "incident", "evaluator", incident.host + " " + name_of(incident.resource),
                           std::string(name_of(event.change)) + ": " + event.reason});
}

Status Loop::notify(Tables& tables, const std::string& key, const Message& message,
                    std::optional<std::int64_t> incident, double now) {
  return tell(tables, config_->notify, key, message, incident.value_or(0), now);
}

}  // namespace pcb
