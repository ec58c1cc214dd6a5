#include "common/http/request_head.h"

#include "common/text.h"

namespace pcb::http {
namespace {

std::optional<unsigned> hex_byte(std::string_view two) {
  unsigned value = 0;
  for (const char c : two) {
    const char l = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (l >= '0' && l <= '9') {
      value = value * 16 + static_cast<unsigned>(l - '0');
    } else if (l >= 'a' && l <= 'f') {
      value = value * 16 + static_cast<unsigned>(l - 'a') + 10;
    } else {
      return std::nullopt;
    }
  }
  return two.size() == 2 ? std::optional(value) : std::nullopt;
}

bool all_digits(std::string_view digits) {
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Framing read_framing(const HeaderList& headers) {
  constexpr std::uint64_t kLargest = 1ULL
                                     << 62U;  // far beyond any cap; keeps sums of lengths from overflowing
  const std::string* coding = nullptr;
  const std::string* length = nullptr;
  for (const auto& [name, value] : headers) {
    if (name == "transfer-encoding") {
      if (coding != nullptr) return {.refused_status = 400};
      coding = &value;
    } else if (name == "content-length") {
      if (length != nullptr) return {.refused_status = 400};
      length = &value;
    }
  }
  if (coding != nullptr && length != nullptr) return {.refused_status = 400};
  if (coding != nullptr) {
    if (!text::equal_ignoring_case(text::trim(*coding), "chunked")) return {.refused_status = 501};
    return {.chunked = true};
  }
  if (length == nullptr) return {};
  const std::string_view digits = text::trim(*length);
  const auto bytes = text::to_uint64(digits);
  if (!all_digits(digits) || !bytes || *bytes > kLargest) return {.refused_status = 400};
  return {.length = *bytes};
}

std::optional<std::string> percent_decode(std::string_view raw, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%') {
      const auto value = hex_byte(raw.substr(i + 1, 2));
      if (!value || *value == 0) return std::nullopt;
      decoded += static_cast<char>(*value);
      i += 2;
    } else {
      decoded += raw[i] == '+' && plus_is_blank ? ' ' : raw[i];
    }
  }
  return decoded;
}

std::optional<std::multimap<std::string, std::string>> read_query(std::string_view raw) {
  std::multimap<std::string, std::string> query;
  for (const std::string_view field : text::split(raw, '&')) {
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    auto name = percent_decode(field.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(field.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    query.emplace(std::move(*name), std::move(*value));
  }
  return query;
}

}  // namespace pcb::http
