// Real sshd for tests: one server with its own keys, port and log in a temporary folder.
//
// Sshd::start() runs /usr/sbin/sshd (absolute, as it must be) in the foreground on 127.0.0.1 and returns when
// it accepts connections, or aborts the test program with the log when it does not within 10 s. Needs root,
// as the lab does. Everything is removed and every process of it ended by the destructor.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/temporary_folder.h"

namespace pcb::test {

std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text, mode_t mode = 0600);
// Runs a program to its end and gives what it printed; aborts when it fails.
std::string run(const std::vector<std::string>& arguments);
// The cheapest bcrypt hash of a password, as web configuration files hold it.
std::string crypt_hash(const std::string& password);
// A TCP port on 127.0.0.1 that was free a moment ago.
int free_port();
// Makes FILE and FILE.pub.
void make_key(const std::string& file, const std::string& type, const std::string& passphrase = "");

// A program in the background, killed by the destructor.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  void send_signal(int signal) const;
  // Aborts after 10 s, with what the program printed.
  void wait_for_file(const std::string& path) const;
  [[nodiscard]] std::string output() const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits for its end, at most 10 s; gives its exit code.
  int wait();

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

struct SshdOptions {
  std::vector<std::string> host_key_types{"ed25519", "ecdsa"};
  std::vector<std::string> lines;  // added to sshd_config, above the defaults (the first one counts)
  std::string forced_command;      // of the authorized key
  std::string max_startups = "200";
  bool use_pam = false;
  std::string root_password;  // the server sees an /etc/shadow of its own, in a mount namespace of its own
  std::string address = "127.0.0.1";
  int port = 0;  // 0: a free one
};

class Sshd {
 public:
  explicit Sshd(SshdOptions options = {});
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  [[nodiscard]] int port() const { return options_.port; }
  // An ed25519 key that may log in as root, and the known_hosts line(s) of this server.
  [[nodiscard]] std::string key() const { return folder_.file("user_key"); }
  [[nodiscard]] std::string known_hosts(const std::string& type = "") const;
  void authorize(const std::string& public_key_file);
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

  void stop();   // the listener and all its sessions, at once
  void start();  // again, on the same port with the same keys
  void replace_host_key(const std::string& type);
  // The processes below the listener: of sessions, and what they run.
  [[nodiscard]] std::vector<pid_t> sessions() const;
  void signal_sessions(int signal) const;

 private:
  SshdOptions options_;
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

}  // namespace pcb::test
