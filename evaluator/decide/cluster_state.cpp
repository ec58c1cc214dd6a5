#include "evaluator/decide/cluster_state.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "cluster/document_defaults.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr double kMinimumPoints = 3;
constexpr double kRequiredShare = 0.9;      // of the online hosts
constexpr double kRejectedShare = 0.1;      // of the samples
constexpr double kCapacityTolerance = 1.1;  // rates over uneven steps overshoot a little

Hold hold(HoldReason reason, std::string sentence) { return {reason, std::move(sentence)}; }

bool is_counted(const Guest& guest) { return is_running(guest) && !is_template(guest); }

const double* find(const LoadAnswers& answers, LoadQuery query, const std::string& id) {
  const auto samples = answers.find(query);
  if (samples == answers.end()) return nullptr;
  const auto sample = samples->second.find(id);
  return sample == samples->second.end() ? nullptr : &sample->second;
}

struct Load {
  double cpu = 0, cpu_high = 0, memory = 0, memory_high = 0;
};

// Takes windowed loads out of the answers and counts what is no load at all.
class LoadReader {
 public:
  LoadReader(const LoadAnswers& answers, double stale_after_seconds)
      : answers_(answers), stale_after_seconds_(stale_after_seconds) {}

  std::optional<Load> read(const std::string& id, double cores, double memory_bytes) {
    const double* cpu = find(answers_, LoadQuery::cpu_mean, id);
    const double* memory = find(answers_, LoadQuery::memory_mean, id);
    const double* cpu_high = find(answers_, LoadQuery::cpu_high, id);
    const double* memory_high = find(answers_, LoadQuery::memory_high, id);
    const double* age = find(answers_, LoadQuery::age, id);
    if (age == nullptr || !(*age <= stale_after_seconds_)) return std::nullopt;  // NaN is stale too
    if (!has_points(LoadQuery::cpu_points, id) || !has_points(LoadQuery::memory_points, id))
      return std::nullopt;
    if (cpu == nullptr || memory == nullptr || cpu_high == nullptr || memory_high == nullptr)
      return std::nullopt;
    ++seen_;
    const bool good = fits(*cpu, cores) && fits(*cpu_high, cores) && fits(*memory, memory_bytes) &&
                      fits(*memory_high, memory_bytes);
    if (!good) {
      rejected_.push_back(id);
      return std::nullopt;
    }
    return Load{*cpu, std::max(*cpu, *cpu_high), *memory, std::max(*memory, *memory_high)};
  }

  [[nodiscard]] bool too_many_rejected() const {
    return static_cast<double>(rejected_.size()) > kRejectedShare * static_cast<double>(seen_);
  }
  [[nodiscard]] const std::vector<std::string>& rejected() const { return rejected_; }

 private:
  [[nodiscard]] bool has_points(LoadQuery query, const std::string& id) const {
    const double* points = find(answers_, query, id);
    return points != nullptr && *points >= kMinimumPoints;
  }
  static bool fits(double value, double capacity) {
    return std::isfinite(value) && value >= 0 && value <= capacity * kCapacityTolerance;
  }

  const LoadAnswers& answers_;
  double stale_after_seconds_;
  std::size_t seen_ = 0;
  std::vector<std::string> rejected_;
};

std::string few_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i)
    out += (i == 0 ? "" : ", ") + text::printable(names[i]);
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

bool moved_within(const Cluster& document, double window_seconds) {
  return std::any_of(document.guests.begin(), document.guests.end(), [&](const Guest& guest) {
    return guest.last_moved_at &&
           (!document.taken_at || *guest.last_moved_at > *document.taken_at - window_seconds);
  });
}

// The host's use without its guests, as the document saw both at one instant.
std::optional<Load> rest_of(const Host& host, const Cluster& document) {
  if (!host.cpu_used_cores || !host.memory_used_bytes) return std::nullopt;
  Load rest{*host.cpu_used_cores, 0, *host.memory_used_bytes, 0};
  for (const Guest& guest : document.guests) {
    if (guest.host != host.name) continue;
    rest.cpu -= guest.cpu_used_cores.value_or(0);
    rest.memory -= guest.memory_used_bytes.value_or(0);
  }
  return Load{std::max(0.0, rest.cpu), 0, std::max(0.0, rest.memory), 0};
}

Hold check_answers(const Cluster& document, const LoadAnswers& answers, const StateSettings& settings) {
  for (const LoadQuery query : kLoadQueries) {
    const auto samples = answers.find(query);
    if (samples == answers.end() || samples->second.empty()) {
      return hold(
          HoldReason::samples_empty,
          std::string("Prometheus has no samples (") + name_of(query) + ") of cluster \"" +
              text::printable(settings.cluster) +
              "\"; check that it scrapes the exporter with the label cluster, and prometheus.matchers");
    }
  }
  std::vector<std::string> stale;
  for (const Host& host : document.hosts) {
    const double* age = find(answers, LoadQuery::age, "node/" + host.name);
    if (is_online(host) && age != nullptr && !(*age <= settings.stale_after_seconds))
      stale.push_back(host.name);
  }
  if (!stale.empty()) {
    return hold(HoldReason::samples_stale, "Prometheus's newest samples of " + few_of(stale) +
                                               " are older than " +
                                               text::human_duration(settings.stale_after_seconds));
  }
  return {};
}

// One run of cluster_state(): the document on its way to windowed loads.
class Merge {
 public:
  Merge(const Cluster& document, const LoadAnswers& answers, const StateSettings& settings)
      : document_(document),
        merged_(document),
        loads_(answers, settings.stale_after_seconds),
        moved_(moved_within(document, settings.window_seconds)) {}

  void take_hosts() {
    for (Host& host : merged_.hosts) {
      host_by_name_[host.name] = &host;
      if (!is_online(host)) continue;
      ++online_;
      const auto load = loads_.read("node/" + host.name, host.cpu_cores, host.memory_bytes);
      if (!load) {
        unmeasured_.push_back(host.name);
        host.state = HostState::unknown;
        continue;
      }
      const auto rest = moved_ ? rest_of(host, document_) : std::nullopt;
      if (rest) by_rest_.insert(host.name);
      host.cpu_used_cores = rest ? rest->cpu : load->cpu;
      host.memory_used_bytes = rest ? rest->memory : load->memory;
    }
  }

  void take_guests() {
    for (Guest& guest : merged_.guests) {
      const auto host = host_by_name_.find(guest.host);
      if (!is_counted(guest) || host == host_by_name_.end() || !is_online(*host->second)) continue;
      const auto load = loads_.read(guest.id, host->second->cpu_cores, host->second->memory_bytes);
      if (by_rest_.count(guest.host) != 0) {
        *host->second->cpu_used_cores += load ? load->cpu : guest.cpu_used_cores.value_or(0);
        *host->second->memory_used_bytes += load ? load->memory : guest.memory_used_bytes.value_or(0);
      }
      if (!load) unknown_guests_.push_back(guest.id);
      guest.cpu_used_cores = load ? std::optional(load->cpu) : std::nullopt;
      guest.cpu_high_cores = load ? std::optional(load->cpu_high) : std::nullopt;
      guest.memory_used_bytes = load ? std::optional(load->memory) : std::nullopt;
      guest.memory_high_bytes = load ? std::optional(load->memory_high) : std::nullopt;
    }
  }

  [[nodiscard]] Hold problem() const {
    if (loads_.too_many_rejected()) {
      return {HoldReason::samples_rejected,
              "samples are no loads (not a number, negative, or more than the host has): " +
                  few_of(loads_.rejected())};
    }
    const auto measured = static_cast<double>(online_ - unmeasured_.size());
    if (online_ == 0) return {HoldReason::host_unreadable, "no host of the cluster is online"};
    if (measured < kRequiredShare * static_cast<double>(online_)) {
      return {HoldReason::samples_partial, "Prometheus has fewer than three good samples of " +
                                               few_of(unmeasured_) + "; a plan needs 90 % of the hosts"};
    }
    return {};
  }

  ClusterState result() {
    ClusterState state;
    if (moved_) {
      state.notes.emplace_back(
          "a guest moved within the window: a host counts as its own rest plus the guests it has now");
    }
    if (!unmeasured_.empty()) state.notes.push_back("hosts left out, no samples: " + few_of(unmeasured_));
    if (!unknown_guests_.empty()) {
      state.notes.push_back("guests that stay, fewer than three samples: " + few_of(unknown_guests_));
    }
    state.cluster = std::move(merged_);
    return state;
  }

 private:
  const Cluster& document_;
  Cluster merged_;
  LoadReader loads_;
  bool moved_;
  std::size_t online_ = 0;
  std::map<std::string, Host*> host_by_name_;
  std::set<std::string> by_rest_;  // hosts that count as rest plus guests
  std::vector<std::string> unmeasured_, unknown_guests_;
};

// Ages in the document are as of taken_at: an exporter that still serves but no longer reads would look fresh
// for ever without this.
Hold check_clock(const Cluster& document, const StateSettings& settings) {
  if (!settings.now) return {};
  if (!document.taken_at) {
    return hold(HoldReason::document_invalid, "the cluster document does not say when it was taken");
  }
  const double age = *settings.now - *document.taken_at;
  if (std::abs(age) <= settings.stale_after_seconds) return {};
  return hold(HoldReason::document_stale,
              "the cluster document was taken " + text::human_duration(std::abs(age)) +
                  (age > 0 ? " ago: the exporter serves, but no longer reads the hosts; see its log"
                           : " in the future: set the clocks of exporter and evaluator"));
}

}  // namespace

Hold check_document(const Cluster& document, const StateSettings& settings) {
  if (document.cluster && *document.cluster != settings.cluster) {
    return hold(HoldReason::document_invalid,
                "the exporter serves cluster \"" + text::printable(*document.cluster) +
                    "\", config.yaml names \"" + text::printable(settings.cluster) + "\"");
  }
  if (document.hosts.empty()) return hold(HoldReason::document_invalid, "the cluster document has no hosts");
  if (!is_quorate(document)) {
    return hold(HoldReason::not_quorate, "the cluster has no quorum; nothing may move until it has");
  }
  if (Hold problem = check_clock(document, settings)) return problem;
  std::vector<std::string> unread;
  for (const Host& host : document.hosts) {
    const bool unknown = state_of(host) == HostState::unknown;
    const bool old = is_online(host) && age_seconds_of(host) > settings.stale_after_seconds;
    if (unknown || old) unread.push_back(host.name);
  }
  if (!unread.empty()) {
    return hold(HoldReason::host_unreadable, few_of(unread) + " cannot be read (no sample within " +
                                                 text::human_duration(settings.stale_after_seconds) +
                                                 "); see balancer-exporter --check --connect");
  }
  return {};
}

ClusterState cluster_state(const Cluster& document, const LoadAnswers& answers,
                           const StateSettings& settings) {
  if (Hold problem = check_document(document, settings)) return {std::nullopt, std::move(problem), {}};
  if (Hold problem = check_answers(document, answers, settings))
    return {std::nullopt, std::move(problem), {}};
  Merge merge(document, answers, settings);
  merge.take_hosts();
  merge.take_guests();
  if (Hold problem = merge.problem()) return {std::nullopt, std::move(problem), {}};
  return merge.result();
}

}  // namespace pcb
