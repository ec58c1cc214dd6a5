// Why nothing is proposed or started: a closed set of reasons, each with a sentence at the place it arises.
// Counted as balancer_hold{reason}, shown on the page, told once per incident. Pure values.
#pragma once

#include <array>
#include <string>

namespace pcb {

enum class HoldReason {
  none,
  exporter_unreachable,  // /cluster gives no answer
  document_invalid,      // /cluster answers with something that is not our cluster's document
  not_quorate,
  document_stale,   // the exporter serves, but no longer reads; or the clocks differ
  host_unreadable,  // a host is online but its data are old or absent
  prometheus_unreachable,
  prometheus_refused,  // it answers, but not with the numbers asked for
  samples_empty,
  samples_stale,
  samples_rejected,  // NaN, negative, above what the machine has
  samples_partial,   // fewer than 90 % of the hosts
  alert_silenced,    // silenced, inhibited or muted
  paused,
  planner_refused,
  journal_unavailable  // what cannot be written down is not done
};

inline constexpr std::array kHoldReasons{HoldReason::exporter_unreachable,
                                         HoldReason::document_invalid,
                                         HoldReason::not_quorate,
                                         HoldReason::document_stale,
                                         HoldReason::host_unreadable,
                                         HoldReason::prometheus_unreachable,
                                         HoldReason::prometheus_refused,
                                         HoldReason::samples_empty,
                                         HoldReason::samples_stale,
                                         HoldReason::samples_rejected,
                                         HoldReason::samples_partial,
                                         HoldReason::alert_silenced,
                                         HoldReason::paused,
                                         HoldReason::planner_refused,
                                         HoldReason::journal_unavailable};

struct Hold {
  HoldReason reason = HoldReason::none;
  std::string sentence;

  explicit operator bool() const { return reason != HoldReason::none; }
};

const char* name_of(HoldReason reason);

}  // namespace pcb
