#include "common/text.h"
#include "exporter/render_pve.h"

namespace pcb {
namespace {

std::string quoted(std::string_view hostile) { return "\"" + text::json_escape(hostile) + "\""; }

void add_label(std::string& json, std::string_view name, std::string_view value) {
  json += (json.ends_with('{') ? "" : ", ") + quoted(name) + ": " + quoted(value);
}

std::string_view state_word(HostState state) {
  switch (state) {
    case HostState::online:
      return "online";
    case HostState::offline:
      return "offline";
    case HostState::maintenance:
      return "maintenance";
    case HostState::unknown:
      break;
  }
  return "unknown";
}

}  // namespace

std::string render_discovery(const Snapshot& snapshot) {
  std::string json = "[";
  for (const auto& host : snapshot.hosts) {
    if (!host.configured) continue;
    std::string labels = "{";
    if (!snapshot.cluster.empty()) add_label(labels, "cluster", snapshot.cluster);
    add_label(labels, "__meta_pve_node", host.document.name);
    if (!host.address.empty()) add_label(labels, "__meta_pve_address", host.address);
    add_label(labels, "__meta_pve_state", state_word(host.document.state.value_or(HostState::unknown)));
    if (host.document.pve_version) add_label(labels, "__meta_pve_version", *host.document.pve_version);
    json += json.ends_with('[') ? "\n" : ",\n";
    json += "  {\"targets\": [" + quoted(host.document.name) + "], \"labels\": " + labels + "}}";
  }
  return json + "\n]\n";
}

}  // namespace pcb
