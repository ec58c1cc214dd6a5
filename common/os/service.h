// Talking to systemd as a service of Type=notify: ready, reloading, stopping, watchdog.
//
// One datagram to $NOTIFY_SOCKET, as sd_notify(3) describes it; without that variable every call does
// nothing. feed_watchdog() belongs into the loop that does the work, never into a timer of its own: a loop
// that hangs must starve it. Safe from several threads. Tested by tests/common/os_service_test.cpp.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "common/result.h"

namespace pcb::os {

// `state` is one or more lines "NAME=value". An error only when there is a socket and it cannot be told.
Status notify_service_manager(std::string_view state);

Status notify_ready(std::string_view status);  // also the end of a reload; `status` is shown by systemctl
Status notify_reloading();                     // with MONOTONIC_USEC, as Type=notify-reload wants it
Status notify_stopping();
Status feed_watchdog();

// How often feed_watchdog() is due: half of WatchdogSec=. Absent when systemd expects none of this process.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace pcb::os
