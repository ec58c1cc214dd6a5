#include "cluster/config_values.h"

#include <algorithm>
#include <cmath>

#include "cluster/config_grammar.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr size_t kMaxShownBytes = 60;

std::string found(std::string_view value) {
  return "found \"" + text::json_escape(text::shortened(value, kMaxShownBytes)) + "\", ";
}

Error refusal(const OptionNote& note, std::string_view value, const std::string& hint = "") {
  return Error{found(value) + "allowed: " + allowed_text(note) + (hint.empty() ? "" : "; " + hint)};
}

struct Unit {
  std::string_view word;
  double factor;
};
constexpr Unit kDurations[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 0.001}};  // the last is the finest
constexpr Unit kSizes[] = {
    {"TiB", 1099511627776.0}, {"GiB", 1073741824.0}, {"MiB", 1048576.0}, {"KiB", 1024.0}, {"B", 1.0}};

// Digits with at most one point between them: no sign, no exponent, no leading zero before a digit.
std::optional<double> plain_number(std::string_view digits) {
  const bool plain = !digits.empty() && digits.front() != '.' && digits.back() != '.' &&
                     digits.find_first_not_of("0123456789.") == std::string_view::npos;
  const bool octal = digits.size() > 1 && digits[0] == '0' && digits[1] != '.';
  return plain && !octal ? text::to_double(digits) : std::nullopt;
}

// "1.5GiB", "30s": a number and one of the units.
template <size_t N>
std::optional<double> with_unit(std::string_view value, const Unit (&units)[N]) {
  const size_t split = std::min(value.find_first_not_of("0123456789."), value.size());
  const std::string_view word = value.substr(split);
  const auto unit =
      std::find_if(std::begin(units), std::end(units), [&](const Unit& u) { return u.word == word; });
  if (unit == std::end(units)) return std::nullopt;
  const std::optional<double> number = plain_number(value.substr(0, split));
  return number ? std::optional(*number * unit->factor) : std::nullopt;
}

// In the largest unit of which it is a whole number.
template <size_t N>
std::string in_units(double value, const Unit (&units)[N]) {
  for (const Unit& unit : units) {
    const double count = std::round(value / unit.factor);
    if (count >= 1 && std::abs(value - count * unit.factor) < 1e-9 * value)
      return text::number(count) + std::string(unit.word);
  }
  return value == 0 ? "0" : text::number(value) + std::string(units[N - 1].word);
}

bool in_range(const OptionNote& note, double value) { return value >= note.min && value <= note.max; }

Status parse_percent(const OptionNote& note, std::string_view value, double& out) {
  if (value.ends_with('%')) {
    const std::string_view bare = text::trim(value.substr(0, value.size() - 1));
    return refusal(note, value, plain_number(bare) ? "write " + std::string(bare) + " without the sign" : "");
  }
  const std::optional<double> number = plain_number(value);
  if (number && *number > 0 && *number <= 1)
    return refusal(note, value, "write " + text::number(std::round(*number * 1e6) / 1e4));
  if (!number || *number <= 1 || *number > 100) return refusal(note, value);
  out = *number / 100;
  return Done{};
}

Status parse_size(const OptionNote& note, std::string_view value, double& out) {
  std::string_view bare = value;
  if (note.kind == OptionKind::rate && bare.ends_with("/s")) bare.remove_suffix(2);
  const std::optional<double> bytes = value == "0" ? 0.0 : with_unit(bare, kSizes);
  if (const std::optional<double> number = plain_number(value); !bytes && number) {
    return refusal(note, value,
                   "write the unit, such as " +
                       (*number < 1024 ? std::string(value) + "MiB" : in_units(*number, kSizes)));
  }
  if (!bytes || !in_range(note, *bytes)) return refusal(note, value);
  out = *bytes;
  return Done{};
}

}  // namespace

Status parse_value(const OptionNote& note, std::string_view value, std::string& out) {
  const std::string fault = grammar_fault(note, value);
  if (fault == kNotAllowed) return refusal(note, value);
  if (!fault.empty()) return fault.starts_with("found") ? Error{fault} : refusal(note, value, fault);
  out = value;
  return Done{};
}

Status parse_value(const OptionNote& note, std::string_view value, double& out) {
  if (note.kind == OptionKind::percent) return parse_percent(note, value, out);
  if (note.kind == OptionKind::size || note.kind == OptionKind::rate) return parse_size(note, value, out);
  const std::optional<double> number = plain_number(value);
  if (!number || !in_range(note, *number)) {
    const bool percent = note.kind == OptionKind::ratio && number && *number > 1 && *number <= 100;
    return refusal(note, value, percent ? "this is a ratio: write " + text::number(*number / 100) : "");
  }
  out = *number;
  return Done{};
}

Status parse_value(const OptionNote& note, std::string_view value, int& out) {
  const std::optional<double> number = plain_number(value);
  if (!number || !in_range(note, *number) || std::trunc(*number) != *number ||
      value.find('.') != std::string_view::npos) {
    return refusal(note, value);
  }
  out = static_cast<int>(*number);
  return Done{};
}

Status parse_value(const OptionNote& note, std::string_view value, bool& out) {
  if (value != "true" && value != "false") return refusal(note, value);
  out = value == "true";
  return Done{};
}

Status parse_value(const OptionNote& note, std::string_view value, Seconds& out) {
  const std::optional<double> seconds = value == "0" ? 0.0 : with_unit(value, kDurations);
  if (!seconds && plain_number(value))
    return refusal(note, value, "write the unit, such as " + std::string(value) + "s");
  if (!seconds || !in_range(note, *seconds)) return refusal(note, value);
  out = Seconds{*seconds};
  return Done{};
}

std::string write_value(const OptionNote& /*note*/, const std::string& value) { return value; }
std::string write_value(const OptionNote& note, double value) {
  if (note.kind == OptionKind::percent) return text::number(std::round(value * 1e6) / 1e4);
  if (note.kind == OptionKind::size) return in_units(value, kSizes);
  if (note.kind == OptionKind::rate) return in_units(value, kSizes) + "/s";
  return text::number(value);
}
std::string write_value(const OptionNote& /*note*/, int value) { return std::to_string(value); }
std::string write_value(const OptionNote& /*note*/, bool value) { return value ? "true" : "false"; }
std::string write_value(const OptionNote& /*note*/, Seconds value) {
  return in_units(value.count(), kDurations);
}

std::string allowed_text(const OptionNote& note) {
  const auto range = [&](const std::string& low, const std::string& high) { return low + " to " + high; };
  switch (note.kind) {
    case OptionKind::percent:
      return "percent, above 1 up to 100";
    case OptionKind::ratio:
      return "a ratio, " + range(text::number(note.min), text::number(note.max));
    case OptionKind::factor:
      return "a factor, " + range(text::number(note.min), text::number(note.max));
    case OptionKind::number:
      return "a whole number, " + range(text::number(note.min), text::number(note.max));
    case OptionKind::port:
      return "a port, 1 to 65535";
    case OptionKind::boolean:
      return "true or false";
    case OptionKind::duration:
      return "a duration, " + range(in_units(note.min, kDurations), in_units(note.max, kDurations));
    case OptionKind::size:
      return "a size such as 512MiB or 4GiB" +
             (note.min > 0 ? ", " + range(in_units(note.min, kSizes), in_units(note.max, kSizes)) : "");
    case OptionKind::rate:
      return "a rate such as 100MiB/s, at least " + in_units(note.min, kSizes) + "/s";
    case OptionKind::word: {
      std::string words;
      for (const std::string_view word : words_of(note))
        words += (words.empty() ? "" : ", ") + std::string(word);
      return "one of " + words;
    }
    default:
      return grammar_text(note.kind);
  }
}

}  // namespace pcb
