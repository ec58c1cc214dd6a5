#include "common/ssh/backoff.h"

#include <algorithm>

namespace pcb::ssh {
namespace {

constexpr auto kFirstLoginDelay = std::chrono::minutes(1);
constexpr auto kLongestLoginDelay = std::chrono::minutes(10);
constexpr auto kFirstConnectDelay = std::chrono::seconds(1);
constexpr int kMostDoublings = 16;  // further ones would overflow, and every limit is reached long before

}  // namespace

void Backoff::failed(Failure failure, Clock::time_point now, double random_unit) {
  if (failure == Failure::auth) {
    const int doublings = std::min(logins_refused_++, kMostDoublings);
    not_before_ = now + std::min<Clock::duration>(kFirstLoginDelay * (1 << doublings), kLongestLoginDelay);
    return;
  }
  const int doublings = std::min(connects_failed_++, kMostDoublings);
  const auto delay = std::min<Clock::duration>(kFirstConnectDelay * (1 << doublings), longest_connect_delay_);
  const double share = 0.5 + 0.5 * random_unit;
  not_before_ = now + std::chrono::duration_cast<Clock::duration>(delay * share);
}

void Backoff::succeeded() {
  not_before_ = {};
  logins_refused_ = 0;
  connects_failed_ = 0;
}

}  // namespace pcb::ssh
