#include "evaluator/cli/metrics_page.h"

#include <map>

#include "cluster/metric_catalogue.h"
#include "common/os/process.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr const char* kProgram = "balancer-evaluator";

void add_counter(MetricsText& page, const Counters& counters, const char* name) {
  const auto values = counters.values(name);
  if (values.empty()) return;
  const MetricDescription& description = metric(name);
  const auto labels = text::split(description.labels, ',');
  page.family(description.family);
  for (const auto& [label_values, value] : values) {
    std::string rendered;
    for (std::size_t i = 0; i < labels.size(); ++i) append_label(rendered, labels[i], label_values[i]);
    page.sample(rendered, value);
  }
}

void add_figure(MetricsText& page, const char* name, const View& view, double Figures::*figure) {
  page.family(metric(name).family);
  if (view.plan) page.sample({{"state", "now"}}, view.plan->before.*figure);
  if (view.plan) page.sample({{"state", "predicted"}}, view.plan->after.*figure);
  if (view.achieved) page.sample({{"state", "achieved"}}, (*view.achieved).*figure);
}

void add_view(MetricsText& page, const View& view) {
  page.family(metric("balancer_mode").family);
  for (const char* mode : {"suggest", "approve", "auto"})
    page.sample({{"mode", mode}}, view.mode == mode ? 1 : 0);
  // What was achieved is known a window after the last move, when nothing may be planned any more.
  if (view.plan || view.achieved) {
    add_figure(page, "balancer_imbalance", view, &Figures::imbalance);
    add_figure(page, "balancer_peak", view, &Figures::peak);
  }
  page.single(metric("balancer_last_heartbeat_timestamp_seconds").family, view.heartbeat_at.value_or(0));
}

// Every reason that can hold moves back, 1 for those that do: the loop's, and the envelope's.
void add_hold(MetricsText& page, const View& view, const ActView* act) {
  std::map<std::string, bool> reasons;
  for (const HoldReason reason : kHoldReasons) reasons[name_of(reason)] = view.hold.reason == reason;
  for (const Restraint reason : kRestraints)
    reasons[name_of(reason)] = reasons[name_of(reason)] || (act != nullptr && has(act->refusals, reason));
  // An open breaker takes the mode back to suggest, so that nothing is judged and refused any more.
  if (!view.breaker.empty()) reasons[name_of(Restraint::breaker)] = true;
  if (act != nullptr && !act->paused.empty()) reasons[name_of(Restraint::paused)] = true;
  page.family(metric("balancer_hold").family);
  for (const auto& [name, holds] : reasons) page.sample({{"reason", name}}, holds ? 1 : 0);
}

void add_operations(MetricsText& page, const MetricsSources& sources) {
  std::map<std::string, double> cooldown_until;
  page.family(metric("balancer_move_info").family);
  for (const OperationRecord& operation : sources.operations) {
    const MoveRecord& move = operation.move;
    if (move.state == MoveState::skipped) continue;
    cooldown_until[move.guest] =
        operation.ended_at.value_or(operation.intended_at) + sources.guest_cooldown_seconds;
    if (operation.intended_at < sources.since) continue;
    page.sample({{"id", move.guest}, {"from", move.from}, {"to", move.to}, {"operation", operation.id}}, 1);
  }
  page.family(metric("balancer_cooldown_until_timestamp_seconds").family);
  for (const auto& [id, until] : cooldown_until) page.sample({{"id", id}}, until);
}

void add_histogram(MetricsText& page, const std::string& name, const Counters::Histogram& histogram) {
  page.family(metric(name).family);
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    const std::string bound = i < kDurationBounds.size() ? text::number(kDurationBounds.at(i)) : "+Inf";
    page.part("_bucket", "", {{"le", bound}}, histogram.counts.at(i));
  }
  page.part("_sum", "", {}, histogram.sum);
  page.part("_count", "", {}, histogram.counts.back());
}

}  // namespace

std::string metrics_page(Exposition exposition, const MetricsSources& sources, const ReloadState& reload,
                         const std::string& version) {
  MetricsText page(exposition);
  for (const char* name : {"balancer_webhooks_total", "balancer_plans_total", "balancer_rejected_total",
                           "balancer_notifications_total", "balancer_moves_total"}) {
    add_counter(page, sources.counters, name);
  }
  for (const auto& [name, histogram] : sources.counters.histograms()) add_histogram(page, name, histogram);
  if (!sources.operations.empty()) add_operations(page, sources);
  if (sources.view != nullptr) {
    add_hold(page, *sources.view, sources.act);
    add_view(page, *sources.view);
  }
  page.family(metric("balancer_build_info").family);
  page.sample({{"program", kProgram}, {"version", version}}, 1);
  page.single(metric("balancer_config_last_reload_successful").family, reload.last_good ? 1 : 0);
  page.single(metric("balancer_config_last_reload_success_timestamp_seconds").family, reload.last_good_at);
  os::append_process_metrics(page, os::read_process_figures());
  return std::move(page).finish();
}

}  // namespace pcb
