#include "tests/lab/host/run.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcb::lab {
namespace {

struct Started {
  pid_t pid = -1;
  int input = -1, errors = -1;
};

Started start(const std::vector<std::string>& arguments, bool piped) {
  int in[2] = {-1, -1}, err[2] = {-1, -1};
  if (piped && (pipe2(in, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)) return {};
  const pid_t pid = fork();
  if (pid == 0) {
    const int null = open("/dev/null", O_RDWR);
    dup2(piped ? in[0] : null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(piped ? err[1] : null, STDERR_FILENO);
    std::vector<std::string> copies = arguments;
    std::vector<char*> argv;
    for (auto& word : copies) argv.push_back(word.data());
    argv.push_back(nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  if (piped) {
    close(in[0]);
    close(err[1]);
  }
  return {pid, in[1], err[0]};
}

}  // namespace

std::string errno_text(const std::string& what) { return what + ": " + std::strerror(errno); }

Status wait_program(pid_t pid, const std::string& what) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Error{errno_text("cannot wait for " + what)};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Done{};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return Error{what + " is not installed"};
  return Error{what + " failed with status " +
               std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status))};
}

Status run_program(const std::vector<std::string>& arguments, const std::string& input) {
  const Started started = start(arguments, true);
  if (started.pid < 0) return Error{errno_text("cannot start " + arguments[0])};
  std::string_view rest = input;
  while (!rest.empty()) {
    const ssize_t written = write(started.input, rest.data(), rest.size());
    if (written <= 0) break;  // it has ended; its status says why
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  close(started.input);
  std::string errors;
  char buffer[4096];
  for (ssize_t size = 0; (size = read(started.errors, buffer, sizeof buffer)) > 0;)
    errors.append(buffer, static_cast<std::size_t>(size));
  close(started.errors);
  const auto done = wait_program(started.pid, arguments[0]);
  if (!done) return Error{done.error().message + (errors.empty() ? "" : ": " + errors)};
  return Done{};
}

pid_t start_program(const std::vector<std::string>& arguments) { return start(arguments, false).pid; }

Status write_file(const std::string& path, const std::string& text, mode_t mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return Error{errno_text("cannot write " + path)};
  fchmod(fd, mode);
  const bool whole = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  if (!whole) return Error{errno_text("cannot write " + path)};
  return Done{};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{errno_text("cannot read " + path)};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Status make_directories(const std::string& path, mode_t mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Error{"cannot make " + path + ": " + error.message()};
  if (chmod(path.c_str(), mode) != 0) return Error{errno_text("cannot chmod " + path)};
  return Done{};
}

unsigned long long start_ticks(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return 0;
  std::istringstream fields(stat->substr(stat->rfind(')') + 1));
  std::string word;
  for (int field = 3; field <= 22 && fields >> word; ++field) {
    if (field == 3 && (word == "Z" || word == "X")) return 0;
  }
  return std::strtoull(word.c_str(), nullptr, 10);
}

}  // namespace pcb::lab
