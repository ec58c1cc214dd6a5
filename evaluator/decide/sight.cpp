#include "evaluator/decide/sight.h"

#include <algorithm>

namespace pcb {
namespace {

bool is_ours(const ListedAlert& listed, const Incident& incident, const std::string& receiver) {
  const auto known = incident.alerts.find(listed.alert.fingerprint);
  return known != incident.alerts.end() && known->second.status == AlertStatus::firing &&
         !known->second.expired &&
         std::find(listed.receivers.begin(), listed.receivers.end(), receiver) != listed.receivers.end();
}

}  // namespace

Sight sight_of(const Incident& incident, const std::vector<Result<std::string>>& lists,
               const std::string& receiver) {
  bool answered = false;
  bool active = false;
  std::string fault = "no Alertmanager is configured";
  std::string suppressed_by;
  for (const auto& body : lists) {
    const auto list = body ? read_alert_list(*body) : Result<AlertList>(body.error());
    if (!list) {
      fault = list.error().message;
      continue;
    }
    answered = true;
    // One alert of the incident that is active is enough for this Alertmanager.
    bool active_here = false;
    std::string suppressed_here;
    for (const ListedAlert& listed : list->alerts) {
      if (!is_ours(listed, incident, receiver)) continue;
      active_here = active_here || listed.active;
      if (!listed.active) suppressed_here = listed.suppressed_by;
    }
    active = active || active_here;
    if (!active_here && !suppressed_here.empty()) suppressed_by = suppressed_here;
  }
  const std::string whose = "the alert for " + incident.host + " is ";
  if (!suppressed_by.empty()) return {AlertSight::stopped, whose + suppressed_by + " in Alertmanager"};
  if (active) return {AlertSight::active, ""};
  if (!answered)
    return {AlertSight::unreachable, "Alertmanager does not say whether the alert is silenced: " + fault};
  return {AlertSight::stopped, whose + "not active in Alertmanager any more"};
}

}  // namespace pcb
