#include "tests/lab/front.h"

#include <cstdio>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/daemon/lab.h"
#include "tests/lab/daemon/paths.h"
#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

constexpr int kBannerDeadlineSeconds = 20;
constexpr int kDownDeadlineMilliseconds = 15000;

int complain(const std::string& message) {
  std::fprintf(stderr, "lab: %s\n", message.c_str());
  return 1;
}

void pause_milliseconds(int milliseconds) { poll(nullptr, 0, milliseconds); }

// Whether an SSH server answers there, within a second.
bool answers(const std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(22);
  inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  const void* generic = &to;
  char banner[4] = {};
  const bool good = connect(fd, static_cast<const sockaddr*>(generic), sizeof to) == 0 &&
                    read(fd, banner, 4) == 4 && std::string(banner, 4) == "SSH-";
  close(fd);
  return good;
}

Status await_banners(const LabState& state) {
  const time_t deadline = time(nullptr) + kBannerDeadlineSeconds;
  for (const auto& [name, host] : state.hosts) {
    while (!answers(host.address)) {
      if (time(nullptr) > deadline)
        return Error{"the SSH server of " + name + " (" + host.address + ") does not answer; see logs/" +
                     name + "-sshd.log"};
      pause_milliseconds(10);
    }
  }
  return Done{};
}

std::string read_line(int fd) {
  std::string line;
  for (char letter = 0; read(fd, &letter, 1) == 1 && letter != '\n';) line += letter;
  return line;
}

// The daemon lives in a session of its own; in the foreground it ends with its parent.
[[noreturn]] void daemon_main(ClusterSpec spec, const std::string& directory, int ready, bool foreground) {
  if (foreground) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
  }
  setsid();
  const int null = open("/dev/null", O_RDWR);
  const int log =
      open((directory + "/logs/daemon.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (chdir("/") != 0) _exit(1);
  int status = 1;
  {
    Lab lab(std::move(spec), directory, PCB_LAB_STANDINS);
    status = lab.run(ready);
  }
  _exit(status);
}

int wait_in_foreground(pid_t daemon, const sigset_t& watched) {
  std::puts("Ctrl-C takes the lab down.");
  std::fflush(stdout);
  for (;;) {
    int signal = 0;
    sigwait(&watched, &signal);
    if (signal == SIGCHLD && waitpid(daemon, nullptr, WNOHANG) == daemon)
      return complain("the daemon has ended; see logs/daemon.log");
    if (signal == SIGCHLD) continue;
    kill(daemon, SIGTERM);
    waitpid(daemon, nullptr, 0);
    return 0;
  }
}

}  // namespace

int list_hosts(const std::string& directory) {
  const auto state = read_state(directory);
  if (!state) return complain("no lab runs in " + directory);
  std::printf("%-12s %-16s %s\n", "HOST", "ADDRESS", "LOGIN");
  for (const auto& [name, host] : state->hosts) {
    std::printf("%-12s %-16s ssh -i %s/id_ed25519 -o UserKnownHostsFile=%s/known_hosts root@%s\n",
                name.c_str(), host.address.c_str(), directory.c_str(), directory.c_str(),
                host.address.c_str());
  }
  return 0;
}

int up(const UpOptions& options) {
  if (geteuid() != 0)
    return complain("the lab makes network and mount namespaces and needs root; run it with sudo");
  if (access("/usr/sbin/sshd", X_OK) != 0)
    return complain("the lab runs real SSH servers: install openssh-server (apt-get install openssh-server)");
  const auto text = read_file(options.file);
  if (!text) return complain(text.error().message);
  auto spec = read_spec(*text);
  if (!spec) return complain(options.file + ": " + spec.error().message);
  for (const char* part : {"", "/logs"}) {
    if (const auto made = make_directories(options.directory + part); !made)
      return complain(made.error().message);
  }
  const std::string directory = std::filesystem::canonical(options.directory).string();
  if (const auto state = read_state(directory)) {
    if (alive(state->daemon))
      return complain("a lab runs in " + directory + " already; `lab down --dir " + directory + "` ends it");
    down(directory);  // the remains of one that was killed
  }
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return complain("cannot make a pipe");
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&watched, signal);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  const pid_t daemon = fork();
  if (daemon == 0) {
    close(ready[0]);
    daemon_main(std::move(*spec), directory, ready[1], options.foreground);
  }
  close(ready[1]);
  const std::string line = read_line(ready[0]);
  if (line != "ok") {
    waitpid(daemon, nullptr, 0);
    return complain(line.empty() ? "the daemon has ended early; see logs/daemon.log" : line);
  }
  const auto state = read_state(directory);
  const Status good = state ? await_banners(*state) : Status(state.error());
  if (!good) {
    down(directory);
    return complain(good.error().message);
  }
  list_hosts(directory);
  return options.foreground ? wait_in_foreground(daemon, watched) : 0;
}

int down(const std::string& directory) {
  if (geteuid() != 0) return complain("taking a lab down needs root");
  const auto state = read_state(directory);
  if (!state) return complain("no lab runs in " + directory);
  static_cast<void>(ask(directory, "quit"));  // a dead daemon does not answer: then the state file is enough
  for (int waited = 0; alive(state->daemon) && waited < kDownDeadlineMilliseconds; waited += 10)
    pause_milliseconds(10);
  if (alive(state->daemon)) kill(state->daemon.pid, SIGKILL);
  for (const auto& [name, host] : state->hosts) {
    if (alive(host.process)) kill(host.process.pid, SIGKILL);
  }
  for (const auto& [name, host] : state->hosts) {
    for (int waited = 0; alive(host.process) && waited < kDownDeadlineMilliseconds; waited += 5)
      pause_milliseconds(5);
  }
  if (!state->bridge.empty()) remove_network(state->bridge);
  remove_run_files(directory);
  return 0;
}

int pass_on(const std::string& directory, const std::vector<std::string>& words) {
  std::string request;
  for (const auto& word : words) request += (request.empty() ? "" : " ") + word;
  const auto answer = ask(directory, request);
  if (!answer) return complain(answer.error().message);
  if (answer->rfind("error: ", 0) == 0) return complain(answer->substr(7, answer->size() - 8));
  if (*answer != "ok\n") std::fputs(answer->c_str(), stdout);
  return 0;
}

int execute(const std::string& directory, const std::string& host, const std::vector<std::string>& command) {
  const auto state = read_state(directory);
  if (!state || state->hosts.count(host) == 0)
    return complain("no host " + host + " in the lab in " + directory);
  std::vector<std::string> words{
      "nsenter", "-t", std::to_string(state->hosts.at(host).process.pid), "-m", "-u", "-n", "-p"};
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  return complain("nsenter is not installed (package util-linux)");
}

}  // namespace pcb::lab
