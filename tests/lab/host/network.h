// The lab's network: one bridge of its own with a free range, one veth to every host.
//
// A lab with index N has the bridge pcbN and 10.(64 + N/64).(4·(N mod 64)).0/22: host k is at .2 + k. Making
// the bridge is what takes the index, so that labs that start together never share one. Needs root and
// iproute2.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.h"

namespace pcb::lab {

struct Network {
  int index = 0;

  [[nodiscard]] std::string bridge() const { return "pcb" + std::to_string(index); }
  [[nodiscard]] std::string address(int number) const;  // 1 is the machine itself
  [[nodiscard]] std::string host_address(std::size_t host) const {
    return address(2 + static_cast<int>(host));
  }
  [[nodiscard]] std::string port(std::size_t host) const { return bridge() + "h" + std::to_string(host); }
};

Result<Network> make_network();
// Gives the init processes their cards, in order; each finds it as eno1.
Status connect_hosts(const Network& network, const std::vector<pid_t>& hosts);
void remove_network(const std::string& bridge);

// Inside a host's network namespace: lo, eno1, and the bridge over it that has the address. No process is
// started.
struct CardSettings {
  std::string address, bridge;
};
Status configure_card(const CardSettings& settings);

}  // namespace pcb::lab
