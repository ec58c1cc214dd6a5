#include "common/csv.h"

#include "common/text.h"

namespace pcb {

std::string csv_cell(std::string_view hostile) {
  const std::string shown = text::printable(hostile);
  std::string cell = "\"";
  const std::size_t first = shown.find_first_not_of(' ');
  // A tab or a line end in front, which some programs skip, is an escape by now and hides what is behind it.
  if (first != std::string::npos && std::string_view("=+-@|%").find(shown[first]) != std::string_view::npos)
    cell += '\'';
  for (const char c : shown) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell += '"';
}

std::string csv_row(const std::vector<std::string>& cells) {
  std::string row;
  for (const std::string& cell : cells) row += (row.empty() ? "" : ",") + csv_cell(cell);
  return row += "\r\n";
}

}  // namespace pcb
