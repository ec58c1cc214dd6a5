#include "evaluator/decide/own_guests.h"

#include <algorithm>

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::string_view kNoMac = "00:00:00:00:00:00";

}  // namespace

std::string card_mac(std::string_view text) {
  const std::string mac = text::to_lower(text::trim(text));
  return mac.size() == kNoMac.size() && mac != kNoMac ? mac : "";
}

std::set<std::string> neighbour_macs(std::string_view arp_table, const std::set<std::string>& addresses) {
  constexpr std::size_t kAddress = 0, kMac = 3, kColumns = 6;
  std::set<std::string> macs;
  for (const auto line : text::split_lines(arp_table)) {
    const auto columns = text::split_words(line);
    if (columns.size() != kColumns || addresses.count(std::string(columns[kAddress])) == 0) continue;
    if (std::string mac = card_mac(columns[kMac]); !mac.empty()) macs.insert(std::move(mac));
  }
  return macs;
}

std::set<std::string> own_guests(const Cluster& cluster, const std::set<std::string>& macs) {
  std::set<std::string> ids;
  for (const Guest& guest : cluster.guests) {
    const bool own = std::any_of(guest.macs.begin(), guest.macs.end(), [&](const std::string& text) {
      const std::string mac = card_mac(text);
      return !mac.empty() && macs.count(mac) != 0;
    });
    if (own) ids.insert(guest.id);
  }
  return ids;
}

}  // namespace pcb
