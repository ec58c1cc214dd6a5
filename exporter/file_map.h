// FileMap: the files of one answer by their paths, in one block of memory.
//
// Pure. An answer holds hundreds of files, most of them a few bytes long, and lives for a cycle: a map of
// strings would be a thousand allocations for each host and cycle. Never changed once it is made; copies
// share the block, and may be read from several threads. What is handed out points into the block, which
// lives as long as a copy. Tested by tests/exporter/file_map_test.cpp.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pcb {

class FileMap {
 public:
  // path: directory and name behind each other, so that nobody has to put them together first.
  struct Part {
    std::string_view directory, name, content;
  };
  struct File {
    std::string_view path, content;
  };
  using Iterator = std::vector<File>::const_iterator;

  FileMap() = default;
  // In any order; long runs in the order of their paths are taken as they are. Of a path given twice the
  // first counts.
  explicit FileMap(const std::vector<Part>& parts);
  FileMap(std::initializer_list<std::pair<std::string_view, std::string_view>> files);  // path, content

  [[nodiscard]] std::optional<std::string_view> get(std::string_view path) const;
  [[nodiscard]] Iterator begin() const { return files_.begin(); }  // in the order of their paths
  [[nodiscard]] Iterator end() const { return files_.end(); }
  // The files whose path begins so.
  struct Range {
    Iterator first, last;
    [[nodiscard]] Iterator begin() const { return first; }
    [[nodiscard]] Iterator end() const { return last; }
  };
  [[nodiscard]] Range below(std::string_view prefix) const;
  [[nodiscard]] std::size_t size() const { return files_.size(); }

 private:
  std::shared_ptr<const char[]> block_;  // NOLINT(*-avoid-c-arrays): what make_shared has for a run of bytes
  std::vector<File> files_;
};

}  // namespace pcb
