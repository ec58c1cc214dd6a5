// The steps of build_snapshot() that are about backup jobs and running tasks.
#include <algorithm>
#include <cmath>

#include "common/text.h"
#include "exporter/parse/calendar_event.h"
#include "exporter/snapshot_parts.h"

namespace pcb {
namespace {

constexpr double kBeginsWithinSeconds = 60;  // Proxmox looks once a minute, then the task shows

using GuestIds = std::map<std::string, std::string>;  // "101" → "lxc/101"

GuestIds guest_ids(const Merged& merged) {
  GuestIds ids;
  for (const auto& [id, host] : merged.guest_hosts) ids.emplace(id.substr(id.find('/') + 1), id);
  return ids;
}

// The numbers that the job chooses, whichever host they are on; nullopt: its pool is not known.
std::optional<std::vector<std::string>> chosen(const BackupJobConfig& job, const ClusterSettings& settings,
                                               const GuestIds& ids) {
  if (!job.pool.empty()) {
    if (!settings.pools) return std::nullopt;
    const auto pool = settings.pools->find(job.pool);
    return pool == settings.pools->end() ? std::vector<std::string>{} : pool->second;
  }
  if (!job.guests.empty() || !job.all) return job.guests;
  std::vector<std::string> numbers;
  for (const auto& [number, id] : ids) {
    if (std::find(job.exclude.begin(), job.exclude.end(), number) == job.exclude.end())
      numbers.push_back(number);
  }
  return numbers;
}

std::optional<std::vector<std::string>> guests_of(const BackupJobConfig& job, const Merged& merged,
                                                  const GuestIds& ids) {
  const auto numbers = chosen(job, *merged.cluster_settings, ids);
  if (!numbers) return std::nullopt;
  std::vector<std::string> guests;
  for (const auto& number : *numbers) {
    const auto id = ids.find(number);
    if (id == ids.end() || (!job.node.empty() && merged.guest_hosts.at(id->second) != job.node)) continue;
    guests.push_back(id->second);
  }
  return guests;
}

// When that host begins the job next: planned by its own clock and time zone, told in our time.
std::optional<double> next_on(const Merged& merged, const std::string& host, const CalendarEvent& event) {
  const auto* report = merged.report_of(host);
  if (report == nullptr || !report->facts || !report->facts->zone) return std::nullopt;
  const double host_now = merged.host_time(host);
  const double since = host_now - kBeginsWithinSeconds;
  if (!(since > 0 && since < kLatestTime)) return std::nullopt;
  const auto at = next_event(event, *report->facts->zone, static_cast<std::int64_t>(since) - 1);
  if (!at) return std::nullopt;
  // Whole seconds stay as they are planned: what is less is that of reading.
  return static_cast<double>(*at) - std::round(host_now - merged.now);
}

void take_earlier(std::optional<double>& into, const std::optional<double>& at) {
  if (at && (!into || *at < *into)) into = at;
}

bool runs_on(const BackupJob& job, const std::string& host, const Merged& merged) {
  if (job.host) return *job.host == host;
  if (!job.guests) return true;  // nobody knows whose they are
  return std::any_of(job.guests->begin(), job.guests->end(),
                     [&](const auto& id) { return merged.guest_hosts.at(id) == host; });
}

void schedule(const Merged& merged, BackupJob& job, Snapshot& snapshot) {
  const auto event = parse_calendar_event(job.schedule);
  if (!event.ok()) {
    snapshot.warnings.push_back(job.origin + ": when it runs is not known: " + event.error().message);
    return;
  }
  for (auto& host : snapshot.hosts) {
    if (!runs_on(job, host.document.name, merged)) continue;
    const auto at = next_on(merged, host.document.name, *event);
    take_earlier(host.document.next_backup_at, at);
    take_earlier(job.next_at, at);
  }
}

}  // namespace

void add_backups(const Merged& merged, Snapshot& snapshot) {
  const auto* settings = merged.cluster_settings;
  if (settings == nullptr || !settings->backup_jobs) return;
  const auto ids = guest_ids(merged);
  std::set<std::string> covered;
  bool all_known = true;
  for (const auto& config : *settings->backup_jobs) {
    BackupJob job{config.id,   config.enabled, config.schedule, std::nullopt,  guests_of(config, merged, ids),
                  config.pool, config.storage, config.mode,     config.origin, std::nullopt};
    if (!config.node.empty()) job.host = config.node;
    // Like Proxmox, which asks whether a job names the guest and not whether the job is switched on.
    if (job.guests)
      covered.insert(job.guests->begin(), job.guests->end());
    else
      all_known = false;
    if (config.enabled) schedule(merged, job, snapshot);
    snapshot.backup_jobs.push_back(std::move(job));
  }
  if (!all_known || merged.view == nullptr) return;
  snapshot.not_backed_up.emplace();
  for (const auto& guest : snapshot.guests) {
    if (!covered.contains(guest.document.id)) snapshot.not_backed_up->push_back(guest.document.id);
  }
}

void add_tasks(const Merged& merged, Snapshot& snapshot) {
  const auto ids = guest_ids(merged);
  for (const auto& host : snapshot.hosts) {
    const auto* sample = merged.sample_of(host.document.name);
    if (sample == nullptr) continue;
    const double booted_at = sample->cpu ? sample->cpu->boot_time_unix : 0;
    for (const auto& task : sample->tasks) {
      // One from before the start of the host was cut off by it.
      if (task.ended_at || task.is_console() || task.started_at < std::floor(booted_at)) continue;
      RunningTask running{host.document.name, text::valid_utf8(task.type), std::nullopt, task.started_at};
      if (const auto id = ids.find(task.guest); id != ids.end()) running.guest = id->second;
      snapshot.tasks.push_back(std::move(running));
    }
  }
}

}  // namespace pcb
