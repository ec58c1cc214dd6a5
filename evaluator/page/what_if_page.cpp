#include "evaluator/page/what_if_page.h"

#include "common/cores.h"
#include "common/text.h"
#include "evaluator/page/html.h"
#include "evaluator/page/plan_page.h"

namespace pcb {
namespace {

using html::escaped;
using html::note;

std::string said(const WhatIfView& view, const char* ask, const char* name) {
  const auto asked = view.said.find("ask");
  const auto found = view.said.find(name);
  return asked != view.said.end() && asked->second == ask && found != view.said.end() ? found->second : "";
}

std::string host_field(const WhatIfView& view, const Frame& frame, const char* ask, bool all) {
  const std::string chosen = said(view, ask, "host"), id = std::string(ask) + "-host";
  std::string field =
      "<label for=\"" + id + "\"><span>Host</span></label> <select id=\"" + id + "\" name=\"host\">";
  if (all) field += "<option value=\"\">all hosts</option>";
  for (const Host& host : frame.view->document->hosts)
    field += "<option value=\"" + escaped(host.name) + "\"" + (host.name == chosen ? " selected" : "") + ">" +
             escaped(host.name) + "</option>";
  return field + "</select>\n";
}

std::string text_field(const WhatIfView& view, const char* ask, const char* name, const char* label,
                       const char* hint, bool required) {
  const std::string id = std::string(ask) + "-" + name;
  return "<label for=\"" + id + "\"><span>" + label + "</span></label> <input id=\"" + id + "\" name=\"" +
         name + "\" type=\"text\" inputmode=\"decimal\" maxlength=\"20\" placeholder=\"" + hint +
         "\" value=\"" + escaped(said(view, ask, name)) + "\"" + (required ? " required" : "") + ">\n";
}

std::string form(const char* ask, const char* heading, const std::string& fields, const char* button) {
  return std::string("<form method=\"get\" action=\"/whatif#answer\"><h3>") + heading + "</h3>\n" +
         html::hidden("ask", ask) + fields + "<p><button type=\"submit\">" + button +
         "</button></p></form>\n";
}

std::string choice(const WhatIfView& view, const char* ask, const char* name, const char* value,
                   const char* label) {
  const std::string id = std::string(ask) + "-" + name;
  return "<p><input id=\"" + id + "\" type=\"checkbox\" name=\"" + name + "\" value=\"" + value + "\"" +
         (said(view, ask, name) == value ? " checked" : "") + "> <label for=\"" + id + "\">" + label +
         "</label></p>\n";
}

std::string forms_html(const WhatIfView& view, const Frame& frame) {
  std::string html =
      "<p>The planner answers with the figures of now. Nothing is done, and nothing is kept.</p>\n<div "
      "class=\"asks\">\n";
  html += form("drain", "Empty a host",
               host_field(view, frame, "drain", false) +
                   choice(view, "drain", "include_stopped", "yes", "stopped guests, too"),
               "Show the plan");
  html += form("lose", "Lose a host", host_field(view, frame, "lose", false), "Would the rest survive?");
  html += form("place", "Place a guest",
               text_field(view, "place", "cores", "Cores it will use", "4", true) +
                   text_field(view, "place", "memory", "Memory it will use", "8GiB", true),
               "Where does it fit?");
  html += form("thresholds", "Change thresholds",
               host_field(view, frame, "thresholds", true) +
                   text_field(view, "thresholds", "cpu", "CPU threshold, percent", "80", false) +
                   text_field(view, "thresholds", "memory", "Memory threshold, percent", "85", false) +
                   choice(view, "thresholds", "goal", "balance", "spread the load, not only relieve"),
               "Show the plan");
  return html + "</div>\n";
}

std::string question_words(const WhatIf& question) {
  switch (question.kind) {
    case WhatIf::Kind::drain:
      return "If " + escaped(question.host) + " were emptied" +
             (question.include_stopped ? ", stopped guests too" : "");
    case WhatIf::Kind::lose:
      return "If " + escaped(question.host) + " were lost";
    case WhatIf::Kind::place:
      return "Where " + text::human_cores(question.cpu_cores) + " and " +
             escaped(text::human_bytes(question.memory_bytes)) + " fit";
    case WhatIf::Kind::thresholds:
      break;
  }
  std::string words = "If the limits of " +
                      (question.host.empty() ? std::string("all hosts") : escaped(question.host)) + " were";
  if (question.cpu_threshold) words += " " + text::percent(*question.cpu_threshold) + " CPU";
  if (question.memory_threshold)
    words += std::string(question.cpu_threshold ? " and" : "") + " " +
             text::percent(*question.memory_threshold) + " memory";
  return words + (question.cpu_threshold || question.memory_threshold ? "" : " as they are");
}

std::string places_html(const Plan& plan) {
  html::Table table("Hosts, the best first", {"Host", "Fits", "Highest use then, of its limit", "Why"});
  for (const Placement& place : plan.place)
    table.row({escaped(place.host),
               place.fits ? "<span class=\"ok\">yes</span>" : "<span class=\"bad\">no</span>",
               text::percent(place.peak), escaped(place.reason)});
  return table.str("There is no host.");
}

std::string survival_html(const Plan& plan, const Cluster& cluster) {
  std::string html;
  for (const Survival& one : plan.survive) {
    html += note(one.survives ? "ok" : "bad", one.survives
                                                  ? "<strong>Yes</strong>: every guest that runs on " +
                                                        escaped(one.host) + " finds a place on the others."
                                                  : "<strong>No</strong>: not every guest that runs on " +
                                                        escaped(one.host) + " finds a place on the others.");
    html += note("", "The others would keep " + text::human_cores(one.room_cpu_cores) + " and " +
                         escaped(text::human_bytes(one.room_memory_bytes)) + " free.");
    html::Table table("Guests without a place", {"Guest"});
    for (const std::string& guest : one.left_over) table.row({escaped(guest_words(&cluster, guest))});
    if (!table.empty()) html += table.str("");
  }
  return html.empty() ? note("dim", escaped(plan.reason)) : html;
}

std::string answer_html(const WhatIfView& view) {
  const Plan& plan = view.answer->plan;
  const Cluster& cluster = view.answer->document;
  std::string html = note("", escaped(plan.reason));
  if (view.question->kind == WhatIf::Kind::lose) return survival_html(plan, cluster);
  if (view.question->kind == WhatIf::Kind::place) return html + places_html(plan);
  return html + plan_figures_html(plan) + plan_moves_html(plan) + plan_picture_html(plan, &cluster, true) +
         "<h3>What stays, and why</h3>\n" + plan_stays_html(plan, &cluster, "") +
         "<h3>What you could mend</h3>\n" + plan_fixes_html(plan, &cluster);
}

}  // namespace

std::string what_if_html(const WhatIfView& view, const Frame& frame) {
  if (frame.view == nullptr || !frame.view->document)
    return note("warn", "The exporter's cluster document is not there: nothing can be planned.");
  std::string page = "<section id=\"ask\" aria-labelledby=\"ask-heading\"><h2 id=\"ask-heading\">Ask</h2>\n" +
                     forms_html(view, frame) + "</section>\n";
  if (!view.problem.empty())
    page +=
        "<section id=\"answer\" aria-labelledby=\"answer-heading\"><h2 id=\"answer-heading\">No "
        "answer</h2>\n" +
        note("bad", escaped(view.problem)) + "</section>\n";
  else if (view.question && view.answer)
    page += "<section id=\"answer\" aria-labelledby=\"answer-heading\"><h2 id=\"answer-heading\">" +
            question_words(*view.question) + "</h2>\n" + answer_html(view) + "</section>\n";
  return page;
}

}  // namespace pcb
