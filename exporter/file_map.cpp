#include "exporter/file_map.h"

#include <algorithm>

namespace pcb {
namespace {

bool is_before(const FileMap::File& a, const FileMap::File& b) { return a.path < b.path; }

std::vector<FileMap::Part> parts_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> files) {
  std::vector<FileMap::Part> parts;
  for (const auto& [path, content] : files) parts.push_back({{}, path, content});
  return parts;
}

// What was given stays in its order among equals. The script sends most files in order: only what stands
// before and behind the longest run that is has to be sorted.
void put_in_order(std::vector<FileMap::File>& files) {
  auto longest = files.begin(), longest_end = files.begin();
  for (auto run = files.begin(); run != files.end();) {
    const auto run_end = std::is_sorted_until(run, files.end(), is_before);
    if (run_end - run > longest_end - longest) {
      longest = run;
      longest_end = run_end;
    }
    run = run_end;
  }
  std::stable_sort(files.begin(), longest, is_before);
  std::stable_sort(longest_end, files.end(), is_before);
  std::inplace_merge(files.begin(), longest, longest_end, is_before);
  std::inplace_merge(files.begin(), longest_end, files.end(), is_before);
  const auto same = [](const FileMap::File& a, const FileMap::File& b) { return a.path == b.path; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
}

}  // namespace

FileMap::FileMap(std::initializer_list<std::pair<std::string_view, std::string_view>> files)
    : FileMap(parts_of(files)) {}

FileMap::FileMap(const std::vector<Part>& parts) {
  std::size_t bytes = 0;
  for (const auto& part : parts) bytes += part.directory.size() + part.name.size() + part.content.size();
  const std::shared_ptr<char[]> block(new char[bytes]);  // NOLINT(*-avoid-c-arrays)
  files_.reserve(parts.size());
  char* at = block.get();
  const auto add = [&at](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
  for (const auto& part : parts) {
    const char* const path = at;
    add(part.directory);
    add(part.name);
    const char* const content = at;
    add(part.content);
    files_.push_back({{path, static_cast<std::size_t>(content - path)},
                      {content, static_cast<std::size_t>(at - content)}});
  }
  block_ = block;
  put_in_order(files_);
}

std::optional<std::string_view> FileMap::get(std::string_view path) const {
  const auto found = std::lower_bound(files_.begin(), files_.end(), File{path, {}}, is_before);
  if (found == files_.end() || found->path != path) return std::nullopt;
  return found->content;
}

FileMap::Range FileMap::below(std::string_view prefix) const {
  const auto first = std::lower_bound(files_.begin(), files_.end(), File{prefix, {}}, is_before);
  const auto last = std::partition_point(
      first, files_.end(), [prefix](const File& file) { return file.path.starts_with(prefix); });
  return {first, last};
}

}  // namespace pcb
