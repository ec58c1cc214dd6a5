#include "exporter/poller/landing.h"

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Proxmox Cluster Balancer: exporter</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .8rem .35rem 0;vertical-align:top}
th{border-bottom:2px solid #cbd5e0}td{border-bottom:1px solid #e2e8f0}td.n{text-align:right}
.bad{color:#b3261e;font-weight:600}.good{color:#1b6e3c}a{color:#1a5fb4}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#dde5ee}a{color:#7fb2ff}.bad{color:#ff8a80}
.good{color:#7bd88f}th,td{border-color:#34404d}}
</style></head><body>
<h1>Proxmox Cluster Balancer: exporter</h1>
)";

std::string cell(std::string_view text, std::string_view kind = {}) {
  std::string out = "<td";
  if (!kind.empty()) out.append(" class=\"").append(kind).append("\"");
  return out + ">" + text::html_escape(text) + "</td>";
}

std::string host_row(const SnapshotHost& host, double now) {
  const std::string state = !host.configured ? "member, not read" : host.up ? "read" : "not read";
  const std::string_view kind = !host.configured ? "" : host.up ? "good" : "bad";
  const std::string age =
      host.last_success_at ? text::human_duration(std::max(0.0, now - *host.last_success_at)) : "never";
  std::string why;
  if (host.failure != FailureReason::none) {
    why = std::string(to_string(host.failure)) + ": " + host.failure_detail;
  }
  for (const auto& [name, section] : host.sections) {
    if (!section.ok) why += (why.empty() ? "" : "; ") + name + ": " + section.detail;
  }
  return "<tr>" + cell(host.document.name) + cell(state, kind) + cell(age) + cell(why) + "</tr>\n";
}

}  // namespace

std::string render_landing(const Snapshot* snapshot, std::string_view version, double now_unix_seconds) {
  std::string page(kHead);
  page += "<p>Reads Proxmox hosts over SSH and serves what it finds to Prometheus. Version " +
          text::html_escape(version) +
          ".</p>\n<p><a href=\"/metrics\">/metrics</a> for Prometheus · <a href=\"/cluster\">/cluster</a> "
          "the cluster "
          "document · <a href=\"/cluster?anonymize=1\">anonymized</a>, for a bug report · "
          "<a href=\"/sd\">/sd</a> the hosts, for Prometheus's discovery · "
          "<a href=\"/pve\">/pve</a> as prometheus-pve-exporter · <a href=\"/-/ready\">/-/ready</a> · <a "
          "href=\"/-/healthy\">/-/healthy</a></p>\n";
  if (snapshot == nullptr)
    return page + "<p>The hosts are being read for the first time.</p>\n</body></html>\n";
  page += "<h2>Hosts" + (snapshot->cluster.empty() ? "" : " of " + text::html_escape(snapshot->cluster)) +
          "</h2>\n<table><thead><tr><th>Host</th><th>State</th><th>Last read</th><th>What is "
          "wrong</th></tr></thead>"
          "<tbody>\n";
  for (const SnapshotHost& host : snapshot->hosts) page += host_row(host, now_unix_seconds);
  page += "</tbody></table>\n<p>" + std::to_string(snapshot->guests.size()) + " guests.</p>\n";
  for (const std::string& warning : snapshot->warnings) {
    page += "<p class=\"bad\">" + text::html_escape(warning) + "</p>\n";
  }
  return page + "</body></html>\n";
}

}  // namespace pcb
