// The evaluator's routes: the webhook, the API, the page, the metrics, health.
//
// Handlers run on the server's threads and read the journal and the newest View; the webhook's answers 2xx
// only after the disk has it. What is handed in must outlive the server. Tested by
// tests/evaluator/serve_test.cpp.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "common/http/server.h"
#include "evaluator/cli/metrics_page.h"
#include "evaluator/cli/situation.h"
#include "evaluator/journal/intake.h"
#include "evaluator/journal/journal.h"
#include "evaluator/page/view.h"
#include "evaluator/trigger/counters.h"

namespace pcb {

// The cluster's name can change with a reload; the handlers ask for it.
class Current {
 public:
  explicit Current(std::shared_ptr<const Config> config) : config_(std::move(config)) {}
  void set(std::shared_ptr<const Config> config) {
    const std::lock_guard lock(mutex_);
    config_ = std::move(config);
  }
  [[nodiscard]] std::shared_ptr<const Config> get() const {
    const std::lock_guard lock(mutex_);
    return config_;
  }
  void note_reload(bool good, double now) {
    const std::lock_guard lock(mutex_);
    reload_.last_good = good;
    if (good) reload_.last_good_at = now;
  }
  [[nodiscard]] ReloadState reload() const {
    const std::lock_guard lock(mutex_);
    return reload_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Config> config_;
  ReloadState reload_;
};

struct RouteParts {
  const Current& current;
  Journal& journal;
  Intake& intake;
  const Board& board;
  const ActBoard& act_board;
  Counters& counters;
  std::function<void()> ask_alertmanager;  // a webhook was not complete, or not taken
  std::function<Status()> reload;
  std::string version;
};

std::vector<http::Route> evaluator_routes(const RouteParts& parts);

}  // namespace pcb
