// Structures of the FUSE protocol to and from bytes, without casts of pointers.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

namespace pcb::lab {

// Older kernels send shorter structures: what is missing stays zero.
template <class T>
T take(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
  return value;
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {static_cast<const char*>(static_cast<const void*>(&value)), sizeof value};
}

// The zero-terminated name that stands at the start of `bytes`.
inline std::string_view name_in(std::string_view bytes) { return bytes.substr(0, bytes.find('\0')); }

}  // namespace pcb::lab
