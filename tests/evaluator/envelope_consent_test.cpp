// Who allowed a move: protected guests, consent, copies, heartbeat, silence, approvals, modes.
#include <gtest/gtest.h>

#include "tests/evaluator/envelope_fixture.h"

namespace pcb {
namespace {

constexpr double kNow = EnvelopeCase::kNow;

TEST(Envelope, ProtectedGuests) {
  check({
      {"by id", [](EnvelopeCase& c) { c.settings.protected_guests = {"qemu/201"}; }, "protected_guest"},
      {"by tag",
       [](EnvelopeCase& c) {
         c.settings.protected_guests = {"tag:monitoring"}, c.guest().tags = {"monitoring"};
       },
       "protected_guest"},
      {"another",
       [](EnvelopeCase& c) {
         c.settings.protected_guests = {"qemu/20", "tag:x"};
       },
       ""},
      {"its own", [](EnvelopeCase& c) { c.known.own_guests = {"qemu/201"}; }, "protected_guest"},
      {"a person said yes",
       [](EnvelopeCase& c) { c.settings.protected_guests = {"qemu/201"}, c.approve(kNow); }, ""},
  });
}

TEST(Envelope, InterruptingNeedsConsent) {
  const auto container = [](EnvelopeCase& c) { c.take_container(); };
  const auto window = [](const char* from, const char* to, std::vector<std::string> days, LocalTime at) {
    return [=](EnvelopeCase& c) {
      c.take_container();
      c.settings.windows = {{days, from, to, {"tag:batch"}}};
      c.guest().tags = {"batch"};
      c.known.local = at;
    };
  };
  check({
      {"container", container, "consent"},
      {"with the tag", [&](EnvelopeCase& c) { container(c), c.guest().tags = {"balancer_auto"}; }, ""},
      {"with a yes", [&](EnvelopeCase& c) { container(c), c.approve(kNow); }, ""},
      {"HA container", [&](EnvelopeCase& c) { container(c), c.wish.move.method = "ha"; }, "consent"},
      {"HA VM", [](EnvelopeCase& c) { c.wish.move.method = "ha"; }, ""},
      {"memory of a live VM is no copy", [](EnvelopeCase& c) { c.wish.move.copy_bytes = 4e9; }, ""},
      {"a local disk", [](EnvelopeCase& c) { c.wish.move.copy_bytes = 4e9 + 1; }, "consent"},
      {"stopped, shared",
       [](EnvelopeCase& c) { c.guest().status = GuestStatus::stopped, c.wish.move.method = "offline"; },
       "consent"},
      {"window, a minute before", window("01:00", "05:00", {}, {2, 59}), "consent"},
      {"window, at its begin", window("01:00", "05:00", {}, {2, 60}), ""},
      {"window, its last minute", window("01:00", "05:00", {}, {2, 299}), ""},
      {"window, at its end", window("01:00", "05:00", {}, {2, 300}), "consent"},
      {"window on another day", window("01:00", "05:00", {"sat"}, {2, 100}), "consent"},
      {"over midnight, before it", window("22:00", "04:00", {"sat"}, {5, 1439}), ""},
      {"over midnight, after it", window("22:00", "04:00", {"sat"}, {6, 239}), ""},
      {"over midnight, the wrong night", window("22:00", "04:00", {"sat"}, {5, 100}), "consent"},
      {"to the end of the day", window("22:00", "24:00", {}, {5, 1439}), ""},
      {"window of others",
       [&](EnvelopeCase& c) {
         window("00:00", "24:00", {}, {1, 1})(c), c.guest().tags = {"prod"};
       },
       "consent"},
  });
}

TEST(Envelope, LargeCopies) {
  const auto copy = [](double bytes) {
    return [=](EnvelopeCase& c) {
      c.take_container();
      c.guest().tags = {"balancer_auto"};
      c.wish.move.copy_bytes = bytes;
    };
  };
  const double limit = EnvelopeSettings{}.large_copy_bytes;
  check({
      {"at", copy(limit), ""},
      {"above", copy(limit + 1), "large_copy"},
      {"on a network of its own",
       [&](EnvelopeCase& c) { copy(limit + 1)(c), c.known.copies_avoid_corosync = true; }, ""},
      {"with a yes", [&](EnvelopeCase& c) { copy(limit + 1)(c), c.approve(kNow); }, ""},
  });
}

TEST(Envelope, Heartbeat) {
  check({
      {"899 s", [](EnvelopeCase& c) { c.known.heartbeat_at = kNow - 899; }, ""},
      {"900 s", [](EnvelopeCase& c) { c.known.heartbeat_at = kNow - 900; }, ""},
      {"901 s", [](EnvelopeCase& c) { c.known.heartbeat_at = kNow - 901; }, "heartbeat_silent"},
      {"never", [](EnvelopeCase& c) { c.known.heartbeat_at.reset(); }, "heartbeat_silent"},
      {"a person said yes", [](EnvelopeCase& c) { c.known.heartbeat_at.reset(), c.approve(kNow); }, ""},
  });
}

TEST(Envelope, silence_and_what_else_Alertmanager_says) {
  const auto sight = [](AlertSight is) { return [=](EnvelopeCase& c) { c.wish.sight = is; }; };
  check({
      {"not asked", sight(AlertSight::not_asked), "alert_unconfirmed"},
      {"unreachable", sight(AlertSight::unreachable), "alert_unconfirmed"},
      {"stopped", sight(AlertSight::stopped), "alert_stopped"},
      {"approved, stopped", [&](EnvelopeCase& c) { c.approve(kNow), sight(AlertSight::stopped)(c); },
       "alert_stopped"},
      {"scheduled, not asked",
       [&](EnvelopeCase& c) { c.wish.scheduled = true, sight(AlertSight::not_asked)(c); },
       "alert_unconfirmed"},
      {"scheduled, no webhook", [](EnvelopeCase& c) { c.wish.scheduled = true, c.wish.from_webhook = false; },
       ""},
      {"scheduled, silenced",
       [&](EnvelopeCase& c) { c.wish.scheduled = true, sight(AlertSight::stopped)(c); }, "alert_stopped"},
      {"scheduled, approved, silenced",
       [&](EnvelopeCase& c) { c.wish.scheduled = true, c.approve(kNow), sight(AlertSight::stopped)(c); },
       "alert_stopped"},
      {"drain, not asked",
       [&](EnvelopeCase& c) { c.wish.by = Initiator::drain, sight(AlertSight::not_asked)(c); }, ""},
      {"only found in the list", [](EnvelopeCase& c) { c.wish.from_webhook = false; }, "not_from_webhook"},
      {"found, and approved", [](EnvelopeCase& c) { c.wish.from_webhook = false, c.approve(kNow); }, ""},
  });
}

TEST(Envelope, ApprovalsAge) {
  check({
      {"3599 s", [](EnvelopeCase& c) { c.approve(kNow - 3599); }, ""},
      {"3600 s", [](EnvelopeCase& c) { c.approve(kNow - 3600); }, ""},
      {"3601 s", [](EnvelopeCase& c) { c.approve(kNow - 3601); }, "approval_expired"},
      {"none", [](EnvelopeCase& c) { c.approve(kNow), c.wish.approved_at.reset(); }, "approval_expired"},
  });
}

TEST(Envelope, Modes) {
  for (const auto& [mode, tag, by, verdict] :
       std::vector<std::tuple<const char*, const char*, Initiator, const char*>>{
           {"auto", "", Initiator::automatic, ""},
           {"approve", "", Initiator::automatic, "mode"},
           {"suggest", "", Initiator::automatic, "mode"},
           {"unheard", "", Initiator::automatic, "mode"},
           {"auto", "", Initiator::approved, ""},
           {"approve", "", Initiator::approved, ""},
           {"suggest", "", Initiator::approved, "mode"},
           {"auto", "balancer_approve", Initiator::automatic, "mode"},
           {"auto", "balancer_approve", Initiator::approved, ""},
           {"auto", "balancer_suggest", Initiator::approved, "mode"},
           {"suggest", "balancer_auto", Initiator::automatic, "mode"},
           {"approve", "balancer_auto", Initiator::automatic, "mode"},
           {"approve", "balancer_suggest", Initiator::drain, ""},
           {"suggest", "", Initiator::drain, "mode"},
           {"suggest", "", Initiator::giving_back, "mode"}}) {
    EnvelopeCase c;
    c.wish.by = by;
    c.wish.approved_at = kNow;
    c.known.mode = mode;
    c.guest().tags = {tag};
    EXPECT_EQ(c.verdict(), verdict) << mode << " " << tag;
  }
}

}  // namespace
}  // namespace pcb
