// The envelope's limits on how much is moved, and how often.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "common/text.h"
#include "evaluator/decide/envelope_parts.h"

namespace pcb::envelope {
namespace {

constexpr double kHourSeconds = 3600;
constexpr double kClockSlackSeconds = 120;  // between a host's clock and ours

template <class Matches>
int count_of(const Case& c, Matches matches) {
  return static_cast<int>(std::count_if(c.known.history.begin(), c.known.history.end(), matches));
}

// A clock that jumped back makes a start lie in the future: that counts as just now.
bool is_within(const Case& c, double at, double seconds) { return c.known.now - at < seconds; }

bool is_under_way(const PastMove& past) { return !past.ended_at; }

// Migrations that run and that this evaluator does not know: of another one, of Proxmox's HA, of a person.
// Their targets are not known: each may go to any host but the one that it leaves.
struct Foreign {
  int all = 0, perhaps_into_target = 0;
};
Foreign foreign_under_way(const Case& c) {
  Foreign foreign;
  std::set<std::string> guests;
  for (const RunningTask& task : c.known.cluster.tasks) {
    const bool is_move = task.type == "vzmigrate" || task.type == "qmigrate";
    const bool is_ours = std::any_of(
        c.known.history.begin(), c.known.history.end(),
        [&](const PastMove& past) { return is_under_way(past) && task.guest && past.guest == *task.guest; });
    if (!is_move || !task.guest || is_ours || !guests.insert(*task.guest).second) continue;
    ++foreign.all;
    foreign.perhaps_into_target += task.host == c.to() ? 0 : 1;
  }
  return foreign;
}

// Moves of the last hour, from before this evaluator took the lock, that its journal does not know: the
// hosts' own task lists tell of them. Who asked for them is not known, so they count as automatic.
std::vector<std::string> foreign_arrivals(const Case& c) {
  std::vector<std::string> hosts;
  for (const Guest& guest : c.known.cluster.guests) {
    const auto at = guest.last_moved_at;
    if (!at || !is_within(c, *at, kHourSeconds) || *at > c.known.acting_since) continue;
    const bool is_ours =
        std::any_of(c.known.history.begin(), c.known.history.end(), [&](const PastMove& past) {
          return past.guest == guest.id && past.ended_at.value_or(*at) > *at - kClockSlackSeconds;
        });
    if (!is_ours) hosts.push_back(guest.host);
  }
  return hosts;
}

void judge_at_once(const Case& c) {
  for (const PastMove& past : c.known.history) {
    if (is_under_way(past) && past.guest == c.wish.move.guest)
      c.refuse(Restraint::guest_under_way, past.guest + " is already being moved");
  }
  const Foreign foreign = foreign_under_way(c);
  const int count = count_of(c, is_under_way) + foreign.all;
  if (count >= c.settings.limits.at_once) {
    c.refuse(Restraint::at_once, "moves under way: " + std::to_string(count) + ", the limit is " +
                                     std::to_string(c.settings.limits.at_once));
  }
  const int into = foreign.perhaps_into_target +
                   count_of(c, [&](const PastMove& past) { return is_under_way(past) && past.to == c.to(); });
  if (into >= c.settings.limits.into_host_at_once) {
    c.refuse(
        Restraint::into_host_at_once,
        "moves under way into " + c.to() +
            (foreign.perhaps_into_target == 0 ? "" : ", or begun by others to a host that is not known") +
            ": " + std::to_string(into) + ", the limit is " +
            std::to_string(c.settings.limits.into_host_at_once));
  }
}

void judge_per_hour(const Case& c) {
  const auto recent = [&](const PastMove& past) {
    return past.automatic && is_within(c, past.started_at, kHourSeconds);
  };
  const auto foreign = foreign_arrivals(c);
  const int all = count_of(c, recent) + static_cast<int>(foreign.size());
  if (all >= c.settings.limits.per_hour) {
    c.refuse(Restraint::per_hour, "automatic moves within an hour: " + std::to_string(all) +
                                      ", the limit is " + std::to_string(c.settings.limits.per_hour));
  }
  for (const std::string& host : {c.from(), c.to()}) {
    const int count =
        count_of(c, [&](const PastMove& past) { return recent(past) && c.touches(past, host); }) +
        static_cast<int>(std::count(foreign.begin(), foreign.end(), host));
    if (count < c.settings.limits.per_host_and_hour) continue;
    c.refuse(Restraint::per_host_and_hour,
             "automatic moves from or to " + host + " within an hour: " + std::to_string(count) +
                 ", the limit is " + std::to_string(c.settings.limits.per_host_and_hour));
  }
}

void judge_hold(const Case& c) {
  const double hold = c.settings.limits.hold.count();
  const double interval = c.settings.interval_seconds;
  const int needed = std::max(1, static_cast<int>(std::ceil(hold / interval - 1e-9)));
  // A tick that a webhook woke comes early: both the number and the time must be there.
  if (c.wish.ticks >= needed && c.known.now - c.wish.first_wanted_at >= hold - interval) return;
  c.refuse(Restraint::hold, "it has been wanted for only " +
                                text::human_duration(std::max(0.0, c.known.now - c.wish.first_wanted_at)) +
                                ", in " + std::to_string(c.wish.ticks) + " of " + std::to_string(needed) +
                                " looks");
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
