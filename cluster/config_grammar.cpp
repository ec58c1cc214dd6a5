#include "cluster/config_grammar.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "cluster/config_values.h"
#include "cluster/document_defaults.h"
#include "cluster/document_fields.h"
#include "cluster/metric_catalogue.h"
#include "common/text.h"

namespace pcb {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_of(std::string_view value, std::string_view others) {
  return std::all_of(value.begin(), value.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

bool has_control_or_blank(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

bool is_ip(std::string_view value, int family) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(family, std::string(value).c_str(), bytes.data()) == 1;
}

bool is_host_name(std::string_view value) {
  if (value.empty() || value.size() > 253) return false;
  bool digits_only = true;  // "10.0.0" is a broken address, not a name
  for (const std::string_view label : text::split(value, '.')) {
    if (!is_node_name(label)) return false;
    digits_only = digits_only && std::all_of(label.begin(), label.end(), is_digit);
  }
  return !digits_only;
}

bool is_address(std::string_view value) {
  const std::string_view without_zone = value.substr(0, value.find('%'));  // fe80::1%eth0
  return is_ip(value, AF_INET) || is_ip(without_zone, AF_INET6) || is_host_name(value);
}

struct HostPort {
  std::string_view host;
  std::string_view port;
  bool ok = false;
};

// "127.0.0.1:80", "[::1]:80", "name:80".
HostPort split_host_port(std::string_view value) {
  const size_t colon = value.rfind(':');
  if (colon == std::string_view::npos) return {};
  HostPort parts{value.substr(0, colon), value.substr(colon + 1), true};
  const auto port = text::to_uint64(parts.port);
  parts.ok = port && *port <= 65535 && parts.port.size() <= 5;
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
    parts.ok = parts.ok && is_ip(parts.host, AF_INET6);
  } else {
    parts.ok = parts.ok && (is_ip(parts.host, AF_INET) || is_host_name(parts.host));
  }
  return parts;
}

std::string listen_fault(std::string_view value) {
  if (value.starts_with(':') && text::to_uint64(value.substr(1)))
    return "write 0.0.0.0" + std::string(value) + " for every address";
  const HostPort parts = split_host_port(value);
  const bool literal = parts.host == "localhost" || is_ip(parts.host, AF_INET) || is_ip(parts.host, AF_INET6);
  return parts.ok && literal ? "" : std::string(kNotAllowed);
}

std::string url_fault(std::string_view value) {
  std::string_view rest = value;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else {
    return rest.find('@') == std::string_view::npos ? std::string(kNotAllowed)
                                                    : "found no http:// or https:// at the beginning";
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.find('@') != std::string_view::npos && authority.find('@') != std::string_view::npos) {
    return "found a user or password in the URL; use basic_user and basic_password_file, or "
           "bearer_token_file";
  }
  if (has_control_or_blank(value) || rest.find('#') != std::string_view::npos)
    return std::string(kNotAllowed);
  const bool bracket = authority.starts_with('[') && authority.ends_with(']');
  if (bracket)
    return is_ip(authority.substr(1, authority.size() - 2), AF_INET6) ? "" : std::string(kNotAllowed);
  const bool ok =
      authority.find(':') == std::string_view::npos ? is_address(authority) : split_host_port(authority).ok;
  return ok ? "" : std::string(kNotAllowed);
}

// name="value", name=~"value" …, with commas between; values are quoted as in PromQL.
std::string matchers_fault(std::string_view value) {
  const auto skip_blanks = [&] { value.remove_prefix(std::min(value.find_first_not_of(' '), value.size())); };
  while (true) {
    skip_blanks();
    const size_t name_end = std::min(value.find_first_of("=!~ "), value.size());
    const std::string_view name = value.substr(0, name_end);
    if (name.empty() || is_digit(name[0]) || !all_of(name, "_")) return std::string(kNotAllowed);
    value.remove_prefix(name_end);
    skip_blanks();
    const size_t operator_size = value.starts_with("=~") || value.starts_with("!~") || value.starts_with("!=")
                                     ? 2
                                 : value.starts_with("=") ? 1
                                                          : 0;
    value.remove_prefix(operator_size);
    skip_blanks();
    if (operator_size == 0 || !value.starts_with('"')) return std::string(kNotAllowed);
    size_t end = 1;
    while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2 : 1;
    if (end >= value.size()) return std::string(kNotAllowed);
    value.remove_prefix(end + 1);
    skip_blanks();
    if (value.empty()) return "";
    if (value[0] != ',') return std::string(kNotAllowed);
    value.remove_prefix(1);
  }
}

bool is_time_of_day(std::string_view value) {
  if (value == "24:00") return true;
  return value.size() == 5 && value[2] == ':' && is_digit(value[0]) && is_digit(value[1]) &&
         is_digit(value[3]) && is_digit(value[4]) && value.substr(0, 2) < "24" && value.substr(3) < "60";
}

bool is_email(std::string_view value) {
  const size_t at = value.rfind('@');
  return at != std::string_view::npos && at > 0 && is_host_name(value.substr(at + 1)) &&
         all_of(value.substr(0, at), ".!#$%&'*+/=?^_`{|}~-");
}

std::string word_fault(const OptionNote& note, std::string_view value) {
  std::vector<std::string> words;
  for (const std::string_view word : words_of(note)) {
    if (word == value) return "";
    words.emplace_back(word);
  }
  if (value == "load_based") return "load_based is now relieve";  // the strategy of the older versions
  const std::optional<std::string> nearest = nearest_word(value, words);
  return nearest ? "did you mean " + *nearest + "?" : std::string(kNotAllowed);
}

std::string blocker_fault(std::string_view value) {
  std::vector<std::string> codes;
  for (const BlockerCode& blocker : kBlockerCodes) {
    if (blocker.code == value && !blocker.may_be_allowed) {
      return "Proxmox itself would refuse or undo such a move";
    }
    if (blocker.code == value) return "";
    if (blocker.may_be_allowed) codes.emplace_back(blocker.code);
  }
  const std::optional<std::string> nearest = nearest_word(value, codes);
  return nearest ? "did you mean " + *nearest + "?" : std::string(kNotAllowed);
}

bool is_well_formed(OptionKind kind, std::string_view value) {
  const bool begins_plain = !value.empty() && is_letter_or_digit(value[0]);
  switch (kind) {
    case OptionKind::cluster_name:
      return begins_plain && value.size() <= 63 && all_of(value, "._-");
    case OptionKind::node_name:
      return is_node_name(value);
    case OptionKind::address:
      return is_address(value);
    case OptionKind::user:
      return !value.empty() && value.size() <= 32 && all_of(value, "._-") && value[0] != '-' &&
             !is_digit(value[0]);
    case OptionKind::path:
      return value.starts_with('/') || value.starts_with("${CREDENTIALS_DIRECTORY}/");
    case OptionKind::server:
      return split_host_port(value).ok && !split_host_port(value).port.starts_with('0');
    case OptionKind::email:
      return is_email(value);
    case OptionKind::time_of_day:
      return is_time_of_day(value);
    case OptionKind::guest:
      return is_guest_selector(value);
    default:
      return !value.empty() && value.size() <= 1024;
  }
}

}  // namespace

std::string grammar_fault(const OptionNote& note, std::string_view value) {
  if (value.find_first_of("\n\r\t") != std::string_view::npos) return "one line without tabs";
  switch (note.kind) {
    case OptionKind::word:
      return word_fault(note, value);
    case OptionKind::blocker:
      return blocker_fault(value);
    case OptionKind::url:
      return url_fault(value);
    case OptionKind::listen:
      return listen_fault(value);
    case OptionKind::matchers:
      return matchers_fault(value);
    case OptionKind::guest:
      if (text::to_uint64(value)) return "write lxc/" + std::string(value) + " or qemu/" + std::string(value);
      break;
    case OptionKind::path:
      if (value.starts_with("~/")) return "write the path from / on; ~ depends on who starts the program";
      break;
    default:
      break;
  }
  return is_well_formed(note.kind, value) ? "" : std::string(kNotAllowed);
}

std::string grammar_text(OptionKind kind) {
  switch (kind) {
    case OptionKind::cluster_name:
      return "letters, digits, . _ - (at most 63), beginning with a letter or digit";
    case OptionKind::node_name:
      return "a Proxmox node name: letters, digits and -, at most 63, no - at the ends";
    case OptionKind::address:
      return "a host name, IPv4 or IPv6 address, without port";
    case OptionKind::user:
      return "a Unix user name";
    case OptionKind::path:
      return "a path from / on, or ${CREDENTIALS_DIRECTORY}/NAME";
    case OptionKind::url:
      return "a URL beginning with http:// or https://, without user and password";
    case OptionKind::listen:
      return "ADDRESS:PORT such as 127.0.0.1:9722 or [::1]:9722; an IP address or localhost";
    case OptionKind::server:
      return "HOST:PORT such as mail.example.org:587";
    case OptionKind::email:
      return "an e-mail address";
    case OptionKind::matchers:
      return "label matchers such as job=\"pve\",site!=\"lab\"";
    case OptionKind::time_of_day:
      return "a time in quotes, \"00:00\" to \"24:00\"";
    case OptionKind::guest:
      return "lxc/N, qemu/N or tag:NAME";
    case OptionKind::blocker:
      return "a blocker's code, listed in docs/cluster-document.md";
    case OptionKind::secret:
      return "one line of text, a file by NAME_file, or ${CREDENTIALS_DIRECTORY}/NAME";
    case OptionKind::headers:
      return "a map of header names and values";
    default:
      return "text of at most 1024 bytes";
  }
}

bool is_guest_selector(std::string_view value) {
  if (value.starts_with("tag:")) {
    const std::string_view tag = value.substr(4);
    return !tag.empty() && tag.size() <= 124 && (is_letter_or_digit(tag[0]) || tag[0] == '_') &&
           all_of(tag, "_-+.");
  }
  return is_guest_id(value);
}

bool is_node_name(std::string_view value) {
  return !value.empty() && value.size() <= 63 && value.front() != '-' && value.back() != '-' &&
         all_of(value, "-");
}

bool is_loopback(std::string_view listen) {
  const HostPort parts = split_host_port(listen);
  return parts.host == "localhost" || parts.host == "::1" ||
         (is_ip(parts.host, AF_INET) && parts.host.starts_with("127."));
}

const char* collector_words() {
  static const std::string words = text::join(metric_collectors(), "|");
  return words.c_str();
}

std::vector<std::string_view> words_of(const OptionNote& note) { return text::split(note.words, '|'); }

std::optional<std::string> nearest_word(std::string_view written,
                                        const std::vector<std::string>& candidates) {
  if (written.size() > 64) return std::nullopt;
  const auto distance = [&](const std::string& candidate) {
    std::vector<size_t> row(candidate.size() + 1);
    for (size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= written.size(); ++i) {
      size_t diagonal = std::exchange(row[0], i);
      for (size_t j = 1; j < row.size(); ++j) {
        const size_t change = diagonal + (written[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
      }
    }
    return row.back();
  };
  const std::string* best = nullptr;
  size_t best_distance = (written.size() < 4 ? 1 : std::max<size_t>(2, written.size() / 3)) + 1;
  for (const std::string& candidate : candidates) {
    const size_t d = distance(candidate);
    if (d < best_distance) {
      best = &candidate;
      best_distance = d;
    }
  }
  return best != nullptr ? std::optional(*best) : std::nullopt;
}

}  // namespace pcb
