// An alert as Alertmanager tells it, and what it means to this program.
//
// Pure values. An alert's identity is its fingerprint (a hash of its labels, made by Alertmanager) and when
// it began; its key adds the status, so that "firing" and "resolved" are two facts. Times are milliseconds
// since 1970. judge() is the alert contract of docs/alerts.md: only balancer="relieve", id="node/<host>",
// resource="cpu|memory" and our cluster make a plan; everything else is stored and told, never planned.
// Tested by tests/evaluator/alert_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pcb {

enum class AlertStatus { firing, resolved };
enum class AlertSource { webhook, alertmanager };  // alertmanager: read from /api/v2/alerts
enum class Resource { cpu, memory };

struct Alert {
  std::string fingerprint;
  AlertStatus status = AlertStatus::firing;
  std::int64_t starts_at_ms = 0;
  std::optional<std::int64_t> ends_at_ms;
  std::map<std::string, std::string> labels, annotations;
  AlertSource source = AlertSource::webhook;

  [[nodiscard]] std::string label(const std::string& name) const;  // "" when absent
};

enum class AlertUse {
  relieve,    // opens, refreshes or closes an incident
  tell,       // stored and told
  foreign,    // of another cluster: stored, neither told nor planned
  heartbeat,  // the always-firing alert that shows that the way to us is open
  own         // this program's own alert coming back: dropped
};

struct AlertVerdict {
  AlertUse use = AlertUse::tell;
  std::string host;  // of relieve
  Resource resource = Resource::cpu;
  std::string reason;  // a sentence: why it is not planned, or what it asks for
};

AlertVerdict judge(const Alert& alert, std::string_view cluster);

// What a Proxmox node can be called: letters, digits, inner dashes, at most 63 bytes.
bool is_host_name(std::string_view name);

const char* name_of(AlertStatus status);
const char* name_of(AlertSource source);
const char* name_of(AlertUse use);
const char* name_of(Resource resource);
std::optional<Resource> resource_from(std::string_view name);

}  // namespace pcb
