// What stays where it is, why, and what a person could do about it.
#include <algorithm>

#include "common/cores.h"
#include "common/text.h"
#include "evaluator/page/code_words.h"
#include "evaluator/page/html.h"
#include "evaluator/page/plan_page.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

using html::code;
using html::escaped;

constexpr std::size_t kListedStays = 300;

bool contains(const std::string& text, const std::string& wanted_lower) {
  return text::to_lower(text).find(wanted_lower) != std::string::npos;
}

bool matches(const Stay& stay, const Cluster* cluster, const std::string& wanted_lower) {
  if (contains(guest_words(cluster, stay.guest), wanted_lower) || contains(stay.code, wanted_lower) ||
      contains(stay.detail, wanted_lower) || contains(std::string(meaning_of(stay.code)), wanted_lower))
    return true;
  return std::any_of(stay.targets.begin(), stay.targets.end(),
                     [&](const std::string& target) { return contains(target, wanted_lower); });
}

std::string why(const std::string& the_code, const std::string& detail) {
  const std::string meaning(meaning_of(the_code));
  return (meaning.empty() ? "" : escaped(meaning) + " ") + code(the_code) +
         (detail.empty() ? "" : " " + escaped(detail));
}

std::string to_copy(std::string_view command) {
  return "<code class=\"copy\">" + escaped(command) + "</code>";
}

// A command of Proxmox for this guest, or one that changes nothing.
bool is_command(std::string_view text, std::string_view guest) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(" -,=").find(c) != std::string_view::npos;
  });
  const auto words = text::split_words(text);
  if (!plain || words.size() < 2) return false;
  return text == "ha-manager status" || (words.size() > 2 && (words[0] == "pct" || words[0] == "qm") &&
                                         words[2] == guest.substr(guest.find('/') + 1));
}

// A remedy that is a command, or ends in one, is there to be copied. Remedies hold names, never at their end,
// so that no name can pass for a command.
std::string remedy(const Fix& fix) {
  const std::string_view cure = fix.cure;
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const std::string_view rest = cure.substr(at);
    if (is_command(rest, fix.guest)) return escaped(cure.substr(0, at)) + to_copy(rest);
    at = cure.find(' ', at);
    if (at != std::string_view::npos) ++at;
  }
  return escaped(cure);
}

}  // namespace

std::string plan_stays_html(const Plan& plan, const Cluster* cluster, const std::string& filter) {
  const std::string wanted = text::to_lower(filter);
  html::Table table("Guests that stay", {"Guest", "Not to", "Why"});
  std::size_t found = 0;
  for (const Stay& stay : stays_of(plan)) {
    if (!matches(stay, cluster, wanted) || ++found > kListedStays) continue;
    table.row({escaped(guest_words(cluster, stay.guest)),
               stay.targets.empty() ? "anywhere" : escaped(text::join(stay.targets, ", ")),
               why(stay.code, stay.detail)});
  }
  std::string html =
      table.str(filter.empty() ? "Nothing was rejected." : "Nothing that was rejected matches.");
  if (found > kListedStays)
    html += html::note(
        "dim", std::to_string(found - kListedStays) + " more; search for a guest, a host or a reason.");
  return html;
}

std::string plan_fixes_html(const Plan& plan, const Cluster* cluster) {
  html::Table table("What would let more guests move, most room first",
                    {"Guest", "In the way", "What to do", "Room it gives"});
  for (const Fix& fix : plan.fixes)
    table.row({escaped(guest_words(cluster, fix.guest)), why(fix.code, fix.detail), remedy(fix),
               html::whole(text::human_cores(fix.cpu_cores) + ",") + " " +
                   html::whole(text::human_bytes(fix.memory_bytes))});
  std::string html = table.str("Nothing to mend: no guest is held by something that has a remedy.");
  for (const std::string& need : plan.needs) html += html::note("warn", escaped(need));
  return html;
}

std::string explained_html(const PlanView& view, const Frame& frame) {
  std::string html =
      "<form class=\"ask\" method=\"get\" action=\"" + html::escaped(frame.path) +
      "#why\"><label for=\"guest\">Guest, by name or number</label> <input id=\"guest\" name=\"guest\" "
      "type=\"search\" maxlength=\"100\" value=\"" +
      escaped(view.asked) + "\"> <button type=\"submit\">Why is it still there?</button></form>\n";
  if (view.asked.empty()) return html;
  if (view.explained.empty())
    return html + html::note("warn", "There is no guest " + code(view.asked) + " in the cluster.");
  for (const Explained& guest : view.explained) {
    html +=
        "<h3>" + escaped(guest.name) + " (" + escaped(guest.id) + ") on " + escaped(guest.host) + "</h3>\n";
    for (const MoveRecord& move : view.moves) {
      if (move.guest == guest.id)
        html += html::note("ok", "Step " + std::to_string(move.step) + " of the plan moves it to " +
                                     escaped(move.to) + ": " + escaped(move.why));
    }
    html::Table table("Where " + guest.name + " may go now", {"To", "Now", "Why"});
    for (const auto& [host, verdict] : guest.targets)
      table.row(
          {escaped(host),
           verdict.allowed ? "<span class=\"ok\">allowed</span>" : "<span class=\"warn\">not allowed</span>",
           verdict.allowed ? "it would be within every limit" : why(verdict.code, verdict.detail)});
    html += table.str("There is no other host.");
  }
  return html;
}

}  // namespace pcb
