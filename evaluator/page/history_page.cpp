#include "evaluator/page/history_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::ago;
using html::escaped;

constexpr std::array<std::pair<const char*, const char*>, 7> kShown{{{"events", "What happened"},
                                                                     {"alerts", "Alerts"},
                                                                     {"plans", "Plans"},
                                                                     {"moves", "Moves"},
                                                                     {"decisions", "Decisions"},
                                                                     {"messages", "Messages"},
                                                                     {"report", "Report"}}};
constexpr std::array<std::pair<const char*, const char*>, 4> kPeriods{
    {{"1d", "a day"}, {"7d", "a week"}, {"30d", "30 days"}, {"90d", "90 days"}}};
// Of events; alerts and messages have a view, and data, of their own.
constexpr std::array<const char*, 8> kKinds{"incident", "plan",    "move",   "hold",
                                            "mode",     "journal", "switch", "errand"};

std::string when(double now, double at) {
  return ago(now, at) + " <span class=\"dim small exact\">" + format_rfc3339(at) + "</span>";
}

std::string plan_link(std::int64_t id) {
  const std::string number = std::to_string(id);
  return "<a href=\"/plans/" + number + "\">plan " + number + "</a>";
}

std::string summary_of(const Alert& alert) {
  const auto summary = alert.annotations.find("summary");
  return summary == alert.annotations.end() ? "" : summary->second;
}

const char* verdict_of(const DecisionRecord& decision) { return decision.approves ? "approved" : "rejected"; }

// The wanted text stands in one of the fields, whatever the case.
bool has(const HistoryFilter& filter, const std::vector<std::string_view>& fields) {
  const std::string wanted = text::to_lower(filter.text);
  return wanted.empty() || std::any_of(fields.begin(), fields.end(), [&](std::string_view field) {
           return text::to_lower(field).find(wanted) != std::string::npos;
         });
}

std::string rows_or_none(const html::Table& table, const HistoryFilter& filter) {
  if (filter.before > 0) return table.str("Nothing older.");
  return table.str(filter.text.empty() && filter.kind.empty() ? "Nothing yet." : "Nothing matches.");
}

std::string events_html(const History& history, double now) {
  html::Table table("The newest first", {"When", "Kind", "Who", "About", "What"});
  for (const EventRecord& event : history.events)
    table.row({when(now, event.at), escaped(event.kind), escaped(event.actor), escaped(event.subject),
               escaped(event.detail)});
  return rows_or_none(table, history.filter);
}

std::string alerts_html(const History& history, double now) {
  html::Table table("The one that came last first",
                    {"Last heard", "Alert", "About", "Status", "What it says", "What was done with it"});
  for (const AlertRecord& record : history.alerts)
    table.row({when(now, record.last_received_at), escaped(record.alert.label("alertname")),
               escaped(record.alert.label("id")), name_of(record.alert.status),
               escaped(summary_of(record.alert)), escaped(record.verdict.reason)});
  return rows_or_none(table, history.filter);
}

std::string plans_html(const History& history, double now) {
  html::Table table("The newest first", {"Plan", "Made", "Goal", "Result", "Why"});
  for (const PlanRecord& plan : history.plans)
    table.row({plan_link(plan.id) + (plan.stands ? " <strong class=\"ok\">stands</strong>" : ""),
               when(now, plan.made_at), escaped(plan.goal), escaped(plan.result), escaped(plan.reason)});
  return rows_or_none(table, history.filter);
}

std::string moves_html(const History& history, double now) {
  html::Table table("The newest first", {"Last change", "Plan", "Guest", "From", "To", "State", "Why"});
  for (const MoveRecord& move : history.moves)
    table.row({when(now, move.changed_at), plan_link(move.plan_id),
               escaped(move.name) + " <span class=\"dim\">" + escaped(move.guest) + "</span>",
               escaped(move.from), escaped(move.to),
               "<strong class=\"state " + std::string(name_of(move.state)) + "\">" + name_of(move.state) +
                   "</strong>",
               escaped(move.reason)});
  return rows_or_none(table, history.filter);
}

std::string decisions_html(const History& history, double now) {
  html::Table table("What people decided, the newest first",
                    {"When", "Who", "From", "Verdict", "On", "Plan's digest"});
  for (const DecisionRecord& decision : history.decisions) {
    const std::string on =
        (decision.plan_id != 0 ? plan_link(decision.plan_id) : std::string("a plan")) +
        (decision.move_id != 0 ? ", move " + std::to_string(decision.move_id) : ", all that waited");
    table.row({when(now, decision.at), escaped(decision.actor), escaped(decision.address),
               verdict_of(decision), on, html::code(decision.digest)});
  }
  return rows_or_none(table, history.filter);
}

std::string messages_html(const History& history, double now) {
  html::Table table("The newest first", {"When", "Severity", "Message", "Sent to"});
  const auto& all = history.messages;
  for (auto delivery = all.begin(); delivery != all.end();) {
    // One row per message; its deliveries stand next to each other.
    const Notification& message = delivery->notification;
    std::string sinks, lines;
    for (; delivery != all.end() && delivery->notification.id == message.id; ++delivery)
      sinks += "<p>" + escaped(delivery->sink) +
               (delivery->state == "sent"
                    ? ""
                    : " (" + escaped(delivery->state) + ") " + escaped(delivery->last_error)) +
               "</p>";
    for (const std::string& line : message.lines) lines += "<p>" + escaped(line) + "</p>";
    table.row({when(now, message.created_at), escaped(message.severity),
               "<p><strong>" + escaped(message.subject) + "</strong></p>" + lines, sinks});
  }
  return rows_or_none(table, history.filter);
}

// In words, as the command tells it; what begins with blanks belongs to the line above it.
std::string report_html(const ReportInput& report) {
  std::string list = "<ul class=\"report\">";
  bool open = false;
  for (const std::string& line : report_lines(report)) {
    const bool inner = line.starts_with("  ");
    if (inner != open) list += inner ? "<li class=\"inner\"><ul>" : "</ul></li>";
    open = inner;
    list += "<li>" + escaped(text::trim(line)) + "</li>\n";
  }
  return list + (open ? "</ul></li>" : "") + "</ul>\n";
}

std::string option(const char* value, const char* words, bool chosen) {
  return std::string("<option value=\"") + value + "\"" + (chosen ? " selected" : "") + ">" + words +
         "</option>";
}

std::string choices_html(const HistoryFilter& filter) {
  std::string list = "<nav aria-label=\"What of the history\"><ul class=\"kinds\">";
  for (const auto& [show, words] : kShown)
    list += "<li><a href=\"" +
            html::link_of("/history",
                          {{"show", show}, {"q", std::string_view(show) == "report" ? "" : filter.text}}) +
            "\"" + (filter.show == show ? " aria-current=\"true\"" : "") + ">" + words + "</a></li>";
  list += "</ul></nav>\n<form class=\"ask\" method=\"get\" action=\"/history\">" +
          html::hidden("show", filter.show);
  if (filter.show == "report") {
    list += "<label for=\"since\">The last</label> <select id=\"since\" name=\"since\">";
    for (const auto& [since, words] : kPeriods) list += option(since, words, filter.since == since);
    return list + "</select> <button type=\"submit\">Show</button></form>\n";
  }
  if (filter.show == "events") {
    list += "<label for=\"kind\">Kind</label> <select id=\"kind\" name=\"kind\">" +
            option("", "all", filter.kind.empty());
    for (const char* kind : kKinds) list += option(kind, kind, filter.kind == kind);
    list += "</select> ";
  }
  return list +
         "<label for=\"q\">Search</label> <input id=\"q\" name=\"q\" type=\"search\" maxlength=\"100\" "
         "value=\"" +
         escaped(filter.text) + "\"> <button type=\"submit\">Find</button></form>\n";
}

// The pages before and behind this one.
std::string page_links(const History& history) {
  const HistoryFilter& filter = history.filter;
  const auto link = [&](std::int64_t before, const char* words) {
    return "<a href=\"" +
           html::link_of("/history", {{"show", filter.show},
                                      {"kind", filter.kind},
                                      {"q", filter.text},
                                      {"limit", std::to_string(filter.limit)},
                                      {"before", before > 0 ? std::to_string(before) : ""}}) +
           "\">" + words + "</a>";
  };
  std::string links;
  if (filter.before > 0) links = link(0, "The newest");
  if (history.older > 0) links += (links.empty() ? "" : " · ") + link(history.older, "Older");
  return links.empty() ? "" : "<nav class=\"pages\" aria-label=\"Pages\"><p>" + links + "</p></nav>\n";
}

// Where the rows of one kind are as data. Of /api/v1/history a cursor is a number for each table.
struct DataPath {
  const char *show, *path, *kind, *cursor_from, *cursor_to;
};
constexpr DataPath kDataPaths[] = {{"events", "/api/v1/history", "", "", ".0.0.0"},
                                   {"alerts", "/api/v1/history", "alert", "0.", ".0.0"},
                                   {"decisions", "/api/v1/history", "decision", "0.0.", ".0"},
                                   {"messages", "/api/v1/history", "message", "0.0.0.", ""},
                                   {"plans", "/api/v1/plans", nullptr, "", ""},
                                   {"moves", "/api/v1/suggestions", nullptr, "", ""}};

std::string data_links(const HistoryFilter& filter) {
  const DataPath* data = kDataPaths;
  for (const DataPath& other : kDataPaths)
    if (filter.show == other.show) data = &other;
  const bool of_history = data->kind != nullptr;
  const std::string before = filter.before > 0 ? std::to_string(filter.before) : "";
  const auto link = [&](const char* format, const char* words) {
    return "<a href=\"" +
           html::link_of(data->path, {{"kind", of_history ? data->kind + filter.kind : ""},
                                      {"q", filter.text},
                                      {"limit", std::to_string(filter.limit)},
                                      {of_history ? "cursor" : "before",
                                       before.empty() ? "" : data->cursor_from + before + data->cursor_to},
                                      {"format", format}}) +
           "\">" + words + "</a>";
  };
  return "<p class=\"small\">The same as " + link("", "JSON") + " or " + link("csv", "CSV") + ".</p>\n";
}

std::string rows_html(const History& history, double now) {
  const std::string& show = history.filter.show;
  if (show == "alerts") return alerts_html(history, now);
  if (show == "plans") return plans_html(history, now);
  if (show == "moves") return moves_html(history, now);
  if (show == "decisions") return decisions_html(history, now);
  return show == "messages" ? messages_html(history, now) : events_html(history, now);
}

std::string report_section(const History& history) {
  if (!history.report) return html::section("history", "Report", html::note("dim", "Nothing to tell."));
  const ReportInput& report = *history.report;
  const std::string until = text::number(std::floor(report.until));
  return html::section(
      "history", "Report",
      "<p>From " + format_rfc3339(report.since) + " to " + format_rfc3339(report.until) + "</p>\n" +
          report_html(report) + "<p class=\"small\"><a href=\"" +
          html::link_of("/history", {{"show", "report"}, {"since", history.filter.since}, {"until", until}}) +
          "\">Permanent link</a> · <a href=\"" +
          html::link_of("/api/v1/report",
                        {{"since", text::number(report.until - report.since)}, {"until", until}}) +
          "\">JSON</a></p>\n");
}

}  // namespace

bool is_history_of(const std::string& show) {
  return std::any_of(kShown.begin(), kShown.end(), [&](const auto& entry) { return show == entry.first; });
}

bool matches(const HistoryFilter& filter, const EventRecord& event) {
  return (filter.kind.empty() || event.kind == filter.kind) &&
         has(filter, {event.kind, event.actor, event.subject, event.detail});
}
bool matches(const HistoryFilter& filter, const AlertRecord& record) {
  const std::string name = record.alert.label("alertname"), about = record.alert.label("id");
  return has(filter,
             {name, about, summary_of(record.alert), name_of(record.alert.status), record.verdict.reason});
}
bool matches(const HistoryFilter& filter, const PlanRecord& plan) {
  return has(filter, {std::to_string(plan.id), plan.goal, plan.result, plan.reason});
}
bool matches(const HistoryFilter& filter, const MoveRecord& move) {
  return has(filter,
             {move.guest, move.name, move.from, move.to, name_of(move.state), move.actor, move.reason});
}
bool matches(const HistoryFilter& filter, const DecisionRecord& decision) {
  return has(filter, {decision.actor, decision.address, verdict_of(decision),
                      "plan " + std::to_string(decision.plan_id), decision.digest});
}
bool matches(const HistoryFilter& filter, const DeliveryRecord& delivery) {
  const Notification& message = delivery.notification;
  return has(filter, {message.subject, text::join(message.lines, "\n"), message.severity, delivery.sink});
}

std::string history_html(const History& history, const Frame& frame) {
  if (history.filter.show == "report") return choices_html(history.filter) + report_section(history);
  std::string heading = "History";
  for (const auto& [show, words] : kShown)
    if (history.filter.show == show) heading = words;
  return choices_html(history.filter) +
         html::section("history", heading,
                       rows_html(history, frame.now) + page_links(history) + data_links(history.filter));
}

}  // namespace pcb
