// HostTracker: what the exporter knows of one host, from one answer to the next.
//
// Pure: text and time come in as arguments. It remembers the previous sample (rates need two), the guest
// configs last read, and which version of them they are, so that configs are asked for again only when
// .version, .vmlist or a new network device says so, and seldom for what none of them tells of. One
// HostTracker belongs to one thread. Tested by tests/exporter/host_state_test.cpp and the golden pages.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "exporter/collect_request.h"

namespace pcb {

// Why a host gave nothing: the closed set behind balancer_ssh_failures_total{reason}.
enum class FailureReason {
  none,
  dns,
  connect_refused,
  connect_timeout,
  banner_timeout,
  handshake,
  host_key_unknown,
  host_key_changed,
  auth,
  channel_refused,
  command_timeout,
  output_too_large,
  connection_lost,
  protocol,
  script
};
std::string_view to_string(FailureReason reason);

struct HostReport;  // exporter/host_report.h: everything known of one host, as values

class HostTracker {
 public:
  explicit HostTracker(std::string name);
  ~HostTracker();
  HostTracker(HostTracker&&) noexcept;
  HostTracker& operator=(HostTracker&&) noexcept;

  // What to ask now. `cluster_wide`: this host is the one that answers for the whole cluster this cycle.
  [[nodiscard]] CollectRequest next_request(bool cluster_wide) const;

  enum class FollowUp {
    none,
    ask_again
  };  // ask_again: configs have changed, ask next_request() in this cycle
  // received_at: Unix seconds. An answer that cannot be used changes nothing but the failure.
  Result<FollowUp> accept(std::string_view answer, std::string_view nonce, double received_at_unix_seconds,
                          double duration_seconds);
  void fail(FailureReason reason, std::string detail);
  // Lets go of what the host told of the whole cluster, which another has told later.
  void forget_view();

  [[nodiscard]] const HostReport& report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb
