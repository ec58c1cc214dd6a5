#include "exporter/parse/migration_network.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <arpa/inet.h>

#include "common/text.h"
#include "exporter/parse/guest_config.h"

namespace pcb {
namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  int bits = 0;  // 32 or 128
};

std::optional<Address> address_of(std::string_view text) {
  const std::string ended(text);
  Address address;
  if (inet_pton(AF_INET, ended.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, ended.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

struct Network {
  Address address;
  int prefix = 0;

  [[nodiscard]] bool contains(const Address& other) const {
    if (other.bits != address.bits) return false;
    for (int bit = 0; bit < prefix; ++bit) {
      const auto at = static_cast<std::size_t>(bit / 8);
      const int mask = 0x80 >> (bit % 8);
      if ((address.bytes.at(at) & mask) != (other.bytes.at(at) & mask)) return false;
    }
    return true;
  }
};

std::optional<Network> network_of(std::string_view text) {
  const auto parts = text::split(text, '/');
  const auto address = address_of(parts[0]);
  const auto prefix = parts.size() == 2 ? text::to_int64(parts[1]) : std::nullopt;
  if (!address || !prefix || *prefix < 0 || *prefix > address->bits) return std::nullopt;
  return Network{*address, static_cast<int>(*prefix)};
}

// The values of ring0_addr, ring1_addr and so on.
std::vector<std::string_view> ring_addresses(std::string_view corosync_conf) {
  std::vector<std::string_view> addresses;
  for (const auto line : text::split_lines(corosync_conf)) {
    const auto content = text::trim(line);
    const auto colon = content.find(':');
    if (!content.starts_with("ring") || colon == std::string_view::npos) continue;
    if (!text::trim(content.substr(0, colon)).ends_with("_addr")) continue;
    addresses.push_back(text::trim(content.substr(colon + 1)));
  }
  return addresses;
}

}  // namespace

std::optional<bool> migration_is_apart(std::string_view datacenter_cfg, std::string_view corosync_conf) {
  const auto migration = text::line_behind(datacenter_cfg, "migration:");
  const auto written = migration ? option_of(text::trim(*migration), "network") : std::string_view();
  if (written.empty()) return false;
  const auto network = network_of(written);
  const auto rings = ring_addresses(corosync_conf);
  if (!network || rings.empty()) return std::nullopt;
  bool shares = false;
  for (const auto ring : rings) {
    const auto address = address_of(ring);
    if (!address) return std::nullopt;
    shares = shares || network->contains(*address);
  }
  return !shares;
}

}  // namespace pcb
