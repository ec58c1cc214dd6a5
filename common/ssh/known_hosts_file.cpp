#include "common/ssh/known_hosts_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/fd.h"
#include "common/os/file.h"
#include "common/ssh/file.h"

namespace pcb::ssh {
namespace {

constexpr std::size_t kMaxFileBytes = 4U << 20U;

Result<std::string> read_text(const std::string& path) {
  auto content = read_file(path, kMaxFileBytes);
  if (!content.ok()) return content.error();
  return content->has_value() ? std::move((*content)->text) : std::string();
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
  const std::string line = gap + known_hosts_line(host, port, key_blob);
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));  // NOLINT(*-vararg)
  // One write: a line is whole or absent, also beside another process that appends.
  const ssize_t written = fd ? ::write(fd.get(), line.data(), line.size()) : -1;
  if (written != static_cast<ssize_t>(line.size()) || ::fsync(fd.get()) != 0) {
    const int error = written >= 0 && written != static_cast<ssize_t>(line.size()) ? ENOSPC : errno;
    return Error{"cannot record the host key in " + path + ": " + os::reason(error) +
                 "; check that its folder exists and that this user may write there"};
  }
  return Done{};
}

Result<int> replace_host_key(const std::string& path, std::string_view host, int port,
                             std::string_view key_blob) {
  auto text = read_text(path);
  if (!text.ok()) return text.error();
  struct stat before {};
  const bool existed = ::stat(path.c_str(), &before) == 0;
  int removed = 0;
  const std::string kept = without_host(*text, host, port, removed);
  auto written = os::write_file_atomically(path, kept + known_hosts_line(host, port, key_blob),
                                           existed ? before.st_mode & 0777U : 0600);
  if (!written.ok()) return written.error();
  // Root mends the file of a service: it stays the service's own.
  if (existed && ::geteuid() == 0 && ::chown(path.c_str(), before.st_uid, before.st_gid) != 0)
    return Error{"cannot give " + path + " back to its owner: " + os::reason(errno)};
  return removed;
}

}  // namespace pcb::ssh
