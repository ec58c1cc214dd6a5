#include "common/os/service.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/os/fd.h"
#include "common/os/file.h"
#include "common/text.h"

namespace pcb::os {

Status notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return Done{};
  const auto failed = [&](const std::string& why) {
    return Error{"cannot tell systemd over NOTIFY_SOCKET=" + std::string(path) + ": " + why};
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path || (*path != '/' && *path != '@'))
    return failed("no such kind of address");
  std::memcpy(address.sun_path, path, length);
  if (*path == '@') address.sun_path[0] = '\0';  // Linux's abstract namespace
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return failed(reason(errno));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const ssize_t sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  if (sent != static_cast<ssize_t>(state.size())) return failed(reason(errno));
  return Done{};
}

Status notify_ready(std::string_view status) {
  return notify_service_manager("READY=1\nSTATUS=" + text::printable(status));
}

Status notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const long long microseconds = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
  return notify_service_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

Status notify_stopping() { return notify_service_manager("STOPPING=1"); }

Status feed_watchdog() { return notify_service_manager("WATCHDOG=1"); }

std::optional<std::chrono::microseconds> watchdog_interval() {
  const char* microseconds = std::getenv("WATCHDOG_USEC");
  const char* process = std::getenv("WATCHDOG_PID");
  if (microseconds == nullptr) return std::nullopt;
  if (process != nullptr && text::to_int64(process) != ::getpid()) return std::nullopt;
  const auto whole = text::to_int64(microseconds);
  if (!whole || *whole <= 0) return std::nullopt;
  return std::chrono::microseconds(*whole / 2);
}

}  // namespace pcb::os
