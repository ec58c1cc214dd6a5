// The nodes of the lab's file trees: what a host sees under /proc, /sys/fs/cgroup and /etc/pve.
//
// One tree per host, served over FUSE by fs/fuse_channel.h. A file either holds bytes, or is rendered at the
// moment it is opened: a reader always gets one consistent picture of the model, exact to the microsecond,
// and nothing has to be written while nobody reads. The directories of pmxcfs that every host shares (nodes,
// ha, priv) are the same Node objects in all trees. One thread. Tested by tests/lab/checks/lab_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace pcb::lab {

struct Node;
using NodePtr = std::shared_ptr<Node>;

struct Node {
  enum class Kind { directory, file, symlink };

  Kind kind = Kind::file;
  std::uint64_t id = 0;
  std::string name;
  mode_t mode = 0;  // permission bits only
  gid_t group = 0;
  double mtime = 0.0;  // Unix seconds
  bool attached = true;
  bool pmxcfs = false;  // part of /etc/pve: follows the rules of pmxcfs (quorum, modes, death)
  Node* parent = nullptr;
  std::string content;                  // a file's bytes, a symlink's target
  std::function<std::string()> render;  // makes the content at every open
  std::function<int(std::string_view host, std::string_view text)>
      receive;  // takes what is written; 0 or errno
  std::map<std::string, NodePtr, std::less<>> children;

  double lock_renewed_at = 0.0;  // of a directory in priv/lock: monotonic seconds
};

NodePtr make_directory(mode_t mode = 0755);
NodePtr make_file(std::string content, mode_t mode = 0444);
NodePtr make_rendered(std::function<std::string()> render, mode_t mode = 0444);
NodePtr make_symlink(std::string target);

// Puts `child` into `directory` under `name` (in place of what stood there) and returns it.
NodePtr attach(const NodePtr& directory, std::string_view name, NodePtr child);
void detach(Node& directory, std::string_view name);

// Directories along "a/b/c", made where they are missing.
NodePtr make_path(const NodePtr& root, std::string_view path, mode_t mode = 0755);
NodePtr find(const NodePtr& root, std::string_view path);

// "nodes/pve1/lxc/101.conf": names from the topmost shared directory down.
std::string path_of(const Node& node);

}  // namespace pcb::lab
