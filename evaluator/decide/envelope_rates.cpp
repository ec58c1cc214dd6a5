// The envelope's limits on how much is moved, and how often.
#include <algorithm>
#include <cmath>

#include "common/text.h"
#include "evaluator/decide/envelope_parts.h"

namespace pcb::envelope {
namespace {

constexpr double kHourSeconds = 3600;

template <class Matches>
int count_of(const Case& c, Matches matches) {
  return static_cast<int>(std::count_if(c.known.history.begin(), c.known.history.end(), matches));
}

// A clock that jumped back makes a start lie in the future: that counts as just now.
bool is_within(const Case& c, double at, double seconds) { return c.known.now - at < seconds; }

void judge_at_once(const Case& c) {
  const auto under_way = [](const PastMove& past) { return !past.ended_at; };
  for (const PastMove& past : c.known.history) {
    if (under_way(past) && past.guest == c.wish.move.guest)
      c.refuse(Restraint::guest_under_way, past.guest + " is already being moved");
  }
  if (const int count = count_of(c, under_way); count >= c.settings.limits.at_once) {
    c.refuse(Restraint::at_once, std::to_string(count) + " moves are under way, the limit is " +
                                     std::to_string(c.settings.limits.at_once));
  }
  const int into = count_of(c, [&](const PastMove& past) { return under_way(past) && past.to == c.to(); });
  if (into >= c.settings.limits.into_host_at_once) {
    c.refuse(Restraint::into_host_at_once, std::to_string(into) + " moves into " + c.to() +
                                               " are under way, the limit is " +
                                               std::to_string(c.settings.limits.into_host_at_once));
  }
}

void judge_per_hour(const Case& c) {
  const auto recent = [&](const PastMove& past) {
    return past.automatic && is_within(c, past.started_at, kHourSeconds);
  };
  if (const int count = count_of(c, recent); count >= c.settings.limits.per_hour) {
    c.refuse(Restraint::per_hour, std::to_string(count) + " automatic moves within an hour, the limit is " +
                                      std::to_string(c.settings.limits.per_hour));
  }
  for (const std::string& host : {c.from(), c.to()}) {
    const int count =
        count_of(c, [&](const PastMove& past) { return recent(past) && c.touches(past, host); });
    if (count < c.settings.limits.per_host_and_hour) continue;
    c.refuse(Restraint::per_host_and_hour, std::to_string(count) + " automatic moves from or to " + host +
                                               " within an hour, the limit is " +
                                               std::to_string(c.settings.limits.per_host_and_hour));
  }
}

void judge_hold(const Case& c) {
  const double hold = c.settings.limits.hold.count();
  const double interval = c.settings.interval_seconds;
  const int needed = std::max(1, static_cast<int>(std::ceil(hold / interval - 1e-9)));
  // A tick that a webhook woke comes early: both the number and the time must be there.
  if (c.wish.ticks >= needed && c.known.now - c.wish.first_wanted_at >= hold - interval) return;
  c.refuse(Restraint::hold, "the same is wanted since " +
                                text::human_duration(std::max(0.0, c.known.now - c.wish.first_wanted_at)) +
                                " (" + std::to_string(c.wish.ticks) + " of " + std::to_string(needed) +
                                " looks)");
}

void judge_cooldown(const Case& c) {
  for (const PastMove& past : c.known.history) {
    const double since = past.ended_at.value_or(past.started_at);
    if (past.guest == c.wish.move.guest && is_within(c, since, c.settings.guest_cooldown_seconds)) {
      c.refuse(Restraint::guest_cooldown,
               past.guest + " rests after its last move until " +
                   text::human_duration(since + c.settings.guest_cooldown_seconds - c.known.now) +
                   " from now");
    }
    if (!is_within(c, since, c.settings.host_cooldown_seconds)) continue;
    for (const std::string& host : {c.from(), c.to()}) {
      if (c.touches(past, host)) c.refuse(Restraint::host_cooldown, host + " rests after its last move");
    }
  }
}

void judge_return(const Case& c) {
  for (const PastMove& past : c.known.history) {
    const bool back = past.guest == c.wish.move.guest && past.from == c.to();
    if (back && is_within(c, past.ended_at.value_or(past.started_at), c.settings.limits.return_ban.count())) {
      c.refuse(Restraint::return_ban, past.guest + " was moved away from " + c.to() + " within " +
                                          text::human_duration(c.settings.limits.return_ban.count()));
      return;
    }
  }
}

}  // namespace

void judge_rates(const Case& c) {
  if (!c.wish.earlier_steps_done) c.refuse(Restraint::order, "an earlier step of the plan is not done");
  judge_at_once(c);
  if (c.automatic()) {
    judge_per_hour(c);
    judge_hold(c);
    judge_cooldown(c);
  }
  if (c.of_a_plan()) judge_return(c);
}

}  // namespace pcb::envelope
