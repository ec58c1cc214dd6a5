// This program's way: the live loop's own parts, on the clock of the trace.
#include <algorithm>
#include <cmath>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/cluster_state.h"
#include "evaluator/decide/limits.h"
#include "evaluator/simulate/ways.h"

namespace pcb::simulation {
namespace {

// The relieve rules of rules/alerts.yml: the mean of 5 minutes above the threshold for 2 minutes.
constexpr double kAlertMeanSeconds = 300, kAlertForSeconds = 120, kAlertKeepSeconds = 120;
constexpr double kDaySeconds = 86400;

double threshold_of(const Host& host, Resource resource) {
  return (resource == Resource::cpu ? cpu_threshold_of(host) : memory_threshold_of(host)) *
         capacity_of(host, resource);
}

LocalTime local_time(double now, double utc_offset_seconds) {
  const auto minutes = static_cast<long long>(std::floor((now + utc_offset_seconds) / 60));
  const long long day = minutes / 1440;
  return {static_cast<int>((day + 3) % 7), static_cast<int>(minutes % 1440)};  // 1970-01-01 was a Thursday
}

std::vector<PastMove> history_of(const World& world) {
  std::vector<PastMove> history;
  for (const SimulatedMove& move : world.finished())
    history.push_back({move.guest, move.from, move.to, move.started_at, move.ends_at, true});
  for (const SimulatedMove& move : world.running())
    history.push_back({move.guest, move.from, move.to, move.started_at, std::nullopt, true});
  return history;
}

bool is_on(const Cluster& cluster, const std::string& guest, const std::string& host) {
  return std::any_of(cluster.guests.begin(), cluster.guests.end(),
                     [&](const Guest& g) { return g.id == guest && g.host == host; });
}

// A trace need not know the versions of its hosts, which a live system always does.
std::string first_refusal(const Refusals& refusals, const Cluster& cluster, const Move& move) {
  const auto version_is_absent = [&](const Host& host) {
    return (host.name == move.from || host.name == move.to) && !host.pve_version;
  };
  const bool absent = std::any_of(cluster.hosts.begin(), cluster.hosts.end(), version_is_absent);
  for (const Refusal& refusal : refusals)
    if (refusal.reason != Restraint::pve_version || !absent) return name_of(refusal.reason);
  return "";
}

}  // namespace

BalancerWay::BalancerWay(const SimulationSettings& settings)
    : settings_(settings), envelope_(settings.envelope) {
  if (settings.consent) envelope_.windows = {TimeWindow{}};  // always open, for every guest
}

void BalancerWay::tell(const World& world, std::size_t host, Resource resource, Watch& watch) {
  const double now = world.now();
  Alert alert;
  alert.fingerprint = std::string(name_of(resource)) + "/" + world.host(host).name;
  alert.status = watch.fires ? AlertStatus::firing : AlertStatus::resolved;
  alert.starts_at_ms = watch.starts_at_ms;
  alert.labels = {{"alertname", resource == Resource::cpu ? "HostCpuOverloaded" : "HostMemoryOverloaded"},
                  {"balancer", "relieve"},
                  {"cluster", world.document().cluster.value_or("")},
                  {"id", "node/" + world.host(host).name},
                  {"resource", name_of(resource)}};
  const AlertVerdict verdict{AlertUse::relieve, world.host(host).name, resource, ""};
  apply_alert(incidents_, alert, verdict, now);
}

void BalancerWay::watch(World& world) {
  const double now = world.now();
  for (std::size_t h = 0; h < world.host_count(); ++h) {
    const Use mean = world.mean_use(h, kAlertMeanSeconds);
    for (const Resource resource : {Resource::cpu, Resource::memory}) {
      Watch& rule = watches_[{h, resource}];
      const bool over =
          is_online(world.host(h)) && (resource == Resource::cpu ? mean.cpu_cores : mean.memory_bytes) >
                                          threshold_of(world.host(h), resource);
      std::optional<double>& since = over ? rule.over_since : rule.calm_since;
      (over ? rule.calm_since : rule.over_since).reset();
      if (!since) since = now;
      const bool turns = over != rule.fires && now - *since >= (over ? kAlertForSeconds : kAlertKeepSeconds);
      if (!turns) continue;
      rule.fires = over;
      if (over) rule.starts_at_ms = static_cast<std::int64_t>(now * 1000);
      tell(world, h, resource, rule);
    }
  }
  close_cleared(incidents_, world.document(), settings_.policy.stale_after_seconds, now);
  incidents_.erase(std::remove_if(incidents_.begin(), incidents_.end(),
                                  [&](const Incident& incident) {
                                    return incident.state == IncidentState::closed &&
                                           incident.changed_at < now - kDaySeconds;
                                  }),
                   incidents_.end());
}

// Plans while moves run would count what is on its way where it still is.
void BalancerWay::plan_anew(const World& world, const std::set<std::string>& hosts) {
  const Cluster& document = world.document();
  const ClusterState state =
      cluster_state(document, world.answers(settings_.window_seconds),
                    {document.cluster.value_or(""), settings_.policy.stale_after_seconds,
                     settings_.window_seconds, world.now()});
  if (state.hold) {
    plan_.reset();
    idle_because_ = name_of(state.hold.reason);
    return;
  }
  Goal goal;
  goal.kind = settings_.goal;
  if (goal.kind == GoalKind::relieve) goal.scope = {hosts.begin(), hosts.end()};
  auto fresh = plan(*state.cluster, goal, settings_.policy);
  if (!fresh) return;  // only for hosts that are not there, and these are
  if (plan_ && plan_stands(*plan_, progress(world), *fresh, *state.cluster, settings_.policy)) return;
  started_.clear();
  idle_because_ = name_of(fresh->result);
  plan_ = std::move(fresh).value();
}

// Of a plan none of whose steps is under way.
Progress BalancerWay::progress(const World& world) const {
  Progress progress;
  for (const Move& move : plan_->moves) {
    if (started_.count(move.step) == 0) continue;
    progress.over.insert(move.step);
    progress.begun = progress.begun || is_on(world.document(), move.guest, move.to);
  }
  return progress;
}

bool BalancerWay::is_done(const World& world, int step) const {
  const auto started = started_.find(step);
  if (started == started_.end()) return false;
  return std::none_of(world.running().begin(), world.running().end(),
                      [&](const SimulatedMove& move) { return move.guest == started->second; });
}

void BalancerWay::start_steps(World& world) {
  const std::string wanted = plan_->goal + " " + text::join(plan_->scope, ",");
  if (wanted != wanted_) {
    wanted_ = wanted;
    wanted_since_ = world.now();
    wanted_ticks_ = 0;
  }
  ++wanted_ticks_;
  for (const Move& move : plan_->moves) {
    if (started_.count(move.step) != 0) continue;
    Circumstances known{.cluster = world.document()};
    known.now = world.now();
    known.local = local_time(world.now(), settings_.utc_offset_seconds);
    known.mode = "auto";
    known.paused = false;
    known.holds_lock = true;
    known.heartbeat_at = world.now();
    known.copies_avoid_corosync = settings_.consent;
    known.history = history_of(world);
    Wish wish;
    wish.move = move;
    wish.ticks = wanted_ticks_;
    wish.first_wanted_at = wanted_since_;
    wish.earlier_steps_done =
        std::all_of(move.after.begin(), move.after.end(), [&](int step) { return is_done(world, step); });
    wish.from_webhook = true;
    wish.sight = AlertSight::active;
    const std::string reason = first_refusal(judge_start(wish, known, envelope_), world.document(), move);
    if (reason.empty() && world.start(move)) {
      started_[move.step] = move.guest;
    } else {
      waited_seconds_[reason.empty() ? "guest_changed" : reason] += envelope_.interval_seconds;
    }
  }
}

void BalancerWay::act(World& world, bool changed) {
  watch(world);
  std::set<std::string> hosts;
  for (const Incident& incident : incidents_)
    if (incident.state == IncidentState::open) hosts.insert(incident.host);
  if (hosts.empty()) {  // queued steps are cancelled, running ones go on
    plan_.reset();
    wanted_.clear();
    return;
  }
  const bool others = hosts != planned_for_;
  if (world.running().empty() && (changed || others || !plan_)) {
    planned_for_ = hosts;
    plan_anew(world, hosts);
  }
  if (plan_ && !plan_->moves.empty())
    start_steps(world);
  else if (world.running().empty())
    idle_seconds_[idle_because_] += envelope_.interval_seconds;
}

void BalancerWay::report(Outcome& outcome) const {
  outcome.waited_seconds = waited_seconds_;
  outcome.idle_seconds = idle_seconds_;
}

}  // namespace pcb::simulation
