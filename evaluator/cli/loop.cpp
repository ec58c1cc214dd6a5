#include "evaluator/cli/loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cluster/document_json.h"
#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/report.h"
#include "evaluator/decide/mode.h"
#include "evaluator/decide/own_guests.h"

namespace pcb {
namespace {

constexpr double kListEverySeconds = 300;
constexpr double kForgetEverySeconds = 600;
constexpr int kForgottenAtOnce = 500;  // rows of each table: a few milliseconds
// Between two ticks that webhooks wake: a short one is soon followed by the next, a plan is wanted within
// seconds; a long one by a rest, though not by one that the watchdog would take for a hang.
constexpr std::chrono::steady_clock::duration kMostBetween = std::chrono::milliseconds(500);
constexpr std::chrono::steady_clock::duration kMostRest = std::chrono::seconds(5);

LoadWindow window_of(const Config& config) {
  return {config.cluster, config.prometheus.matchers, config.prometheus.window.count(),
          config.exporter.interval.count()};
}

bool is_live(const Incident& incident) { return incident.state != IncidentState::closed; }

}  // namespace

Loop::Loop(LoopParts parts, std::shared_ptr<const Config> config, MakeOutside make_outside)
    : parts_(std::move(parts)), make_outside_(std::move(make_outside)), next_config_(std::move(config)) {
  take_configuration();
}

void Loop::run(const std::function<void()>& feed_watchdog) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    lock.unlock();
    const auto begun = std::chrono::steady_clock::now();
    tick();
    feed_watchdog();
    lock.lock();
    // Woken by a webhook it ticks at once, but rests as long as the last tick took: a storm costs half a
    // core.
    const auto interval =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(config_->evaluator.interval);
    const auto took = std::chrono::steady_clock::now() - begun;
    const auto between = std::max(took + std::min(took, kMostRest), std::min(interval / 10, kMostBetween));
    changed_.wait_until(lock, begun + std::min(interval, between), [&] { return stopping_; });
    while (!stopping_ && !woken_ && std::chrono::steady_clock::now() < begun + interval) {
      changed_.wait_until(
          lock, std::min(begun + interval, std::chrono::steady_clock::now() + std::chrono::seconds(5)),
          [&] { return stopping_ || woken_; });
      lock.unlock();
      feed_watchdog();  // waiting is healthy; a tick that hangs is not
      lock.lock();
    }
  }
}

void Loop::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Loop::ask_alertmanager() {
  const std::lock_guard lock(mutex_);
  list_wanted_ = true;
}

void Loop::reconfigure(std::shared_ptr<const Config> config) {
  const std::lock_guard lock(mutex_);
  next_config_ = std::move(config);
}

void Loop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void Loop::take_configuration() {
  const std::lock_guard lock(mutex_);
  if (!next_config_) return;
  config_ = std::move(next_config_);
  next_config_.reset();
  outside_ = make_outside_(*config_);
  view_.cluster = config_->cluster;
  view_.interval_seconds = config_->evaluator.interval.count();
}

void Loop::tick() {
  take_configuration();
  const double now = outside_->now();
  const auto lists = list_is_due(now) ? std::optional<Lists>(read_lists(now)) : std::nullopt;
  Status taken = lists ? store_listed(*lists, now) : Status(Done{});
  if (taken) taken = take_in(now);
  if (taken && lists && lists->complete) taken = expire(*lists, now);
  if (taken) taken = read_acting(now);
  if (taken) taken = settle_mode(now);
  if (taken) taken = forget_old(now);
  if (taken) taken = tell_weekly_report(parts_.journal, *config_, now, parts_.on_message);
  situation_.plan_id = 0;
  situation_.incidents.clear();
  situation_.maintenance.reset();
  Hold hold = read_document();
  // A document that is old or another cluster's proves no host to be under its limit.
  const bool current =
      hold.reason != HoldReason::document_stale && hold.reason != HoldReason::document_invalid;
  if (taken && view_.document && current) taken = watch_members(now);
  if (taken && view_.document && current) taken = close(now);
  if (taken && !hold) taken = judge_outcomes(now);
  if (!taken) {
    // What cannot be written down is not done.
    set_hold({HoldReason::journal_unavailable, taken.error().message}, now);
  } else {
    Hold silenced;
    const std::vector<Incident> open = incidents_to_plan(lists, silenced);
    situation_.incidents = open;
    if (run_errand(hold, now) || (open.empty() && run_balance(hold, now))) {
      view_.plan.reset();
    } else if (open.empty()) {
      const bool idle = std::none_of(incidents_.begin(), incidents_.end(), is_live);
      const Status withdrawn =
          withdraw(silenced ? silenced.sentence : "nothing is over its limit any more", now);
      if (!withdrawn) hold = {HoldReason::journal_unavailable, withdrawn.error().message};
      set_hold(hold ? std::move(hold) : std::move(silenced), now);
      view_.plan.reset();
      if (idle) quiet_ticks_.clear();
    } else if (hold) {
      set_hold(std::move(hold), now);
      tell_hold(open, now);
    } else if (!looked_before_the_last_end()) {  // else the next look decides
      plan_for(open, now);
    }
  }
  view_.at = now;
  parts_.board.show(view_);
  situation_.at = now;
  situation_.mode = view_.mode;
  situation_.heartbeat_at = view_.heartbeat_at;
  situation_.cluster = view_.document ? *view_.document : Cluster{};
  auto own = own_guests(situation_.cluster, outside_->own_macs());
  if (own != situation_.own_guests && view_.document) {
    log::info("guests that the balancer and its monitoring run in; they are never moved automatically",
              {{"guests", text::join({own.begin(), own.end()}, " ")}});
  }
  situation_.own_guests = std::move(own);
  if (situation_.plan_id == 0 && !is_moving()) situation_.ticks = 0;
  parts_.on_situation(situation_);
}

// Also when the journal cannot be read: what is not known to be allowed is not.
Status Loop::settle_mode(double now) {
  const std::string& configured = config_->evaluator.mode;
  std::string fallback;
  Status done = parts_.journal.read([&](Tables& tables) -> Status {
    const auto kept = tables.setting(kModeFallbackSetting);
    if (!kept) return kept.error();
    fallback = kept->value_or("");
    return Done{};
  });
  if (done && !fallback.empty() && configured == fallback) {  // a person has set the mode
    fallback.clear();
    done =
        parts_.journal.transact([](Tables& tables) { return tables.set_setting(kModeFallbackSetting, ""); });
  }
  EffectiveMode is = effective_mode(configured, done ? fallback : "suggest", breaker_);
  if (done && is.reason != view_.mode_reason) {
    const std::string told = is.mode + (is.reason.empty() ? "" : ": " + is.reason);
    if (!is.reason.empty()) log::warning("the mode is not the one of config.yaml", {{"reason", is.reason}});
    const Status recorded = parts_.journal.transact([&](Tables& tables) {
      return tables.add_event({now, "mode", "evaluator", "mode", told});
    });
    if (!recorded) return recorded;
  }
  view_.breaker = breaker_;
  view_.mode = std::move(is.mode);
  view_.mode_reason = std::move(is.reason);
  return done;
}

// One small batch at a tick, so that a webhook never waits for it.
Status Loop::forget_old(double now) {
  if (now < next_forgetting_at_ && now > next_forgetting_at_ - 2 * kForgetEverySeconds) return Done{};
  std::int64_t gone = 0;
  const Status done = parts_.journal.transact([&](Tables& tables) -> Status {
    const auto forgotten = tables.forget_before(now - config_->evaluator.retention.count(), kForgottenAtOnce);
    if (!forgotten) return forgotten.error();
    gone = *forgotten;
    return Done{};
  });
  if (gone > 0) log::debug("old rows of the journal are deleted", {{"rows", std::to_string(gone)}});
  next_forgetting_at_ = gone > 0 ? now : now + kForgetEverySeconds;
  return done;
}

Hold Loop::read_document() {
  const auto text = outside_->cluster_document();
  view_.document.reset();
  if (!text) {
    return {HoldReason::exporter_unreachable,
            "the exporter gives no cluster document: " + text.error().message};
  }
  auto read = read_cluster(*text);
  if (!read)
    return {HoldReason::document_invalid, "the cluster document cannot be read: " + read.error().message};
  view_.document = std::move(read->cluster);
  remember_moves(*view_.document);
  return check_document(*view_.document, {config_->cluster, config_->evaluator.stale_after.count(),
                                          config_->prometheus.window.count(), outside_->now()});
}

Hold Loop::read_state(ClusterState& state) {
  const LoadWindow window = window_of(*config_);
  LoadAnswers answers;
  const auto bodies = outside_->queries(load_query_texts(window));
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (!bodies[i]) {
      return {HoldReason::prometheus_unreachable, "Prometheus gives no answer: " + bodies[i].error().message};
    }
    auto samples = read_load_samples(*bodies[i]);
    if (!samples) return {HoldReason::prometheus_refused, samples.error().message};
    answers[kLoadQueries.at(i)] = std::move(samples).value();
  }
  state = cluster_state(
      *view_.document, answers,
      {config_->cluster, config_->evaluator.stale_after.count(), window.window_seconds, outside_->now()});
  return state.hold;
}

void Loop::set_hold(Hold hold, double now) {
  const bool changed = hold.reason != view_.hold.reason;
  view_.hold = std::move(hold);
  if (!changed) return;
  quiet_ticks_.clear();
  const std::string name = name_of(view_.hold.reason);
  if (view_.hold) {
    log::warning("nothing is suggested", {{"hold", name}, {"reason", view_.hold.sentence}});
  } else {
    log::info("suggestions are possible again");
  }
  const Status recorded = parts_.journal.transact([&](Tables& tables) {
    return tables.add_event({now, "hold", "evaluator", name,
                             view_.hold ? view_.hold.sentence : "suggestions are possible again"});
  });
  if (!recorded) log::error("the hold cannot be recorded", {{"reason", recorded.error().message}});
}

bool Loop::list_is_due(double now) const {
  const bool open = std::any_of(incidents_.begin(), incidents_.end(), is_live);
  return open || list_wanted_ || now - last_list_at_ >= kListEverySeconds || now < last_list_at_;
}

}  // namespace pcb
