#include "evaluator/page/frame.h"

#include <array>
#include <cmath>
#include <utility>

#include "common/text.h"
#include "evaluator/page/assets.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::escaped;
using html::note;

constexpr std::array<std::pair<const char*, const char*>, 5> kWays{{{"/", "Overview"},
                                                                    {"/plan", "Plan"},
                                                                    {"/running", "Running"},
                                                                    {"/history", "History"},
                                                                    {"/whatif", "What if"}}};
constexpr double kLateRounds = 3, kLateSeconds = 60;
constexpr std::size_t kLongestReason = 200;

std::string head_of(const Frame& frame) {
  std::string head =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\">";
  if (frame.renew_without_script > 0)
    head += "<noscript><meta http-equiv=\"refresh\" content=\"" + std::to_string(frame.renew_without_script) +
            ";url=" + html::link_of(frame.path, {{"renewal", "1"}}) + "\"></noscript>";
  const std::string cluster = frame.view != nullptr ? " · " + escaped(frame.view->cluster) : "";
  return head + "<title>" + escaped(frame.title) + cluster +
         " · Proxmox Cluster Balancer</title><link rel=\"icon\" href=\"" + kIconPath +
         "\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"" + style_path() + "\"><script src=\"" +
         script_path() + "\" defer></script></head>\n";
}

std::string ways_of(const Frame& frame) {
  std::string ways = "<nav aria-label=\"Views\"><ul>";
  for (const auto& [path, name] : kWays) {
    ways += std::string("<li><a href=\"") + path + "\"" +
            (std::string(frame.here) == path ? " aria-current=\"page\"" : "") + ">" + name + "</a></li>";
  }
  return ways + "</ul></nav>\n";
}

std::string who_of(const Frame& frame) {
  const Visitor& visitor = frame.visitor;
  if (visitor.user.empty()) {
    return "<p id=\"who\" class=\"who\" data-live><a href=\"" +
           html::link_of("/login", {{"next", frame.path}}) + "\">Log in</a></p>\n";
  }
  return "<form id=\"who\" class=\"who\" data-live method=\"post\" action=\"/logout\">" +
         html::hidden("csrf", visitor.csrf_token) + "<span>" + escaped(visitor.user) +
         "</span> <button type=\"submit\">Log out</button></form>\n";
}

// Who pressed it and when, as the journal has it; a file that was made by hand speaks for itself. It is a
// status, which is read out when it changes: not for each second that is counted on.
std::string pressed_by(const Frame& frame) {
  const auto& last = frame.button.last;
  if (!last || !last->on)
    return escaped(frame.button.pressed.substr(0, frame.button.pressed.find("; `balancer-evaluator")));
  return "<strong>The red button is pressed</strong> by " + escaped(last->actor) +
         (last->address.empty() ? "" : " from " + escaped(last->address)) + " <span aria-live=\"off\">" +
         html::ago(frame.now, last->at) + "</span>" +
         (last->reason.empty() ? "" : ": " + escaped(last->reason));
}

std::string button_of(const Frame& frame) {
  const bool pressed = !frame.button.pressed.empty();
  std::string bar = std::string("<aside id=\"stop\" data-live aria-label=\"The red button\"") +
                    (pressed ? " class=\"pressed\"" : "") + ">\n";
  if (pressed) {
    bar += "<p role=\"status\">" + pressed_by(frame) + ". Nothing starts until it is released.</p>\n";
  } else if (frame.button.last && !frame.button.last->on) {
    bar += "<p class=\"dim\">The red button was released by " + escaped(frame.button.last->actor) + " " +
           html::ago(frame.now, frame.button.last->at) + ".</p>\n";
  }
  if (frame.visitor.may_decide) {
    bar += form_of(
        {pressed ? "/api/v1/resume" : "/api/v1/pause", pressed ? "Release the red button" : "Stop all moves",
         pressed ? "release" : "stop", "", true, "the red button"},
        frame);
  } else if (!frame.visitor.user.empty()) {
    bar += "<p class=\"dim\">An operator can stop all moves here.</p>\n";
  } else {
    bar += "<p><a class=\"stop\" href=\"" + html::link_of("/login", {{"next", frame.path}}) +
           "\">Log in to " + (pressed ? "release it" : "stop all moves") + "</a></p>\n";
  }
  return bar + "</aside>\n";
}

std::string held_back_by(const Frame& frame) {
  const View& view = *frame.view;
  std::string text;
  if (!view.mode_reason.empty())
    text += note("warn", "The mode is " + escaped(view.mode) + ": " + escaped(view.mode_reason));
  if (frame.now - view.at > kLateRounds * view.interval_seconds + kLateSeconds)
    text += note("bad", "The loop has not finished a round since then: what is shown is old.");
  if (view.hold)
    text += note("warn", "Nothing is suggested now (" + html::code(name_of(view.hold.reason)) +
                             "): " + escaped(view.hold.sentence));
  if (!view.alertmanager_answers)
    text += note("warn", "An Alertmanager's list cannot be read: silences that it alone knows are not seen.");
  const ActView* act = frame.act;
  if (act == nullptr || view.mode == "suggest") return text;
  if (!act->holds_lock && !act->lock_sentence.empty())
    text += note("warn", "This evaluator does not hold the cluster's lock: " + escaped(act->lock_sentence));
  for (const Refusal& refusal : act->refusals) {
    if (refusal.reason == Restraint::paused) continue;  // the red button says it itself
    text += note("warn", "The next move does not start (" + html::code(name_of(refusal.reason)) +
                             "): " + escaped(refusal.sentence));
  }
  return text;
}

std::string state_of(const Frame& frame) {
  std::string state = "<section id=\"state\" data-live aria-label=\"State of the evaluator\">\n";
  if (frame.view == nullptr)
    return state + note("dim", "The evaluator has just started and has not looked at the cluster yet.") +
           "</section>\n";
  const View& view = *frame.view;
  state += "<p>Cluster <strong>" + escaped(view.cluster) + "</strong> · mode <strong class=\"mode\">" +
           escaped(view.mode) + "</strong> · looked at " + html::ago(frame.now, view.at);
  if (frame.act != nullptr && frame.act->under_way > 0)
    state +=
        " · <a href=\"/running\">" + html::plural(frame.act->under_way, "move", "moves") + " under way</a>";
  return state + "</p>\n" + held_back_by(frame) + "</section>\n";
}

}  // namespace

std::string form_of(const Deed& deed, const Frame& frame) {
  if (!frame.visitor.may_decide) return "";
  std::string form = "<form class=\"deed\" method=\"post\" action=\"" + escaped(deed.path) + "\">" +
                     html::hidden("csrf", frame.visitor.csrf_token) + html::hidden("back", frame.path) +
                     deed.fields;
  if (deed.asks_reason)
    form +=
        "<label><span>Reason</span> <input name=\"reason\" type=\"text\" autocomplete=\"off\" maxlength=\"" +
        std::to_string(kLongestReason) + "\" aria-label=\"Reason, " + escaped(deed.about) + "\"></label> ";
  return form + "<button type=\"submit\"" +
         (deed.kind.empty() ? "" : " class=\"" + escaped(deed.kind) + "\"") +
         (deed.about.empty() || deed.asks_reason
              ? ""
              : " aria-label=\"" + escaped(deed.label) + ", " + escaped(deed.about) + "\"") +
         ">" + escaped(deed.label) + "</button></form>\n";
}

std::string framed(const Frame& frame, const std::string& main_html) {
  std::string page = head_of(frame) + "<body data-view=\"" + escaped(frame.path) + "\" data-now=\"" +
                     text::number(std::floor(frame.now)) + "\"" +
                     (frame.follows_events ? " data-events=\"/api/v1/events\"" : "") +
                     ">\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n"
                     "<p class=\"brand\"><a href=\"/\">Proxmox Cluster Balancer</a></p>\n" +
                     ways_of(frame) + who_of(frame) + "</header>\n" + button_of(frame) +
                     "<p id=\"lost\" class=\"bad\" role=\"alert\" hidden></p>\n" + state_of(frame) +
                     "<main id=\"main\" tabindex=\"-1\">\n<h1>" + escaped(frame.title) + "</h1>\n";
  if (!frame.problem.empty())
    page += "<p class=\"problem\" role=\"alert\">" + escaped(frame.problem) + "</p>\n";
  return page + main_html + "</main>\n<footer><p>Version " + escaped(frame.version) +
         " · <a href=\"/metrics\">metrics</a> · <a "
         "href=\"/api/v1/openapi.json\">API</a></p></footer>\n</body></html>\n";
}

}  // namespace pcb
