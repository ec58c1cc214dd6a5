// Why a connection or a request over it failed: a closed set, and a sentence with the cure.
//
// Each program maps `Failure` to its own surface (the exporter to balancer_ssh_failures_total{reason}).
// Value types.
#pragma once

#include <string>
#include <string_view>

namespace pcb::ssh {

enum class Failure {
  none,
  dns,
  connect_refused,
  connect_timeout,
  banner_timeout,
  handshake,
  host_key_unknown,
  host_key_changed,  // also: revoked
  auth,
  channel_refused,
  command_timeout,
  output_too_large,
  connection_lost,
};

constexpr std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::none:
      return "none";
    case Failure::dns:
      return "dns";
    case Failure::connect_refused:
      return "connect_refused";
    case Failure::connect_timeout:
      return "connect_timeout";
    case Failure::banner_timeout:
      return "banner_timeout";
    case Failure::handshake:
      return "handshake";
    case Failure::host_key_unknown:
      return "host_key_unknown";
    case Failure::host_key_changed:
      return "host_key_changed";
    case Failure::auth:
      return "auth";
    case Failure::channel_refused:
      return "channel_refused";
    case Failure::command_timeout:
      return "command_timeout";
    case Failure::output_too_large:
      return "output_too_large";
    case Failure::connection_lost:
      return "connection_lost";
  }
  return "none";
}

struct Problem {
  Failure failure = Failure::none;
  std::string message;  // what happened and what mends it
};

}  // namespace pcb::ssh
