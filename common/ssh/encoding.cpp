#include "common/ssh/encoding.h"

#include <array>

#include <openssl/sha.h>

namespace pcb::ssh {
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

std::optional<std::string_view> take_string(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const std::size_t length =
      byte_at(bytes, 0) << 24U | byte_at(bytes, 1) << 16U | byte_at(bytes, 2) << 8U | byte_at(bytes, 3);
  if (length > bytes.size() - 4) return std::nullopt;
  const std::string_view taken = bytes.substr(4, length);
  bytes.remove_prefix(4 + length);
  return taken;
}

void append_uint32(std::string& out, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(value >> shift & 255U);
}

void append_string(std::string& out, std::string_view bytes) {
  append_uint32(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

std::string key_type(std::string_view key_blob) {
  const auto type = take_string(key_blob);
  if (!type || type->empty() || type->size() > 64) return {};
  for (const char c : *type) {
    if (c <= ' ' || c > '~') return {};
  }
  return std::string(*type);
}

std::string fingerprint(std::string_view key_blob) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  const std::string bytes(key_blob);
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string text = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  while (!text.empty() && text.back() == '=') text.pop_back();
  return "SHA256:" + text;
}

}  // namespace pcb::ssh
