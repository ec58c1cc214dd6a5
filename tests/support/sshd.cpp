#include "tests/support/sshd.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <arpa/inet.h>
#include <crypt.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/wait.h"

namespace pcb::test {
namespace {

constexpr std::chrono::seconds kTooLong{10};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "test fixture: %s\n", why.c_str());  // NOLINT(*-vararg)
  std::abort();
}

pid_t spawn(const std::vector<std::string>& arguments, const std::string& output_file) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));  // NOLINT
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test program that is killed leaves nothing behind
  const int out = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);  // NOLINT(*-vararg)
  const int null = ::open("/dev/null", O_RDONLY);                                    // NOLINT(*-vararg)
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool accepts_connections(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* address = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &address) != 0) return false;
  const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool good = ::connect(fd, address->ai_addr, address->ai_addrlen) == 0;
  ::freeaddrinfo(address);
  ::close(fd);
  return good;
}

// Every process whose chain of parents leads to `ancestor`.
std::vector<pid_t> descendants(pid_t ancestor) {
  std::vector<std::pair<pid_t, pid_t>> parents;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_text("/proc/" + name + "/stat");
    const auto end = stat.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream rest(stat.substr(end + 1));
    char state = 0;
    pid_t parent = 0;
    rest >> state >> parent;
    parents.emplace_back(std::stoi(name), parent);
  }
  std::vector<pid_t> found{ancestor};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& [pid, parent] : parents) {
      if (parent == found[i]) found.push_back(pid);
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace

std::string read_text(const std::string& path) {
  // Through <<, which ends quietly where reading fails: /proc/PID/stat of a process that dies meanwhile.
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_text(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  ::chmod(path.c_str(), mode);
}

std::string run(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const std::string output = folder.file("output");
  const pid_t pid = spawn(arguments, output);
  int status = 0;
  ::waitpid(pid, &status, 0);
  const std::string said = read_text(output);
  if (status != 0) give_up(arguments[0] + " failed: " + said);
  return said;
}

std::string crypt_hash(const std::string& password) {
  crypt_data data{};
  return ::crypt_r(password.c_str(), "$2y$04$abcdefghijklmnopqrstuu", &data);
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

void make_key(const std::string& file, const std::string& type, const std::string& passphrase) {
  // A few rounds of key derivation: the tests open such keys often.
  run({"/usr/bin/ssh-keygen", "-q", "-t", type, "-N", passphrase, "-a", "4", "-f", file});
}

Program::Program(const std::vector<std::string>& arguments)
    : pid_(spawn(arguments, folder_.file("output"))) {}

Program::~Program() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::send_signal(int signal) const { ::kill(pid_, signal); }

void Program::wait_for_file(const std::string& path) const {
  if (!wait_until([&] { return ::access(path.c_str(), F_OK) == 0; }, kTooLong))
    give_up(path + " does not appear: " + output());
}

std::string Program::output() const { return read_text(folder_.file("output")); }

int Program::wait() {
  int status = 0;
  if (!wait_until([&] { return ::waitpid(pid_, &status, WNOHANG) != 0; }, kTooLong))
    give_up("a program does not end: " + output());
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Sshd::Sshd(SshdOptions options) : options_(std::move(options)) {
  if (::geteuid() != 0) give_up("sshd needs root");
  ::mkdir("/run/sshd", 0755);  // sshd's privilege separation folder; there already on most machines
  if (options_.port == 0) options_.port = free_port();
  make_key(folder_.file("user_key"), "ed25519");
  for (const auto& type : options_.host_key_types) make_key(folder_.file("host_" + type), type);
  authorize(folder_.file("user_key.pub"));
  std::string config;
  for (const auto& line : options_.lines) config += line + "\n";
  config += "Port " + std::to_string(options_.port) + "\nListenAddress " + options_.address + "\n";
  for (const auto& type : options_.host_key_types) config += "HostKey " + folder_.file("host_" + type) + "\n";
  config += "AuthorizedKeysFile " + folder_.file("authorized_keys") + "\nPidFile none\nStrictModes no\n" +
            "LogLevel VERBOSE\nPermitRootLogin yes\nPrintMotd no\nMaxStartups " + options_.max_startups +
            "\nUsePAM " + (options_.use_pam ? "yes" : "no") + "\n";
  write_text(folder_.file("sshd_config"), config);
  start();
}

Sshd::~Sshd() { stop(); }

void Sshd::start() {
  std::vector<std::string> command{"/usr/sbin/sshd", "-D", "-e", "-f", folder_.file("sshd_config")};
  if (!options_.root_password.empty()) {
    const std::string hash = run({"/usr/bin/openssl", "passwd", "-6", options_.root_password});
    const std::string shadow = folder_.file("shadow");
    const std::string others = read_text("/etc/shadow");
    write_text(shadow, "root:" + hash.substr(0, hash.find('\n')) + ":19000:0:99999:7:::\n" +
                           others.substr(others.find('\n') + 1));
    command.insert(command.begin(), {"/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c",
                                     "mount --bind \"$0\" /etc/shadow && exec \"$@\"", shadow});
  }
  pid_ = spawn(command, folder_.file("log"));
  bool ended = false;
  const auto up = [&] {
    ended = ::waitpid(pid_, nullptr, WNOHANG) != 0;
    return ended || accepts_connections(options_.address, options_.port);
  };
  if (!wait_until(up, kTooLong) || ended) give_up("sshd does not start: " + log());
}

void Sshd::stop() {
  if (pid_ < 0) return;
  const auto all = descendants(pid_);
  ::kill(pid_, SIGKILL);
  for (const pid_t pid : all) ::kill(pid, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Sshd::authorize(const std::string& public_key_file) {
  const std::string options =
      options_.forced_command.empty() ? "" : "restrict,command=\"" + options_.forced_command + "\" ";
  write_text(folder_.file("authorized_keys"),
             read_text(folder_.file("authorized_keys")) + options + read_text(public_key_file));
}

std::string Sshd::known_hosts(const std::string& type) const {
  std::string lines;
  for (const auto& name : options_.host_key_types) {
    if (!type.empty() && type != name) continue;
    lines += "[" + options_.address + "]:" + std::to_string(options_.port) + " " +
             read_text(folder_.file("host_" + name + ".pub"));
  }
  return lines;
}

void Sshd::replace_host_key(const std::string& type) {
  stop();
  std::filesystem::remove(folder_.file("host_" + type));
  std::filesystem::remove(folder_.file("host_" + type + ".pub"));
  make_key(folder_.file("host_" + type), type);
  start();
}

std::string Sshd::log() const { return read_text(folder_.file("log")); }

std::vector<pid_t> Sshd::sessions() const { return descendants(pid_); }

void Sshd::signal_sessions(int signal) const {
  for (const pid_t pid : sessions()) ::kill(pid, signal);
}

}  // namespace pcb::test
