#include "evaluator/cli/metrics_page.h"

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

void add_view(MetricsText& page, const View& view) {
  page.family(metric("balancer_hold").family);
  for (const HoldReason reason : kHoldReasons) {
    page.sample({{"reason", name_of(reason)}}, view.hold.reason == reason ? 1 : 0);
  }
  page.family(metric("balancer_mode").family);
  for (const char* mode : {"suggest", "approve", "auto"})
    page.sample({{"mode", mode}}, view.mode == mode ? 1 : 0);
  if (view.plan) {
    page.family(metric("balancer_imbalance").family);
    page.sample({{"state", "now"}}, view.plan->before.imbalance);
    page.sample({{"state", "predicted"}}, view.plan->after.imbalance);
    page.family(metric("balancer_peak").family);
    page.sample({{"state", "now"}}, view.plan->before.peak);
    page.sample({{"state", "predicted"}}, view.plan->after.peak);
  }
  page.single(metric("balancer_last_heartbeat_timestamp_seconds").family, view.heartbeat_at.value_or(0));
}

}  // namespace

std::string metrics_page(Exposition exposition, const Counters& counters, const View* view,
                         const ReloadState& reload, const std::string& version) {
  MetricsText page(exposition);
  for (const char* name : {"balancer_webhooks_total", "balancer_plans_total", "balancer_rejected_total",
                           "balancer_notifications_total"}) {
    add_counter(page, counters, name);
  }
  if (view != nullptr) add_view(page, *view);
  page.family(metric("balancer_build_info").family);
  page.sample({{"program", kProgram}, {"version", version}}, 1);
  page.single(metric("balancer_config_last_reload_successful").family, reload.last_good ? 1 : 0);
  page.single(metric("balancer_config_last_reload_success_timestamp_seconds").family, reload.last_good_at);
  os::append_process_metrics(page, os::read_process_figures());
  return std::move(page).finish();
}

}  // namespace pcb
