#include "evaluator/decide/hold.h"

namespace pcb {

const char* name_of(HoldReason reason) {
  switch (reason) {
    case HoldReason::none:
      return "none";
    case HoldReason::exporter_unreachable:
      return "exporter_unreachable";
    case HoldReason::document_invalid:
      return "document_invalid";
    case HoldReason::not_quorate:
      return "not_quorate";
    case HoldReason::document_stale:
      return "document_stale";
    case HoldReason::host_unreadable:
      return "host_unreadable";
    case HoldReason::prometheus_unreachable:
      return "prometheus_unreachable";
    case HoldReason::prometheus_refused:
      return "prometheus_refused";
    case HoldReason::samples_empty:
      return "samples_empty";
    case HoldReason::samples_stale:
      return "samples_stale";
    case HoldReason::samples_rejected:
      return "samples_rejected";
    case HoldReason::samples_partial:
      return "samples_partial";
    case HoldReason::alert_silenced:
      return "alert_silenced";
    case HoldReason::paused:
      return "paused";
    case HoldReason::planner_refused:
      return "planner_refused";
    case HoldReason::journal_unavailable:
      return "journal_unavailable";
  }
  return "none";
}

}  // namespace pcb
