#include "tests/lab/checks/lab_run.h"

#include <chrono>
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
  const test::TemporaryFolder said;
  const std::string out_name = said.write("out", ""), err_name = said.write("err", "");
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(open(out_name.c_str(), O_WRONLY), STDOUT_FILENO);
    dup2(open(err_name.c_str(), O_WRONLY), STDERR_FILENO);
    auto words = command;
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), slurp(out_name), slurp(err_name)};
}

bool await(double seconds, const std::function<bool()>& holds) {
  return test::wait_until(holds, std::chrono::duration<double>(seconds));
}

LabRun::LabRun(const std::string& yaml) {
  const auto up = lab({"up", folder_.write("cluster.yaml", yaml)});
  EXPECT_EQ(up.code, 0) << up.err;
}

LabRun::~LabRun() { static_cast<void>(lab({"down"})); }

Outcome LabRun::lab(std::vector<std::string> words) const {
  words.insert(words.begin(), {PCB_LAB_PROGRAM, "--dir", folder_.path()});
  return run_and_wait(words);
}

nlohmann::json LabRun::status() const {
  const auto outcome = lab({"status"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out, nullptr, false);
}

std::vector<std::string> LabRun::ssh_command(const std::string& host, const std::string& command) const {
  std::istringstream state(slurp(folder_.file("state")));
  std::string address;
  for (std::string word, name; state >> word;) {
    if (word == "host" && state >> name && name == host) state >> address;
  }
  return {"ssh",
          "-F",
          "/dev/null",
          "-i",
          folder_.file("id_ed25519"),
          "-o",
          "UserKnownHostsFile=" + folder_.file("known_hosts"),
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

std::string LabRun::record() const { return slurp(folder_.file("record")); }

}  // namespace pcb::lab
