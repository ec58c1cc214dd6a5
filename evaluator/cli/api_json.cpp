#include "evaluator/cli/api_json.h"

#include <nlohmann/json.hpp>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/limits.h"

namespace pcb {
namespace {

using Json = nlohmann::ordered_json;

std::string written(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json to_json(const Incident& incident) {
  Json alerts = Json::array();
  for (const auto& [fingerprint, alert] : incident.alerts) {
    alerts.push_back({{"fingerprint", fingerprint},
                      {"starts_at_ms", alert.starts_at_ms},
                      {"status", name_of(alert.status)},
                      {"from_webhook", alert.from_webhook},
                      {"expired", alert.expired}});
  }
  return {{"id", incident.id},
          {"host", incident.host},
          {"resource", name_of(incident.resource)},
          {"state", name_of(incident.state)},
          {"opened_at", incident.opened_at},
          {"changed_at", incident.changed_at},
          {"reason", incident.reason},
          {"alerts", std::move(alerts)}};
}

Json to_json(const MoveRecord& move) {
  return {{"id", move.id},
          {"plan", move.plan_id},
          {"incident", move.incident_id == 0 ? Json() : Json(move.incident_id)},
          {"step", move.step},
          {"guest", move.guest},
          {"name", move.name},
          {"from", move.from},
          {"to", move.to},
          {"method", move.method},
          {"why", move.why},
          {"state", name_of(move.state)},
          {"created_at", move.created_at},
          {"changed_at", move.changed_at},
          {"actor", move.actor},
          {"reason", move.reason}};
}

Json to_json(const PlanRecord& plan) {
  return {{"id", plan.id},         {"made_at", plan.made_at}, {"goal", plan.goal},    {"result", plan.result},
          {"reason", plan.reason}, {"digest", plan.digest},   {"stands", plan.stands}};
}

Json to_json(const AlertRecord& record) {
  Json json = {{"id", record.id},
               {"fingerprint", record.alert.fingerprint},
               {"status", name_of(record.alert.status)},
               {"starts_at_ms", record.alert.starts_at_ms},
               {"use", name_of(record.verdict.use)},
               {"reason", record.verdict.reason},
               {"source", name_of(record.alert.source)},
               {"labels", record.alert.labels},
               {"annotations", record.alert.annotations},
               {"first_received_at", record.first_received_at},
               {"last_received_at", record.last_received_at},
               {"times", record.times}};
  if (record.alert.ends_at_ms) json["ends_at_ms"] = *record.alert.ends_at_ms;
  return json;
}

Json to_json(const DeliveryRecord& delivery) {
  return {{"at", delivery.notification.created_at},
          {"event", delivery.notification.event},
          {"severity", delivery.notification.severity},
          {"subject", delivery.notification.subject},
          {"lines", delivery.notification.lines},
          {"sink", delivery.sink},
          {"state", delivery.state},
          {"attempts", delivery.attempts},
          {"last_error", delivery.last_error}};
}

template <class T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_json(value));
  return list;
}

Json host_json(const Host& host) {
  Json json = {{"name", host.name}, {"state", to_word(state_of(host))}};
  if (host.age_seconds) json["age_seconds"] = *host.age_seconds;
  for (const Resource resource : {Resource::cpu, Resource::memory}) {
    const auto used = used_of(host, resource);
    const double capacity = capacity_of(host, resource);
    if (used && capacity > 0) json[std::string(name_of(resource)) + "_used_ratio"] = *used / capacity;
    if (capacity > 0)
      json[std::string(name_of(resource)) + "_limit_ratio"] = limit_of(host, resource) / capacity;
  }
  return json;
}

// What keeps moves from starting, and what is under way.
Json act_json(const ActView& act) {
  Json refusals = Json::array();
  for (const Refusal& refusal : act.refusals)
    refusals.push_back({{"reason", name_of(refusal.reason)}, {"sentence", refusal.sentence}});
  return {{"paused", act.paused},
          {"holds_lock", act.holds_lock},
          {"lock_sentence", act.lock_sentence},
          {"under_way", act.under_way},
          {"refusals", std::move(refusals)}};
}

}  // namespace

std::string status_json(const View* view, const ActView* act, const Standing& standing,
                        const std::string& version) {
  Json json = {{"version", version}};
  if (view != nullptr) {
    json["cluster"] = view->cluster;
    json["mode"] = view->mode;
    json["mode_reason"] = view->mode_reason;
    json["at"] = view->at;
    json["hold"] =
        view->hold ? Json{{"reason", name_of(view->hold.reason)}, {"sentence", view->hold.sentence}} : Json();
    json["notes"] = view->notes;
    json["alertmanager_answers"] = view->alertmanager_answers;
    json["heartbeat_at"] = view->heartbeat_at ? Json(*view->heartbeat_at) : Json();
    json["hosts"] = view->document ? Json::array() : Json();
    if (view->document) {
      for (const Host& host : view->document->hosts) json["hosts"].push_back(host_json(host));
    }
  }
  json["acting"] = act != nullptr ? act_json(*act) : Json();
  json["incidents"] = list_of(standing.incidents);
  json["plan"] = standing.plan ? to_json(*standing.plan) : Json();
  json["suggestions"] = list_of(standing.moves);
  return written(json);
}

std::string plans_json(const std::vector<PlanRecord>& plans) { return written({{"plans", list_of(plans)}}); }
std::string moves_json(const std::vector<MoveRecord>& moves) {
  return written({{"suggestions", list_of(moves)}});
}
std::string alerts_json(const std::vector<AlertRecord>& alerts) {
  return written({{"alerts", list_of(alerts)}});
}
std::string incidents_json(const std::vector<Incident>& incidents) {
  return written({{"incidents", list_of(incidents)}});
}
std::string messages_json(const std::vector<DeliveryRecord>& deliveries) {
  return written({{"messages", list_of(deliveries)}});
}
std::string errand_json(const ErrandRecord& errand) {
  Json json = {{"kind", errand.kind},
               {"host", errand.host},
               {"state", errand.state},
               {"begun_at", errand.begun_at},
               {"actor", errand.actor},
               {"include_stopped", errand.include_stopped},
               {"plan", errand.plan_id == 0 ? Json() : Json(errand.plan_id)},
               {"progress", errand.progress}};
  json["ended_at"] = errand.ended_at ? Json(*errand.ended_at) : Json();
  return written(json);
}
std::string result_json(const std::string& message) { return written({{"result", message}}); }
std::string error_json(const std::string& message) { return written({{"error", message}}); }

}  // namespace pcb
