#include <nlohmann/json.hpp>

#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kResultNames[] = {"moves", "nothing_to_do", "infeasible", "refused"};

Json json_of(const Figures& figures) {
  Json hosts = Json::object();
  for (const auto& [name, host] : figures.hosts) hosts[name] = {{"cpu", host.cpu}, {"memory", host.memory}};
  return {{"overload", figures.overload},
          {"peak", figures.peak},
          {"imbalance", figures.imbalance},
          {"cost", figures.cost},
          {"hosts", std::move(hosts)}};
}

Json json_of(const Move& move) {
  return {{"step", move.step},
          {"after", move.after},
          {"guest", move.guest},
          {"name", move.name},
          {"from", move.from},
          {"to", move.to},
          {"method", move.method},
          {"downtime_seconds", move.downtime_seconds},
          {"copy_bytes", move.copy_bytes},
          {"why", move.why}};
}

Json json_of(const Rejection& rejection) {
  Json json = {{"guest", rejection.guest}};
  if (rejection.to) json["to"] = *rejection.to;
  json["code"] = rejection.code;
  json["detail"] = rejection.detail;
  return json;
}

Json json_of(const Fix& fix) {
  return {{"guest", fix.guest}, {"code", fix.code},           {"detail", fix.detail},
          {"cure", fix.cure},   {"cpu_cores", fix.cpu_cores}, {"memory_bytes", fix.memory_bytes}};
}

Json json_of(const Placement& place) {
  return {{"host", place.host}, {"fits", place.fits}, {"peak", place.peak}, {"reason", place.reason}};
}

Json json_of(const Survival& survival) {
  return {{"host", survival.host},
          {"survives", survival.survives},
          {"left_over", survival.left_over},
          {"room", {{"cpu_cores", survival.room_cpu_cores}, {"memory_bytes", survival.room_memory_bytes}}}};
}

template <class T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(json_of(value));
  return list;
}

// What plan_to_json wrote, read back; nlohmann's exceptions end in plan_from_json.
Figures figures_from(const Json& json) {
  Figures figures;
  figures.overload = json.at("overload").get<double>();
  figures.peak = json.at("peak").get<double>();
  figures.imbalance = json.at("imbalance").get<double>();
  figures.cost = json.at("cost").get<double>();
  for (const auto& [name, host] : json.at("hosts").items())
    figures.hosts[name] = {host.at("cpu").get<double>(), host.at("memory").get<double>()};
  return figures;
}

Move move_from(const Json& json) {
  Move move;
  json.at("step").get_to(move.step);
  json.at("after").get_to(move.after);
  json.at("guest").get_to(move.guest);
  json.at("name").get_to(move.name);
  json.at("from").get_to(move.from);
  json.at("to").get_to(move.to);
  json.at("method").get_to(move.method);
  json.at("downtime_seconds").get_to(move.downtime_seconds);
  json.at("copy_bytes").get_to(move.copy_bytes);
  json.at("why").get_to(move.why);
  return move;
}

Result<Plan> plan_from(const Json& json) {
  if (json.at("schema") != kPlanSchema)
    return Error{"not a plan document: \"schema\" must be \"" + std::string(kPlanSchema) + "\""};
  Plan plan;
  json.at("cluster").get_to(plan.cluster);
  json.at("goal").get_to(plan.goal);
  json.at("scope").get_to(plan.scope);
  json.at("reason").get_to(plan.reason);
  const std::string result = json.at("result").get<std::string>();
  bool known = false;
  for (int r = 0; r < 4; ++r)
    if (result == kResultNames[r]) {
      plan.result = static_cast<PlanResult>(r);
      known = true;
    }
  if (!known)
    return Error{"not a plan document: \"result\" is none of moves, nothing_to_do, infeasible, refused"};
  for (const auto& move : json.at("moves")) plan.moves.push_back(move_from(move));
  plan.before = figures_from(json.at("before"));
  plan.after = figures_from(json.at("after"));
  plan.bound = {json.at("bound").at("overload").get<double>(), json.at("bound").at("peak").get<double>()};
  for (const auto& entry : json.at("rejected")) {
    Rejection rejection{entry.at("guest").get<std::string>(),
                        {},
                        entry.at("code").get<std::string>(),
                        entry.at("detail").get<std::string>()};
    if (entry.contains("to")) rejection.to = entry.at("to").get<std::string>();
    plan.rejected.push_back(std::move(rejection));
  }
  for (const auto& entry : json.value("fixes", Json::array()))
    plan.fixes.push_back({entry.at("guest").get<std::string>(), entry.at("code").get<std::string>(),
                          entry.at("detail").get<std::string>(), entry.at("cure").get<std::string>(),
                          entry.at("cpu_cores").get<double>(), entry.at("memory_bytes").get<double>()});
  plan.needs = json.value("needs", std::vector<std::string>());
  for (const auto& entry : json.value("place", Json::array()))
    plan.place.push_back({entry.at("host").get<std::string>(), entry.at("fits").get<bool>(),
                          entry.at("peak").get<double>(), entry.at("reason").get<std::string>()});
  for (const auto& entry : json.value("survive", Json::array()))
    plan.survive.push_back({entry.at("host").get<std::string>(), entry.at("survives").get<bool>(),
                            entry.at("left_over").get<std::vector<std::string>>(),
                            entry.at("room").at("cpu_cores").get<double>(),
                            entry.at("room").at("memory_bytes").get<double>()});
  return plan;
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json json = {{"schema", kPlanSchema},
               {"cluster", plan.cluster},
               {"goal", plan.goal},
               {"scope", plan.scope},
               {"result", kResultNames[static_cast<int>(plan.result)]},
               {"reason", plan.reason}};
  json["moves"] = list_of(plan.moves);
  json["before"] = json_of(plan.before);
  json["after"] = json_of(plan.after);
  json["bound"] = {{"overload", plan.bound.overload}, {"peak", plan.bound.peak}};
  json["rejected"] = list_of(plan.rejected);
  if (!plan.fixes.empty()) json["fixes"] = list_of(plan.fixes);
  if (!plan.needs.empty()) json["needs"] = plan.needs;
  if (plan.goal == "place") json["place"] = list_of(plan.place);
  if (plan.goal == "survive") json["survive"] = list_of(plan.survive);
  // Names are whatever the hosts said: malformed UTF-8 must not stop a plan.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Plan> plan_from_json(std::string_view json_text) {
  try {
    return plan_from(Json::parse(json_text));
  } catch (const nlohmann::json::exception& fault) {
    return Error{"not a plan document: " + std::string(fault.what())};
  }
}

}  // namespace pcb
