// Loaded before everything else (LD_PRELOAD), it kills the program at its n-th system call of a kind: the
// program itself knows nothing of it, and cannot prepare for it.
//
// PCB_KILL_KIND: write (half of the bytes are written), sync (fsync, fdatasync) or send (to a socket).
// PCB_KILL_AT: n, counted over all threads. PCB_KILL_COUNTS: a file that gets how many calls of each kind
// there were, when the program ends by itself.
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

enum Kind { writes, syncs, sends, kinds };
constexpr const char* kNames[kinds] = {"write", "sync", "send"};
std::atomic<long> counts[kinds];

// Whether this is the call at which the program dies.
bool is_last(Kind kind) {
  static const char* const wanted = std::getenv("PCB_KILL_KIND");
  static const char* const at = std::getenv("PCB_KILL_AT");
  const long number = ++counts[kind];
  return wanted != nullptr && at != nullptr && std::strcmp(wanted, kNames[kind]) == 0 &&
         number == std::atol(at);
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

struct Counted {
  ~Counted() {
    const char* const path = std::getenv("PCB_KILL_COUNTS");
    if (path == nullptr) return;
    FILE* const file = fopen(path, "w");
    if (file == nullptr) return;
    for (int kind = 0; kind < kinds; ++kind) fprintf(file, "%s %ld\n", kNames[kind], counts[kind].load());
    fclose(file);
  }
} counted;

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto call = real<ssize_t (*)(int, const void*, size_t)>("write");
  if (is_last(writes)) {
    static_cast<void>(call(fd, bytes, size / 2));
    die();
  }
  return call(fd, bytes, size);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  static const auto call = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  if (is_last(writes)) {
    static_cast<void>(call(fd, bytes, size / 2, offset));
    die();
  }
  return call(fd, bytes, size, offset);
}

int fsync(int fd) {
  static const auto call = real<int (*)(int)>("fsync");
  if (is_last(syncs)) die();
  return call(fd);
}

int fdatasync(int fd) {
  static const auto call = real<int (*)(int)>("fdatasync");
  if (is_last(syncs)) die();
  return call(fd);
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static const auto call = real<ssize_t (*)(int, const void*, size_t, int)>("send");
  if (is_last(sends)) die();
  return call(fd, bytes, size, flags);
}

}  // extern "C"
