#include "tests/lab/host/delay.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/lab/host/run.h"
#include "tests/support/delay_proxy.h"

namespace pcb::lab {

Result<pid_t> start_delay(pid_t host, double seconds_each_way) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return Error{errno_text("cannot make a pipe")};
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "pcb-lab-delay");
    const int space = open(("/proc/" + std::to_string(host) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) != 0) _exit(1);
    const int listener = test::delay_listener(INADDR_ANY, kDelayPort);
    if (listener < 0) _exit(1);
    if (write(ready[1], "r", 1) != 1) _exit(1);
    for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd) {  // the daemon's descriptors must not live on here
      if (fd != listener) close(fd);
    }
    test::run_delay_proxy({{listener, 22}}, seconds_each_way);
  }
  close(ready[1]);
  char byte = 0;
  const bool started = pid > 0 && read(ready[0], &byte, 1) == 1;
  close(ready[0]);
  if (!started) return Error{"the delaying proxy did not start"};
  return pid;
}

}  // namespace pcb::lab
