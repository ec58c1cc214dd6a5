// The view of one plan: what it would bring as a picture and in figures, its moves with the yes and no to
// each, what stays and why, and what a person could do about it.
//
// Pure. Its parts are in plan_page.cpp (figures, moves, decisions) and plan_stays.cpp (what stays).
// Tested by tests/evaluator/page_plan_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluator/journal/act_records.h"
#include "evaluator/page/frame.h"
#include "evaluator/planner/planner.h"

namespace pcb {

// One guest that was asked about.
struct Explained {
  std::string id, name, host;
  std::vector<std::pair<std::string, Verdict>> targets;  // by name
};

struct PlanView {
  std::optional<PlanRecord> record;  // absent: there is no plan
  std::optional<Plan> plan;          // its document; absent: it cannot be read
  std::vector<MoveRecord> moves;
  std::vector<DecisionRecord> decisions;  // on the whole plan and on its moves
  std::optional<OutcomeRecord> outcome;   // what came of it
  bool serves_errand = false;             // a drain or return: who asked for it has decided
  double approval_ttl_seconds = 3600;
  std::string filter;                // ?q=: what the rejections are searched for
  std::string asked;                 // ?guest=: who is asked about
  std::vector<Explained> explained;  // the guests of that name
};

std::string plan_page_html(const PlanView& plan, const Frame& frame);

// The parts that the view of a plan that was only asked for ("what if") has as well. `cluster` may be null.
std::string plan_figures_html(const Plan& plan);
std::string plan_picture_html(const Plan& plan, const Cluster* cluster, bool of_now);
std::string plan_moves_html(const Plan& plan);
std::string plan_fixes_html(const Plan& plan, const Cluster* cluster);
std::string plan_stays_html(const Plan& plan, const Cluster* cluster, const std::string& filter);
std::string explained_html(const PlanView& view, const Frame& frame);

// "db (lxc/103)"; the bare id where the cluster does not know it.
std::string guest_words(const Cluster* cluster, const std::string& id);

}  // namespace pcb
