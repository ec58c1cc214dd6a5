// The envelope's limits on who allowed a move: mode, tags, windows, alert, approval.
#include <algorithm>
#include <array>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/envelope_parts.h"
#include "evaluator/decide/mode.h"

namespace pcb {
namespace {

constexpr const char* kAutoTag = "balancer_auto";
constexpr std::array kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMinutesPerDay = 24 * 60;

bool has_tag(const Guest& guest, const std::string& tag) {
  return std::find(guest.tags.begin(), guest.tags.end(), tag) != guest.tags.end();
}

// "07:30" → 450; the configuration has checked the form.
int minutes_of(const std::string& time) {
  const auto parts = text::split(time, ':');
  if (parts.size() != 2) return 0;
  return static_cast<int>(text::to_int64(parts[0]).value_or(0) * 60 + text::to_int64(parts[1]).value_or(0));
}

bool begins_on(const TimeWindow& window, int weekday) {
  return window.days.empty() || std::find(window.days.begin(), window.days.end(),
                                          kDays.at(static_cast<std::size_t>(weekday))) != window.days.end();
}

}  // namespace

std::string guest_mode(const std::string& mode, const Guest& guest) {
  const char* const most = has_tag(guest, "balancer_suggest")   ? "suggest"
                           : has_tag(guest, "balancer_approve") ? "approve"
                                                                : "auto";
  return lower_mode(mode, most);
}

bool is_named(const std::vector<std::string>& entries, const Guest& guest) {
  constexpr std::string_view kTagPrefix = "tag:";
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    return entry == guest.id ||
           (entry.rfind(kTagPrefix, 0) == 0 && has_tag(guest, entry.substr(kTagPrefix.size())));
  });
}

bool window_is_open(const TimeWindow& window, const LocalTime& local) {
  const int from = minutes_of(window.from);
  const int to = minutes_of(window.to);
  if (to > from) return begins_on(window, local.weekday) && local.minute >= from && local.minute < to;
  const int yesterday = (local.weekday + 6) % 7;
  return (begins_on(window, local.weekday) && local.minute >= from && local.minute < kMinutesPerDay) ||
         (begins_on(window, yesterday) && local.minute < to);
}

double local_copy_bytes(const Move& move, const Guest& guest) {
  const bool carries_memory = is_running(guest) && !is_container(guest);
  return std::max(0.0, move.copy_bytes - (carries_memory ? guest.memory_used_bytes.value_or(0) : 0));
}

bool interrupts(const Move& move, const Guest& guest) {
  const bool stops = is_running(guest) && is_container(guest);
  return stops || move.method == "restart" || move.method == "offline" || local_copy_bytes(move, guest) > 0;
}

bool has_another_name(const Move& move, const Guest& guest) {
  const bool was_named = !move.name.empty() && move.name != move.guest;
  return was_named && guest.name && *guest.name != move.name;
}

namespace envelope {
namespace {

void judge_alert(const Case& c) {
  if (c.automatic() && !c.wish.scheduled && !c.wish.from_webhook) {
    c.refuse(Restraint::not_from_webhook,
             "Alertmanager did not call: the alert was only found in its list, which makes a suggestion");
  }
  switch (c.wish.sight) {
    case AlertSight::active:
      return;
    case AlertSight::not_asked:
      c.refuse(Restraint::alert_unconfirmed,
               "Alertmanager has not yet been asked whether the alert is active, or the move silenced");
      return;
    case AlertSight::unreachable:
      c.refuse(Restraint::alert_unconfirmed, c.wish.sight_sentence.empty()
                                                 ? "Alertmanager does not say whether the alert is silenced"
                                                 : c.wish.sight_sentence);
      return;
    case AlertSight::stopped:
      c.refuse(Restraint::alert_stopped,
               c.wish.sight_sentence.empty() ? "the alert is not active any more" : c.wish.sight_sentence);
  }
}

// What no person looked at.
void judge_unattended(const Case& c, const Guest& guest) {
  if (is_named(c.settings.protected_guests, guest)) {
    c.refuse(Restraint::protected_guest, guest.id + " is protected: it never moves automatically");
  } else if (c.known.own_guests.count(guest.id) != 0) {
    c.refuse(Restraint::protected_guest,
             guest.id + " runs a part of the balancer or its monitoring: it never moves automatically");
  }
  const bool allowed =
      has_tag(guest, kAutoTag) ||
      std::any_of(c.settings.windows.begin(), c.settings.windows.end(), [&](const auto& w) {
        return (w.guests.empty() || is_named(w.guests, guest)) && window_is_open(w, c.known.local);
      });
  if (interrupts(c.wish.move, guest) && !allowed) {
    c.refuse(Restraint::consent, guest.id + " would be restarted or copied: that needs the tag " + kAutoTag +
                                     ", a window of evaluator.windows, or an approval");
  }
  if (!c.known.copies_avoid_corosync && local_copy_bytes(c.wish.move, guest) > c.settings.large_copy_bytes) {
    c.refuse(Restraint::large_copy, "a copy of " + text::human_bytes(local_copy_bytes(c.wish.move, guest)) +
                                        " may share the network with corosync; it needs an approval");
  }
  const auto beat = c.known.heartbeat_at;
  if (!beat || c.known.now - *beat > c.settings.heartbeat_silence_seconds) {
    c.refuse(
        Restraint::heartbeat_silent,
        beat ? "the heartbeat alert came " + text::human_duration(c.known.now - *beat) + " ago"
             : std::string("the heartbeat alert has never come: route BalancerHeartbeat to this evaluator"));
  }
}

}  // namespace

void judge_consent(const Case& c) {
  const Guest* guest = find_guest(c.known.cluster, c.wish.move.guest);
  if (guest == nullptr) return;  // judge_guest() has said so
  const std::string mode = guest_mode(c.known.mode, *guest);
  const bool enough = c.automatic()                      ? mode == "auto"
                      : c.wish.by == Initiator::approved ? mode != "suggest"
                                                         : c.known.mode != "suggest";
  if (!enough) {
    c.refuse(Restraint::mode, (mode == c.known.mode ? "the mode is " : "the mode of " + guest->id + " is ") +
                                  mode +
                                  (mode == "approve" ? ": a person has to say yes" : ": nothing is moved"));
  }
  if (c.automatic()) judge_unattended(c, *guest);
  if (c.of_a_plan()) judge_alert(c);
  if (c.wish.by != Initiator::approved) return;
  const auto at = c.wish.approved_at;
  if (!at || c.known.now - *at > c.settings.approval_ttl_seconds) {
    c.refuse(Restraint::approval_expired, "the approval is older than evaluator.approval_ttl (" +
                                              text::human_duration(c.settings.approval_ttl_seconds) + ")");
  }
}

}  // namespace envelope
}  // namespace pcb
