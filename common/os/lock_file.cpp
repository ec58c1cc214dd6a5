#include "common/os/lock_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

#include "common/os/file.h"

namespace pcb::os {

Result<LockFile> LockFile::take(const std::string& path) {
  constexpr mode_t kMode = 0600;
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (!file) return Error{"cannot open " + path + ": " + reason(errno)};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return LockFile(std::move(file));
  if (errno == EWOULDBLOCK) return Error{"another process holds " + path};
  return Error{"cannot lock " + path + ": " + reason(errno)};
}

}  // namespace pcb::os
