#include "evaluator/page/overview.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/page/host_bars.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::ago;
using html::escaped;
using html::note;

constexpr std::size_t kListedAlerts = 50;

// What is free below the limits of the hosts that are online.
double headroom(const Cluster& cluster, Resource resource) {
  double room = 0;
  for (const Host& host : cluster.hosts) {
    const auto used = used_of(host, resource);
    if (is_online(host) && used) room += std::max(0.0, limit_of(host, resource) - *used);
  }
  return room;
}

std::string figure(const std::string& name, const std::string& value, const std::string& meaning) {
  return "<div><dt>" + name + "</dt><dd><strong>" + value + "</strong> <span class=\"dim\">" + meaning +
         "</span></dd></div>\n";
}

std::string figures_html(const Overview& overview) {
  if (overview.view == nullptr || !overview.view->document || !overview.figures) return "";
  const Figures& now = *overview.figures;
  const Cluster& cluster = *overview.view->document;
  std::string list = "<dl class=\"figures\">\n";
  list += figure("Peak", text::percent(now.peak), "the highest use, of what its host allows");
  list +=
      figure("Overload", text::percent(now.overload), "of the cluster's capacity is used above the limits");
  list += figure("Imbalance", text::percent(now.imbalance),
                 "how far the hosts are apart, CPU and memory together");
  list += figure("Headroom",
                 escaped(amount(Resource::cpu, headroom(cluster, Resource::cpu))) + ", " +
                     escaped(amount(Resource::memory, headroom(cluster, Resource::memory))),
                 "free below the limits");
  return list + "</dl>\n";
}

std::string notes_html(const View& view) {
  std::string list;
  for (const std::string& text : view.notes) list += note("dim", escaped(text));
  return list;
}

// When the host was measured: its age is that of the moment the document was taken, which may be long ago.
std::string measured_html(const Cluster& cluster, double age_seconds, double now) {
  if (cluster.taken_at) return "measured " + ago(now, *cluster.taken_at - age_seconds);
  return age_seconds < 1 ? std::string("measured just now")
                         : "measured " + std::to_string(std::lround(age_seconds)) + " s before";
}

std::string host_html(const Cluster& cluster, const Host& host, double now) {
  std::size_t running = 0, stopped = 0;
  for (const Guest& guest : cluster.guests) {
    if (guest.host != host.name || is_template(guest)) continue;
    (is_running(guest) ? running : stopped) += 1;
  }
  const HostState state = state_of(host);
  // Maintenance is what a person wanted.
  const char* tone = state == HostState::online ? "ok" : state == HostState::maintenance ? "warn" : "bad";
  std::string card = "<li class=\"host\"><h3>" + escaped(host.name) + " <span class=\"" + tone + "\">" +
                     to_word(state) + "</span></h3>\n<p class=\"small dim\">" +
                     html::plural(running, "guest runs", "guests run");
  if (stopped > 0) card += ", " + std::to_string(stopped) + " stopped";
  if (host.age_seconds) card += " · " + measured_html(cluster, *host.age_seconds, now);
  card += "</p>\n" + host_bar(cluster, host, Resource::cpu) + host_bar(cluster, host, Resource::memory);
  return card + "</li>\n";
}

std::string hosts_html(const View* view, double now) {
  if (view == nullptr || !view->document) return note("dim", "The exporter's cluster document is not there.");
  std::string list = "<ul class=\"hosts\">\n";
  for (const Host& host : view->document->hosts) list += host_html(*view->document, host, now);
  return list + "</ul>\n" +
         note("legend small",
              "<span class=\"key own\"></span> the host itself <span class=\"key even\"></span><span "
              "class=\"key "
              "odd\"></span> guests, largest first <span class=\"key limit\"></span> limit");
}

std::string incidents_html(const Standing& standing, double now) {
  html::Table table("Hosts that are over a limit, or were a moment ago",
                    {"Host", "Short of", "State", "Since", "Why"});
  for (const Incident& incident : standing.incidents)
    table.row({escaped(incident.host), word_of(incident.resource), name_of(incident.state),
               ago(now, incident.opened_at), escaped(incident.reason)});
  return table.str("None: no host asks for relief.");
}

std::string alerts_html(const Overview& overview) {
  html::Table table("Alerts that fire", {"Alert", "About", "What it says", "Since", "What is done with it"});
  std::size_t listed = 0;
  for (const AlertRecord& record : firing(overview.alerts)) {
    if (++listed > kListedAlerts) continue;
    const auto summary = record.alert.annotations.find("summary");
    table.row({escaped(record.alert.label("alertname")), escaped(record.alert.label("id")),
               summary == record.alert.annotations.end() ? "" : escaped(summary->second),
               ago(overview.now, static_cast<double>(record.alert.starts_at_ms) / 1000),
               escaped(record.verdict.reason)});
  }
  std::string html = table.str("No alert fires.");
  if (listed > kListedAlerts)
    html += note("dim", std::to_string(listed - kListedAlerts) +
                            " more: see <a href=\"/history?show=alerts\">History</a>.");
  return html;
}

std::string plan_html(const Standing& standing, double now) {
  if (!standing.plan)
    return note("dim", standing.incidents.empty() ? "There is none: nothing needs to move."
                                                  : "None stands now, though an incident is open.");
  const auto waiting =
      std::count_if(standing.moves.begin(), standing.moves.end(),
                    [](const MoveRecord& move) { return move.state == MoveState::proposed; });
  std::string text = "<p><a href=\"/plan\">Plan " + std::to_string(standing.plan->id) + "</a>, made " +
                     ago(now, standing.plan->made_at) + ": " + escaped(standing.plan->reason) + "</p>\n";
  if (waiting > 0)
    text += "<p><a class=\"button\" href=\"/plan\">" +
            html::plural(static_cast<std::size_t>(waiting), "move waits", "moves wait") +
            " for your decision</a></p>\n";
  return text;
}

std::string messages_html(const Overview& overview) {
  html::Table table("The newest messages", {"When", "Message", "Sent to"});
  std::set<std::int64_t> shown;  // one row per message; its deliveries stand next to each other
  for (const DeliveryRecord& delivery : overview.messages) {
    if (!shown.insert(delivery.notification.id).second) continue;
    std::string sinks;
    for (const DeliveryRecord& other : overview.messages) {
      if (other.notification.id != delivery.notification.id) continue;
      sinks += (sinks.empty() ? "" : ", ") + escaped(other.sink) +
               (other.state == "sent" ? "" : " (" + escaped(other.state) + ")");
    }
    table.row(
        {ago(overview.now, delivery.notification.created_at), escaped(delivery.notification.subject), sinks});
  }
  return table.str("None yet.");
}

}  // namespace

std::vector<AlertRecord> firing(const std::vector<AlertRecord>& newest_first) {
  std::set<std::string> seen;
  std::vector<AlertRecord> firing;
  for (const AlertRecord& record : newest_first) {
    const bool ours = record.verdict.use == AlertUse::relieve || record.verdict.use == AlertUse::tell;
    if (ours && seen.insert(record.alert.fingerprint).second && record.alert.status == AlertStatus::firing)
      firing.push_back(record);
  }
  return firing;
}

std::string overview_html(const Overview& overview) {
  static const Standing kNone;
  const Standing& standing = overview.standing != nullptr ? *overview.standing : kNone;
  std::string page = html::section("plan", "Plan", plan_html(standing, overview.now));
  page += html::section("hosts", "Hosts",
                        figures_html(overview) + hosts_html(overview.view, overview.now) +
                            (overview.view != nullptr ? notes_html(*overview.view) : ""));
  page += html::section("incidents", "Open incidents", incidents_html(standing, overview.now));
  page += html::section("alerts", "Alerts", alerts_html(overview));
  return page + html::section("messages", "Messages", messages_html(overview));
}

}  // namespace pcb
