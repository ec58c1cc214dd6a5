#include "common/mail/message.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "common/base64.h"
#include "common/text.h"

namespace pcb::mail {
namespace {

// Encoded words of at most 75 characters, each whole UTF-8.
std::string encoded_words(std::string_view hostile) {
  constexpr std::size_t kBytesPerWord = 42;  // 56 base64 digits and the frame of 12
  const std::string valid = text::valid_utf8(hostile);
  std::string out;
  std::size_t begin = 0;
  while (begin < valid.size()) {
    std::size_t end = begin;
    while (end < valid.size()) {
      const std::size_t length = text::decode_utf8(std::string_view(valid).substr(end)).length;
      if (end + length - begin > kBytesPerWord) break;
      end += length;
    }
    out += (out.empty() ? "" : "\r\n ") +
           ("=?UTF-8?B?" + base64_encode(std::string_view(valid).substr(begin, end - begin)) + "?=");
    begin = end;
  }
  return out;
}

bool is_plain(std::string_view value) {
  constexpr std::size_t kLongestPlain = 60;  // "Subject: " and it fit into a line of 78
  if (value.size() > kLongestPlain || value.find("=?") != std::string_view::npos) return false;
  for (const char c : value)
    if (c < ' ' || c > '~') return false;
  return true;
}

std::string date_of(double at) {
  const auto seconds = static_cast<std::time_t>(at);
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "";
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 64> out{};  // not strftime: its names follow the locale
  std::snprintf(out.data(), out.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                kMonths.at(static_cast<std::size_t>(utc.tm_mon)), 1900 + utc.tm_year, utc.tm_hour, utc.tm_min,
                utc.tm_sec);
  return out.data();
}

std::string wrapped_base64(std::string_view bytes) {
  constexpr std::size_t kLine = 76;
  const std::string digits = base64_encode(bytes);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += kLine) out += digits.substr(i, kLine) + "\r\n";
  return out;
}

std::string with_network_line_ends(std::string_view hostile) {
  std::string out;
  const std::string valid = text::valid_utf8(hostile);
  for (const std::string_view line : text::split_lines(valid)) {
    out += line;
    out += "\r\n";
  }
  return out;
}

}  // namespace

std::string to_rfc5322(const Message& message) {
  const std::size_t at = message.from.rfind('@');
  const std::string domain = at == std::string::npos ? "localhost" : message.from.substr(at + 1);
  return "Date: " + date_of(message.at) + "\r\nFrom: " + message.from +
         "\r\nTo: " + text::join(message.to, ",\r\n ") +
         "\r\nSubject: " + (is_plain(message.subject) ? message.subject : encoded_words(message.subject)) +
         "\r\nMessage-ID: <" + text::url_encode(message.id) + "@" + domain + ">" +
         (message.urgent ? "\r\nImportance: high" : "") +
         "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8"
         "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         wrapped_base64(with_network_line_ends(message.text));
}

}  // namespace pcb::mail
