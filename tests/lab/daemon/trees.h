// The file trees of all hosts, kept in step with the model.
//
// /proc and /sys/fs/cgroup of each host follow the guests that run on it; /etc/pve is one pmxcfs for all:
// shared directories, and dot files that each host sees its own way. A configuration file that is moved to
// another node's directory takes the guest along; a changed one is read again (cores, cpulimit, memory,
// lock). One thread. Tested by tests/lab/checks/lab_test.cpp.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/lab/fs/node.h"
#include "tests/lab/model/model.h"

namespace pcb::lab {

// What stand-ins may ask of the lab, beside files (see standins/common.sh).
struct Desk {
  std::function<int(const std::string& host, const std::string& command)> command;  // 0 or errno
  std::function<std::string(const std::string& host)> faults;                       // one "name value" a line
};

class Trees {
 public:
  Trees(Model& model, std::map<std::string, std::string> addresses, std::function<double()> second,
        Desk desk);

  [[nodiscard]] NodePtr root_of(const std::string& host) const { return roots_.at(host); }

  void start(int id);
  void stop(int id);
  void changed(const std::string& path);  // of /etc/pve, from the top: "nodes/pve1/lxc/101.conf"
  void publish(const std::string& host);  // what pvestatd does

  [[nodiscard]] NodePtr guest_file(int id) const;  // its configuration, wherever it is
  void set_ha_files(std::function<std::string()> manager, std::function<std::string(const std::string&)> lrm);

 private:
  void build_shared();
  void build_host(HostState& host);
  static void build_cards(const HostState& host, const NodePtr& net);
  void build_proc(HostState& host, const NodePtr& proc);
  void build_pve(HostState& host, const NodePtr& pve);
  void show(GuestState& guest);
  void hide(const GuestState& guest);
  [[nodiscard]] std::string place_of(int id, bool vm) const;
  void read_again(GuestState& guest, const std::string& text);
  [[nodiscard]] std::string version_text();
  [[nodiscard]] std::string rrd_text();

  Model& model_;
  std::map<std::string, std::string> addresses_;
  std::function<double()> second_;
  Desk desk_;
  std::map<std::string, NodePtr> roots_, shared_;
  NodePtr nodes_, ha_, priv_;
  struct Published {
    double at;
    std::string rows;
  };
  std::map<std::string, Published> rrd_;
  std::uint64_t vmlist_version_ = 1;
  std::map<std::string, std::uint64_t> file_versions_;
};

}  // namespace pcb::lab
