#include "common/ssh/file.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcb::ssh {

Result<std::optional<FileContent>> read_file(const std::string& path, std::size_t max_bytes) {
  const auto failed = [&](const std::string& why) { return Error{"cannot read " + path + ": " + why}; };
  // O_NONBLOCK: a named pipe in the place of the file must not stop us.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // NOLINT(*-vararg)
  if (fd < 0) {
    if (errno == ENOENT) return std::optional<FileContent>();
    return failed(std::strerror(errno));
  }
  FileContent content;
  struct stat status {};
  std::string fault;
  if (::fstat(fd, &status) != 0) {
    fault = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    fault = "it is not a regular file";
  }
  std::array<char, 16384> chunk{};
  while (fault.empty()) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fault = std::strerror(errno);
    if (count <= 0) break;
    content.text.append(chunk.data(), static_cast<std::size_t>(count));
    if (content.text.size() > max_bytes) fault = "it is larger than " + std::to_string(max_bytes) + " bytes";
  }
  ::close(fd);
  if (!fault.empty()) return failed(fault);
  content.mode = status.st_mode;
  content.owner = status.st_uid;
  return std::optional<FileContent>(std::move(content));
}

}  // namespace pcb::ssh
