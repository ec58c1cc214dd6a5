#include "evaluator/cli/errand_maintenance.h"

#include <algorithm>

#include "cluster/document_defaults.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr double kPatienceSeconds = 600;
constexpr const char* kWaitSetting = "ha_wait";
constexpr const char* kAnswerSetting = "maintenance_answer";

std::string setting_of(const std::string& host) { return "maintenance/" + host; }

HostState state_in(const Cluster& cluster, const std::string& host) {
  const auto found = std::find_if(cluster.hosts.begin(), cluster.hosts.end(),
                                  [&](const Host& one) { return one.name == host; });
  return found == cluster.hosts.end() ? HostState::unknown : state_of(*found);
}

Result<std::string> answer_to(Tables& tables, const std::optional<MaintenanceWish>& wish) {
  if (!wish) return std::string();
  const auto said = tables.setting(kAnswerSetting);
  if (!said) return said.error();
  return said->value_or("");
}

// Whether nothing has happened for too long. What is waited for is kept with the time since when, so that a
// restart does not begin anew.
Result<bool> is_stuck(Tables& tables, const ErrandRecord& errand, const Cluster& cluster,
                      const std::vector<std::string>& left, bool asked, double now) {
  const std::string what = std::to_string(errand.id) + " " + text::join(left, " ") + "@";
  const auto kept = tables.setting(kWaitSetting);
  if (!kept) return kept.error();
  const std::string before = kept->value_or("");
  const bool same = before.compare(0, what.size(), what) == 0;
  const auto since = same ? text::to_double(before.substr(what.size())) : std::nullopt;
  if (since && *since <= now && asked && !ha_is_busy(cluster, left)) return now - *since >= kPatienceSeconds;
  const Status done = tables.set_setting(kWaitSetting, what + text::number(now));
  if (!done) return done.error();
  return false;
}

}  // namespace

Result<std::vector<std::string>> maintained_guests(Tables& tables, const std::string& host) {
  const auto kept = tables.setting(setting_of(host));
  if (!kept) return kept.error();
  std::vector<std::string> guests;
  const std::string text = kept->value_or("");
  for (const auto word : text::split_words(text)) guests.emplace_back(word);
  return guests;
}

std::string in_maintenance_until_return(const std::string& host) {
  return "it is in Proxmox's node maintenance until `balancer-evaluator return " + host + "`";
}

Status record_maintenance(Tables& tables, const MaintenanceWish& wish) {
  return tables.set_setting(setting_of(wish.host), text::join(wish.guests, " "));
}

Status record_answer(Tables& tables, const std::string& sentence) {
  return tables.set_setting(kAnswerSetting, sentence);
}

Status forget_maintenance(Tables& tables, const std::string& host) {
  return tables.set_setting(setting_of(host), "");
}

Result<HaTurn> drain_turn(Tables& tables, const ErrandRecord& errand, const Cluster& cluster,
                          const Plan& plan, double now) {
  DrainSplit split = split_drain(cluster, errand.host, plan);
  HaTurn turn;
  turn.own = std::move(split.own);
  turn.left = std::move(split.left_to_ha);
  if (!split.wants_maintenance) return turn;
  auto guests = maintained_guests(tables, errand.host);
  if (!guests) return guests.error();
  const bool in_effect = state_in(cluster, errand.host) == HostState::maintenance;
  if (!in_effect) {
    for (const std::string& id : turn.left) {
      if (std::count(guests->begin(), guests->end(), id) == 0) guests->push_back(id);
    }
    turn.wish = MaintenanceWish{errand.host, true, std::move(*guests)};
  }
  auto said = answer_to(tables, turn.wish);
  if (!said) return said.error();
  turn.said = std::move(*said);
  const auto stuck = is_stuck(tables, errand, cluster, turn.left, in_effect, now);
  if (!stuck) return stuck.error();
  turn.waits = !*stuck;
  return turn;
}

Result<HaTurn> return_turn(Tables& tables, const ErrandRecord& errand, const Cluster& cluster, double now) {
  HaTurn turn;
  auto guests = maintained_guests(tables, errand.host);
  if (!guests) return guests.error();
  const HostState state = state_in(cluster, errand.host);
  if (guests->empty() || (state != HostState::online && state != HostState::maintenance)) return turn;
  for (const Guest& guest : cluster.guests) {
    if (guest.host != errand.host && is_ha_managed(guest) && is_running(guest) &&
        std::count(guests->begin(), guests->end(), guest.id) != 0)
      turn.left.push_back(guest.id);
  }
  const bool ended = state == HostState::online;
  if (!ended) turn.wish = MaintenanceWish{errand.host, false, std::move(*guests)};
  auto said = answer_to(tables, turn.wish);
  if (!said) return said.error();
  turn.said = std::move(*said);
  const auto stuck = is_stuck(tables, errand, cluster, turn.left, ended, now);
  if (!stuck) return stuck.error();
  turn.waits = !ended || (!turn.left.empty() && !*stuck);
  if (turn.waits) return turn;
  const Status done = forget_maintenance(tables, errand.host);
  if (!done) return done.error();
  return turn;
}

}  // namespace pcb
