// What is said of one field of the cluster document: key, meaning, unit, range, default, source. The
// tables of cluster/document_fields*.h are made of it. Tested by tests/cluster/document_schema_test.cpp.
#pragma once

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace pcb {

// More than any cluster has. Beyond it sums and squares would leave the range of a double.
inline constexpr double kLargestNumber = 1e18;
inline constexpr const char* kLargestNumberText = "1e18";
// Of a capacity that is not 0: ratios of use to next to nothing mean nothing.
inline constexpr double kSmallestCapacity = 0.001;

enum class FieldRange { any, not_negative, capacity, ratio, whole, name, guest_id };

struct FieldNote {
  const char* key;
  bool required = false;
  FieldRange range = FieldRange::any;
  const char* unit = "";    // "" where it has none
  const char* absent = "";  // what holds when the field is absent
  const char* meaning = "";
  const char* source = "";  // where the exporter has it from
};

template <class T, class U>
concept Like = std::same_as<std::remove_const_t<T>, U>;

// The words of an enum, in the order of its values.
template <class E>
constexpr std::array<std::string_view, 4> kEnumWords = {};

}  // namespace pcb
