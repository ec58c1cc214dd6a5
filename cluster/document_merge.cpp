#include "cluster/document_merge.h"

#include <algorithm>
#include <set>

#include "cluster/document_defaults.h"
#include "cluster/document_json.h"
#include "common/text.h"

namespace pcb {
namespace {

double time_of(const Cluster& part) { return part.taken_at.value_or(0); }

// Hosts are as old as they were when their part was taken, and the time since.
void bring_to(double newest, Cluster& part) {
  const double later = part.taken_at ? newest - *part.taken_at : 0;
  if (later <= 0) return;
  for (Host& host : part.hosts)
    if (host.age_seconds) *host.age_seconds += later;
}

void add_rule(std::vector<Rule>& rules, Rule rule) {
  const auto same = std::find_if(rules.begin(), rules.end(), [&](const Rule& known) {
    return known.kind == rule.kind && known.strict == rule.strict && known.hosts == rule.hosts &&
           known.origin == rule.origin;
  });
  if (same == rules.end()) return rules.push_back(std::move(rule));
  for (std::string& guest : rule.guests)
    if (std::find(same->guests.begin(), same->guests.end(), guest) == same->guests.end())
      same->guests.push_back(std::move(guest));
}

// Every part knows all jobs, and which of its own guests they back up.
void add_job(std::vector<BackupJob>& jobs, BackupJob job) {
  const auto same =
      std::find_if(jobs.begin(), jobs.end(), [&](const auto& known) { return known.id == job.id; });
  if (same == jobs.end()) return jobs.push_back(std::move(job));
  if (job.next_at) same->next_at = std::min(*job.next_at, same->next_at.value_or(*job.next_at));
  if (!job.guests) return;
  if (!same->guests) same->guests.emplace();
  for (std::string& guest : *job.guests)
    if (std::find(same->guests->begin(), same->guests->end(), guest) == same->guests->end())
      same->guests->push_back(std::move(guest));
}

// A flag that one part has is the cluster's; `wins` is what outweighs the other value.
void add_flag(std::optional<bool>& flag, std::optional<bool> part, bool wins) {
  if (!part) return;
  if (!flag || *part == wins) flag = part;
}

class Merger {
 public:
  void add(Cluster part) {
    add_flag(whole.quorate, part.quorate, false);
    add_flag(whole.auto_rebalance, part.auto_rebalance, true);
    add_flag(whole.migration_apart, part.migration_apart, false);
    for (Host& host : part.hosts)
      if (hosts_.insert(host.name).second) whole.hosts.push_back(std::move(host));
    for (Guest& guest : part.guests)
      if (guests_.insert(guest.id).second) whole.guests.push_back(std::move(guest));
    for (Rule& rule : part.rules) add_rule(whole.rules, std::move(rule));
    for (BackupJob& job : part.backup_jobs) add_job(whole.backup_jobs, std::move(job));
    for (RunningTask& task : part.tasks) whole.tasks.push_back(std::move(task));
    for (std::string& warning : part.warnings)
      if (warnings_.insert(warning).second) whole.warnings.push_back(std::move(warning));
  }

  Cluster whole;

 private:
  std::set<std::string> hosts_, guests_, warnings_;
};

}  // namespace

Result<Cluster> merge_clusters(std::vector<Cluster> parts) {
  if (parts.empty()) return Error{"there is no cluster document"};
  const std::string name = parts.front().cluster.value_or("");
  for (const Cluster& part : parts)
    if (part.cluster.value_or("") != name)
      return Error{"the documents are of two clusters, \"" + text::printable(name) + "\" and \"" +
                   text::printable(part.cluster.value_or("")) + "\""};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Cluster& a, const Cluster& b) { return time_of(a) > time_of(b); });
  const double newest = time_of(parts.front());
  Merger merger;
  merger.whole.cluster = parts.front().cluster;
  merger.whole.taken_at = parts.front().taken_at;
  for (Cluster& part : parts) {
    bring_to(newest, part);
    merger.add(std::move(part));
  }
  return std::move(merger.whole);
}

Result<std::string> merge_documents(const std::vector<std::string>& json_texts) {
  if (json_texts.size() == 1) return json_texts.front();
  std::vector<Cluster> parts;
  parts.reserve(json_texts.size());
  for (const std::string& text : json_texts) {
    auto read = read_cluster(text);
    if (!read) return read.error();
    parts.push_back(std::move(read->cluster));
  }
  const auto merged = merge_clusters(std::move(parts));
  if (!merged) return merged.error();
  return write_cluster(*merged);
}

}  // namespace pcb
