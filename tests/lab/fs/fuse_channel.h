// One host's trees, served to the kernel over /dev/fuse (protocol 7, no library).
//
// The daemon opens the device, the host's init mounts it in its own mount namespace; serve() answers what the
// kernel asks. A dead daemon gives the hosts ENOTCONN, as a dead pmxcfs does. Directories of /proc and
// /sys/fs/cgroup may be cached by the kernel for a quarter of a second, their files for a minute (one whose
// directory has been removed fails at open). What is in /etc/pve is not cached at all, so that a change made
// on one host is seen on every other at once.
//
// One thread. Tested by tests/lab/checks/lab_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/lab/fs/node.h"

struct fuse_in_header;
struct fuse_attr;
struct fuse_setattr_in;

namespace pcb::lab {

// How pmxcfs is on one host. `no_quorum`: readable, every write is EACCES. `dead`: ENOTCONN.
enum class PmxcfsState { quorate, no_quorum, dead };

struct FuseSettings {
  std::function<PmxcfsState()> pmxcfs_state;
  std::function<void(const std::string& path)>
      changed;                           // a file of the shared tree: "nodes/pve1/lxc/101.conf"
  std::function<double()> unix_seconds;  // what the host calls now
  double lock_lifetime_seconds = 120.0;  // after which an unrenewed lock may be asked for
  std::string host;
};

class FuseChannel {
 public:
  FuseChannel(int fd, NodePtr root, FuseSettings settings);
  ~FuseChannel();
  FuseChannel(const FuseChannel&) = delete;
  FuseChannel& operator=(const FuseChannel&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  // Answers all that waits. False: the mount is gone.
  bool serve();

 private:
  struct Known {
    NodePtr node;
    std::uint64_t lookups = 0;
  };
  struct Handle {
    NodePtr node;
    std::string content;
    std::vector<std::pair<std::string, NodePtr>> entries;
  };

  void dispatch(const char* message, std::size_t size);
  void reply(const fuse_in_header& in, std::string_view body);
  void fail(const fuse_in_header& in, int error);
  void reply_entry(const fuse_in_header& in, const NodePtr& node);
  void reply_attr(const fuse_in_header& in, Node& node);

  NodePtr node_of(std::uint64_t id);
  [[nodiscard]] int guard(const Node& node, bool writes) const;  // 0 or the errno that pmxcfs would give
  void fill(Node& node, fuse_attr& attr) const;
  void tell(const Node& node) const;

  void init(const fuse_in_header& in, std::string_view body);
  void lookup(const fuse_in_header& in, std::string_view body);
  void setattr(const fuse_in_header& in, std::string_view body);
  int set_times(Node& node, const fuse_setattr_in& change);
  void make(const fuse_in_header& in, std::string_view body, bool directory);
  void create(const fuse_in_header& in, std::string_view body);
  void remove(const fuse_in_header& in, std::string_view body, bool directory);
  void rename(const fuse_in_header& in, std::string_view body, std::size_t header_size);
  void open(const fuse_in_header& in);
  void open_directory(const fuse_in_header& in);
  void read(const fuse_in_header& in, std::string_view body);
  void read_directory(const fuse_in_header& in, std::string_view body);
  void write(const fuse_in_header& in, std::string_view body);
  void release(const fuse_in_header& in, std::string_view body);
  void forget(std::uint64_t id, std::uint64_t count);

  int fd_;
  NodePtr root_;
  FuseSettings settings_;
  std::unordered_map<std::uint64_t, Known> known_;
  std::unordered_map<std::uint64_t, Handle> handles_;
  std::uint64_t next_handle_ = 1;
  std::vector<char> buffer_;
};

}  // namespace pcb::lab
