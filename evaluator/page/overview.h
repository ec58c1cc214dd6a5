// The overview: every host as bars of CPU and memory with its guests as parts of them, what is wrong, and how
// well the load is spread.
//
// Pure. Cores and bytes become words here; a guest whose use is not known is named, never drawn as nothing.
// Tested by tests/evaluator/page_overview_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluator/journal/records.h"
#include "evaluator/page/view.h"

namespace pcb {

struct Overview {
  const View* view = nullptr;
  const Standing* standing = nullptr;
  std::vector<AlertRecord> alerts;  // newest first, as the journal has them
  std::vector<DeliveryRecord> messages;
  std::optional<Figures> figures;  // of now
  double now = 0;
};

std::string overview_html(const Overview& overview);

// Those that fire: of each fingerprint the newest word counts. Heartbeats and other clusters' are left out.
std::vector<AlertRecord> firing(const std::vector<AlertRecord>& newest_first);

}  // namespace pcb
