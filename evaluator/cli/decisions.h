// A person's yes or no to a plan or to one of its moves, and the switches a person sets.
//
// Inside a transaction of the journal: who decides second is told by whom it was decided. A yes is bound to
// the plan that stands; another plan needs another yes. What is decided is recorded with who, from where, and
// the plan's digest. Tested by tests/evaluator/decisions_test.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "evaluator/journal/tables.h"

namespace pcb {

struct Decider {
  std::string actor, address;
};

// A name as it may stand in the journal: never empty, never the evaluator's own.
Decider decider_of(const std::string& name, const std::string& address);

struct Question {
  std::int64_t plan_id = 0;  // 0: the plan that stands
  std::int64_t move_id = 0;  // 0: the whole plan
  bool approves = false;
  std::string digest;  // as the person saw it; empty: not compared
  std::string mode;    // the evaluator is in
  std::string reason;  // the person's, for the record; may be empty
};

inline constexpr const char* kNoSuchPlan = "there is no such plan";
inline constexpr const char* kNoSuchMove = "there is no such move";

struct Answer {
  int status = 200;  // of HTTP: 404 no such plan or move, 409 it cannot be decided (any more)
  std::string sentence;
};

Result<Answer> decide(Tables& tables, const Question& question, const Decider& who, double now);

// Closes the breaker.
Result<Answer> reset_breaker(Tables& tables, const Decider& who, const std::string& reason, double now);
// Begins to empty a host ("drain") or to give it its guests back ("return"); one at a time.
Result<Answer> begin_errand(Tables& tables, const ErrandRecord& errand, const std::string& mode, double now);
Result<Answer> cancel_errand(Tables& tables, const Decider& who, double now);
// Records that the red button was pressed or released.
Status note_button(Tables& tables, bool pressed, const Decider& who, const std::string& reason, double now);

}  // namespace pcb
