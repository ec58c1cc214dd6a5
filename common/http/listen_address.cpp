#include "common/http/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/text.h"

namespace pcb::http {

Result<ListenAddress> parse_listen_address(std::string_view listen) {
  const auto wrong = [&](std::string_view why) {
    return Error{"cannot listen on \"" + text::printable(listen) + "\": " + std::string(why) +
                 "; write it like 127.0.0.1:9722, 0.0.0.0:9722 or [::1]:9722"};
  };
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  const auto port = text::to_uint64(listen.substr(colon + 1));
  if (!port || *port > 65535) return wrong("the port must be a number from 0 to 65535");
  std::string_view host = listen.substr(0, colon);
  ListenAddress address;
  address.port = static_cast<std::uint16_t>(*port);
  address.ipv6 = host.starts_with('[') && host.ends_with(']');
  if (address.ipv6) {
    host = host.substr(1, host.size() - 2);
    in6_addr bytes{};
    if (::inet_pton(AF_INET6, std::string(host).c_str(), &bytes) != 1)
      return wrong("the IPv6 address is malformed");
    address.loopback = IN6_IS_ADDR_LOOPBACK(&bytes);
  } else {
    if (host == "localhost") host = "127.0.0.1";
    in_addr bytes{};
    if (::inet_pton(AF_INET, std::string(host).c_str(), &bytes) != 1)
      return wrong("the host must be an IPv4 address, an IPv6 address in brackets, or localhost");
    address.loopback = (ntohl(bytes.s_addr) >> 24U) == 127;
  }
  address.host = host;
  return address;
}

std::string to_string(const ListenAddress& address) {
  const std::string port = ":" + std::to_string(address.port);
  return address.ipv6 ? "[" + address.host + "]" + port : address.host + port;
}

}  // namespace pcb::http
