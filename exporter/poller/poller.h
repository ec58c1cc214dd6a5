// Poller: asks every host on its own schedule, and publishes what all of them together say.
//
// A host is due every `interval`; one that is slow, silent or in a back-off delays nobody. One cycle of a
// host is HostTracker::next_request() over its connection, until HostTracker::accept() wants nothing more.
// One host at a time also answers for the whole cluster: the first of the configured order whose last cycle
// succeeded. A round is published when no host is busy, or kPublishDelay after its first answer, so that slow
// hosts do not make the others' figures old; the very first one waits for every host. Times are monotonic
// inside, Unix seconds in what is published. create(), run(), collect_…() belong to one thread;
// reconfigure(), note_reload(), stop() to any. Tested by tests/exporter/poller_test.cpp with real sshd.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "common/result.h"
#include "common/ssh/connection.h"
#include "exporter/poller/collected.h"

namespace pcb {

inline constexpr std::chrono::milliseconds kPublishDelay{500};

struct PollerSettings {
  std::chrono::milliseconds interval{15000};
  std::chrono::milliseconds command_timeout{8000};
  std::size_t max_answer_bytes = 8U << 20U;
  std::vector<ssh::ConnectionSettings> hosts;
  std::string jump;       // the name of the host through which the others are reached; empty: directly
  bool discover = false;  // members of the cluster are read, too
  SnapshotSettings snapshot;
  std::string version;
};
// script: what is run on the hosts (node_collect_script()).
PollerSettings poller_settings(const Config& config, std::string_view script, std::string_view version,
                               const Shard& shard = {});

class Poller {
 public:
  using Publish = std::function<void(SharedCollected)>;

  static Result<std::unique_ptr<Poller>> create(PollerSettings settings);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Serves until stop(). `publish` must be quick; `heartbeat` is called from the working loop, at least every
  // second.
  void run(const Publish& publish, const std::function<void()>& heartbeat);
  // Two samples of every host, `between` apart, so that rates are known. Hosts that fail the first time are
  // not asked twice.
  Collected collect_once(std::chrono::milliseconds between);
  // After collect_once(): one more cycle of the hosts that answered last, over the same connections.
  Collected collect_again();

  void reconfigure(PollerSettings settings);
  void note_reload(bool successful, double at_unix_seconds);
  void stop();

 private:
  struct Impl;
  explicit Poller(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

FailureReason to_reason(ssh::Failure failure);

}  // namespace pcb
