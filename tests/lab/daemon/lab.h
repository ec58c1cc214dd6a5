// The lab's daemon: model, trees, hosts and network of one lab, in one loop.
//
// run() builds everything, tells `ready` what it made (or what went wrong), and serves FUSE requests, the
// clock and the commands of `lab status|set|fault|…` until it is asked to quit or signalled; then it takes
// everything down again. Killed hard, it takes the hosts with it, and `lab down` removes the bridge. One
// process, one thread. Tested by tests/lab/checks/lab_test.cpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "tests/lab/daemon/ha.h"
#include "tests/lab/daemon/trees.h"
#include "tests/lab/fs/fuse_channel.h"
#include "tests/lab/host/host.h"
#include "tests/lab/host/network.h"
#include "tests/lab/model/model.h"

namespace pcb::lab {

class Lab {
 public:
  Lab(ClusterSpec spec, std::string directory, std::string standins);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // `ready_fd` gets one line: "ok" or the error. Returns the exit code.
  int run(int ready_fd);

 private:
  struct Running {
    HostPlan plan;
    StartedHost process;
    std::unique_ptr<FuseChannel> channel;
    pid_t delay = -1;              // the delaying proxy
    std::set<std::string> faults;  // of the host itself: "network", "sshd", "frozen", …
  };

  Status build();
  Status make_keys();
  Status start_hosts();
  Status await_hosts();
  Status write_outputs();
  void serve(int timeout_milliseconds);
  void tick();
  void accept_command();
  void take_down();

  std::string answer(const std::string& request);
  std::string status_json();
  std::string set_load(const std::vector<std::string>& words);
  std::string fault(const std::vector<std::string>& words);
  Status host_fault(Running& host, const std::string& what, const std::string& value, bool on);
  Status file_fault(Running& host, const std::string& what, const std::string& value, bool on);
  Status delay(Running& host, const std::string& value, bool on);
  Status run_in(const Running& host, std::vector<std::string> command);
  int stand_in(const std::string& host, const std::string& command);
  void record(const std::string& host, const std::string& text);
  [[nodiscard]] double second() const;
  [[nodiscard]] std::vector<std::string> in_host(const Running& host, std::vector<std::string> command) const;

  std::string directory_;  // of the user, absolute
  std::string standins_;
  std::string scratch_;  // the lab's tmpfs, seen by the daemon and its hosts alone
  std::string public_key_;
  Model model_;
  Network network_;
  bool have_network_ = false;
  std::map<std::string, std::string> addresses_;
  std::unique_ptr<Trees> trees_;
  std::unique_ptr<HaManager> ha_;
  std::map<std::string, Running> hosts_;
  std::map<std::string, std::string> faults_;  // of stand-ins: "101.shutdown" → "timeout"
  std::map<std::string, double> next_publish_;
  double started_monotonic_ = 0.0, ticked_at_ = 0.0;
  std::map<pid_t, int> ended_;  // children that were reaped while serving, and how they ended
  int epoll_ = -1, listener_ = -1, signals_ = -1;
  bool quit_ = false;
};

}  // namespace pcb::lab
