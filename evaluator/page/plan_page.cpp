#include "evaluator/page/plan_page.h"

#include <algorithm>
#include <cmath>

#include "common/text.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::ago;
using html::escaped;
using html::note;

std::string steps_text(const std::vector<int>& steps) {
  std::string list;
  for (const int step : steps) list += (list.empty() ? "" : ", ") + std::to_string(step);
  return html::whole(list.empty() ? "at once" : "step " + list);
}

std::string costs(double downtime_seconds, double copy_bytes) {
  return html::whole(downtime_seconds > 0 ? "down for " + text::human_duration(downtime_seconds)
                                          : "no downtime") +
         (copy_bytes > 0 ? ", " + html::whole("copies " + text::human_bytes(copy_bytes)) : "");
}

std::string method_words(const std::string& method) {
  if (method == "live") return "live: it goes on running";
  if (method == "restart") return "restart: it is stopped, moved and started";
  if (method == "offline") return "offline: it is stopped already";
  if (method == "ha") return "by Proxmox's HA manager";
  return escaped(method);
}

const DecisionRecord* decision_on(const PlanView& view, std::int64_t move_id) {
  for (const DecisionRecord& decision : view.decisions)
    if (decision.move_id == move_id) return &decision;
  return nullptr;
}

std::string decided(const DecisionRecord& decision, double now) {
  return std::string(decision.approves ? "approved" : "rejected") + " by <strong>" + escaped(decision.actor) +
         "</strong>" + (decision.address.empty() ? "" : " from " + escaped(decision.address)) + " " +
         ago(now, decision.at);
}

bool may_be_decided(const PlanView& view, const Frame& frame) {
  return view.record->stands && !view.serves_errand && decision_on(view, 0) == nullptr &&
         frame.view != nullptr && frame.view->mode != "suggest";
}

std::string question_fields(const PlanView& view) { return html::hidden("digest", view.record->digest); }

std::string path_of(const char* kind, std::int64_t id, const char* verdict) {
  return std::string("/api/v1/") + kind + "/" + std::to_string(id) + "/" + verdict;
}

// The yes and no to one move.
std::string move_forms(const PlanView& view, const MoveRecord& move, const Frame& frame) {
  if (move.state != MoveState::proposed || !may_be_decided(view, frame) ||
      decision_on(view, move.id) != nullptr)
    return "";
  const std::string fields = question_fields(view);
  const std::string about = "step " + std::to_string(move.step) + ", " + move.name + " to " + move.to;
  return form_of({path_of("moves", move.id, "approve"), "Approve this one", "yes", fields, false, about},
                 frame) +
         form_of({path_of("moves", move.id, "reject"), "Reject it", "no", fields, true, about}, frame);
}

// How long a yes still counts.
std::string expiry(const PlanView& view, const MoveRecord& move, double now) {
  if (move.state != MoveState::approved) return "";
  const DecisionRecord* decision = decision_on(view, move.id);
  if (decision == nullptr) decision = decision_on(view, 0);
  if (decision == nullptr) return "";
  return note("small", "the approval ends " + html::until(now, decision->at + view.approval_ttl_seconds));
}

std::string state_cell(const PlanView& view, const MoveRecord& move, const Frame& frame) {
  std::string cell =
      "<strong class=\"state " + std::string(name_of(move.state)) + "\">" + name_of(move.state) + "</strong>";
  if (const DecisionRecord* decision = decision_on(view, move.id))
    cell += "<p class=\"small\">" + decided(*decision, frame.now) + "</p>";
  if (move.state != MoveState::proposed && !move.reason.empty())
    cell += "<p class=\"small dim\">" + escaped(move.reason) + "</p>";
  return cell + expiry(view, move, frame.now) + move_forms(view, move, frame);
}

std::string moves_html(const PlanView& view, const Frame& frame) {
  html::Table table("The moves, in the order they are carried out",
                    {"Step", "Guest", "From", "To", "How", "Cost", "After", "Why", "State"});
  for (const MoveRecord& move : view.moves)
    table.row(
        {std::to_string(move.step),
         escaped(move.name) + " <span class=\"dim\">" + escaped(move.guest) + "</span>", escaped(move.from),
         escaped(move.to), method_words(move.method), costs(move.downtime_seconds, move.copy_bytes),
         steps_text(move.after), escaped(move.why), state_cell(view, move, frame)},
        "step-" + std::to_string(move.step));
  return table.str("This plan moves nothing.");
}

// The yes was not acted on in its time.
std::string expired_html(const PlanView& view, const DecisionRecord& decision) {
  const bool expired =
      decision.approves && std::any_of(view.moves.begin(), view.moves.end(), [&](const MoveRecord& move) {
        return move.state == MoveState::cancelled &&
               move.changed_at >= decision.at + view.approval_ttl_seconds;
      });
  if (!expired) return "";
  return note("warn", "<strong>The approval has expired.</strong> It counted for " +
                          escaped(text::human_duration(view.approval_ttl_seconds)) +
                          "; what had not begun by then was cancelled. As long as the alert fires a new plan "
                          "is made, which <a href=\"/plan\">can be approved</a>.");
}

// The decision on the whole plan, or the forms for it, or why there is nothing to decide.
std::string decision_html(const PlanView& view, const Frame& frame) {
  const auto waiting = static_cast<std::size_t>(
      std::count_if(view.moves.begin(), view.moves.end(),
                    [](const MoveRecord& move) { return move.state == MoveState::proposed; }));
  if (const DecisionRecord* whole = decision_on(view, 0))
    return note("ok", "The plan was " + decided(*whole, frame.now) + ".") + expired_html(view, *whole);
  if (!view.record->stands)
    return note("dim", "This plan does not stand any more: a newer one, or none, has taken its place.");
  if (view.serves_errand)
    return note("dim", "It serves a drain or a return, which a person has asked for: it needs no approval.");
  if (waiting == 0) return note("dim", "No move of it waits for a decision.");
  if (frame.view == nullptr || frame.view->mode == "suggest")
    return note("dim",
                "The mode is suggest: nothing is moved, whatever is decided. evaluator.mode in config.yaml "
                "changes that.");
  std::string html = "<p><strong>" + html::plural(waiting, "move waits", "moves wait") +
                     " for a decision.</strong> A yes counts for " +
                     escaped(text::human_duration(view.approval_ttl_seconds)) +
                     ", while the alert fires; every move is checked again before it starts.</p>\n";
  if (!frame.visitor.may_decide) {
    if (frame.visitor.user.empty())
      return html + note("", "To decide, <a class=\"button\" href=\"" +
                                 html::link_of("/login", {{"next", frame.path}}) + "\">log in</a>");
    return html + note("dim", "You may look, but not decide.");
  }
  return html + "<div class=\"deeds\">" +
         form_of({path_of("plans", view.record->id, "approve"),
                  waiting == 1 ? "Approve the move" : "Approve all " + std::to_string(waiting) + " moves",
                  "yes", question_fields(view), false, ""},
                 frame) +
         form_of({path_of("plans", view.record->id, "reject"), "Reject the plan", "no", question_fields(view),
                  true, "rejecting the plan"},
                 frame) +
         "</div>\n";
}

std::string outcome_html(const OutcomeRecord& outcome) {
  std::string html =
      "<p>Predicted was a highest use of " + text::percent(outcome.predicted_peak) + " of its limit";
  if (outcome.achieved_peak)
    html += ", it came to <strong>" + text::percent(*outcome.achieved_peak) + "</strong>";
  html += ". " + (outcome.verdict == "pending" ? std::string("It is measured once the load has settled.")
                                               : escaped(outcome.sentence));
  return html + "</p>\n";
}

std::string figure_row(const char* name, const std::string& before, const std::string& after,
                       const std::string& bound) {
  return std::string("<div><dt>") + name + "</dt><dd>" + before + " → <strong>" + after +
         "</strong> <span class=\"dim\">" + bound + "</span></dd></div>\n";
}

std::string points(double more) {
  const double rounded = std::round(more * 1000) / 10;
  return rounded <= 0 ? "nothing can be better"
                      : text::number(rounded) + " points from what no plan can beat";
}

}  // namespace

std::string plan_figures_html(const Plan& plan) {
  if (plan.goal == "place" || plan.goal == "survive" || plan.result == PlanResult::refused) return "";
  std::string list = "<dl class=\"figures\">\n";
  list += figure_row(
      "Peak", text::percent(plan.before.peak), text::percent(plan.after.peak),
      "proven bound " + text::percent(plan.bound.peak) + ": " + points(plan.after.peak - plan.bound.peak));
  list += figure_row("Overload", text::percent(plan.before.overload), text::percent(plan.after.overload),
                     "proven bound " + text::percent(plan.bound.overload) + ": " +
                         points(plan.after.overload - plan.bound.overload));
  list +=
      figure_row("Imbalance", text::percent(plan.before.imbalance), text::percent(plan.after.imbalance), "");
  list += "<div><dt>Cost</dt><dd><strong>" + text::number(std::round(plan.after.cost * 100) / 100) +
          "</strong> <span class=\"dim\">moves, and what they copy and interrupt</span></dd></div>\n";
  return list + "</dl>\n";
}

std::string plan_moves_html(const Plan& plan) {
  html::Table table("The moves, in the order they would be carried out",
                    {"Step", "Guest", "From", "To", "How", "Cost", "After", "Why"});
  for (const Move& move : plan.moves)
    table.row({std::to_string(move.step),
               escaped(move.name) + " <span class=\"dim\">" + escaped(move.guest) + "</span>",
               escaped(move.from), escaped(move.to), method_words(move.method),
               costs(move.downtime_seconds, move.copy_bytes), steps_text(move.after), escaped(move.why)});
  return table.str("It would move nothing.");
}

std::string plan_page_html(const PlanView& view, const Frame& frame) {
  if (!view.record) {
    return html::section("plan", "No plan stands",
                         note("",
                              "A plan is made while an alert asks for relief and nothing holds the evaluator "
                              "back; <a href=\"/whatif\">what if</a> makes one without doing anything.")) +
           html::section("why", "Why is a guest where it is?", explained_html(view, frame));
  }
  const Cluster* cluster = frame.view != nullptr && frame.view->document ? &*frame.view->document : nullptr;
  std::string summary = "<p>" + escaped(view.record->goal) + ", made " +
                        ago(frame.now, view.record->made_at) + ": " + escaped(view.record->reason) +
                        "</p>\n<p class=\"small\"><a href=\"/plans/" + std::to_string(view.record->id) +
                        "\">Permanent link</a> · <a href=\"/api/v1/plans/" + std::to_string(view.record->id) +
                        "\">JSON</a></p>\n" + decision_html(view, frame);
  if (view.outcome) summary += outcome_html(*view.outcome);
  std::string page = html::section("plan", "Plan " + std::to_string(view.record->id), summary);
  page += html::section("moves", "Moves", moves_html(view, frame));
  if (!view.plan) return page + note("warn", "The document of this plan cannot be read any more.");
  page +=
      html::section("picture", "Before and after",
                    plan_figures_html(*view.plan) +
                        plan_picture_html(*view.plan, cluster, view.record->stands && cluster != nullptr));
  page += html::section("why", "Why is a guest still there?", explained_html(view, frame));
  std::string search = "<form class=\"ask\" method=\"get\" action=\"" + escaped(frame.path) +
                       "#stays\"><label for=\"q\">Search</label> <input id=\"q\" name=\"q\" type=\"search\" "
                       "maxlength=\"100\" value=\"" +
                       escaped(view.filter) + "\"> <button type=\"submit\">Find</button></form>\n";
  page += html::section("stays", "What was rejected, and why",
                        search + plan_stays_html(*view.plan, cluster, view.filter));
  return page + html::section("fixes", "What you could mend", plan_fixes_html(*view.plan, cluster));
}

}  // namespace pcb
