#include "evaluator/decide/sight.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pcb {
namespace {

bool is_ours(const ListedAlert& listed, const Incident& incident, const std::string& receiver) {
  const auto known = incident.alerts.find(listed.alert.fingerprint);
  return known != incident.alerts.end() && known->second.status == AlertStatus::firing &&
         !known->second.expired &&
         std::find(listed.receivers.begin(), listed.receivers.end(), receiver) != listed.receivers.end();
}

std::string the_alert_is(const Incident& incident, const std::string& what) {
  return "the alert for " + incident.host + " is " + what;
}

}  // namespace

std::string suppression_of(const Incident& incident, const std::vector<AlertList>& lists,
                           const std::string& receiver) {
  std::set<std::string> active;
  std::set<std::string> suppressed;
  std::string suppressed_by;
  bool one_knows_none_active = false;
  for (const AlertList& list : lists) {
    bool active_here = false;
    bool suppressed_here = false;
    for (const ListedAlert& listed : list.alerts) {
      if (!is_ours(listed, incident, receiver)) continue;
      (listed.active ? active : suppressed).insert(listed.alert.fingerprint);
      (listed.active ? active_here : suppressed_here) = true;
      if (!listed.active) suppressed_by = listed.suppressed_by;
    }
    one_knows_none_active = one_knows_none_active || (suppressed_here && !active_here);
  }
  const bool one_is_free = std::any_of(
      active.begin(), active.end(), [&](const std::string& alert) { return suppressed.count(alert) == 0; });
  if (suppressed.empty() || (one_is_free && !one_knows_none_active)) return {};
  return the_alert_is(incident, suppressed_by) + " in Alertmanager";
}

Sight sight_of(const Incident& incident, const std::vector<Result<std::string>>& bodies,
               const std::string& receiver) {
  std::vector<AlertList> lists;
  std::string fault = "no Alertmanager is configured";
  bool active = false;
  for (const auto& body : bodies) {
    auto list = body ? read_alert_list(*body) : Result<AlertList>(body.error());
    if (!list) {
      fault = list.error().message;
      continue;
    }
    active = active || std::any_of(list->alerts.begin(), list->alerts.end(), [&](const ListedAlert& listed) {
               return listed.active && is_ours(listed, incident, receiver);
             });
    lists.push_back(std::move(list).value());
  }
  if (lists.empty())
    return {AlertSight::unreachable, "Alertmanager does not say whether the alert is silenced: " + fault};
  if (auto suppressed = suppression_of(incident, lists, receiver); !suppressed.empty())
    return {AlertSight::stopped, std::move(suppressed)};
  if (active) return {AlertSight::active, ""};
  return {AlertSight::stopped, the_alert_is(incident, "not active in Alertmanager any more")};
}

}  // namespace pcb
