#include "tests/support/sshd.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcb::test {
namespace {

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
  const int out = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);  // NOLINT(*-vararg)
  const int null = ::open("/dev/null", O_RDONLY);                                    // NOLINT(*-vararg)
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool accepts_connections(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool good = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
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

TemporaryFolder::TemporaryFolder() {
  char pattern[] = "/tmp/pcb-test-XXXXXX";
  if (::mkdtemp(pattern) == nullptr) give_up("mkdtemp failed");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
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

Sshd::Sshd(SshdOptions options) : options_(std::move(options)) {
  if (::geteuid() != 0) give_up("sshd needs root");
  ::mkdir("/run/sshd", 0755);  // sshd's privilege separation folder; there already on most machines
  if (options_.port == 0) options_.port = free_port();
  make_key(folder_.file("user_key"), "ed25519");
  for (const auto& type : options_.host_key_types) make_key(folder_.file("host_" + type), type);
  authorize(folder_.file("user_key.pub"));
  std::string config;
  for (const auto& line : options_.lines) config += line + "\n";
  config += "ListenAddress 127.0.0.1:" + std::to_string(options_.port) + "\n";
  for (const auto& type : options_.host_key_types) config += "HostKey " + folder_.file("host_" + type) + "\n";
  config += "AuthorizedKeysFile " + folder_.file("authorized_keys") + "\nPidFile none\nStrictModes no\n" +
            "LogLevel VERBOSE\nPermitRootLogin yes\nPrintMotd no\nMaxStartups 200\nUsePAM " +
            (options_.use_pam ? "yes" : "no") + "\n";
  write_text(folder_.file("sshd_config"), config);
  start();
}

Sshd::~Sshd() { stop(); }

void Sshd::start() {
  pid_ = spawn({"/usr/sbin/sshd", "-D", "-e", "-f", folder_.file("sshd_config")}, folder_.file("log"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!accepts_connections(options_.port)) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline) {
      give_up("sshd does not start: " + log());
    }
    std::this_thread::yield();
  }
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
    lines += "[127.0.0.1]:" + std::to_string(options_.port) + " " +
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

}  // namespace pcb::test
