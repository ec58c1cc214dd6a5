#include "evaluator/decide/alert.h"

#include <algorithm>

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::string_view kHostPrefix = "node/";

std::string quoted(std::string_view value) {
  return "\"" + text::printable(text::shortened(value, 80)) + "\"";
}

AlertVerdict told(std::string reason) { return {AlertUse::tell, "", Resource::cpu, std::move(reason)}; }

}  // namespace

std::string Alert::label(const std::string& name) const {
  const auto found = labels.find(name);
  return found == labels.end() ? "" : found->second;
}

AlertVerdict judge(const Alert& alert, std::string_view cluster) {
  if (alert.label("origin") == "balancer") {
    return {AlertUse::own, "", Resource::cpu, "it is this program's own alert (origin=\"balancer\")"};
  }
  if (const std::string theirs = alert.label("cluster"); theirs != cluster) {
    if (!theirs.empty()) {
      return {AlertUse::foreign, "", Resource::cpu,
              "it belongs to cluster " + quoted(theirs) + ", this evaluator serves " + quoted(cluster)};
    }
    if (alert.label("balancer") == "relieve") {
      return {AlertUse::foreign, "", Resource::cpu,
              "it has no cluster label; add cluster=" + quoted(cluster) + " in the scrape configuration"};
    }
  }
  const std::string ask = alert.label("balancer");
  if (ask == "heartbeat") {
    return {AlertUse::heartbeat, "", Resource::cpu, "it shows that alerts reach this evaluator"};
  }
  if (ask.empty()) return told("it has no label balancer=\"relieve\"");
  if (ask != "relieve") return told("its label balancer is " + quoted(ask) + ", only \"relieve\" is planned");
  const std::string id = alert.label("id");
  if (id.compare(0, kHostPrefix.size(), kHostPrefix) != 0) {
    return told("its id is " + quoted(id) + ", only a host (\"node/<host>\") can be relieved");
  }
  const std::string host = id.substr(kHostPrefix.size());
  if (!is_host_name(host)) return told("its id " + quoted(id) + " does not hold the name of a Proxmox host");
  const auto resource = resource_from(alert.label("resource"));
  if (!resource) {
    return told("its resource is " + quoted(alert.label("resource")) +
                ", only cpu and memory can be relieved");
  }
  return {AlertUse::relieve, host, *resource,
          host + " asks for relief of its " + (*resource == Resource::cpu ? "CPU" : "memory")};
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

const char* name_of(AlertStatus status) { return status == AlertStatus::firing ? "firing" : "resolved"; }
const char* name_of(AlertSource source) {
  return source == AlertSource::webhook ? "webhook" : "alertmanager";
}
const char* name_of(Resource resource) { return resource == Resource::cpu ? "cpu" : "memory"; }

const char* name_of(AlertUse use) {
  switch (use) {
    case AlertUse::relieve:
      return "relieve";
    case AlertUse::tell:
      return "tell";
    case AlertUse::foreign:
      return "foreign";
    case AlertUse::heartbeat:
      return "heartbeat";
    case AlertUse::own:
      return "own";
  }
  return "tell";
}

std::optional<Resource> resource_from(std::string_view name) {
  if (name == "cpu") return Resource::cpu;
  if (name == "memory") return Resource::memory;
  return std::nullopt;
}

}  // namespace pcb
