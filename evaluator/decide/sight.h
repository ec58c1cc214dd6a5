// What Alertmanager says of an incident's alerts, right before a start.
//
// Pure. `lists` are the answers of every Alertmanager of the group. Silences are gossiped: one that says
// "silenced", "inhibited" or "muted" is believed at once, one that says "active" is enough when none does,
// and when none answers nothing is known. Only alerts that go to our receiver count. Tested by
// tests/evaluator/sight_test.cpp (silence_…).
#pragma once

#include <string>
#include <vector>

#include "evaluator/decide/envelope.h"
#include "evaluator/decide/incidents.h"
#include "evaluator/decide/webhook.h"

namespace pcb {

struct Sight {
  AlertSight is = AlertSight::unreachable;
  std::string sentence;  // why it is not active
};

Sight sight_of(const Incident& incident, const std::vector<Result<std::string>>& lists,
               const std::string& receiver);

}  // namespace pcb
