#include "common/ssh/known_hosts.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base64.h"
#include "common/ssh/encoding.h"
#include "common/text.h"

namespace pcb::ssh {
namespace {

constexpr std::size_t kMaxLineBytes = 16UL * 1024;
constexpr std::size_t kMaxPatternBytes = 1024;

// Shell pattern with * and ? only, without recursion: a hostile pattern costs at most |pattern| × |name|.
bool matches_pattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_n = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++n;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matches_hashed(const std::string& name, std::string_view field) {
  const auto parts = text::split(field, '|');  // "|1|salt|hash": an empty piece, "1", salt, hash
  if (parts.size() != 4 || parts[1] != "1") return false;
  const auto salt = base64_decode(parts[2]);
  const auto expected = base64_decode(parts[3]);
  if (!salt || !expected) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
       reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data(), &length);
  return *expected == std::string_view(reinterpret_cast<const char*>(digest.data()), length);
}

// Does the first field of a line speak of `name`? A pattern with ! that matches excludes whatever else does.
bool speaks_of(std::string_view field, const std::string& name) {
  if (field.starts_with('|')) return matches_hashed(name, field);
  bool found = false;
  for (std::string_view pattern : text::split(field, ',')) {
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (pattern.size() > kMaxPatternBytes || !matches_pattern(name, text::to_lower(pattern))) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

}  // namespace

KnownHosts KnownHosts::parse(std::string_view text) {
  KnownHosts known;
  int number = 0;
  for (const std::string_view line : text::split_lines(text)) known.read_line(line, ++number);
  return known;
}

void KnownHosts::read_line(std::string_view line, int number) {
  const auto fault = [&](std::string message) { faults_.push_back({number, std::move(message)}); };
  if (line.size() > kMaxLineBytes) return fault("is longer than 16 KiB");
  line = text::trim(line);
  if (line.empty() || line.starts_with('#')) return;
  auto words = text::split_words(line);
  Entry entry;
  entry.line = number;
  if (words[0].starts_with('@')) {
    if (words[0] == "@revoked") {
      entry.marker = Marker::revoked;
    } else if (words[0] == "@cert-authority") {
      entry.marker = Marker::certificate_authority;
    } else {
      return fault("has the unknown marker " + text::shortened(text::printable(words[0]), 40));
    }
    words.erase(words.begin());
  }
  if (words.size() < 3) return fault("has no key: expected host names, key type, key");
  entry.hosts = std::string(words[0]);
  entry.type = std::string(words[1]);
  const auto blob = base64_decode(words[2]);
  if (!blob) return fault("has a key that is not base64");
  if (key_type(*blob) != entry.type) return fault("names another key type than the key itself");
  entry.key_blob = *blob;
  entries_.push_back(std::move(entry));
}

KeyCheck KnownHosts::check(std::string_view host, int port, std::string_view key_blob) const {
  const std::string name = known_hosts_name(host, port);
  const std::string type = key_type(key_blob);
  KeyCheck result;
  for (const Entry& entry : entries_) {
    if (entry.marker == Marker::certificate_authority || !speaks_of(entry.hosts, name)) continue;
    if (entry.marker == Marker::revoked) {
      if (entry.key_blob == key_blob) return {KeyVerdict::revoked, entry.line};
      continue;
    }
    if (entry.key_blob == key_blob) {
      result = {KeyVerdict::trusted, entry.line};
    } else if (result.verdict != KeyVerdict::trusted && entry.type == type) {
      result = {KeyVerdict::changed, entry.line};
    } else if (result.verdict == KeyVerdict::unknown) {
      result = {KeyVerdict::other_types_only, entry.line};
    }
  }
  return result;
}

std::vector<std::string> KnownHosts::key_types(std::string_view host, int port) const {
  const std::string name = known_hosts_name(host, port);
  std::vector<std::string> types;
  for (const Entry& entry : entries_) {
    if (entry.marker != Marker::none || !speaks_of(entry.hosts, name)) continue;
    if (std::find(types.begin(), types.end(), entry.type) == types.end()) types.push_back(entry.type);
  }
  return types;
}

bool KnownHosts::has_certificate_authority(std::string_view host, int port) const {
  const std::string name = known_hosts_name(host, port);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.marker == Marker::certificate_authority && speaks_of(entry.hosts, name);
  });
}

std::string known_hosts_name(std::string_view host, int port) {
  const std::string lower = text::to_lower(host);
  return port == 22 ? lower : "[" + lower + "]:" + std::to_string(port);
}

std::string known_hosts_line(std::string_view host, int port, std::string_view key_blob) {
  return known_hosts_name(host, port) + " " + key_type(key_blob) + " " + base64_encode(key_blob) + "\n";
}

std::string without_host(std::string_view text, std::string_view host, int port, int& removed) {
  const std::string name = known_hosts_name(host, port);
  std::string kept;
  removed = 0;
  for (const std::string_view line : text::split_lines(text)) {
    const auto words = text::split_words(text::trim(line));
    const bool names_it = words.size() >= 3 && !words[0].starts_with('@') && !words[0].starts_with('#') &&
                          speaks_of(words[0], name);
    if (names_it) {
      ++removed;
    } else {
      kept.append(line).append("\n");
    }
  }
  return kept;
}

}  // namespace pcb::ssh
