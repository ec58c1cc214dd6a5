#include <algorithm>
#include <array>

#include "common/text.h"
#include "exporter/probe/collectors.h"

namespace pcb::probe {
namespace {

constexpr double kPageBytes = 4096;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What node_exporter shows by default of the hundreds of counters there are.
bool is_shown(std::string_view protocol, std::string_view field) {
  if (field.ends_with("InErrors") || field.ends_with("InErrs")) return true;
  if (protocol == "Ip") return field == "Forwarding";
  if (protocol == "IpExt" || protocol == "Ip6") return is_one_of(field, {"InOctets", "OutOctets"});
  if (protocol == "Icmp" || protocol == "Icmp6") return is_one_of(field, {"InMsgs", "OutMsgs"});
  if (protocol == "TcpExt") {
    return field.starts_with("Listen") || field.starts_with("Syncookies") ||
           is_one_of(field, {"TCPSynRetrans", "TCPTimeouts", "TCPOFOQueue", "TCPRcvQDrop"});
  }
  if (protocol == "Tcp") {
    return is_one_of(
        field, {"ActiveOpens", "InSegs", "OutSegs", "OutRsts", "PassiveOpens", "RetransSegs", "CurrEstab"});
  }
  if (protocol == "Udp" || protocol == "Udp6") {
    return is_one_of(field, {"InDatagrams", "OutDatagrams", "NoPorts", "RcvbufErrors", "SndbufErrors"});
  }
  return false;
}

void add(ProbePage& page, std::string_view protocol, std::string_view field, std::string_view number) {
  if (!is_shown(protocol, field)) return;
  const auto value = text::to_double(number);
  if (!value) return;
  page.family("node_netstat_*", std::string(protocol).append("_").append(field));
  page.sample(*value);
}

// Pairs of lines: "Tcp: NAME NAME …" and "Tcp: VALUE VALUE …".
void add_pairs(ProbePage& page, std::string_view text) {
  const auto lines = text::split_lines(text);
  for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
    const auto names = text::split_words(lines[i]), values = text::split_words(lines[i + 1]);
    if (names.empty() || names.size() != values.size() || names[0] != values[0] || !names[0].ends_with(':'))
      continue;
    for (std::size_t word = 1; word < names.size(); ++word)
      add(page, names[0].substr(0, names[0].size() - 1), names[word], values[word]);
  }
}

}  // namespace

void add_netstat(ProbePage& page, const NodeFiles& files) {
  add_pairs(page, files.get("/proc/net/snmp"));
  add_pairs(page, files.get("/proc/net/netstat"));
  for (const auto line : text::split_lines(files.get("/proc/net/snmp6"))) {
    const auto words = text::split_words(line);  // "Ip6InOctets 1234"
    const auto six = words.size() == 2 ? words[0].find('6') : std::string_view::npos;
    if (six != std::string_view::npos)
      add(page, words[0].substr(0, six + 1), words[0].substr(six + 1), words[1]);
  }
}

void add_sockstat(ProbePage& page, const NodeFiles& files) {
  for (const auto* path : {"/proc/net/sockstat", "/proc/net/sockstat6"}) {
    for (const auto line : text::split_lines(files.get(path))) {
      const auto words = text::split_words(line);  // "TCP: inuse 21 orphan 0 tw 0 alloc 24 mem 3"
      if (words.empty() || !words[0].ends_with(':')) continue;
      const std::string protocol(words[0].substr(0, words[0].size() - 1));
      for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
        const auto value = text::to_double(words[i + 1]);
        if (!value) continue;
        const auto name = protocol + "_" + std::string(words[i]);
        page.family("node_sockstat_*", name);
        page.sample(*value);
        if (words[i] != "mem") continue;
        page.family("node_sockstat_*", name + "_bytes");
        page.sample(*value * kPageBytes);
      }
    }
  }
}

}  // namespace pcb::probe
