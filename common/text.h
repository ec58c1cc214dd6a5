// Text helpers every layer uses: splitting, strict numbers, escaping, and numbers written for people.
//
// Pure functions over bytes. "Hostile" below means any bytes at all: names of guests, annotations of alerts
// and answers of remote hosts are never trusted to be UTF-8 or free of control characters. string_view
// results point into the argument. Tested by tests/common/text_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcb::text {

// "a,,b" → "a", "", "b"; "" → one empty piece.
std::vector<std::string_view> split(std::string_view whole, char separator);
// Pieces between runs of blanks and tabs; no empty pieces.
std::vector<std::string_view> split_words(std::string_view whole);
// The next such piece, or line (as split_lines makes them), taken off `rest`; a word is empty when none is
// left.
std::string_view take_word(std::string_view& rest);
std::string_view take_line(std::string_view& rest);
// Lines without their "\n" or "\r\n"; a last line without an end counts, an empty rest does not.
std::vector<std::string_view> split_lines(std::string_view whole);
// What follows `key` in the first line that starts with it.
std::optional<std::string_view> line_behind(std::string_view whole, std::string_view key);
// Without blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view whole);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
// ASCII only: other bytes stay as they are, whatever the locale.
std::string to_lower(std::string_view whole);
bool equal_ignoring_case(std::string_view a, std::string_view b);

// The whole text must be the number: no blanks, no sign "+", no hexadecimal, nothing out of range.
std::optional<std::int64_t> to_int64(std::string_view digits);
std::optional<std::uint64_t> to_uint64(std::string_view digits);
std::optional<double> to_double(
    std::string_view digits);  // finite only: "nan" and "inf" are not numbers here

// One step of UTF-8 decoding as Unicode 15, chapter 3.9 has it: a malformed sequence takes its maximal
// subpart.
struct CodePoint {
  char32_t value = 0;      // meaningless when not valid
  std::size_t length = 0;  // bytes taken, at least 1
  bool valid = false;
};
CodePoint decode_utf8(std::string_view bytes);  // bytes must not be empty
bool is_utf8(std::string_view bytes);
// The same text; every malformed sequence becomes U+FFFD.
std::string valid_utf8(std::string_view hostile);
// At most `max_bytes`, cut between code points, "…" at the end when something was cut (counted in max_bytes).
std::string shortened(std::string_view hostile, std::size_t max_bytes);

// Harmless on a terminal and in a log line: controls, DEL, C1, line separators and bidirectional overrides
// become \n, \t, \x1b or \u{202e}; malformed bytes \xff; "\" becomes "\\", so an escape cannot be forged.
std::string printable(std::string_view hostile);
// The inside of a JSON string, without the quotes; what printable() hides is written as \u001b here.
std::string json_escape(std::string_view hostile);
// For HTML text and for attribute values in double or single quotes.
std::string html_escape(std::string_view hostile);
// Percent-encoding of everything but RFC 3986's unreserved characters.
std::string url_encode(std::string_view raw);

// Digits that read back as the same double: plain for integers below 2^53, else the shortest form; "NaN",
// "+Inf", "-Inf".
std::string number(double value);
void append_number(std::string& out, double value);
// The same into memory with room for kNumberBytes; gives the end of what it wrote.
inline constexpr std::size_t kNumberBytes = 32;
char* write_number(char* out, double value);
// "17 B", "3.1 GiB", "-1.0 KiB"; "unknown" for NaN.
std::string human_bytes(double bytes);
// "850 ms", "1.5 s", "12 s", "3 min 20 s", "2 h 5 min", "4 d 3 h"; "unknown" for NaN.
std::string human_duration(double seconds);
// "1 host", "3 hosts": for nouns whose plural has an s.
std::string counted(std::size_t count, std::string_view noun);
// 0.123 → "12.3 %"; "unknown" for NaN.
std::string percent(double ratio);

}  // namespace pcb::text
