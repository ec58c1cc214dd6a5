#include "exporter/parse/filesystems.h"

#include <array>

#include "common/text.h"

namespace pcb {
namespace {

// The next word; `rest` then starts behind it.
std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

}  // namespace

std::vector<FileSystem> parse_filesystems(std::string_view text) {
  std::vector<FileSystem> found;
  for (auto rest : text::split_lines(text)) {
    FileSystem entry;
    entry.type = next_word(rest);
    entry.inodes = text::to_double(next_word(rest));
    entry.inodes_free = text::to_double(next_word(rest));
    const auto size = text::to_double(next_word(rest)), used = text::to_double(next_word(rest)),
               available = text::to_double(next_word(rest));
    if (!size || !used || !available || rest.size() < 2 || rest[1] != '/') continue;  // the head, too
    entry.size_bytes = *size;
    entry.used_bytes = *used;
    entry.available_bytes = *available;
    entry.mount_point = rest.substr(1);
    found.push_back(entry);
  }
  return found;
}

Result<DiskFree> root_of(const std::vector<FileSystem>& file_systems) {
  for (const auto& entry : file_systems) {
    if (entry.mount_point == "/") return DiskFree{entry.size_bytes, entry.used_bytes};
  }
  return Error{"the answer of df is cut off or malformed"};
}

}  // namespace pcb
