#include <algorithm>
#include <cmath>
#include <iterator>

#include "exporter/snapshot_parts.h"

namespace pcb {
namespace {

// The newest view wins, but one with quorum always before one without.
bool is_better(const ClusterView& candidate, const ClusterView* best) {
  if (best == nullptr) return true;
  const auto rank = [](const ClusterView& view) {
    return !view.members.clustered || view.members.quorate == true;
  };
  if (rank(candidate) != rank(*best)) return rank(candidate);
  return candidate.received_at > best->received_at;
}

void choose_sources(const std::vector<const HostReport*>& reports, Merged& merged) {
  double rrd_at = 0;
  for (const auto* report : reports) {
    if (report->view && merged.is_fresh(report->view->received_at) && is_better(*report->view, merged.view)) {
      merged.view = &*report->view;
    }
    const auto* best = merged.cluster_settings;
    if (report->settings && (best == nullptr || report->settings->read_at > best->read_at)) {
      merged.cluster_settings = &*report->settings;
    }
    if (report->rrd && merged.is_fresh(report->rrd_received_at) && report->rrd_received_at > rrd_at) {
      merged.rrd = &*report->rrd;
      rrd_at = report->rrd_received_at;
    }
  }
}

// Names in the cluster. A report counts under the name its host gives itself; two that are the same host: the
// fresher one.
void name_reports(const std::vector<const HostReport*>& reports, Merged& merged) {
  for (const auto* report : reports) {
    const auto& name = report->node_name.empty() ? report->name : report->node_name;
    if (report->name != name) merged.other_names.insert(report->name);
    auto& place = merged.reports[name];
    if (place != nullptr) {
      merged.warnings.push_back(place->name + " and " + report->name + " are the same host, " + name);
      const bool fresher =
          report->sample && (!place->sample || report->sample->received_at > place->sample->received_at);
      if (!fresher) continue;
    }
    place = report;
    if (report->name != name) {
      merged.warnings.push_back("the host configured as " + report->name + " calls itself " + name +
                                "; write name: " + name + " in proxmox_hosts");
    }
  }
}

void take_tasks(Merged& merged) {
  std::map<std::string, double> given_away;  // number → when its former guest was no more
  for (const auto& [host, report] : merged.reports) {
    if (!report->sample) continue;
    for (const auto& task : report->sample->tasks) {
      if (task.guest.empty() || task.is_console()) continue;
      const bool is_move = task.type == "vzmigrate" || task.type == "qmigrate";
      if (!task.ended_at) {
        merged.running_tasks[task.guest] = task.type;
      } else if (task.gives_the_number_away()) {
        auto& since = given_away[task.guest];
        since = std::max(since, *task.ended_at);
      } else if (is_move && task.succeeded) {
        auto& moved = merged.moved_at[task.guest];
        moved = std::max(moved, *task.ended_at);
        auto& left = merged.host_moved_at[host];
        left = std::max(left, *task.ended_at);
      }
    }
  }
  // Another guest under the number has not moved.
  for (const auto& [number, since] : given_away) {
    const auto moved = merged.moved_at.find(number);
    if (moved != merged.moved_at.end() && moved->second <= since) merged.moved_at.erase(moved);
  }
}

// Where each guest is: .vmlist says so for the whole cluster. A config read after it counts where it is
// silent, and without it the newest reading of the configs does.
void place_guests(Merged& merged) {
  std::map<std::string, double> config_read_at;
  for (const auto& [host, report] : merged.reports) {
    if (!report->facts) continue;
    for (const auto& [id, config] : report->facts->configs) {
      const auto known = config_read_at.find(id);
      if (known != config_read_at.end() && known->second >= report->facts->read_at) continue;
      config_read_at[id] = report->facts->read_at;
      merged.configs[id] = &config;
      const bool newer_than_view =
          merged.view == nullptr || report->facts->read_at > merged.view->received_at;
      if (newer_than_view)
        merged.guest_hosts[id] = host;
      else
        merged.guest_hosts.erase(id);
    }
  }
  if (merged.view == nullptr) return;
  for (const auto& [id, entry] : merged.view->guests.guests) {
    const auto& host = merged.guest_hosts.try_emplace(id, entry.node).first->second;
    const auto* report = merged.report_of(host);
    if (report == nullptr || !report->facts) continue;
    const auto own = report->facts->configs.find(id);
    if (own != report->facts->configs.end()) merged.configs[id] = &own->second;
  }
}

void add_arrivals(Merged& merged) {
  for (const auto& [id, host] : merged.guest_hosts) {
    const auto moved = merged.moved_at.find(id.substr(id.find('/') + 1));
    if (moved == merged.moved_at.end()) continue;
    auto& host_moved = merged.host_moved_at[host];
    host_moved = std::max(host_moved, moved->second);
  }
}

template <class Row>
const Row* fresh_row(const std::map<std::string, Row>& rows, const std::string& key, double host_time) {
  const auto row = rows.find(key);
  if (row == rows.end() || std::abs(host_time - row->second.at) > kRrdFreshSeconds) return nullptr;
  return &row->second;
}

}  // namespace

// What was received later than now was received before the exporter's clock was put back: nobody knows how
// old it is.
bool Merged::is_fresh(double received_at) const {
  const double age = now - received_at;
  return age <= 2 * settings.interval.count() && age >= -settings.interval.count();
}

const HostReport* Merged::report_of(const std::string& host) const {
  const auto found = reports.find(host);
  return found == reports.end() ? nullptr : found->second;
}

const HostSample* Merged::sample_of(const std::string& host) const {
  const auto* report = report_of(host);
  return report != nullptr && report->sample && is_fresh(report->sample->received_at) ? &*report->sample
                                                                                      : nullptr;
}

const SnapshotSettings::HostSettings* Merged::settings_of(const std::string& host) const {
  const auto found = host_settings.find(host);
  return found == host_settings.end() ? nullptr : found->second;
}

double Merged::host_time(const std::string& host) const {
  const auto* sample = sample_of(host);
  if (sample == nullptr || !sample->cpu) return now;
  return sample->cpu->boot_time_unix + sample->uptime_seconds + (now - sample->received_at);
}

const RrdNode* Merged::rrd_node(const std::string& host) const {
  return rrd == nullptr ? nullptr : fresh_row(rrd->nodes, host, host_time(host));
}

const RrdGuest* Merged::rrd_guest(const std::string& number, const std::string& host) const {
  return rrd == nullptr ? nullptr : fresh_row(rrd->guests, number, host_time(host));
}

const RrdStorage* Merged::rrd_storage(const std::string& host, const std::string& storage) const {
  return rrd == nullptr ? nullptr : fresh_row(rrd->storages, host + "/" + storage, host_time(host));
}

void find_neighbours(const std::vector<SnapshotHost>& hosts, Merged& merged) {
  for (const auto& host : hosts) {
    auto& around = merged.neighbours[host.document.name];
    for (const auto& other : hosts) {
      if (other.document.name == host.document.name || other.document.state != HostState::online) continue;
      around.hosts.push_back(other.document.name);
      const auto* report = merged.report_of(other.document.name);
      if (report != nullptr && report->facts) around.facts.push_back(&*report->facts);
    }
  }
}

Merged merge_reports(const std::vector<const HostReport*>& reports, const SnapshotSettings& settings,
                     double now) {
  Merged merged(settings, now);
  for (const auto& host : settings.hosts) merged.host_settings.emplace(host.name, &host);
  choose_sources(reports, merged);
  name_reports(reports, merged);
  take_tasks(merged);
  place_guests(merged);
  add_arrivals(merged);
  if (merged.cluster_settings != nullptr) {
    std::vector<std::string> nodes;
    if (merged.view != nullptr) {
      for (const auto& [name, node] : merged.view->members.nodes) nodes.push_back(name);
    }
    const auto& files = *merged.cluster_settings;
    auto ha = parse_ha_config({files.ha_resources, files.ha_groups, files.ha_rules}, nodes);
    if (ha.ok())
      merged.ha = std::move(ha.value());
    else
      merged.warnings.push_back(ha.error().message);
  }
  return merged;
}

}  // namespace pcb
