#include "evaluator/page/page.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "cluster/document_defaults.h"
#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/decide/limits.h"

namespace pcb {
namespace {

constexpr const char* kHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="15"><title>Proxmox Cluster Balancer</title><style>
:root{color-scheme:light dark;--fg:#1c2024;--dim:#5c6670;--bg:#fbfbfc;--card:#fff;--line:#d9dee3;--ok:#2b7a4b;--bad:#b3261e;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--fg:#e6e9ec;--dim:#9aa5af;--bg:#14171a;--card:#1c2126;--line:#333b43;--ok:#5cc48a;--bad:#ff8a80;--warn:#e3b341}}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:68rem;padding:1rem;color:var(--fg);background:var(--bg)}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}p{margin:.4rem 0}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line)}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--dim);font-weight:600}small,.dim{color:var(--dim)}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn)}.ok{color:var(--ok)}
svg{display:block;max-width:100%}code{font-size:.92em}th,time{white-space:nowrap}td{overflow-wrap:break-word}
@media(max-width:640px){tr:first-child:not(:only-child){display:none}tr,td{display:block}tr{padding:.3rem 0;border-bottom:1px solid var(--line)}td{border:0;padding:.1rem .6rem .1rem 8.2rem;position:relative;min-height:1.5em;overflow-wrap:anywhere}td::before{content:attr(data-label);position:absolute;left:.6rem;color:var(--dim)}}
</style></head><body>
)html";

// On a narrow screen a row becomes a list, each cell with its heading in front.
std::string cell(const char* heading, const std::string& html) {
  return std::string("<td data-label=\"") + heading + "\">" + html + "</td>";
}

std::string escaped(const std::string& value) { return text::html_escape(value); }

std::string ago(double now, double at) {
  return "<time datetime=\"" + format_rfc3339(at) + "\">" +
         (now - at < 2 ? std::string("just now") : text::human_duration(now - at) + " ago") + "</time>";
}

// Use as a bar, the limit as a mark; told in words as well, for those who cannot see it.
std::string bar(const Host& host, Resource resource) {
  const auto used = used_of(host, resource);
  const double capacity = capacity_of(host, resource);
  if (!used || capacity <= 0) return "<span class=\"dim\">not known</span>";
  const double ratio = *used / capacity;
  const double limit = limit_of(host, resource) / capacity;
  const bool over = ratio > limit;
  char svg[512];
  std::snprintf(svg, sizeof svg,
                "<svg width=\"160\" height=\"12\" role=\"img\" aria-label=\"%.0f percent of %.0f allowed\">"
                "<rect width=\"160\" height=\"12\" fill=\"var(--line)\"/><rect width=\"%.1f\" height=\"12\" "
                "fill=\"var(--%s)\"/>"
                "<rect x=\"%.1f\" width=\"2\" height=\"12\" fill=\"var(--fg)\"/></svg>",
                ratio * 100, limit * 100, std::clamp(ratio, 0.0, 1.0) * 160, over ? "bad" : "ok",
                std::clamp(limit, 0.0, 1.0) * 158);
  return svg + std::string("<small") + (over ? " class=\"bad\"" : "") + ">" + text::percent(ratio) +
         (over ? ", over its limit of " : ", limit ") + text::percent(limit) + "</small>";
}

void add_state(std::string& page, const View* view, const std::string& version, double now) {
  page += "<h1>Proxmox Cluster Balancer</h1>\n";
  if (view == nullptr) {
    page += "<p>The evaluator has just started and has not looked at the cluster yet.</p>\n";
    return;
  }
  page += "<p>Cluster <b>" + escaped(view->cluster) + "</b>, mode <b>" + escaped(view->mode) +
          "</b>, last look " + ago(now, view->at) + ", version " + escaped(version) + "</p>\n";
  if (!view->mode_reason.empty())
    page +=
        "<p class=\"warn\">The mode is " + escaped(view->mode) + ": " + escaped(view->mode_reason) + "</p>\n";
  if (now - view->at > 3 * view->interval_seconds + 60) {
    page += "<p class=\"bad\">The loop has not finished a round since then: what follows is old.</p>\n";
  }
  if (view->hold) {
    page += "<p class=\"warn\">Nothing is suggested now (<code>" + std::string(name_of(view->hold.reason)) +
            "</code>): " + escaped(view->hold.sentence) + "</p>\n";
  }
  if (!view->alertmanager_answers) {
    page += "<p class=\"warn\">Alertmanager's own list cannot be read: silences are not known.</p>\n";
  }
  for (const std::string& note : view->notes) page += "<p class=\"dim\">" + escaped(note) + "</p>\n";
}

// The red button first: who looks here in a hurry wants to know whether anything can still start.
void add_acting(std::string& page, const View* view, const ActView* act) {
  if (act == nullptr) return;
  if (!act->paused.empty()) {
    page += "<p class=\"bad\"><b>Nothing starts</b>: " + escaped(act->paused) + ".</p>\n";
  }
  if (act->under_way > 0) page += "<p>Moves under way: <b>" + std::to_string(act->under_way) + "</b></p>\n";
  if (view == nullptr || view->mode == "suggest") return;
  if (act->paused.empty()) {
    page +=
        "<p class=\"dim\">To stop everything: <code>balancer-evaluator pause --reason \"…\"</code>, or make "
        "the file STOP in the state directory.</p>\n";
  }
  if (!act->holds_lock)
    page +=
        "<p class=\"warn\">This evaluator does not hold the cluster's lock: " + escaped(act->lock_sentence) +
        "</p>\n";
  if (act->refusals.empty()) return;
  page += "<h2>What keeps the next move from starting</h2>\n<ul>\n";
  for (const Refusal& refusal : act->refusals) {
    page += "<li><code>" + std::string(name_of(refusal.reason)) + "</code> " + escaped(refusal.sentence) +
            "</li>\n";
  }
  page += "</ul>\n";
}

void add_hosts(std::string& page, const View* view) {
  page += "<h2>Hosts</h2>\n";
  if (view == nullptr || !view->document) {
    page += "<p class=\"dim\">The exporter's cluster document is not there.</p>\n";
    return;
  }
  page += "<table><tr><th>Host</th><th>State</th><th>CPU</th><th>Memory</th><th>Running guests</th></tr>\n";
  for (const Host& host : view->document->hosts) {
    const auto guests =
        std::count_if(view->document->guests.begin(), view->document->guests.end(),
                      [&](const Guest& guest) { return guest.host == host.name && is_running(guest); });
    page += "<tr>" + cell("Host", escaped(host.name)) + cell("State", to_word(state_of(host))) +
            cell("CPU", bar(host, Resource::cpu)) + cell("Memory", bar(host, Resource::memory)) +
            cell("Running guests", std::to_string(guests)) + "</tr>\n";
  }
  page += "</table>\n";
}

void add_incidents(std::string& page, const Standing& standing, double now) {
  page += "<h2>Open incidents</h2>\n";
  if (standing.incidents.empty()) {
    page += "<p class=\"ok\">None.</p>\n";
    return;
  }
  page += "<table><tr><th>Host</th><th>Short of</th><th>State</th><th>Since</th><th>Why</th></tr>\n";
  for (const Incident& incident : standing.incidents) {
    page += "<tr>" + cell("Host", escaped(incident.host)) +
            cell("Short of", incident.resource == Resource::cpu ? "CPU" : "memory") +
            cell("State", name_of(incident.state)) + cell("Since", ago(now, incident.opened_at)) +
            cell("Why", escaped(incident.reason)) + "</tr>\n";
  }
  page += "</table>\n";
}

// Deciding takes the operator's token, which the command reads: the page only says how.
void add_decision(std::string& page, const View* view, const Standing& standing) {
  if (view == nullptr) return;
  const bool waits = std::any_of(standing.moves.begin(), standing.moves.end(),
                                 [](const MoveRecord& move) { return move.state == MoveState::proposed; });
  if (!waits) return;
  if (view->mode == "suggest") {
    page +=
        "<p>In this mode nothing is moved by itself. Migrate the guests in Proxmox, one step after the "
        "other; with <code>evaluator.mode: approve</code> in config.yaml it is done once you say yes.</p>\n";
    return;
  }
  const std::string id = std::to_string(standing.plan->id);
  page += "<p>Yes: <code>balancer-evaluator approve " + id + "</code>. No: <code>balancer-evaluator reject " +
          id + "</code>.</p>\n";
}

void add_plan(std::string& page, const View* view, const Standing& standing, double now) {
  page += "<h2>Plan</h2>\n";
  if (!standing.plan) {
    page += "<p class=\"dim\">There is none.</p>\n";
    return;
  }
  page += "<p>Made " + ago(now, standing.plan->made_at) + ": " + escaped(standing.plan->reason) + "</p>\n";
  if (standing.moves.empty()) return;
  add_decision(page, view, standing);
  page +=
      "<table><tr><th>Step</th><th>Guest</th><th>From</th><th>To</th><th>How</th><th>State</th><th>Why</th></"
      "tr>\n";
  for (const MoveRecord& move : standing.moves) {
    page += "<tr>" + cell("Step", std::to_string(move.step)) +
            cell("Guest", escaped(move.guest) + " " + escaped(move.name)) + cell("From", escaped(move.from)) +
            cell("To", escaped(move.to)) + cell("How", escaped(move.method)) +
            cell("State", name_of(move.state)) + cell("Why", escaped(move.why)) + "</tr>\n";
  }
  page += "</table>\n";
}

void add_messages(std::string& page, const std::vector<DeliveryRecord>& messages, double now) {
  page += "<h2>Last messages</h2>\n";
  if (messages.empty()) {
    page += "<p class=\"dim\">None yet.</p>\n";
    return;
  }
  page += "<table><tr><th>When</th><th>Message</th><th>Sent to</th></tr>\n";
  std::set<std::int64_t> shown;  // one row per message; its deliveries stand next to each other
  for (const DeliveryRecord& delivery : messages) {
    if (!shown.insert(delivery.notification.id).second) continue;
    std::string sinks;
    for (const DeliveryRecord& other : messages) {
      if (other.notification.id != delivery.notification.id) continue;
      sinks += (sinks.empty() ? "" : ", ") + escaped(other.sink) +
               (other.state == "sent" ? "" : " (" + escaped(other.state) + ")");
    }
    std::string lines;
    for (const std::string& line : delivery.notification.lines) lines += escaped(line) + "<br>";
    page += "<tr>" + cell("When", ago(now, delivery.notification.created_at)) + cell("Message", lines) +
            cell("Sent to", sinks) + "</tr>\n";
  }
  page += "</table>\n";
}

}  // namespace

std::string render_page(const View* view, const ActView* act, const Standing& standing,
                        const std::vector<DeliveryRecord>& messages, const std::string& version, double now) {
  std::string page = kHead;
  add_state(page, view, version, now);
  add_acting(page, view, act);
  add_hosts(page, view);
  add_incidents(page, standing, now);
  add_plan(page, view, standing, now);
  add_messages(page, messages, now);
  return page + "</body></html>\n";
}

}  // namespace pcb
