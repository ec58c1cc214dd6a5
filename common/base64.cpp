#include "common/base64.h"

#include <cstdint>

namespace pcb {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    const std::uint32_t group = byte_at(bytes, at) << 16U | (left > 1 ? byte_at(bytes, at + 1) << 8U : 0U) |
                                (left > 2 ? byte_at(bytes, at + 2) : 0U);
    out += kAlphabet[group >> 18U & 63U];
    out += kAlphabet[group >> 12U & 63U];
    out += left > 1 ? kAlphabet[group >> 6U & 63U] : '=';
    out += left > 2 ? kAlphabet[group & 63U] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t digit = 0;
    if (at < text.size() - padding) {
      digit = kAlphabet.find(text[at]);
      if (digit == std::string_view::npos) return std::nullopt;
    }
    group = group << 6U | static_cast<std::uint32_t>(digit);
    if (at % 4 == 3) {
      for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(group >> shift & 255U);
      group = 0;
    }
  }
  for (std::size_t i = 0; i < padding; ++i) {
    if (out.back() != 0) return std::nullopt;  // bits behind the end: two texts would mean the same key
    out.pop_back();
  }
  return out;
}

}  // namespace pcb
