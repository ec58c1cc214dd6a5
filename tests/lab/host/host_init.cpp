// The first process of a host.
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/host/host.h"
#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

// Directories by descriptor: once /var or /tmp is covered, the path they came by may be gone.
class Base {
 public:
  explicit Base(const std::string& path) : fd_(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  [[nodiscard]] std::string at(const std::string& name) const {
    return "/proc/self/fd/" + std::to_string(fd_) + "/" + name;
  }
  [[nodiscard]] bool good() const { return fd_ >= 0; }

 private:
  int fd_;
};

Status mounted(int result, const std::string& what) {
  if (result == 0) return Done{};
  return Error{errno_text("cannot mount " + what)};
}

Status bind(const std::string& from, const char* to) {
  return mounted(mount(from.c_str(), to, nullptr, MS_BIND, nullptr), to);
}

Status overlay(const Base& base, const std::string& name) {
  const std::string options =
      "lowerdir=/" + name + ",upperdir=" + base.at(name) + ",workdir=" + base.at(name + "-work");
  return mounted(mount("overlay", ("/" + name).c_str(), "overlay", 0, options.c_str()),
                 "an overlay on /" + name);
}

Status mount_all(const HostPlan& plan, int fuse_fd, int ready) {
  if (const auto done = mounted(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "/ private");
      !done)
    return done;
  const Base base(plan.base);
  if (!base.good()) return Error{errno_text("cannot open " + plan.base)};
  const std::string options = "fd=" + std::to_string(fuse_fd) +
                              ",rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions";
  if (const auto done = mounted(
          mount("pcb-lab", base.at("fs").c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()), "FUSE");
      !done)
    return done;
  if (write(ready, "mounted\n", 8) != 8) return Error{errno_text("the daemon has gone")};
  const Base trees(plan.base + "/fs");
  for (const char* name : {"etc", "usr", "var"}) {
    if (const auto done = overlay(base, name); !done) return done;
  }
  if (const auto done = mounted(mount("sysfs", "/sys", "sysfs", 0, nullptr), "/sys"); !done) return done;
  struct Bind {
    std::string from;
    const char* to;
  };
  for (const auto& [from, to] :
       {Bind{base.at("root"), "/root"}, Bind{base.at("run"), "/run"}, Bind{trees.at("pve"), "/etc/pve"},
        Bind{trees.at("cgroup"), "/sys/fs/cgroup"}, Bind{trees.at("net"), "/sys/class/net"},
        Bind{trees.at("lab"), "/run/pcb-lab"}, Bind{trees.at("qemu-server"), "/run/qemu-server"},
        Bind{base.at("tmp"), "/tmp"}, Bind{trees.at("proc"), "/proc"}}) {
    if (const auto done = bind(from, to); !done) return done;
  }
  return mounted(mount("proc", "/proc/.kernel", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                 "/proc/.kernel");
}

Status set_up(const HostPlan& plan, int fuse_fd, int ready) {
  if (sethostname(plan.name.c_str(), plan.name.size()) != 0)
    return Error{errno_text("cannot set the host name")};
  if (const auto done = mount_all(plan, fuse_fd, ready); !done) return done;
  return configure_card(plan.card);
}

pid_t start_sshd() {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int fd = STDERR_FILENO + 1; fd < 16; ++fd) close(fd);
  char* const environment[] = {
      const_cast<char*>("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
  execle("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", static_cast<char*>(nullptr), environment);
  _exit(127);
}

// Waits for signals for ever: reaps, and stops, starts or restarts sshd as the daemon asks.
[[noreturn]] void live(pid_t sshd) {
  sigset_t waited;
  sigemptyset(&waited);
  for (const int signal : {SIGCHLD, SIGUSR1, SIGUSR2, SIGHUP, SIGTERM}) sigaddset(&waited, signal);
  bool wanted = true;
  for (;;) {
    int signal = 0;
    sigwait(&waited, &signal);
    if (signal == SIGTERM) _exit(0);
    if (signal == SIGUSR1) wanted = false;
    if (signal == SIGUSR2) wanted = true;
    if ((signal == SIGUSR1 || signal == SIGHUP) && sshd > 0) kill(sshd, SIGTERM);
    for (pid_t pid = 0; (pid = waitpid(-1, nullptr, WNOHANG)) > 0;) {
      if (pid == sshd) sshd = -1;
    }
    if (wanted && sshd <= 0) sshd = start_sshd();
  }
}

[[noreturn]] void host_main(const HostPlan& plan, int fuse_fd, int go, int ready,
                            const std::vector<int>& close_in_host) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "pcb-lab-host");
  for (const int fd : close_in_host) close(fd);
  sigset_t blocked;
  sigfillset(&blocked);
  sigprocmask(SIG_SETMASK, &blocked, nullptr);
  const int log = open(plan.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int null = open("/dev/null", O_RDONLY);
  char byte = 0;
  if (read(go, &byte, 1) != 1) _exit(1);
  umask(022);
  const auto done = set_up(plan, fuse_fd, ready);
  const std::string answer = done ? "ok\n" : done.error().message + "\n";
  pid_t sshd = -1;
  if (done) {
    if (chdir("/") != 0) _exit(1);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(fuse_fd);  // held here, it would outlive a dead daemon
    sshd = start_sshd();
  }
  [[maybe_unused]] const ssize_t told = write(ready, answer.data(), answer.size());
  if (!done) _exit(1);
  for (const int fd : {go, ready, log, null}) {
    if (fd > STDERR_FILENO) close(fd);
  }
  live(sshd);
}

}  // namespace

Result<StartedHost> start_host(const HostPlan& plan, int fuse_fd, const std::vector<int>& close_in_host) {
  int go[2], ready[2];
  if (pipe2(go, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0)
    return Error{errno_text("cannot make a pipe")};
  constexpr unsigned long kFlags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNET | SIGCHLD;
  const long pid = syscall(SYS_clone, kFlags, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0)
    return Error{errno_text("cannot make the namespaces of host " + plan.name + " (is this root?)")};
  if (pid == 0) {
    close(go[1]);
    close(ready[0]);
    host_main(plan, fuse_fd, go[0], ready[1], close_in_host);
  }
  close(go[0]);
  close(ready[1]);
  return StartedHost{static_cast<pid_t>(pid), go[1], ready[0]};
}

}  // namespace pcb::lab
