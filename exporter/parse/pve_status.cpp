#include "exporter/parse/pve_status.h"

#include <nlohmann/json.hpp>

#include "common/text.h"

namespace pcb {
namespace {

using Json = nlohmann::json;

Result<Json> read_object(std::string_view text, std::string_view what) {
  auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Error{std::string(what) + " is torn or not what Proxmox writes"};
  return json;
}

const Json* find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_at(const Json& object, const char* key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

// Perl writes numbers sometimes as strings.
std::optional<double> number_at(const Json& object, const char* key) {
  const auto* value = find(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  if (value->is_string()) return text::to_double(value->get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<std::uint64_t> counter(const Json& value) {
  return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

bool is_guest_number(std::string_view digits) {
  const auto number = text::to_uint64(digits);
  return number && *number > 0 && !digits.starts_with('0');
}

}  // namespace

std::string guest_of_ha_sid(std::string_view sid) {
  if (sid.size() < 4 || !is_guest_number(sid.substr(3))) return {};
  if (sid.starts_with("ct:")) return "lxc/" + std::string(sid.substr(3));
  if (sid.starts_with("vm:")) return "qemu/" + std::string(sid.substr(3));
  return {};
}

Result<Members> parse_members(std::string_view text) {
  const auto json = read_object(text, ".members");
  if (!json.ok()) return json.error();
  Members members;
  members.node_name = text_at(*json, "nodename");
  if (members.node_name.empty()) return Error{".members does not name its node"};
  const auto* cluster = find(*json, "cluster");
  if (cluster == nullptr) return members;
  const auto* nodes = find(*json, "nodelist");
  if (!cluster->is_object() || nodes == nullptr || !nodes->is_object()) return Error{".members is torn"};
  members.clustered = true;
  members.cluster_name = text_at(*cluster, "name");
  members.version = number_at(*cluster, "version");
  if (const auto quorate = number_at(*cluster, "quorate")) members.quorate = *quorate == 1;
  for (const auto& [name, value] : nodes->items()) {
    if (!value.is_object()) return Error{".members is torn"};
    Members::Node node;
    if (const auto id = number_at(value, "id"); id && *id >= 0 && *id < 1e6) node.id = static_cast<int>(*id);
    node.online = number_at(value, "online").value_or(0) == 1;
    node.address = text_at(value, "ip");
    members.nodes.emplace(name, std::move(node));
  }
  return members;
}

Result<VmList> parse_vmlist(std::string_view text) {
  const auto json = read_object(text, ".vmlist");
  if (!json.ok()) return json.error();
  if (find(*json, "version") == nullptr) return Error{".vmlist has no version"};
  VmList list;
  const auto* ids = find(*json, "ids");
  if (ids == nullptr) return list;  // an empty cluster
  if (!ids->is_object()) return Error{".vmlist is torn"};
  for (const auto& [number, value] : ids->items()) {
    if (!value.is_object() || !is_guest_number(number)) return Error{".vmlist is torn"};
    const auto type = text_at(value, "type");
    VmList::Entry entry{text_at(value, "node"), 0};
    if ((type != "lxc" && type != "qemu") || entry.node.empty()) continue;
    if (const auto* version = find(value, "version")) entry.version = counter(*version).value_or(0);
    list.guests.emplace(type + "/" + number, std::move(entry));
  }
  return list;
}

Result<std::map<std::string, std::uint64_t>> parse_version(std::string_view text) {
  const auto json = read_object(text, ".version");
  if (!json.ok()) return json.error();
  std::map<std::string, std::uint64_t> counters;
  for (const auto& [name, value] : json->items()) {
    if (const auto number = counter(value)) counters.emplace(name, *number);
  }
  if (!counters.contains("vmlist")) return Error{".version does not count .vmlist"};
  return counters;
}

Result<HaStatus> parse_manager_status(std::string_view text) {
  const auto json = read_object(text, "ha/manager_status");
  if (!json.ok()) return json.error();
  HaStatus status;
  status.timestamp = number_at(*json, "timestamp").value_or(0);
  status.disarmed = find(*json, "disarm") != nullptr;
  if (const auto* nodes = find(*json, "node_status"); nodes != nullptr && nodes->is_object()) {
    for (const auto& [name, value] : nodes->items()) {
      if (!value.is_string()) continue;
      status.nodes.emplace(name, value.get<std::string>());
      if (value == "maintenance") status.in_maintenance[name] = true;
    }
  }
  if (const auto* requests = find(*json, "node_request"); requests != nullptr && requests->is_object()) {
    for (const auto& [name, value] : requests->items()) {
      if (value.is_object() && number_at(value, "maintenance").value_or(0) == 1)
        status.in_maintenance[name] = true;
    }
  }
  if (const auto* services = find(*json, "service_status"); services != nullptr && services->is_object()) {
    for (const auto& [sid, value] : services->items()) {
      const auto guest = guest_of_ha_sid(sid);
      if (guest.empty() || !value.is_object()) continue;
      const bool moving = find(value, "cmd") != nullptr || !text_at(value, "target").empty();
      status.services.emplace(guest,
                              HaStatus::Service{text_at(value, "node"), text_at(value, "state"), moving});
    }
  }
  return status;
}

Result<std::string> parse_lrm_mode(std::string_view text) {
  const auto json = read_object(text, "lrm_status");
  if (!json.ok()) return json.error();
  return text_at(*json, "mode");
}

Result<std::vector<ReplicationState>> parse_replication_state(std::string_view text) {
  const auto json = read_object(text, "the state of replication");
  if (!json.ok()) return json.error();
  std::vector<ReplicationState> states;
  for (const auto& [guest, jobs] : json->items()) {
    if (!jobs.is_object()) continue;
    for (const auto& [job, value] : jobs.items()) {  // "local/pve2"
      const auto slash = job.rfind('/');
      if (!value.is_object() || slash == std::string::npos) continue;
      ReplicationState state;
      state.guest = guest;
      state.target = job.substr(slash + 1);
      if (const auto at = number_at(value, "last_sync"); at && *at > 0) state.last_sync_at = at;
      state.last_try_at = number_at(value, "last_try");
      state.duration_seconds = number_at(value, "duration");
      state.failed_syncs = number_at(value, "fail_count");
      state.ok = state.failed_syncs.value_or(0) == 0;
      state.running = number_at(value, "pid").has_value();
      states.push_back(std::move(state));
    }
  }
  return states;
}

}  // namespace pcb
