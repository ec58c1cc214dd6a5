// The envelope's limits on source, target and guest as they are.
#include <algorithm>
#include <array>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/decide/envelope_parts.h"

namespace pcb::envelope {
namespace {

constexpr std::array<std::int64_t, 3> kKnownMajors{7, 8, 9};
constexpr double kBackupBeginsWithinSeconds = 60;

bool version_is_known(const Host& host) {
  if (!host.pve_version) return false;
  const auto major = text::to_int64(text::split(*host.pve_version, '.').front());
  return major && std::find(kKnownMajors.begin(), kKnownMajors.end(), *major) != kKnownMajors.end();
}

bool has_backup(const Case& c, const std::string& host) {
  if (c.known.backup_hosts.count(host) != 0) return true;
  const auto& guests = c.known.cluster.guests;
  return std::any_of(guests.begin(), guests.end(), [&](const Guest& guest) {
    return guest.host == host && guest.lock && *guest.lock == "backup";
  });
}

void judge_host(const Case& c, const std::string& name, bool is_target) {
  const Host* host = find_host(c.known.cluster, name);
  if (host == nullptr) {
    c.refuse(Restraint::host_state, name + " is not a member of the cluster");
    return;
  }
  const HostState state = state_of(*host);
  // One in maintenance gives its guests away and takes none.
  if (state != HostState::online && (is_target || state != HostState::maintenance))
    c.refuse(Restraint::host_state, name + " is " + to_word(state));
  if (state != HostState::offline && age_seconds_of(*host) > c.settings.stale_after_seconds)
    c.refuse(Restraint::stale, "the figures of " + name + " are older than evaluator.stale_after");
  if (!version_is_known(*host)) {
    c.refuse(Restraint::pve_version, name + " runs Proxmox VE " +
                                         (host->pve_version ? text::printable(*host->pve_version)
                                                            : std::string("of an unknown version")) +
                                         ", which this program does not know; it only suggests");
  }
  if (has_backup(c, name)) c.refuse(Restraint::backup_running, "a backup runs on " + name);
  const auto next = c.known.next_backup_at.find(name);
  const double distance = c.settings.limits.backup_distance.count();
  if (next == c.known.next_backup_at.end()) return;
  const double ahead = next->second - c.known.now;
  // Proxmox looks at its schedules once a minute: until then the task of a due backup is not seen.
  if (ahead >= -kBackupBeginsWithinSeconds && ahead < distance) {
    c.refuse(Restraint::backup_soon,
             "a backup of " + name +
                 (ahead > 0 ? " begins in " + text::human_duration(ahead) : std::string(" begins now")));
  }
}

}  // namespace

void judge_hosts(const Case& c) {
  judge_host(c, c.from(), false);
  judge_host(c, c.to(), true);
  for (const Host& host : c.known.cluster.hosts) {
    const bool elsewhere = host.name != c.from() && host.name != c.to();
    if (elsewhere && state_of(host) == HostState::unknown)
      c.refuse(Restraint::host_state, host.name + " cannot be read");
  }
}

void judge_guest(const Case& c) {
  const std::string& id = c.wish.move.guest;
  const Guest* guest = find_guest(c.known.cluster, id);
  if (guest == nullptr) {
    c.refuse(Restraint::guest_changed, id + " is not in the cluster any more");
    return;
  }
  if (has_another_name(c.wish.move, *guest)) {
    c.refuse(Restraint::guest_changed, id + " was called " + text::printable(c.wish.move.name) +
                                           " when the move was planned: it may be another guest now");
  }
  if (guest->host != c.from()) c.refuse(Restraint::guest_changed, id + " is on " + guest->host + " now");
  if (guest->lock && !guest->lock->empty())
    c.refuse(Restraint::guest_changed, id + " is locked (" + text::printable(*guest->lock) + ")");
  if (is_template(*guest)) c.refuse(Restraint::guest_changed, id + " is a template");
  const bool offline = c.wish.move.method == "offline";
  if (c.wish.move.method != "ha" && is_running(*guest) == offline)
    c.refuse(Restraint::guest_changed, id + " is " + to_word(status_of(*guest)) + " now");
}

}  // namespace pcb::envelope

namespace pcb {

Refusals judge_maintenance(const std::string& host, const Circumstances& known,
                           const EnvelopeSettings& settings) {
  Wish wish;
  wish.by = Initiator::drain;
  wish.move.from = wish.move.to = host;
  Refusals refusals;
  const envelope::Case c{wish, known, settings, refusals};
  envelope::judge_cluster(c);
  envelope::judge_host(c, host, false);
  if (known.mode == "suggest") c.refuse(Restraint::mode, "the mode is suggest: nothing is moved");
  for (const PastMove& past : known.history) {
    if (!past.ended_at) c.refuse(Restraint::at_once, "the move of " + past.guest + " is still under way");
  }
  std::stable_sort(refusals.begin(), refusals.end(),
                   [](const Refusal& a, const Refusal& b) { return a.reason < b.reason; });
  return refusals;
}

}  // namespace pcb
