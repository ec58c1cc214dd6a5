#include "evaluator/page/history_page.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::ago;
using html::escaped;

constexpr std::array<std::pair<const char*, const char*>, 6> kShown{{{"events", "What happened"},
                                                                     {"alerts", "Alerts"},
                                                                     {"plans", "Plans"},
                                                                     {"moves", "Moves"},
                                                                     {"decisions", "Decisions"},
                                                                     {"messages", "Messages"}}};
constexpr std::array<const char*, 10> kKinds{"alert",   "incident", "plan",    "move",   "hold",
                                             "message", "mode",     "journal", "switch", "errand"};

std::string when(double now, double at) {
  return ago(now, at) + " <span class=\"dim small exact\">" + format_rfc3339(at) + "</span>";
}

std::string plan_link(std::int64_t id) {
  const std::string number = std::to_string(id);
  return "<a href=\"/plans/" + number + "\">plan " + number + "</a>";
}

// A table that takes only rows in which the wanted text stands.
class Sieve {
 public:
  Sieve(const History& history, std::string_view caption, std::vector<std::string> headings)
      : wanted_(text::to_lower(history.filter.text)), table_(caption, std::move(headings)) {}

  void row(const std::string& haystack, const std::vector<std::string>& cells_html) {
    if (wanted_.empty() || text::to_lower(haystack).find(wanted_) != std::string::npos)
      table_.row(cells_html);
  }
  [[nodiscard]] std::string str() const {
    return table_.str(wanted_.empty() ? "Nothing yet." : "Nothing matches.");
  }

 private:
  std::string wanted_;
  html::Table table_;
};

std::string events_html(const History& history, double now) {
  Sieve sieve(history, "What happened, the newest first", {"When", "Kind", "Who", "About", "What"});
  for (const EventRecord& event : history.events) {
    if (!history.filter.kind.empty() && event.kind != history.filter.kind) continue;
    sieve.row(event.kind + "\n" + event.actor + "\n" + event.subject + "\n" + event.detail,
              {when(now, event.at), escaped(event.kind), escaped(event.actor), escaped(event.subject),
               escaped(event.detail)});
  }
  return sieve.str();
}

std::string alerts_html(const History& history, double now) {
  Sieve sieve(history, "Alerts, the newest first",
              {"Last heard", "Alert", "About", "Status", "What it says", "What was done with it"});
  for (const AlertRecord& record : history.alerts) {
    const auto summary = record.alert.annotations.find("summary");
    const std::string says = summary == record.alert.annotations.end() ? "" : summary->second;
    const std::string name = record.alert.label("alertname"), about = record.alert.label("id");
    sieve.row(name + "\n" + about + "\n" + says + "\n" + record.verdict.reason,
              {when(now, record.last_received_at), escaped(name), escaped(about),
               name_of(record.alert.status), escaped(says), escaped(record.verdict.reason)});
  }
  return sieve.str();
}

std::string plans_html(const History& history, double now) {
  Sieve sieve(history, "Plans, the newest first", {"Plan", "Made", "Goal", "Result", "Why"});
  for (const PlanRecord& plan : history.plans)
    sieve.row(std::to_string(plan.id) + "\n" + plan.goal + "\n" + plan.result + "\n" + plan.reason,
              {plan_link(plan.id) + (plan.stands ? " <strong class=\"ok\">stands</strong>" : ""),
               when(now, plan.made_at), escaped(plan.goal), escaped(plan.result), escaped(plan.reason)});
  return sieve.str();
}

std::string moves_html(const History& history, double now) {
  Sieve sieve(history, "Moves, the newest first",
              {"Last change", "Plan", "Guest", "From", "To", "State", "Why"});
  for (const MoveRecord& move : history.moves)
    sieve.row(move.guest + "\n" + move.name + "\n" + move.from + "\n" + move.to + "\n" + name_of(move.state) +
                  "\n" + move.actor + "\n" + move.reason,
              {when(now, move.changed_at), plan_link(move.plan_id),
               escaped(move.name) + " <span class=\"dim\">" + escaped(move.guest) + "</span>",
               escaped(move.from), escaped(move.to),
               "<strong class=\"state " + std::string(name_of(move.state)) + "\">" + name_of(move.state) +
                   "</strong>",
               escaped(move.reason)});
  return sieve.str();
}

std::string decisions_html(const History& history, double now) {
  Sieve sieve(history, "Decisions of people, the newest first",
              {"When", "Who", "From", "Verdict", "On", "Plan's digest"});
  for (const DecisionRecord& decision : history.decisions) {
    const std::string on =
        (decision.plan_id != 0 ? plan_link(decision.plan_id) : std::string("a plan")) +
        (decision.move_id != 0 ? ", move " + std::to_string(decision.move_id) : ", all that waited");
    const std::string verdict = decision.approves ? "approved" : "rejected";
    sieve.row(decision.actor + "\n" + decision.address + "\n" + verdict + "\nplan " +
                  std::to_string(decision.plan_id),
              {when(now, decision.at), escaped(decision.actor), escaped(decision.address), verdict, on,
               html::code(decision.digest)});
  }
  return sieve.str();
}

std::string messages_html(const History& history, double now) {
  Sieve sieve(history, "Messages, the newest first", {"When", "Severity", "Message", "Sent to"});
  std::set<std::int64_t> shown;  // one row per message; its deliveries stand next to each other
  for (const DeliveryRecord& delivery : history.messages) {
    const Notification& message = delivery.notification;
    if (!shown.insert(message.id).second) continue;
    std::string sinks, lines;
    for (const DeliveryRecord& other : history.messages) {
      if (other.notification.id != message.id) continue;
      sinks += "<p>" + escaped(other.sink) +
               (other.state == "sent" ? "" : " (" + escaped(other.state) + ") " + escaped(other.last_error)) +
               "</p>";
    }
    for (const std::string& line : message.lines) lines += "<p>" + escaped(line) + "</p>";
    sieve.row(message.subject + "\n" + text::join(message.lines, "\n") + "\n" + delivery.sink,
              {when(now, message.created_at), escaped(message.severity),
               "<p><strong>" + escaped(message.subject) + "</strong></p>" + lines, sinks});
  }
  return sieve.str();
}

std::string choices_html(const HistoryFilter& filter) {
  std::string list = "<nav aria-label=\"What of the history\"><ul class=\"kinds\">";
  for (const auto& [show, words] : kShown)
    list += "<li><a href=\"" + html::link_of("/history", {{"show", show}, {"q", filter.text}}) + "\"" +
            (filter.show == show ? " aria-current=\"true\"" : "") + ">" + words + "</a></li>";
  list += "</ul></nav>\n<form class=\"ask\" method=\"get\" action=\"/history\">" +
          html::hidden("show", filter.show);
  if (filter.show == "events") {
    list +=
        "<label for=\"kind\">Kind</label> <select id=\"kind\" name=\"kind\"><option value=\"\">all</option>";
    for (const char* kind : kKinds)
      list += std::string("<option value=\"") + kind + "\"" + (filter.kind == kind ? " selected" : "") + ">" +
              kind + "</option>";
    list += "</select> ";
  }
  return list +
         "<label for=\"q\">Search</label> <input id=\"q\" name=\"q\" type=\"search\" maxlength=\"100\" "
         "value=\"" +
         escaped(filter.text) + "\"> <button type=\"submit\">Find</button></form>\n";
}

// Where the same rows are as data.
std::string data_links(const HistoryFilter& filter) {
  std::string path = "/api/v1/" + std::string(filter.show == "events"  ? "history"
                                              : filter.show == "moves" ? "suggestions"
                                                                       : filter.show);
  if (filter.show == "decisions") path = "/api/v1/history";
  const std::string limit = std::to_string(filter.limit);
  return "<p class=\"small\">The same as <a href=\"" + html::link_of(path, {{"limit", limit}}) +
         "\">JSON</a> or <a href=\"" + html::link_of(path, {{"format", "csv"}, {"limit", limit}}) +
         "\">CSV</a>; the newest " + limit + " are searched.</p>\n";
}

std::string rows_html(const History& history, double now) {
  const std::string& show = history.filter.show;
  if (show == "alerts") return alerts_html(history, now);
  if (show == "plans") return plans_html(history, now);
  if (show == "moves") return moves_html(history, now);
  if (show == "decisions") return decisions_html(history, now);
  return show == "messages" ? messages_html(history, now) : events_html(history, now);
}

}  // namespace

bool is_history_of(const std::string& show) {
  return std::any_of(kShown.begin(), kShown.end(), [&](const auto& entry) { return show == entry.first; });
}

std::string history_html(const History& history, const Frame& frame) {
  std::string heading = "History";
  for (const auto& [show, words] : kShown)
    if (history.filter.show == show) heading = words;
  return choices_html(history.filter) +
         html::section("history", heading, rows_html(history, frame.now) + data_links(history.filter));
}

}  // namespace pcb
