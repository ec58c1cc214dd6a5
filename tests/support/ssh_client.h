// A client for tests: one Loop with one Connection to an Sshd, asked in a blocking way with a deadline.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "common/ssh/loop.h"
#include "tests/support/sshd.h"

namespace pcb::test {

// Answers every line "word" on its stdin with "begin word end".
inline const std::string kEchoScript = "while read -r word; do echo \"begin $word end\"; done\n";

class SshClient {
 public:
  explicit SshClient(const Sshd& sshd) : SshClient(settings_for(sshd), sshd.known_hosts()) {}
  // known_hosts: the text of its file.
  SshClient(ssh::ConnectionSettings settings, const std::string& known_hosts) {
    if (settings.known_hosts_path.empty()) {
      settings.known_hosts_path = folder_.file("known_hosts");
      write_text(settings.known_hosts_path, known_hosts);
    }
    auto loop = ssh::Loop::create();
    EXPECT_TRUE(loop.ok());
    loop_ = std::move(*loop);
    connection_ = &loop_->add(std::move(settings));
  }

  static ssh::ConnectionSettings settings_for(const Sshd& sshd) {
    ssh::ConnectionSettings settings;
    settings.name = "pve1";
    settings.address = "127.0.0.1";
    settings.port = sshd.port();
    settings.key_path = sshd.key();
    settings.script = kEchoScript;
    return settings;
  }

  ssh::Outcome ask(const std::string& word, ssh::Request request = {}) {
    std::optional<ssh::Outcome> outcome;
    request.text = word + "\n";
    if (!request.complete) {
      request.complete = [](std::string_view received) { return received.ends_with(" end\n"); };
    }
    request.done = [&outcome](ssh::Outcome result) { outcome = std::move(result); };
    connection_->submit(std::move(request), ssh::Clock::now());
    const auto deadline = ssh::Clock::now() + std::chrono::seconds(30);
    while (!outcome && ssh::Clock::now() < deadline) loop_->run_once(deadline);
    if (!outcome) {
      ADD_FAILURE() << "no outcome within 30 s";
      return {{ssh::Failure::none, "no outcome"}, {}, {}};
    }
    return *outcome;
  }

  // Runs the loop until the condition holds, at most 10 s.
  bool run_until(const std::function<bool()>& condition) {
    const auto deadline = ssh::Clock::now() + std::chrono::seconds(10);
    while (!condition() && ssh::Clock::now() < deadline) {
      loop_->run_once(ssh::Clock::now() + std::chrono::milliseconds(10));
    }
    return condition();
  }

  ssh::Connection& connection() { return *connection_; }
  [[nodiscard]] std::string known_hosts_file() const { return connection_->settings().known_hosts_path; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ssh::Loop> loop_;
  ssh::Connection* connection_ = nullptr;
};

}  // namespace pcb::test
