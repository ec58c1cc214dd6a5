// The actor's way to ask Proxmox's HA for node maintenance, or for its end, as an errand wishes.
#include <utility>

#include "common/log/log.h"
#include "evaluator/cli/actor_records.h"
#include "evaluator/cli/errand_maintenance.h"

namespace pcb {
namespace {

constexpr double kAgainSeconds = 30;  // the HA manager looks at its commands every ten
constexpr double kMostSecondsToAsk = 20;

std::string words_of(const MaintenanceWish& wish) {
  return (wish.begins ? "node maintenance of " : "the end of node maintenance of ") + wish.host;
}

}  // namespace

// As with a start: judged, recorded, then the red button and the clock are looked at, and asked. It is asked
// again until the cluster shows it, which does no harm.
void Actor::ask_maintenance(const Records& records, double now) {
  const MaintenanceWish& wish = *now_seen_->maintenance;
  const double judged_at = parts_.steady_now();
  const bool wanted = records.errand && records.errand->host == wish.host &&
                      records.errand->kind == (wish.begins ? "drain" : "return");
  if (!wanted) return show({}, "");
  Refusals refusals =
      judge_maintenance(wish.host, circumstances(records, now), envelope_settings(config_->evaluator));
  note_refusals(refusals);
  const bool allowed = refusals.empty();
  show(std::move(refusals), words_of(wish));
  if (!allowed || judged_at < maintenance_again_at_) return;
  maintenance_again_at_ = judged_at + kAgainSeconds;
  const Status intended = parts_.journal.transact([&](Tables& tables) -> Status {
    const auto active = tables.active_errand();
    if (!active) return active.error();
    if (!*active || (*active)->id != records.errand->id) return Error{"the errand has ended meanwhile"};
    auto done = record_maintenance(tables, wish);
    if (done) done = record_answer(tables, "");
    if (!done) return done;
    return tables.add_event({now, "errand", records.errand->actor, records.errand->kind + " " + wish.host,
                             "asking Proxmox for " + words_of(wish)});
  });
  if (!intended) {
    log::warning("nothing is asked of Proxmox's HA: the intent is not on the disk",
                 {{"reason", intended.error().message}});
    return;
  }
  StartAnswer answer{StartAnswer::Kind::not_started, "", "the red button is pressed, or the lock has run out",
                     ""};
  parts_.button.unless_pressed([&] {
    if (holds_lock() && parts_.steady_now() - judged_at <= kMostSecondsToAsk)
      answer = parts_.migrator.maintenance(wish.host, wish.begins);
  });
  const Status noted = parts_.journal.transact([&](Tables& tables) {
    return record_answer(tables, answer.kind == StartAnswer::Kind::started ? "" : answer.sentence);
  });
  if (!noted) log::error("what the host answered is not recorded", {{"reason", noted.error().message}});
  if (answer.kind == StartAnswer::Kind::started) {
    log::info("Proxmox's HA is asked for " + words_of(wish));
    return;
  }
  if (!answer.code.empty()) parts_.counters.add("balancer_rejected_total", {answer.code});
  log::warning("Proxmox's HA is not asked for " + words_of(wish), {{"reason", answer.sentence}});
}

}  // namespace pcb
