// The program balancer-evaluator with a configuration of its own, in a world where nobody else answers.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/http/client.h"
#include "tests/support/sshd.h"
#include "tests/support/wait.h"

namespace pcb {

using test::Program;
using test::TemporaryFolder;
using test::wait_until;

inline constexpr std::chrono::seconds kPatient{60};  // for an answer, also on a slow machine
inline const std::string kProgram = PCB_BINARY_DIR "/bin/balancer-evaluator";

struct Finished {
  int code = 0;
  std::string output;
};

inline Finished run_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kProgram);
  Program program(arguments);
  const int code = program.wait();
  return {code, program.output()};
}

class Serve : public ::testing::Test {
 protected:
  Serve() { write_config(); }

  void write_config(const std::string& more = "") {
    test::write_text(token_, "sesame");
    test::write_text(
        config_, "cluster: lab\nproxmox_hosts:\n  - {name: pve1, address: 127.0.0.1, user: root, key_path: " +
                     token_ + "}\nexporter: {listen: \"127.0.0.1:" + std::to_string(nobody_) +
                     "\"}\nprometheus: {url: \"http://127.0.0.1:" + std::to_string(nobody_) +
                     "\"}\nalertmanager: {urls: [\"http://127.0.0.1:" + std::to_string(nobody_) +
                     "\"]}\nevaluator:\n  listen: \"127.0.0.1:" + std::to_string(port_) +
                     "\"\n  interval: 1s\n  state_directory: " + folder_.file("state") +
                     "\n  webhook: {bearer_token_file: " + token_ + "}\n" + more);
  }

  std::unique_ptr<Program> start(std::vector<std::string> before = {}) {
    for (const char* word : {"serve", "--config"}) before.emplace_back(word);
    if (before.front() == "serve") before.insert(before.begin(), kProgram);
    before.push_back(config_);
    auto program = std::make_unique<Program>(before);
    EXPECT_TRUE(wait_until([&] { return get("/-/ready").status == 200; })) << program->output();
    return program;
  }

  http::ClientResponse get(const std::string& path) {
    http::ClientSettings settings;
    settings.timeout = kPatient;
    http::Client client(settings);
    auto answer = client.get("http://127.0.0.1:" + std::to_string(port_) + path);
    return answer.ok() ? *answer : http::ClientResponse{};
  }
  int post(const std::string& body, const std::string& token = "sesame") {
    http::ClientSettings settings;
    settings.bearer_token = token;
    settings.timeout = kPatient;
    http::Client client(settings);
    auto answer = client.post("http://127.0.0.1:" + std::to_string(port_) + "/webhook", body);
    return answer.ok() ? answer->status : 0;
  }

  TemporaryFolder folder_;
  std::string config_ = folder_.file("config.yaml");
  std::string token_ = folder_.file("token");
  int port_ = test::free_port();
  int nobody_ = test::free_port();
};

}  // namespace pcb
