// What Alertmanager says of an incident's alerts: for the loop, which plans nothing for a silenced one, and
// for the actor right before a start.
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

// Why the incident counts as silenced; empty: it does not. Of its alerts one must be active that no
// Alertmanager suppresses, and no Alertmanager may know none but suppressed ones. One that lists nothing says
// nothing.
std::string suppression_of(const Incident& incident, const std::vector<AlertList>& lists,
                           const std::string& receiver);

// Before a start: an alert must also be seen active.
Sight sight_of(const Incident& incident, const std::vector<Result<std::string>>& lists,
               const std::string& receiver);

}  // namespace pcb
