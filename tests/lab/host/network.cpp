#include "tests/lab/host/network.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

constexpr int kRanges = 4096;
constexpr int kPrefixLength = 22;

std::uint32_t base_of(int index) {
  return 10U << 24 | (64U + static_cast<unsigned>(index) / 64) << 16 |
         static_cast<unsigned>(index) % 64 * 4 << 8;
}

// Whether an interface of the machine has an address in the range, or a range that holds it.
bool taken(int index) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return true;
  bool clash = false;
  for (const ifaddrs* one = list; one != nullptr && !clash; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET || one->ifa_netmask == nullptr)
      continue;
    sockaddr_in address{}, mask{};
    std::memcpy(&address, one->ifa_addr, sizeof address);
    std::memcpy(&mask, one->ifa_netmask, sizeof mask);
    const std::uint32_t narrow = ~0U << (32 - kPrefixLength);
    const std::uint32_t wider = std::min(narrow, ntohl(mask.sin_addr.s_addr));
    clash = (ntohl(address.sin_addr.s_addr) & wider) == (base_of(index) & wider);
  }
  freeifaddrs(list);
  return clash;
}

class Card {
 public:
  Card() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Card() { close(fd_); }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  Status up(const std::string& name) {
    ifreq request = named(name);
    if (ioctl(fd_, SIOCGIFFLAGS, &request) != 0) return Error{errno_text("no interface " + name)};
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    if (ioctl(fd_, SIOCSIFFLAGS, &request) != 0) return Error{errno_text("cannot set " + name + " up")};
    return Done{};
  }
  Status address(const std::string& name, const std::string& text) {
    if (const auto set = put(name, SIOCSIFADDR, inet_addr(text.c_str())); !set) return set;
    return put(name, SIOCSIFNETMASK, htonl(~0U << (32 - kPrefixLength)));
  }
  Status bridge(const std::string& name, const std::string& port) {
    if (ioctl(fd_, SIOCBRADDBR, name.c_str()) != 0)
      return Error{errno_text("cannot make the bridge " + name)};
    ifreq request = named(name);
    request.ifr_ifindex = static_cast<int>(if_nametoindex(port.c_str()));
    if (ioctl(fd_, SIOCBRADDIF, &request) != 0)
      return Error{errno_text("cannot put " + port + " on " + name)};
    return Done{};
  }

 private:
  static ifreq named(const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
  }
  Status put(const std::string& name, unsigned long call, std::uint32_t network_order) {
    ifreq request = named(name);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = network_order;
    std::memcpy(&request.ifr_addr, &address, sizeof address);
    if (ioctl(fd_, call, &request) != 0) return Error{errno_text("cannot set the address of " + name)};
    return Done{};
  }
  int fd_;
};

}  // namespace

std::string Network::address(int number) const {
  in_addr address{};
  address.s_addr = htonl(base_of(index) + static_cast<std::uint32_t>(number));
  return inet_ntoa(address);
}

Result<Network> make_network() {
  const int first = static_cast<int>(getpid()) * 7 % kRanges;
  std::string last_error = "every range is in use";
  for (int tried = 0; tried < kRanges; ++tried) {
    Network network{(first + tried) % kRanges};
    if (taken(network.index) || if_nametoindex(network.bridge().c_str()) != 0) continue;
    const auto made = run_program({"ip", "link", "add", network.bridge(), "type", "bridge"});
    if (!made) {
      last_error = made.error().message;
      if (if_nametoindex(network.bridge().c_str()) != 0) continue;  // another lab was faster
      return Error{"cannot make a bridge (is iproute2 installed, and is this root?): " + last_error};
    }
    const auto set = run_program({"ip", "-batch", "-"},
                                 "address add " + network.address(1) + "/" + std::to_string(kPrefixLength) +
                                     " dev " + network.bridge() + "\nlink set " + network.bridge() + " up\n");
    if (set) return network;
    remove_network(network.bridge());
    return set.error();
  }
  return Error{"no free network range for the lab: " + last_error};
}

Status connect_hosts(const Network& network, const std::vector<pid_t>& hosts) {
  std::string commands;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    commands +=
        "link add " + network.port(i) + " type veth peer name eno1 netns " + std::to_string(hosts[i]) + "\n";
    commands += "link set " + network.port(i) + " master " + network.bridge() + " up\n";
  }
  return run_program({"ip", "-batch", "-"}, commands);
}

void remove_network(const std::string& bridge) {
  // The cards of a dead host linger until the kernel gets round to its namespace: they are deleted by name.
  std::string commands;
  struct if_nameindex* list = if_nameindex();
  for (const auto* one = list; one != nullptr && one->if_index != 0; ++one) {
    const std::string name = one->if_name;
    if (name == bridge || name.rfind(bridge + "h", 0) == 0) commands += "link del " + name + "\n";
  }
  if (list != nullptr) if_freenameindex(list);
  // What goes away meanwhile is no failure; a link that stays is seen by the check after `lab down`.
  if (!commands.empty()) static_cast<void>(run_program({"ip", "-force", "-batch", "-"}, commands));
}

Status configure_card(const CardSettings& settings) {
  Card card;
  if (const auto done = card.up("lo"); !done) return done;
  if (const auto done = card.up("eno1"); !done) return done;
  if (const auto done = card.bridge(settings.bridge, "eno1"); !done) return done;
  if (const auto done = card.up(settings.bridge); !done) return done;
  return card.address(settings.bridge, settings.address);
}

}  // namespace pcb::lab
