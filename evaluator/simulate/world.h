// The cluster of a trace on a virtual clock: places and loads of now, moves under way, and what it all cost.
//
// Pure; times are Unix seconds and only go forward. A guest's load stays where it is until its move ends and
// is the same wherever it runs: the trace cannot know what contention did to it. A move lasts 10 s plus its
// downtime plus its copied bytes at the given rate; it fails, and the guest stays, if one of its hosts is
// offline at its end. The document of now is what the exporter would serve: places, loads of the instant,
// lock "migrate" on what moves, last_moved_at. Holds pointers into the trace, which must outlive it.
// Tested by tests/evaluator/simulate_test.cpp.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "evaluator/decide/load_window.h"
#include "evaluator/planner/plan.h"
#include "evaluator/simulate/outcome.h"
#include "evaluator/simulate/trace.h"

namespace pcb::simulation {

struct Use {
  double cpu_cores = 0, memory_bytes = 0;
};

class World {
 public:
  World(const Trace& trace, double copy_bytes_per_second,
        double kept_seconds);  // kept: the longest mean asked for

  // Ends what is due and takes the loads of the trace. True when places or loads differ from before.
  bool go_to(double now);
  // The time from now on, until the next go_to(), is spent as it is.
  void spend(double seconds);

  // False when the guest already moves or is not where the move says.
  bool start(const Move& move);

  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] const Cluster& document() const { return document_; }
  [[nodiscard]] std::size_t host_count() const { return document_.hosts.size(); }
  [[nodiscard]] const Host& host(std::size_t index) const { return document_.hosts[index]; }
  [[nodiscard]] Use use(std::size_t host) const { return uses_[host]; }
  // The host's mean use over the last so many seconds, of what was spent; its use now before that.
  [[nodiscard]] Use mean_use(std::size_t host, double seconds) const;
  // What Prometheus would answer: loads over the window, guests where they are now.
  [[nodiscard]] LoadAnswers answers(double window_seconds) const;

  [[nodiscard]] const std::vector<SimulatedMove>& running() const { return running_; }
  [[nodiscard]] const std::vector<SimulatedMove>& finished() const { return finished_; }
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  struct GuestPart {
    const Series* series = nullptr;  // nullptr: the document's load, always
    std::size_t host = 0;
    double cpu_cores = 0, memory_bytes = 0;
    bool running = false;
    std::string left;  // the host of its last move's departure
  };
  struct HostPart {
    const Series* series = nullptr;
    Use own;
    bool always_online = true;  // without a series: what the document says
    HostState state = HostState::online;
  };

  [[nodiscard]] std::size_t point_at(double time) const;
  void load_point(std::size_t point);
  void sum_up();
  // Guests may want more than the host has; no measurement of the host shows more than all of it.
  [[nodiscard]] Use shown_use(std::size_t host, const Use& wanted) const;
  bool end_moves();
  void add_samples(LoadAnswers& answers, const std::string& id, std::vector<double> cpu,
                   std::vector<double> memory) const;

  const Trace& trace_;
  double copy_bytes_per_second_, kept_seconds_;
  double now_ = 0;
  std::size_t point_ = 0;
  bool begun_ = false;
  Cluster document_;
  std::map<std::string, std::size_t> host_index_, guest_index_;
  std::vector<GuestPart> guests_;
  std::vector<HostPart> hosts_;
  std::vector<Use> uses_;
  struct Spent {
    double until = 0, seconds = 0;
    std::vector<Use> uses;
  };
  std::deque<Spent> spent_;
  std::vector<SimulatedMove> running_, finished_;
  Tally tally_;
};

}  // namespace pcb::simulation
