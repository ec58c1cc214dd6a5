#include "evaluator/cli/decisions.h"

#include <algorithm>
#include <vector>

#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/cli/errand_maintenance.h"
#include "evaluator/decide/move_steps.h"

namespace pcb {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr const char* kMyself = "evaluator";
constexpr const char* kNobody = "operator";

std::string was_decided(const DecisionRecord& decision) {
  return "already decided: " + decision.actor + (decision.approves ? " approved" : " rejected") + " it at " +
         format_rfc3339(decision.at);
}

// Why what was approved will not come about; empty: nothing was cancelled.
Result<std::string> cancelled_since(Tables& tables, const DecisionRecord& decision) {
  if (!decision.approves) return std::string();
  const auto moves = tables.moves_of_plan(decision.plan_id);
  if (!moves) return moves.error();
  const auto cancelled = std::find_if(moves->begin(), moves->end(), [&](const MoveRecord& move) {
    return move.state == MoveState::cancelled && (decision.move_id == 0 || move.id == decision.move_id) &&
           move.changed_at >= decision.at;
  });
  return cancelled == moves->end() ? std::string() : ", and it was cancelled since: " + cancelled->reason;
}

// Whether somebody has decided it, alone or as part of its plan.
Result<std::optional<DecisionRecord>> earlier(Tables& tables, std::int64_t plan_id, std::int64_t move_id) {
  auto whole = tables.decision_of(plan_id, 0);
  if (!whole || *whole || move_id == 0) return whole;
  return tables.decision_of(plan_id, move_id);
}

Result<std::optional<PlanRecord>> plan_asked_for(Tables& tables, const Question& question) {
  if (question.move_id != 0) {
    const auto move = tables.move_by_id(question.move_id);
    if (!move) return move.error();
    if (!*move) return std::optional<PlanRecord>();
    return tables.plan_by_id((*move)->plan_id);
  }
  return question.plan_id == 0 ? tables.standing_plan() : tables.plan_by_id(question.plan_id);
}

Status settle(Tables& tables, const MoveRecord& move, const Question& question, const Decider& who,
              double now) {
  const std::string word = question.approves ? "approved" : "rejected";
  const std::string reason = word + " by " + who.actor + (who.address.empty() ? "" : " from " + who.address) +
                             (question.reason.empty() ? "" : ": " + question.reason);
  auto done = tables.change_move(move.id, question.approves ? MoveState::approved : MoveState::cancelled,
                                 who.actor, reason, now);
  return done ? tables.add_event({now, "move", who.actor, move.guest, reason}) : done;
}

}  // namespace

Decider decider_of(const std::string& name, const std::string& address) {
  const std::string clean = text::shortened(text::printable(text::trim(name)), kLongestName);
  return {clean.empty() || clean == kMyself ? kNobody : clean, address};
}

Result<Answer> decide(Tables& tables, const Question& question, const Decider& who, double now) {
  const auto plan = plan_asked_for(tables, question);
  if (!plan) return plan.error();
  if (!*plan) return Answer{404, question.move_id != 0 ? kNoSuchMove : kNoSuchPlan};
  const std::string name = "plan " + std::to_string((*plan)->id);
  const auto decided = earlier(tables, (*plan)->id, question.move_id);
  if (!decided) return decided.error();
  if (*decided) {
    const auto since = cancelled_since(tables, **decided);
    if (!since) return since.error();
    return Answer{409, was_decided(**decided) + *since};
  }
  if (!(*plan)->stands)
    return Answer{409, name + " does not stand any more; see `balancer-evaluator status`"};
  // It would be planned again at the next tick: who asked for the errand has decided.
  const auto errand = tables.active_errand();
  if (!errand) return errand.error();
  if (*errand && (*errand)->plan_id == (*plan)->id)
    return Answer{409, name + " serves " + (*errand)->kind + " " + (*errand)->host +
                           ", which needs no approval; `balancer-evaluator cancel` ends it"};
  if (!question.digest.empty() && question.digest != (*plan)->digest)
    return Answer{409, name + " is not the plan that was looked at; look again"};
  if (question.approves && question.mode == "suggest") {
    return Answer{409, "the mode is suggest, so nothing is moved: set evaluator.mode to approve"};
  }
  auto moves = tables.moves_of_plan((*plan)->id);
  if (!moves) return moves.error();
  std::vector<MoveRecord> waiting;
  std::copy_if(moves->begin(), moves->end(), std::back_inserter(waiting), [&](const MoveRecord& move) {
    return move.state == MoveState::proposed && (question.move_id == 0 || move.id == question.move_id);
  });
  if (waiting.empty()) return Answer{409, "no move of " + name + " waits for a decision"};
  auto done = tables.decide(
      {now, (*plan)->id, question.move_id, question.approves, who.actor, who.address, (*plan)->digest});
  for (std::size_t i = 0; done && i < waiting.size(); ++i)
    done = settle(tables, waiting[i], question, who, now);
  if (!done) return done.error();
  return Answer{200, std::string(question.approves ? "approved: " : "rejected: ") +
                         std::to_string(waiting.size()) + (waiting.size() == 1 ? " move of " : " moves of ") +
                         name};
}

Result<Answer> reset_breaker(Tables& tables, const Decider& who, const std::string& reason, double now) {
  const auto last = tables.newest_switch(SwitchName::breaker);
  if (!last) return last.error();
  if (!*last || !(*last)->on) return Answer{200, "the breaker is closed already"};
  auto done = tables.set_switch({now, SwitchName::breaker, false, who.actor, who.address, reason});
  if (done) done = tables.add_event({now, "switch", who.actor, "breaker", "closed: " + reason});
  if (!done) return done.error();
  return Answer{200, "the breaker is closed"};
}

Result<Answer> begin_errand(Tables& tables, const ErrandRecord& errand, const std::string& mode, double now) {
  if (mode == "suggest")
    return Answer{409,
                  "the mode is suggest, so nothing is moved: set evaluator.mode to approve, or plan with "
                  "`balancer-evaluator plan --goal drain:HOST`"};
  const auto active = tables.active_errand();
  if (!active) return active.error();
  if (*active)
    return Answer{409, (*active)->kind + " " + (*active)->host + " is under way: " + (*active)->progress +
                           "; `balancer-evaluator cancel` ends it"};
  const auto id = tables.begin_errand(errand);
  if (!id) return id.error();
  const auto told = tables.add_event({now, "errand", errand.actor, errand.kind + " " + errand.host, "begun"});
  if (!told) return told.error();
  return Answer{
      200, errand.kind + " " + errand.host + " has begun; `balancer-evaluator status` shows how far it is"};
}

Result<Answer> cancel_errand(Tables& tables, const Decider& who, double now) {
  auto active = tables.active_errand();
  if (!active) return active.error();
  if (!*active) return Answer{404, "no drain and no return is under way"};
  ErrandRecord errand = **active;
  errand.state = "cancelled";
  errand.ended_at = now;
  const auto moves = tables.moves_of_plan(errand.plan_id);  // of none, while there is no plan
  if (!moves) return moves.error();
  auto done = tables.save_errand(errand);
  for (const MoveRecord& move : *moves) {
    if (done && is_waiting(move.state))
      done = tables.change_move(move.id, MoveState::cancelled, who.actor, "the errand was cancelled", now);
  }
  if (done) done = tables.add_event({now, "errand", who.actor, errand.kind + " " + errand.host, "cancelled"});
  if (!done) return done.error();
  const auto maintained = maintained_guests(tables, errand.host);
  if (!maintained) return maintained.error();
  return Answer{200, errand.kind + " " + errand.host + " is cancelled; what runs is finished" +
                         (maintained->empty() ? "" : "; " + in_maintenance_until_return(errand.host))};
}

Status note_button(Tables& tables, bool pressed, const Decider& who, const std::string& reason, double now) {
  auto done = tables.set_switch({now, SwitchName::red_button, pressed, who.actor, who.address, reason});
  if (!done) return done;
  return tables.add_event(
      {now, "switch", who.actor, "red button", (pressed ? "pressed: " : "released: ") + reason});
}

}  // namespace pcb
