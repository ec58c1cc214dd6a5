#include "tests/lab/daemon/ha.h"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include <nlohmann/json.hpp>

namespace pcb::lab {
namespace {

constexpr double kCrmRoundPhases = 5.0;  // how long a queued command waits, in phases of a migration

}  // namespace

HaManager::HaManager(Model& model, HaActions actions) : model_(model), actions_(std::move(actions)) {
  for (const auto& [id, guest] : model_.guests()) {
    if (!guest.spec.ha || guest.spec.ha_state == "ignored") continue;
    Service service;
    service.id = id;
    service.state = guest.running ? "started" : "stopped";
    services_[guest.spec.sid()] = service;
  }
}

int HaManager::migrate(const std::string& sid, const std::string& host, double second) {
  const auto found = services_.find(sid);
  if (found == services_.end()) return ENOENT;
  Service& service = found->second;
  if (service.state == "error") return EBUSY;
  const GuestState* guest = model_.guest(service.id);
  // Already there, unknown or offline: only the CRM's log says so, the command has succeeded.
  if (model_.host(host) == nullptr || guest->host == host || model_.host(host)->partitioned) return 0;
  service.target = host;
  service.step = 0;
  service.due = second + kCrmRoundPhases * model_.spec().phase_seconds;
  return 0;
}

void HaManager::set_state(const std::string& sid, const std::string& state) {
  const auto found = services_.find(sid);
  if (found != services_.end()) found->second.state = state;
}

std::string HaManager::home_of(const Service& service) {
  const GuestState* guest = model_.guest(service.id);
  const auto group = model_.spec().ha_groups.find(guest->spec.ha_group);
  if (group == model_.spec().ha_groups.end()) return {};
  const auto online = [&](const std::string& name) {
    const HostState* host = model_.host(name);
    return host != nullptr && !host->partitioned && !host->maintenance;
  };
  int best = -1, here = -1;
  std::string home;
  for (const auto& [name, priority] : group->second.nodes) {
    if (name == guest->host) here = priority;
    if (online(name) && priority > best) {
      best = priority;
      home = name;
    }
  }
  if (here < 0) return group->second.restricted || !group->second.nofailback ? home : "";
  const bool failback = guest->spec.ha_failback && !group->second.nofailback;
  return failback && here < best ? home : "";
}

void HaManager::advance(Service& service, double second) {
  const double phase = model_.spec().phase_seconds;
  const GuestState* guest = model_.guest(service.id);
  const bool live = guest->spec.vm;
  switch (service.step) {
    case 0:
      service.state = "migrate";
      service.due = second + phase;
      break;
    case 1:
      if (!live) actions_.stop(service.id);
      service.due = second + phase * (live ? 3.0 : 1.0);
      break;
    case 2:
      if (!actions_.move(service.id, service.target)) service.target = guest->host;
      service.due = second + phase;
      break;
    default:
      if (!live) actions_.start(service.id);
      actions_.record("ha-done " + guest->spec.sid() + " " + guest->host);
      service.state = "started";
      service.target.clear();
      service.step = -1;
      if (const std::string home = home_of(service); !home.empty() && home != guest->host)
        migrate(guest->spec.sid(), home, second);
      return;
  }
  ++service.step;
}

// A node that is asked for maintenance loses its services, to the online node with the fewest, and gets them
// back when it returns.
void HaManager::heed_maintenance(Service& service, double second) {
  const GuestState* guest = model_.guest(service.id);
  const HostState* host = model_.host(guest->host);
  if (!service.target.empty() || service.state != "started" || host == nullptr) return;
  if (!service.return_to.empty() && !model_.host(service.return_to)->maintenance) {
    migrate(guest->spec.sid(), service.return_to, second);
    service.return_to.clear();
    return;
  }
  if (!host->maintenance) return;
  std::map<std::string, int> load;
  for (const auto& [name, other] : model_.hosts()) {
    if (!other.maintenance && !other.partitioned) load[name] = 0;
  }
  for (const auto& [sid, other] : services_) {
    const auto found = load.find(model_.guest(other.id)->host);
    if (found != load.end()) ++found->second;
  }
  if (load.empty()) return;
  const auto least = std::min_element(load.begin(), load.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  service.return_to = guest->host;
  migrate(guest->spec.sid(), least->first, second);
}

void HaManager::tick(double second) {
  for (auto& [sid, service] : services_) {
    heed_maintenance(service, second);
    if (!service.target.empty() && second >= service.due) {
      if (service.step < 0) service.step = 0;
      advance(service, second);
      if (service.step < 0 && service.target.empty()) service.step = 0;
    }
  }
}

std::string HaManager::manager_status(double second) {
  nlohmann::ordered_json status;
  const auto& hosts = model_.hosts();
  status["master_node"] = hosts.begin()->first;
  // Built apart: a reference into an ordered object does not outlive the next key.
  auto nodes = nlohmann::ordered_json::object(), requests = nodes;
  for (const auto& [name, host] : hosts) {
    nodes[name] = host.partitioned ? "unknown" : host.maintenance ? "maintenance" : "online";
    if (host.maintenance) requests[name]["maintenance"] = 1;
  }
  status["node_status"] = nodes;
  if (!requests.empty()) status["node_request"] = requests;
  auto& services = status["service_status"] = nlohmann::ordered_json::object();
  for (const auto& [sid, service] : services_) {
    const GuestState* guest = model_.guest(service.id);
    auto& one = services[sid];
    one["node"] = guest->host;
    one["state"] = service.state;
    if (service.state == "migrate") one["target"] = service.target;
    one["running"] = guest->running ? 1 : 0;
    if (!service.return_to.empty()) one["maintenance_node"] = service.return_to;
    one["uid"] = "Qz1cJm7wS0aXx1kq" + std::to_string(service.id);
  }
  status["timestamp"] =
      static_cast<long long>(std::floor(model_.unix_seconds(hosts.begin()->second, second)));
  return status.dump();
}

std::string HaManager::lrm_status(const std::string& host, double second) {
  const HostState& state = *model_.host(host);
  nlohmann::ordered_json status;
  status["results"] = nlohmann::ordered_json::object();
  status["timestamp"] = static_cast<long long>(std::floor(model_.unix_seconds(state, second)));
  status["mode"] = state.maintenance ? "maintenance" : "active";
  status["state"] = any() ? "active" : "wait_for_agent_lock";
  return status.dump();
}

}  // namespace pcb::lab
