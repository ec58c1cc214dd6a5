// CSV (RFC 4180) that a spreadsheet reads as text and nothing else.
//
// Pure. Every cell is quoted; line breaks and controls become visible escapes (text::printable), so that a
// row is a line; a cell that a spreadsheet would take for a formula (it begins with = + - @, or with blanks
// before one) gets an apostrophe in front. Source: OWASP, "CSV Injection".
// Tested by tests/common/csv_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pcb {

std::string csv_cell(std::string_view hostile);
std::string csv_row(const std::vector<std::string>& cells);  // with its line end, CRLF

}  // namespace pcb
