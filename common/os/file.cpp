#include "common/os/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/fd.h"

namespace pcb::os {
namespace {

Error failed(std::string_view what, const std::string& path, int error_number) {
  return Error{"cannot " + std::string(what) + " " + path + ": " + reason(error_number)};
}

struct OpenFile {
  Fd fd;
  struct stat facts {};
};

Result<OpenFile> open_regular(const std::string& path, int flags) {
  OpenFile file{Fd(::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK)), {}};
  if (!file.fd) return failed("read", path, errno);
  if (::fstat(file.fd.get(), &file.facts) != 0) return failed("read", path, errno);
  if (!S_ISREG(file.facts.st_mode)) return Error{"cannot read " + path + ": it is not a regular file"};
  return file;
}

Result<std::string> read_open(const Fd& fd, const std::string& path, std::size_t max_bytes) {
  std::string content;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path, errno);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > max_bytes)
      return Error{"cannot read " + path + ": it is larger than " + std::to_string(max_bytes) + " bytes"};
  }
}

Status write_all(const Fd& fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return Done{};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string reason(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "no such file or folder";
    case EACCES:
      return "permission denied; give the user of this program the right (see its owner and mode)";
    case ENOSPC:
      return "no space left on the file system; make room";
    case EROFS:
      return "the file system is read-only";
    case ELOOP:
      return "it is a symbolic link, or there are too many of them";
    case EMFILE:
    case ENFILE:
      return "too many open files; raise the limit (LimitNOFILE= in the unit)";
    default:
      break;
  }
  std::array<char, 256> buffer{};
  return ::strerror_r(error_number, buffer.data(), buffer.size());
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  auto file = open_regular(path, 0);
  if (!file) return file.error();
  return read_open(file->fd, path, max_bytes);
}

Result<std::string> read_secret_file(const std::string& path) {
  auto file = open_regular(path, O_NOFOLLOW);
  if (!file) return file.error();
  const auto& facts = file->facts;
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid())
    return Error{"will not use the secret in " + path + ": it belongs to user " +
                 std::to_string(facts.st_uid) + "; chown it to root or to the user of this program"};
  if ((facts.st_mode & 0027U) != 0) {
    std::array<char, 16> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(facts.st_mode & 07777U));
    return Error{"will not use the secret in " + path + ": its mode " + mode.data() +
                 " opens it to others; run chmod 0600 " + path};
  }
  auto content = read_open(file->fd, path, 64U << 10U);
  if (!content) return content;
  content->erase(content->find_last_not_of(" \t\r\n") + 1);
  if (content->empty()) return Error{"the secret in " + path + " is empty; write it into the file"};
  return content;
}

Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return failed("write", path, errno);
  const auto give_up = [&](Error error) {
    ::unlink(temporary.c_str());
    return error;
  };
  if (::fchmod(fd.get(), mode) != 0) return give_up(failed("write", path, errno));
  if (auto written = write_all(fd, content, path); !written) return give_up(written.error());
  if (::fsync(fd.get()) != 0) return give_up(failed("write", path, errno));
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(failed("write", path, errno));
  const Fd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return failed("write", path, errno);
  return Done{};
}

}  // namespace pcb::os
