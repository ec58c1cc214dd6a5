#include "evaluator/page/running.h"

#include <algorithm>
#include <array>

#include "common/text.h"
#include "evaluator/decide/move_steps.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::ago;
using html::code;
using html::escaped;
using html::note;

constexpr std::array kPhases{MoveState::approved, MoveState::starting, MoveState::running,
                             MoveState::verifying, MoveState::done};
constexpr std::size_t kListedEnds = 30;

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string phases_html(MoveState state) {
  std::string list = "<ol class=\"phases\">";
  bool past = std::find(kPhases.begin(), kPhases.end(), state) != kPhases.end();
  for (const MoveState phase : kPhases) {
    const bool now = phase == state;
    past = past && !now;
    const bool reached = past || (now && state == MoveState::done);
    list += std::string("<li") + (reached ? " class=\"past\"" : "") +
            (now && state != MoveState::done ? " aria-current=\"step\"" : "") + ">" + name_of(phase) +
            "</li>";
  }
  if (std::find(kPhases.begin(), kPhases.end(), state) == kPhases.end())
    list += std::string("<li aria-current=\"step\">") + name_of(state) + "</li>";
  return list + "</ol>\n";
}

std::string progress_html(const OperationRecord& operation, const Running& running, double now) {
  const double elapsed = std::max(0.0, now - operation.intended_at);
  const auto expected = expected_seconds(operation.move, running.history);
  std::string text = "<p>Under way for <strong>" + escaped(text::human_duration(elapsed)) + "</strong>, ";
  if (!expected) return text + "how long it takes is not known: no move like it was done before</p>\n";
  text += "expected " + escaped(text::human_duration(*expected)) + "</p>\n";
  return text + "<progress max=\"" + text::number(std::max(*expected, 1.0)) + "\" value=\"" +
         text::number(std::min(elapsed, std::max(*expected, 1.0))) + "\" aria-label=\"time taken of " +
         escaped(operation.move.guest) + "\">" + escaped(text::percent(elapsed / std::max(*expected, 1.0))) +
         "</progress>\n";
}

const WatchedMove* watched_of(const Running& running, const std::string& operation) {
  for (const WatchedMove& move : running.watched)
    if (move.operation == operation) return &move;
  return nullptr;
}

std::string log_html(const Running& running, const OperationRecord& operation, double now) {
  const WatchedMove* seen = watched_of(running, operation.id);
  if (seen == nullptr) return note("dim", "The host has not been looked at since the evaluator started.");
  std::string html;
  if (!seen->sentence.empty()) html += note("", escaped(seen->sentence));
  html += note("small dim", "looked at " + ago(now, seen->looked_at));
  if (seen->log.empty()) return html + note("dim", "The host has written nothing yet.");
  html +=
      "<pre tabindex=\"0\" aria-label=\"What the host says about " + escaped(operation.move.guest) + "\">";
  for (const std::string& line : seen->log) html += escaped(text::printable(line)) + "\n";
  return html + "</pre>\n";
}

std::string move_words(const MoveRecord& move) {
  return escaped(move.name) + " (" + escaped(move.guest) + ") from " + escaped(move.from) + " to " +
         escaped(move.to);
}

std::string under_way_html(const Running& running, double now) {
  std::string html;
  for (const OperationRecord& operation : running.operations) {
    if (operation.ended_at) continue;
    html += "<article class=\"moving\" id=\"move-" + escaped(operation.id) + "\"><h3>" +
            move_words(operation.move) + "</h3>\n" + phases_html(operation.move.state) +
            progress_html(operation, running, now);
    html += note("small dim", escaped(operation.move.method) + ", " + name_of(operation.initiator) +
                                  ", operation " + code(operation.id));
    html += log_html(running, operation, now) + "</article>\n";
  }
  return html.empty() ? note("", "Nothing is under way.") : html;
}

std::string ended_html(const Running& running, double now) {
  std::vector<OperationRecord> ended;
  std::copy_if(running.operations.begin(), running.operations.end(), std::back_inserter(ended),
               [](const OperationRecord& operation) { return operation.ended_at.has_value(); });
  std::sort(ended.begin(), ended.end(),
            [](const auto& a, const auto& b) { return *a.ended_at > *b.ended_at; });
  html::Table table("Moves that ended in the last day, the newest first",
                    {"Ended", "Guest", "From", "To", "Result", "Took", "Was down", "What is known"});
  for (std::size_t i = 0; i < std::min(kListedEnds, ended.size()); ++i) {
    const OperationRecord& operation = ended[i];
    const MoveRecord& move = operation.move;
    std::string known = escaped(move.reason);
    if (!operation.command.empty())
      known += "<p><code class=\"copy\">" + escaped(operation.command) + "</code></p>";
    table.row({ago(now, *operation.ended_at),
               escaped(move.name) + " <span class=\"dim\">" + escaped(move.guest) + "</span>",
               escaped(move.from), escaped(move.to),
               "<strong class=\"state " + std::string(name_of(move.state)) + "\">" + name_of(move.state) +
                   "</strong>",
               operation.duration_seconds ? escaped(text::human_duration(*operation.duration_seconds)) : "",
               operation.downtime_seconds ? escaped(text::human_duration(*operation.downtime_seconds)) : "",
               known});
  }
  std::string html = table.str("No move has ended in the last day.");
  if (ended.size() > kListedEnds)
    html += note("dim", std::to_string(ended.size() - kListedEnds) +
                            " more: see <a href=\"/history?show=moves\">History</a>.");
  return html;
}

std::string outcomes_html(const Running& running, double now) {
  html::Table table("The highest use of a limit that was predicted, and what came of it",
                    {"Plan", "Predicted", "Achieved", "Verdict", "When"});
  for (const OutcomeRecord& outcome : running.outcomes) {
    const std::string id = std::to_string(outcome.plan_id);
    table.row(
        {"<a href=\"/plans/" + id + "\">Plan " + id + "</a>", text::percent(outcome.predicted_peak),
         outcome.achieved_peak ? text::percent(*outcome.achieved_peak) : "not yet known",
         escaped(outcome.verdict == "pending" ? "measured once the load has settled" : outcome.sentence),
         outcome.judged_at ? ago(now, *outcome.judged_at) : "due " + html::until(now, outcome.due_at)});
  }
  return table.str("No plan was carried out in the last days.");
}

}  // namespace

std::optional<double> expected_seconds(const MoveRecord& move, const std::vector<OperationRecord>& history) {
  std::vector<double> own, all;
  for (const OperationRecord& other : history) {
    if (other.move.state != MoveState::done || !other.duration_seconds || other.move.method != move.method)
      continue;
    all.push_back(*other.duration_seconds);
    if (other.move.guest == move.guest) own.push_back(*other.duration_seconds);
  }
  return own.empty() ? median(std::move(all)) : median(std::move(own));
}

std::string running_html(const Running& running, const Frame& frame) {
  std::string page;
  if (running.errand)
    page += html::section(
        "errand", running.errand->kind == "drain" ? "A host is emptied" : "A host gets its guests back",
        note("", escaped(running.errand->kind) + " <strong>" + escaped(running.errand->host) +
                     "</strong>, asked for by " + escaped(running.errand->actor) + " " +
                     ago(frame.now, running.errand->begun_at) + ": " + escaped(running.errand->progress)));
  page += html::section("under-way", "Under way", under_way_html(running, frame.now));
  page += html::section("ended", "Ended", ended_html(running, frame.now));
  return page + html::section("outcomes", "Predicted and achieved", outcomes_html(running, frame.now));
}

}  // namespace pcb
