// Where messages go: the log, and JSON webhooks.
//
// A sink is used by one thread, its own. send() may take as long as its timeout; its error is kept in the
// outbox. The JSON (schema balancer.message/1) carries event_key: the outbox delivers at least once, a
// receiver that must not see a message twice drops keys it knows. Targets come from config.yaml alone, never
// from a message. Tested by tests/evaluator/outbox_test.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "common/result.h"
#include "evaluator/journal/records.h"

namespace pcb {

class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  virtual Status send(const Notification& notification) = 0;
};

std::vector<std::unique_ptr<Sink>> make_sinks(const NotifyConfig& config, const std::string& cluster);
std::vector<std::string> sink_names(const NotifyConfig& config);

std::string message_json(const Notification& notification, const std::string& cluster);

}  // namespace pcb
