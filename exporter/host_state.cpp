#include "exporter/host_state.h"

#include <algorithm>
#include <array>
#include <map>

#include "cluster/config_values.h"
#include "common/text.h"
#include "exporter/host_report.h"
#include "exporter/parse/filesystems.h"
#include "exporter/read_sample.h"

namespace pcb {
namespace {

using Counters = std::map<std::string, std::uint64_t>;

constexpr int kCyclesBetweenDf = 9;
constexpr int kMostDfDoublings = 5;
// Bridges, device nodes, the version and the time zone change without a word in .version.
constexpr int kCyclesBetweenConfigs = 60;
constexpr double kShortestRateSeconds = 0.5;  // below this, ticks of 10 ms make a rate worthless

// Files behind the set "configs" that .version counts.
constexpr std::array<std::string_view, 13> kWatched = {
    "starttime",       "storage.cfg",     "datacenter.cfg",   "replication.cfg", "jobs.cfg",
    "vzdump.cron",     "user.cfg",        "ha/resources.cfg", "ha/groups.cfg",   "ha/rules.cfg",
    "mapping/pci.cfg", "mapping/usb.cfg", "corosync.conf"};

std::uint64_t counter_of(const Counters& counters, std::string_view name) {
  const auto found = counters.find(std::string(name));
  return found == counters.end() ? 0 : found->second;
}

bool watched_changed(const Counters& before, const Counters& now) {
  for (const auto name : kWatched) {
    if (counter_of(before, name) != counter_of(now, name)) return true;
  }
  return false;
}

// "key value" lines of pcb/host.
std::string_view said(const FileMap& files, std::string_view key) {
  for (const auto line : text::split_lines(file_of(files, "pcb/host"))) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return line.substr(key.size() + 1);
    }
  }
  return {};
}

// Names of the host's own network devices, each with a file behind it.
std::string network_devices(const FileMap& files) {
  constexpr std::string_view kNet = "/sys/class/net/", kState = "/operstate";
  std::string names;
  for (const auto& file : files.below(kNet)) {
    if (file.path.ends_with(kState)) names += file.path;
  }
  return names;
}

// The same boot goes on: its clock has not begun anew since, before or after what passed here.
bool same_boot(const HostSample& before, const HostSample& now) {
  return now.uptime_seconds >= before.uptime_seconds &&
         now.uptime_seconds >= now.received_at - before.received_at;
}

SectionState pve_state(std::string_view word) {
  if (word == "ok") return {};
  if (word == "denied") return {false, "/etc/pve may not be read by this user; log in as root"};
  if (word == "unmounted") return {false, "/etc/pve is not mounted; run systemctl start pve-cluster"};
  if (word == "dead") return {false, "pmxcfs does not answer on /etc/pve; run systemctl restart pve-cluster"};
  return {false, "there is no /etc/pve: is this a Proxmox VE host?"};
}

bool has_set(std::string_view sets, std::string_view wanted) {
  for (const auto set : text::split(sets, ',')) {
    if (set == wanted) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(FailureReason reason) {
  constexpr std::array<std::string_view, 15> kNames = {"none",
                                                       "dns",
                                                       "connect_refused",
                                                       "connect_timeout",
                                                       "banner_timeout",
                                                       "handshake",
                                                       "host_key_unknown",
                                                       "host_key_changed",
                                                       "auth",
                                                       "channel_refused",
                                                       "command_timeout",
                                                       "output_too_large",
                                                       "connection_lost",
                                                       "protocol",
                                                       "script"};
  return kNames[static_cast<std::size_t>(reason)];
}

struct HostTracker::Impl {
  HostReport report;
  std::shared_ptr<const HostSample> rate_base;  // the sample that rates are computed against
  Counters counters;                            // of .version, as last seen
  Counters counters_at_configs;                 // … when the configs were read
  std::uint64_t vmlist_checked = 0;             // counter of .vmlist when own guests were last compared
  std::map<std::string, std::uint64_t> own_versions, own_versions_at_configs;
  bool want_configs = true, want_cluster = true, following_up = false;
  std::string devices, devices_at_configs;
  int cycles_until_df = 0, df_timeouts = 0, cycles_until_configs = 0;

  Error refuse(FailureReason reason, std::string message) {
    report.failure = reason;
    report.failure_detail = message;
    following_up = false;
    return Error{std::move(message)};
  }

  Status take_sample(const FileMap& files, double received_at, bool with_guests) {
    auto read = read_sample(files, received_at, with_guests, report.sections);
    if (!read.ok()) return read.error();
    const auto sample = std::make_shared<const HostSample>(std::move(*read));
    if (rate_base && !same_boot(*rate_base, *sample)) {
      rate_base.reset();
      report.rates = {};
    }
    if (!rate_base) {
      rate_base = sample;
    } else if (sample->uptime_seconds - rate_base->uptime_seconds >= kShortestRateSeconds) {
      report.rates = rates_between(*rate_base, *sample);
      rate_base = sample;
    }
    report.sample = sample;
    return Done{};
  }

  void take_version(const FileMap& files) {
    auto parsed = parse_version(file_of(files, "/etc/pve/.version"));
    report.sections["version"] = parsed.ok() ? SectionState{} : SectionState{false, parsed.error().message};
    if (!parsed.ok()) return;
    counters = std::move(parsed.value());
    devices = network_devices(files);
    if (watched_changed(counters_at_configs, counters) || devices != devices_at_configs) want_configs = true;
    if (counter_of(counters, "vmlist") != vmlist_checked) want_cluster = true;
  }

  void take_cluster(const FileMap& files, double received_at) {
    read_view(files, received_at, report);
    if (!report.sections["cluster"].ok) return;
    own_versions.clear();
    for (const auto& [id, entry] : report.view->guests.guests) {
      if (entry.node == report.node_name) own_versions.emplace(id, entry.version);
    }
    vmlist_checked = counter_of(counters, "vmlist");
    want_cluster = false;
    if (own_versions != own_versions_at_configs) want_configs = true;
  }

  void take_configs(const FileMap& files, double received_at) {
    const auto own = "/etc/pve/nodes/" + report.node_name + "/";
    const auto configs = files.below(own);
    if (!own_versions.empty() && configs.begin() == configs.end()) {
      report.sections["configs"] = {false, "/etc/pve went away while the guest configs were read"};
      return;
    }
    read_facts(files, report.node_name, received_at, report);
    read_settings(files, received_at, report);
    counters_at_configs = counters;
    own_versions_at_configs = own_versions;
    devices_at_configs = devices;
    cycles_until_configs = kCyclesBetweenConfigs;
    want_configs = !report.sections["configs"].ok;  // half-written ones are read again next time
  }

  // A file system that hangs (a pool whose disks are gone) holds df, and the whole answer with it. The rest
  // of the host is worth more: read without df in the next cycle, and, when it was no chance, ever more
  // seldom with.
  void put_off_df() {
    cycles_until_df = 1;
    if (++df_timeouts == 1) return;
    cycles_until_df = kCyclesBetweenDf << std::min(df_timeouts - 2, kMostDfDoublings);
    report.node_files.slow.reset();
    report.sections["df"] = {false,
                             "no answer in time when df was asked for; does df on the host hang at a file "
                             "system that does not answer?"};
  }

  // What this host is not asked for, for another one is, is no failure of it any more.
  void forget_failure(const std::string& section) {
    const auto state = report.sections.find(section);
    if (state != report.sections.end() && !state->second.ok) report.sections.erase(state);
  }

  void take_rest(const FileMap& files, std::string_view sets, double received_at) {
    const auto pve = report.sections["pve"] = pve_state(said(files, "pve"));
    if (has_set(sets, "df")) {
      cycles_until_df = kCyclesBetweenDf;
      df_timeouts = 0;
      // An older script, installed as a forced command, tells of "/" alone.
      const auto root = files.get("pcb/df") ? parse_df(file_of(files, "pcb/df"), "/")
                                            : root_of(parse_filesystems(file_of(files, "pcb/filesystems")));
      report.sections["df"] = root.ok() ? SectionState{} : SectionState{false, root.error().message};
      if (root.ok()) {
        report.root = *root;
        report.root_received_at = received_at;
      }
    }
    if (const auto nics = files.get("pcb/nics")) {
      const auto names = text::split_lines(*nics);
      report.nics = {names.begin(), names.end()};
    }
    if (!pve.ok) return;  // what stands in /etc/pve now says nothing about guests
    if (has_set(sets, "host")) take_version(files);
    if (has_set(sets, "cluster")) take_cluster(files, received_at);
    if (has_set(sets, "configs")) take_configs(files, received_at);
    if (has_set(sets, "rrd")) {
      auto rrd = parse_rrd(file_of(files, "/etc/pve/.rrd"));
      report.sections["rrd"] = rrd.ok() ? SectionState{} : SectionState{false, rrd.error().message};
      if (rrd.ok()) {
        report.rrd = std::move(rrd.value());
        report.rrd_received_at = received_at;
      }
    }
  }
};

HostTracker::HostTracker(std::string name) : impl_(std::make_unique<Impl>()) {
  impl_->report.name = std::move(name);
}
HostTracker::~HostTracker() = default;
HostTracker::HostTracker(HostTracker&&) noexcept = default;
HostTracker& HostTracker::operator=(HostTracker&&) noexcept = default;

CollectRequest HostTracker::next_request(bool cluster_wide) const {
  CollectRequest request;
  if (impl_->following_up) {
    request.host = request.guests = false;
    request.cluster = impl_->want_cluster;
    request.configs = impl_->want_configs;
    return request;
  }
  request.configs = impl_->want_configs || impl_->cycles_until_configs <= 0;
  request.cluster = cluster_wide || impl_->want_cluster;
  request.rrd = cluster_wide;
  request.df = impl_->cycles_until_df <= 0;
  return request;
}

Result<HostTracker::FollowUp> HostTracker::accept(std::string_view answer, std::string_view nonce,
                                                  double received_at_unix_seconds, double duration_seconds) {
  auto& state = *impl_;
  auto& report = state.report;
  auto parsed = parse_answer(answer, nonce);
  if (!parsed.ok()) return state.refuse(FailureReason::script, parsed.error().message);
  const auto& files = parsed->files;
  const auto sets = said(files, "sets"), node = said(files, "node");
  if (sets.empty() || node.empty()) {
    return state.refuse(FailureReason::protocol, "node-collect.sh did not say which host it runs on");
  }
  if (!is_node_name(node)) {  // it becomes the key of all that is told of the host
    return state.refuse(FailureReason::protocol, "the host calls itself \"" +
                                                     text::shortened(text::valid_utf8(node), 80) +
                                                     "\"; Proxmox VE names nodes with letters, digits and -");
  }
  const bool whole_cycle = has_set(sets, "host");
  report.node_name = node;
  report.script_version = parsed->protocol;
  for (const auto& path : parsed->truncated)
    report.sections["size"] = {false, path + " is larger than 2 MiB"};
  if (parsed->truncated.empty()) report.sections["size"] = {};
  if (whole_cycle) {
    if (const auto taken = state.take_sample(files, received_at_unix_seconds, has_set(sets, "guests"));
        !taken.ok()) {
      return state.refuse(FailureReason::protocol, taken.error().message);
    }
    if (!has_set(sets, "cluster")) state.forget_failure("ha");
    if (!has_set(sets, "rrd")) state.forget_failure("rrd");
    --state.cycles_until_df;
    --state.cycles_until_configs;
  }
  report.duration_seconds = duration_seconds + (whole_cycle ? 0 : report.duration_seconds);
  report.failure = FailureReason::none;
  report.failure_detail.clear();
  state.take_rest(files, sets, received_at_unix_seconds);

  // At most two questions more in one cycle: .vmlist, and then the configs if own guests have changed.
  const bool configs_were_read = has_set(sets, "configs"), df_was_read = has_set(sets, "df");
  const bool readable = report.sections["pve"].ok && report.sections["version"].ok;
  const bool more = readable && ((state.want_cluster && !has_set(sets, "cluster")) ||
                                 (state.want_configs && !configs_were_read));
  state.following_up = more;
  report.node_files = take_node_files(files, whole_cycle, df_was_read, configs_were_read, report.node_files);
  return more ? FollowUp::ask_again : FollowUp::none;
}

void HostTracker::fail(FailureReason reason, std::string detail) {
  if (reason == FailureReason::command_timeout && next_request(false).df) impl_->put_off_df();
  impl_->report.failure = reason;
  impl_->report.failure_detail = std::move(detail);
  impl_->following_up = false;
}

void HostTracker::forget_view() { impl_->report.view.reset(); }

const HostReport& HostTracker::report() const { return impl_->report; }

}  // namespace pcb
