// Where messages go: the log, JSON webhooks, Alertmanager, Grafana, e-mail.
//
// A sink is used by one thread, its own. send() may take as long as its timeout; its error is kept in the
// outbox and never holds a secret, a URL that is one neither. Targets come from config.yaml alone, never from
// a message. make_sinks() reads the files that templates are in. Tested by tests/evaluator/sinks_test.cpp and
// tests/e2e/mail_test.py.
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
  // Whether many messages at once may come as one: for receivers that are people.
  [[nodiscard]] virtual bool takes_digests() const { return false; }
};

Result<std::vector<std::unique_ptr<Sink>>> make_sinks(const Config& config);

// Which of them a message goes to, by notify.on, and each sink's own `on` and `severity`. What is critical
// goes to all. Pure.
std::vector<std::string> sinks_for(const NotifyConfig& config, const std::string& event,
                                   const std::string& severity);

}  // namespace pcb
