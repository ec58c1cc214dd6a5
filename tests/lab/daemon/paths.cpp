#include "tests/lab/daemon/paths.h"

#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

constexpr const char* kSocket = "control.sock";

// Names of sockets are short; a descriptor of the directory makes any path fit.
class SocketName {
 public:
  explicit SocketName(const std::string& directory)
      : fd_(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address_.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(fd_) + "/" + kSocket;
    path.copy(address_.sun_path, sizeof address_.sun_path - 1);
  }
  ~SocketName() { close(fd_); }
  SocketName(const SocketName&) = delete;
  SocketName& operator=(const SocketName&) = delete;

  [[nodiscard]] int bind_to(int socket) const { return call(bind, socket); }
  [[nodiscard]] int connect_to(int socket) const { return call(connect, socket); }

 private:
  [[nodiscard]] int call(int (*function)(int, const sockaddr*, socklen_t), int socket) const {
    const void* address = &address_;
    return function(socket, static_cast<const sockaddr*>(address), sizeof address_);
  }
  int fd_;
  sockaddr_un address_{};
};

}  // namespace

Result<int> listen_at(const std::string& directory) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink((directory + "/" + kSocket).c_str());
  if (SocketName(directory).bind_to(fd) != 0 || listen(fd, 16) != 0) {
    const Error error{errno_text("cannot listen in " + directory)};
    close(fd);
    return error;
  }
  return fd;
}

Result<std::string> ask(const std::string& directory, const std::string& request) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (SocketName(directory).connect_to(fd) != 0) {
    close(fd);
    return Error{"no lab runs in " + directory + "; start one with `lab up FILE --dir " + directory + "`"};
  }
  std::string answer;
  if (write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size()) &&
      shutdown(fd, SHUT_WR) == 0) {
    char buffer[4096];
    for (ssize_t size = 0; (size = read(fd, buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(size));
  }
  close(fd);
  return answer;
}

Result<LabState> read_state(const std::string& directory) {
  const auto text = read_file(directory + "/state");
  if (!text) return text.error();
  LabState state;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string what, name;
    words >> what;
    if (what == "daemon") words >> state.daemon.pid >> state.daemon.ticks;
    if (what == "bridge") words >> state.bridge;
    if (what == "host") {
      words >> name;
      auto& host = state.hosts[name];
      words >> host.address >> host.process.pid >> host.process.ticks;
    }
  }
  return state;
}

bool alive(const LabState::Process& process) {
  return process.pid > 0 && process.ticks != 0 && start_ticks(process.pid) == process.ticks;
}

void remove_run_files(const std::string& directory) {
  unlink((directory + "/" + kSocket).c_str());
  unlink((directory + "/state").c_str());
  rmdir((directory + "/run").c_str());
}

}  // namespace pcb::lab
