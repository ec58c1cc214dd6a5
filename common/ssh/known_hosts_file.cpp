#include "common/ssh/known_hosts_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "common/ssh/file.h"

namespace pcb::ssh {
namespace {

constexpr std::size_t kMaxFileBytes = 4U << 20U;

Result<std::string> read_text(const std::string& path) {
  auto content = read_file(path, kMaxFileBytes);
  if (!content.ok()) return content.error();
  return content->has_value() ? std::move((*content)->text) : std::string();
}

Status write_whole(const std::string& path, int flags, const std::string& bytes) {
  const auto failed = [&] {
    return Error{"cannot write " + path + ": " + std::strerror(errno) +
                 "; check that its folder exists and that this user may write there"};
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);  // NOLINT(*-vararg)
  if (fd < 0) return failed();
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());  // one write: a line is whole or absent
  if (written >= 0 && static_cast<std::size_t>(written) != bytes.size()) errno = ENOSPC;
  const bool good = written == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (!good) return failed();
  return Done{};
}

}  // namespace

Result<KnownHosts> read_known_hosts(const std::string& path) {
  auto text = read_text(path);
  if (!text.ok()) return text.error();
  return KnownHosts::parse(*text);
}

Status record_host_key(const std::string& path, std::string_view host, int port, std::string_view key_blob) {
  auto text = read_text(path);
  if (!text.ok()) return text.error();
  // A file whose last line has no end would swallow the new one.
  const std::string gap = !text->empty() && text->back() != '\n' ? "\n" : "";
  return write_whole(path, O_APPEND, gap + known_hosts_line(host, port, key_blob));
}

Result<int> replace_host_key(const std::string& path, std::string_view host, int port,
                             std::string_view key_blob) {
  auto text = read_text(path);
  if (!text.ok()) return text.error();
  int removed = 0;
  const std::string kept = without_host(*text, host, port, removed);
  const std::string fresh = path + ".new";
  if (auto written = write_whole(fresh, O_TRUNC, kept + known_hosts_line(host, port, key_blob)); !written) {
    return written.error();
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{"cannot replace " + path + ": " + std::strerror(errno)};
  }
  return removed;
}

}  // namespace pcb::ssh
