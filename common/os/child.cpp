#include "common/os/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say itself that it is C
}

#include "common/os/fd.h"
#include "common/os/file.h"

namespace pcb::os {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT
  pointers.push_back(nullptr);
  return pointers;
}

// Programs differ in which of two variables of one name they take: there is only one.
std::vector<std::string> with_own(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view own = *entry;
    const auto name = own.substr(0, own.find('=') + 1);
    const auto is_set = [&](const std::string& given) { return given.starts_with(name); };
    if (std::none_of(more.begin(), more.end(), is_set)) all.emplace_back(own);
  }
  return all;
}

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error{"cannot make a pipe: " + reason(errno)};
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<pid_t> spawn(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                    const Fd& out, const Fd& err) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.get(), 2);
  const auto all = with_own(environment);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, pointers_to(words).data(),
                                    pointers_to(all).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return Error{"cannot run " + words[0] + ": " + reason(failed)};
  return pid;
}

long milliseconds_left(Clock::time_point deadline) {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
}

// A program may close its output and go on: it is ended at the deadline, too.
int wait_for(pid_t pid, Clock::time_point deadline) {
  const Fd ended(::pidfd_open(pid, 0));
  pollfd waiting{ended.get(), POLLIN, 0};
  while (ended && waiting.revents == 0 && milliseconds_left(deadline) > 0)
    ::poll(&waiting, 1, static_cast<int>(milliseconds_left(deadline)));
  if (waiting.revents == 0) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Reads once what is there; closes at the end.
void take(Fd& from, std::string& into) {
  std::array<char, 16384> buffer;
  const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
  if (count > 0) into.append(buffer.data(), static_cast<std::size_t>(count));
  if (count == 0 || (count < 0 && errno != EINTR)) from = Fd();
}

// Why it had to be given up; empty: both pipes came to their end.
std::string read_all(Pipe& out, Pipe& err, ChildEnd& end, Clock::time_point deadline, std::size_t max_bytes) {
  while (out.read || err.read) {
    const long left = milliseconds_left(deadline);
    if (left <= 0) return "took too long and was ended";
    if (end.out.size() + end.err.size() > max_bytes) return "printed too much and was ended";
    std::array<pollfd, 2> waiting{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), static_cast<int>(left));
    if (waiting[0].revents != 0) take(out.read, end.out);
    if (waiting[1].revents != 0) take(err.read, end.err);
  }
  return {};
}

}  // namespace

Result<ChildEnd> run_child(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                           std::chrono::milliseconds limit, std::size_t max_bytes) {
  const auto deadline = Clock::now() + limit;
  auto out = make_pipe(), err = make_pipe();
  if (!out) return out.error();
  if (!err) return err.error();
  const auto pid = spawn(words, environment, out->write, err->write);
  if (!pid) return pid.error();
  out->write = Fd();
  err->write = Fd();
  ChildEnd end;
  const std::string why = read_all(*out, *err, end, deadline, max_bytes);
  if (!why.empty()) ::kill(*pid, SIGKILL);
  end.exit_code = wait_for(*pid, deadline);
  if (!why.empty()) return Error{words[0] + " " + why};
  return end;
}

std::string program_folder() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || static_cast<std::size_t>(length) == path.size()) return {};
  const std::string whole(path.data(), static_cast<std::size_t>(length));
  return whole.substr(0, whole.rfind('/'));
}

}  // namespace pcb::os
