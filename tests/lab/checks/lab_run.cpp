#include "tests/lab/checks/lab_run.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/wait.h"

namespace pcb::lab {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Outcome run_and_wait(const std::vector<std::string>& command) {
  char out_name[] = "/tmp/pcb-out-XXXXXX", err_name[] = "/tmp/pcb-err-XXXXXX";
  const int out = mkstemp(out_name), err = mkstemp(err_name);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    auto words = command;
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), slurp(out_name),
                  slurp(err_name)};
  close(out);
  close(err);
  unlink(out_name);
  unlink(err_name);
  return outcome;
}

bool await(double seconds, const std::function<bool()>& holds) {
  return test::wait_until(holds, std::chrono::duration<double>(seconds));
}

LabRun::LabRun(const std::string& yaml) {
  char name[] = "/tmp/pcb-lab-test-XXXXXX";
  directory_ = mkdtemp(name);
  std::ofstream(directory_ + "/cluster.yaml") << yaml;
  const auto up = lab({"up", directory_ + "/cluster.yaml"});
  EXPECT_EQ(up.code, 0) << up.err;
}

LabRun::~LabRun() {
  static_cast<void>(lab({"down"}));
  std::filesystem::remove_all(directory_);
}

Outcome LabRun::lab(std::vector<std::string> words) const {
  words.insert(words.begin(), {PCB_LAB_PROGRAM, "--dir", directory_});
  return run_and_wait(words);
}

nlohmann::json LabRun::status() const {
  const auto outcome = lab({"status"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out, nullptr, false);
}

std::vector<std::string> LabRun::ssh_command(const std::string& host, const std::string& command) const {
  std::istringstream state(slurp(directory_ + "/state"));
  std::string address;
  for (std::string word, name; state >> word;) {
    if (word == "host" && state >> name && name == host) state >> address;
  }
  return {"ssh",
          "-F",
          "/dev/null",
          "-i",
          directory_ + "/id_ed25519",
          "-o",
          "UserKnownHostsFile=" + directory_ + "/known_hosts",
          "-o",
          "BatchMode=yes",
          "-o",
          "ConnectTimeout=3",
          "root@" + address,
          command};
}

Outcome LabRun::ssh(const std::string& host, const std::string& command) const {
  return run_and_wait(ssh_command(host, command));
}

std::string LabRun::record() const { return slurp(directory_ + "/record"); }

}  // namespace pcb::lab
