// One host of the lab: a process tree in its own mount, pid, uts and network namespace, with a real sshd.
//
// Its first process sets the namespaces up, starts sshd and reaps; it dies with the daemon, and everything in
// the host dies with it, so nothing is left behind whoever is killed. /etc, /usr and /var are the machine's
// own under an overlay, /root, /run and /tmp are fresh, /etc/pve, /sys/fs/cgroup and /proc come from the
// daemon over FUSE (what programs need of a real /proc is linked from /proc/.kernel, a hidden second mount).
// Signals to the first process: SIGUSR1 stops sshd, SIGUSR2 starts it again, SIGHUP restarts it.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.h"
#include "tests/lab/host/network.h"
#include "tests/lab/model/spec.h"

namespace pcb::lab {

struct HostPlan {
  std::string name;
  std::string base;  // its directory on the lab's tmpfs, filled by lay_out()
  std::string log;   // what sshd says
  CardSettings card;
};

// The files of a host: sshd's configuration and keys, accounts, authorized keys, Proxmox's version.
struct HostFiles {
  std::string host_keys;       // directory with ssh_host_{ed25519,ecdsa,rsa}_key and .pub
  std::string authorized_key;  // the line of the lab's own key
  std::string standins;        // directory of the programs that stand for Proxmox's
};
Status lay_out(const HostPlan& plan, const HostSpec& spec, const HostFiles& files);

struct StartedHost {
  pid_t pid = -1;
  int go = -1;     // write a byte when its network card is there
  int ready = -1;  // gives "mounted\n" once the device is, then "ok\n" or what went wrong
};
// `fuse_fd` is mounted by the host; `close_in_host` are descriptors of the daemon that it must not hold.
Result<StartedHost> start_host(const HostPlan& plan, int fuse_fd, const std::vector<int>& close_in_host);

}  // namespace pcb::lab
