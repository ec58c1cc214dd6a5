#include "tests/lab/daemon/lab.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/daemon/paths.h"
#include "tests/lab/daemon/product_config.h"
#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

constexpr int kTickMilliseconds = 50;
constexpr double kStartDeadlineSeconds = 30.0;

double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double wall_seconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

Lab::Lab(ClusterSpec spec, std::string directory, std::string standins)
    : directory_(std::move(directory)),
      standins_(std::move(standins)),
      scratch_(directory_ + "/run"),
      model_(std::move(spec)) {}

Lab::~Lab() = default;

double Lab::second() const { return monotonic_seconds() - started_monotonic_; }

Status Lab::make_keys() {
  std::vector<pid_t> started;
  const auto generate = [&](const std::string& type, const std::string& path, const std::string& comment) {
    std::vector<std::string> command{"ssh-keygen", "-q", "-t", type, "-N", "", "-C", comment, "-f", path};
    if (type == "rsa") command.insert(command.end(), {"-b", "2048"});
    started.push_back(start_program(command));
  };
  generate("ed25519", scratch_ + "/id_ed25519", "lab");
  generate("rsa", scratch_ + "/rsa", "lab");  // slow to make: one for all hosts
  for (const auto& host : model_.spec().hosts) {
    const std::string keys = scratch_ + "/keys/" + host.name;
    if (const auto made = make_directories(keys); !made) return made;
    for (const char* type : {"ed25519", "ecdsa"})
      generate(type, keys + "/ssh_host_" + type + "_key", "root@" + host.name);
  }
  for (const pid_t pid : started) {
    if (const auto done = wait_program(pid, "ssh-keygen"); !done) return done;
  }
  const auto rsa = read_file(scratch_ + "/rsa"), rsa_public = read_file(scratch_ + "/rsa.pub"),
             own = read_file(scratch_ + "/id_ed25519.pub");
  if (!rsa || !rsa_public || !own) return Error{"ssh-keygen made no keys"};
  public_key_ = *own;
  for (const auto& host : model_.spec().hosts) {
    const std::string path = scratch_ + "/keys/" + host.name + "/ssh_host_rsa_key";
    if (const auto done = write_file(path, *rsa, 0600); !done) return done;
    if (const auto done = write_file(path + ".pub", *rsa_public); !done) return done;
  }
  return Done{};
}

Status Lab::start_hosts() {
  std::vector<int> descriptors{epoll_, listener_, signals_};
  std::vector<pid_t> pids;
  std::size_t number = 0;
  for (const auto& host : model_.spec().hosts) {
    Running& running = hosts_[host.name];
    running.plan = {host.name,
                    scratch_ + "/hosts/" + host.name,
                    directory_ + "/logs/" + host.name + "-sshd.log",
                    {network_.host_address(number++), host.bridges.front()}};
    const HostFiles files{scratch_ + "/keys/" + host.name, public_key_, standins_};
    if (const auto done = lay_out(running.plan, host, files); !done) return done;
    const int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fuse < 0) return Error{errno_text("cannot open /dev/fuse (load the module fuse)")};
    FuseSettings settings;
    HostState* state = model_.host(host.name);
    settings.pmxcfs_state = [this, state] {
      return state->pmxcfs_dead       ? PmxcfsState::dead
             : model_.quorate(*state) ? PmxcfsState::quorate
                                      : PmxcfsState::no_quorum;
    };
    settings.changed = [this](const std::string& path) { trees_->changed(path); };
    settings.unix_seconds = [this, state] { return model_.unix_seconds(*state, second()); };
    settings.lock_lifetime_seconds = model_.spec().lock_lifetime_seconds;
    settings.host = host.name;
    running.channel = std::make_unique<FuseChannel>(fuse, trees_->root_of(host.name), std::move(settings));
    auto started = start_host(running.plan, fuse, descriptors);
    if (!started) return started.error();
    running.process = *started;
    descriptors.insert(descriptors.end(), {fuse, started->go, started->ready});
    pids.push_back(started->pid);
  }
  if (const auto connected = connect_hosts(network_, pids); !connected) return connected;
  for (auto& [name, host] : hosts_) {
    if (write(host.process.go, "g", 1) != 1) return Error{errno_text("host " + name + " has ended early")};
    close(host.process.go);
  }
  return Done{};
}

Status Lab::await_hosts() {
  const double deadline = monotonic_seconds() + kStartDeadlineSeconds;
  std::map<std::string, std::string> said;
  for (std::size_t done = 0; done < hosts_.size();) {
    serve(1);
    if (quit_) return Error{"interrupted"};
    for (auto& [name, host] : hosts_) {
      if (host.process.ready < 0) continue;
      char buffer[512];
      const ssize_t size = read(host.process.ready, buffer, sizeof buffer);
      if (size == 0) return Error{"host " + name + " has ended early; see " + host.plan.log};
      if (size > 0) said[name].append(buffer, static_cast<std::size_t>(size));
      std::string& text = said[name];
      if (text.rfind("mounted\n", 0) == 0) {  // only a mounted device can be waited for
        text.erase(0, 8);
        epoll_event event{EPOLLIN, {}};
        event.data.ptr = &host;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, host.channel->fd(), &event);
      }
      if (text.empty() || text.back() != '\n') continue;
      if (text != "ok\n") return Error{"host " + name + ": " + text.substr(0, text.size() - 1)};
      close(host.process.ready);
      host.process.ready = -1;
      ++done;
    }
    if (monotonic_seconds() > deadline) return Error{"the hosts did not start within 30 s"};
  }
  return Done{};
}

Status Lab::build() {
  // From here on mounts are the daemon's own: nothing of them is seen on the machine.
  if (unshare(CLONE_NEWNS) != 0) return Error{errno_text("cannot make a mount namespace")};
  mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (const auto done = make_directories(scratch_); !done) return done;
  if (mount("pcb-lab", scratch_.c_str(), "tmpfs", 0, "mode=0755") != 0)
    return Error{errno_text("cannot mount a tmpfs on " + scratch_)};
  if (const auto done = make_keys(); !done) return done;
  auto network = make_network();
  if (!network) return network.error();
  network_ = *network;
  have_network_ = true;
  if (const auto done = write_file(directory_ + "/state", "daemon " + std::to_string(getpid()) + " " +
                                                              std::to_string(start_ticks(getpid())) +
                                                              "\nbridge " + network_.bridge() + "\n");
      !done)
    return done;
  std::size_t number = 0;
  for (const auto& host : model_.spec().hosts) addresses_[host.name] = network_.host_address(number++);
  started_monotonic_ = monotonic_seconds();
  model_.set_epoch(wall_seconds());
  const Desk desk{
      [this](const std::string& host, const std::string& command) { return stand_in(host, command); },
      [this](const std::string&) {
        std::string text;
        for (const auto& [name, value] : faults_) text += name + " " + value + "\n";
        for (const auto& [name, host] : hosts_) {
          for (const auto& what : host.faults) text += "host." + name + "." + what + " 1\n";
        }
        return text;
      }};
  trees_ = std::make_unique<Trees>(
      model_, addresses_, [this] { return second(); }, desk);
  ha_ = std::make_unique<HaManager>(
      model_, HaActions{[this](int id) { stand_in("cluster", "stop " + std::to_string(id)); },
                        [this](int id) { stand_in("cluster", "start " + std::to_string(id)); },
                        [this](int id, const std::string& host) {
                          return stand_in(host, "move " + std::to_string(id) + " " + host) == 0;
                        },
                        [this](const std::string& text) { record("cluster", text); }});
  if (ha_->any()) {
    trees_->set_ha_files([this] { return ha_->manager_status(second()); },
                         [this](const std::string& host) { return ha_->lrm_status(host, second()); });
  }
  if (const auto done = start_hosts(); !done) return done;
  if (const auto done = await_hosts(); !done) return done;
  return write_outputs();
}

Status Lab::write_outputs() {
  std::string state = read_file(directory_ + "/state").value();
  std::string known;
  for (auto& [name, host] : hosts_) {
    state += "host " + name + " " + addresses_[name] + " " + std::to_string(host.process.pid) + " " +
             std::to_string(start_ticks(host.process.pid)) + "\n";
    for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
      const auto key = read_file(scratch_ + "/keys/" + name + "/ssh_host_" + type + "_key.pub");
      if (!key) return key.error();
      known += addresses_[name] + " " + key->substr(0, key->find(' ', key->find(' ') + 1)) + "\n";
    }
  }
  const auto secret = read_file(scratch_ + "/id_ed25519");
  if (!secret) return secret.error();
  struct Text {
    std::string path, text;
    mode_t mode;
  };
  for (const auto& [path, text, mode] :
       {Text{"/state", state, 0644}, Text{"/known_hosts", known, 0644}, Text{"/id_ed25519", *secret, 0600},
        Text{"/id_ed25519.pub", public_key_, 0644},
        Text{"/config.yaml", product_config(model_.spec(), directory_, addresses_), 0600}}) {
    if (const auto done = write_file(directory_ + path, text, mode); !done) return done;
  }
  return Done{};
}

int Lab::run(int ready_fd) {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&watched, signal);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_NAME, "pcb-lab-daemon");
  signals_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  auto listener = listen_at(directory_);
  Status built = listener ? Status(Done{}) : Status(listener.error());
  if (listener) {
    listener_ = *listener;
    for (int* fd : {&signals_, &listener_}) {
      epoll_event event{EPOLLIN, {}};
      event.data.ptr = fd;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, *fd, &event);
    }
    built = build();
  }
  const std::string line = (built ? "ok" : built.error().message) + "\n";
  [[maybe_unused]] const ssize_t told = write(ready_fd, line.data(), line.size());
  close(ready_fd);
  while (built && !quit_) {
    serve(kTickMilliseconds);
    tick();
  }
  take_down();
  return built ? 0 : 1;
}

void Lab::serve(int timeout_milliseconds) {
  epoll_event events[64];
  const int count = epoll_wait(epoll_, events, 64, timeout_milliseconds);
  for (int i = 0; i < count; ++i) {
    void* who = events[i].data.ptr;
    if (who == &signals_) {
      signalfd_siginfo info{};
      while (read(signals_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) quit_ = true;
      }
      int status = 0;
      for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) ended_[pid] = status;
    } else if (who == &listener_) {
      accept_command();
    } else {
      auto* host = static_cast<Running*>(who);
      if (!host->channel->serve()) epoll_ctl(epoll_, EPOLL_CTL_DEL, host->channel->fd(), nullptr);
    }
  }
}

void Lab::tick() {
  const double now = second();
  if (now - ticked_at_ < kTickMilliseconds * 1e-3) return;  // requests come far more often
  ticked_at_ = now;
  model_.advance_all(now);
  ha_->tick(now);
  for (auto& [name, host] : hosts_) {
    auto& due = next_publish_[name];
    if (now < due || host.faults.count("pvestatd") != 0 || host.faults.count("frozen") != 0) continue;
    due = now + model_.spec().pvestatd_seconds;
    if (!model_.host(name)->pmxcfs_dead) trees_->publish(name);
  }
}

void Lab::take_down() {
  for (auto& [name, host] : hosts_) {
    if (host.process.pid > 0) kill(host.process.pid, SIGKILL);
    if (host.delay > 0) kill(host.delay, SIGKILL);
  }
  for (auto& [name, host] : hosts_) {
    while (host.process.pid > 0 && waitpid(host.process.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  hosts_.clear();
  if (have_network_) remove_network(network_.bridge());
  umount2(scratch_.c_str(), MNT_DETACH);
  remove_run_files(directory_);
}

}  // namespace pcb::lab
