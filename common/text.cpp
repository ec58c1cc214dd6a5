#include "common/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <system_error>

namespace pcb::text {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::size_t kFewPieces = 8;  // most texts have no more: one allocation instead of four
constexpr std::string_view kHexDigits = "0123456789abcdef";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Number>
std::optional<Number> whole_number(std::string_view digits) {
  Number value{};
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// Characters that move the cursor, start escape sequences, break a line or reorder what is read.
bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0x200e || c == 0x200f ||
         c == 0x61c || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// Calls `take` with each code point and its bytes.
template <class Take>
void for_each_code_point(std::string_view bytes, Take take) {
  while (!bytes.empty()) {
    const CodePoint point = decode_utf8(bytes);
    take(point, bytes.substr(0, point.length));
    bytes.remove_prefix(point.length);
  }
}

void append_hex(std::string& out, unsigned value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kHexDigits[(value >> shift) & 0xfU];
}

std::string with_unit(const char* form, double value, const char* unit) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), form, value, unit);
  return std::string(buffer.data(), static_cast<std::size_t>(std::clamp(length, 0, 63)));
}

}  // namespace

std::vector<std::string_view> split(std::string_view whole, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0;;) {
    const std::size_t end = whole.find(separator, at);
    pieces.push_back(whole.substr(at, end - at));
    if (end == std::string_view::npos) return pieces;
    at = end + 1;
  }
}

std::string_view take_word(std::string_view& rest) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  std::size_t at = 0;
  while (at < rest.size() && is_blank(rest[at])) ++at;
  std::size_t end = at;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  const auto word = rest.substr(at, end - at);
  rest.remove_prefix(end);
  return word;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> split_words(std::string_view whole) {
  std::vector<std::string_view> words;
  words.reserve(kFewPieces);
  for (auto word = take_word(whole); !word.empty(); word = take_word(whole)) words.push_back(word);
  return words;
}

std::vector<std::string_view> split_lines(std::string_view whole) {
  std::vector<std::string_view> lines;
  lines.reserve(kFewPieces);
  while (!whole.empty()) lines.push_back(take_line(whole));
  return lines;
}

std::optional<std::string_view> line_behind(std::string_view whole, std::string_view key) {
  while (!whole.empty()) {
    const std::size_t end = whole.find('\n');
    std::string_view line = whole.substr(0, end);
    if (line.starts_with(key)) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      return line.substr(std::min(key.size(), line.size()));
    }
    if (end == std::string_view::npos) break;
    whole.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::string_view trim(std::string_view whole) {
  const std::size_t first = whole.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return whole.substr(first, whole.find_last_not_of(kBlanks) - first + 1);
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string whole;
  for (const std::string& piece : pieces) {
    if (&piece != &pieces.front()) whole += separator;
    whole += piece;
  }
  return whole;
}

std::string to_lower(std::string_view whole) {
  std::string result(whole);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::int64_t> to_int64(std::string_view digits) { return whole_number<std::int64_t>(digits); }
std::optional<std::uint64_t> to_uint64(std::string_view digits) {
  return whole_number<std::uint64_t>(digits);
}

std::optional<double> to_double(std::string_view digits) {
  const auto value = whole_number<double>(digits);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

CodePoint decode_utf8(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return {first, 1, true};
  if (first < 0xc2 || first > 0xf4) return {0, 1, false};
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The second byte's narrower range excludes overlong forms, surrogates and what lies above U+10FFFF.
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  char32_t value = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= bytes.size()) return {0, i, false};
    const unsigned byte = at(i);
    if (byte < (i == 1 ? low : 0x80) || byte > (i == 1 ? high : 0xbf)) return {0, i, false};
    value = (value << 6U) | (byte & 0x3fU);
  }
  return {value, length, true};
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const CodePoint point = decode_utf8(bytes);
    if (!point.valid) return false;
    bytes.remove_prefix(point.length);
  }
  return true;
}

std::string valid_utf8(std::string_view hostile) {
  std::string result;
  result.reserve(hostile.size());
  for_each_code_point(hostile, [&](const CodePoint& point, std::string_view raw) {
    result += point.valid ? raw : kReplacement;
  });
  return result;
}

std::string shortened(std::string_view hostile, std::size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  std::string valid = valid_utf8(hostile);
  if (valid.size() <= max_bytes) return valid;
  std::size_t keep = max_bytes < kEllipsis.size() ? 0 : max_bytes - kEllipsis.size();
  while (keep > 0 && (static_cast<unsigned char>(valid[keep]) & 0xc0U) == 0x80U) --keep;
  valid.resize(keep);
  if (max_bytes >= kEllipsis.size()) valid += kEllipsis;
  return valid;
}

std::string printable(std::string_view hostile) {
  std::string result;
  result.reserve(hostile.size());
  for_each_code_point(hostile, [&](const CodePoint& point, std::string_view raw) {
    if (!point.valid) {
      for (const char byte : raw) append_hex(result += "\\x", static_cast<unsigned char>(byte), 2);
    } else if (point.value == '\\') {
      result += "\\\\";
    } else if (!is_hidden(point.value)) {
      result += raw;
    } else if (point.value == '\n' || point.value == '\t' || point.value == '\r') {
      result += point.value == '\n' ? "\\n" : point.value == '\t' ? "\\t" : "\\r";
    } else if (point.value < 0x80) {
      append_hex(result += "\\x", static_cast<unsigned>(point.value), 2);
    } else {
      append_hex(result += "\\u{", static_cast<unsigned>(point.value), 4);
      result += '}';
    }
  });
  return result;
}

std::string json_escape(std::string_view hostile) {
  std::string result;
  result.reserve(hostile.size());
  for_each_code_point(hostile, [&](const CodePoint& point, std::string_view raw) {
    if (!point.valid) {
      result += kReplacement;
    } else if (point.value == '"' || point.value == '\\') {
      (result += '\\') += raw;
    } else if (point.value == '\n') {
      result += "\\n";
    } else if (is_hidden(point.value)) {
      append_hex(result += "\\u", static_cast<unsigned>(point.value), 4);
    } else {
      result += raw;
    }
  });
  return result;
}

std::string html_escape(std::string_view hostile) {
  std::string result;
  for (const char c : valid_utf8(hostile)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      case '\0':
        result += kReplacement;
        break;  // HTML has no way to write NUL
      default:
        result += c;
    }
  }
  return result;
}

std::string url_encode(std::string_view raw) {
  std::string result;
  for (const char c : raw) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      result += c;
    } else {
      append_hex(result += '%', static_cast<unsigned char>(c), 2);
    }
  }
  return result;
}

char* write_number(char* out, double value) {
  if (std::isnan(value) || std::isinf(value)) {
    const std::string_view word = std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return std::copy(word.begin(), word.end(), out);
  }
  // kNumberBytes hold every double's shortest form, so to_chars cannot fail.
  const bool plain_integer = std::abs(value) < 9007199254740992.0 &&
                             value == static_cast<double>(static_cast<std::int64_t>(value)) &&
                             (value != 0 || !std::signbit(value));
  if (!plain_integer) return std::to_chars(out, out + kNumberBytes, value).ptr;
  if (value >= 0 && value < 10) {  // most samples are states, 0 or 1
    *out = static_cast<char>('0' + static_cast<int>(value));
    return out + 1;
  }
  return std::to_chars(out, out + kNumberBytes, static_cast<std::int64_t>(value)).ptr;
}

void append_number(std::string& out, double value) {
  std::array<char, kNumberBytes> buffer;
  out.append(buffer.data(), write_number(buffer.data(), value));
}

std::string number(double value) {
  std::string result;
  append_number(result, value);
  return result;
}

std::string human_bytes(double bytes) {
  if (std::isnan(bytes)) return "unknown";
  if (std::abs(bytes) < 1023.5) return with_unit("%.0f %s", bytes, "B");
  constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  bytes /= 1024;
  while (std::abs(bytes) >= 1023.95 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return with_unit("%.1f %s", bytes, kUnits[unit]);
}

std::string human_duration(double seconds) {
  if (std::isnan(seconds)) return "unknown";
  if (std::isinf(seconds)) return seconds > 0 ? "forever" : "-forever";
  if (seconds < 0) return "-" + human_duration(-seconds);
  if (seconds < 0.9995) return with_unit("%.0f %s", seconds * 1000, "ms");
  struct Step {
    double size;
    const char* unit;
    double small_size;
    const char* small_unit;
  };
  constexpr std::array<Step, 3> kSteps = {
      {{86400, "d", 3600, "h"}, {3600, "h", 60, "min"}, {60, "min", 1, "s"}}};
  for (const Step& step : kSteps) {
    // Rounded to the small unit first, so that 119.7 s reads "2 min" and never "1 min 60 s".
    const double rounded = std::round(seconds / step.small_size) * step.small_size;
    if (rounded < step.size) continue;
    const double big = std::floor(rounded / step.size);
    const double rest = std::round((rounded - big * step.size) / step.small_size);
    std::string result = with_unit("%.0f %s", big, step.unit);
    if (rest > 0) result += with_unit(" %.0f %s", rest, step.small_unit);
    return result;
  }
  return seconds < 9.95 ? with_unit("%.1f %s", seconds, "s") : with_unit("%.0f %s", seconds, "s");
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

std::string percent(double ratio) {
  if (std::isnan(ratio)) return "unknown";
  return with_unit("%.1f %s", ratio * 100, "%");
}

}  // namespace pcb::text
