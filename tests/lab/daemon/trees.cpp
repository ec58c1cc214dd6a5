#include "tests/lab/daemon/trees.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "tests/lab/model/render.h"
#include "tests/lab/model/text.h"

namespace pcb::lab {
namespace {

constexpr gid_t kWwwData = 33;
constexpr double kRrdKeptSeconds = 300.0;

const char* const kGuestFiles[] = {"cpu.stat",        "memory.current", "memory.stat",  "memory.swap.current",
                                   "memory.swap.max", "memory.max",     "memory.high",  "memory.events",
                                   "io.stat",         "cpu.max",        "cpu.weight",   "cpuset.cpus",
                                   "cgroup.events",   "pids.current",   "cpu.pressure", "memory.pressure",
                                   "io.pressure"};

NodePtr pmxcfs_node(NodePtr node, mode_t mode) {
  node->pmxcfs = true;
  node->group = kWwwData;
  if (node->kind != Node::Kind::symlink) node->mode = mode;
  return node;
}

// "nodes/pve1/lxc/101.conf" → 101, and whether it is a VM's; 0 for any other file.
int guest_of(const std::string& path, bool& vm) {
  std::istringstream parts(path);
  std::string top, node, kind, file;
  std::getline(parts, top, '/');
  std::getline(parts, node, '/');
  std::getline(parts, kind, '/');
  std::getline(parts, file);
  vm = kind == "qemu-server";
  if (top != "nodes" || (!vm && kind != "lxc")) return 0;
  char* end = nullptr;
  const long id = std::strtol(file.c_str(), &end, 10);
  return std::string(end) == ".conf" ? static_cast<int>(id) : 0;
}

}  // namespace

Trees::Trees(Model& model, std::map<std::string, std::string> addresses, std::function<double()> second,
             Desk desk)
    : model_(model), addresses_(std::move(addresses)), second_(std::move(second)), desk_(std::move(desk)) {
  build_shared();
  for (auto& [name, host] : model_.hosts()) build_host(host);
  for (auto& [id, guest] : model_.guests()) {
    if (guest.running) show(guest);
  }
  for (auto& [name, host] : model_.hosts()) publish(name);
}

void Trees::build_shared() {
  const auto& cluster = model_.spec();
  const auto top = [](const char* name, mode_t mode) {
    auto node = pmxcfs_node(make_directory(), mode);
    node->name = name;
    return node;
  };
  nodes_ = top("nodes", 0755);
  ha_ = top("ha", 0755);
  priv_ = top("priv", 0700);
  attach(priv_, "lock", pmxcfs_node(make_directory(), 0700));
  attach(priv_, "authorized_keys", pmxcfs_node(make_file("# the cluster's own keys\n"), 0600));
  for (const auto& host : cluster.hosts) {
    for (const char* kind : {"lxc", "qemu-server", "priv"})
      pmxcfs_node(make_path(nodes_, host.name + "/" + kind), std::string(kind) == "priv" ? 0700 : 0755);
  }
  for (auto& [name, node] : nodes_->children) pmxcfs_node(node, 0755);
  for (const auto& [id, guest] : cluster.guests) {
    const auto directory = find(nodes_, guest.host + (guest.vm ? "/qemu-server" : "/lxc"));
    auto file = pmxcfs_node(make_file(render::guest_config(cluster, guest)), 0640);
    file->mtime = model_.unix_seconds(*model_.host(guest.host), 0.0) - 86400.0;
    attach(directory, std::to_string(id) + ".conf", file);
  }
  const auto file = [&](const NodePtr& directory, const char* name, std::string text) {
    attach(directory, name, pmxcfs_node(make_file(std::move(text)), 0640));
  };
  bool ha = false;
  for (const auto& [id, guest] : cluster.guests) ha = ha || guest.ha;
  if (ha) file(ha_, "resources.cfg", render::ha_resources(cluster));
  const bool nine = cluster.hosts.front().major() >= 9;
  if (nine && (!cluster.ha_groups.empty() || !cluster.ha_affinities.empty()))
    file(ha_, "rules.cfg", render::ha_rules(cluster));
  if (!nine && !cluster.ha_groups.empty()) file(ha_, "groups.cfg", render::ha_groups(cluster));
  for (const auto& [name, text] :
       {std::pair<const char*, std::string>{"storage.cfg", render::storage_cfg(cluster)},
        {"datacenter.cfg", render::datacenter_cfg(cluster)},
        {"corosync.conf", render::corosync_conf(cluster, addresses_)}}) {
    if (cluster.hosts.size() == 1 && std::string(name) == "corosync.conf") continue;
    auto node = pmxcfs_node(make_file(text), 0640);
    node->name = name;
    shared_[name] = node;
  }
}

void Trees::build_host(HostState& host) {
  auto root = make_directory();
  roots_[host.spec.name] = root;
  build_proc(host, attach(root, "proc", make_directory(0555)));
  const auto cgroup = attach(root, "cgroup", make_directory());
  attach(cgroup, "cgroup.controllers", make_file("cpuset cpu io memory hugetlb pids rdma misc\n"));
  for (const char* name : {"lxc", "lxc.monitor", "qemu.slice"}) attach(cgroup, name, make_directory());
  attach(root, "qemu-server", make_directory());  // is /run/qemu-server
  build_cards(host, attach(root, "net", make_directory()));
  build_pve(host, attach(root, "pve", make_directory()));
  const auto desk = attach(root, "lab", make_directory(0700));
  const std::string name = host.spec.name;
  auto control = make_file("", 0600);
  control->receive = [this, name](std::string_view, std::string_view text) {
    return desk_.command(name, std::string(text));
  };
  attach(desk, "control", control);
  attach(desk, "faults", make_rendered([this, name] { return desk_.faults(name); }));
  attach(desk, "phase", make_rendered([this] { return form("%.3f\n", model_.spec().phase_seconds); }));
  attach(desk, "root", make_rendered([state = &host] {
           return form("%.0f %.0f\n", state->spec.root_bytes, state->spec.root_used_bytes);
         }));
  attach(desk, "guests", make_rendered([this] {
           std::string text;
           for (const auto& [id, guest] : model_.guests())
             text +=
                 form("%d %s %s %s\n", id, guest.spec.vm ? "vm" : "ct",
                      guest.host.empty() ? "-" : guest.host.c_str(), guest.running ? "running" : "stopped");
           return text;
         }));
}

// /sys/class/net: a kernel without VLAN filtering would not show what every Proxmox node shows.
void Trees::build_cards(const HostState& host, const NodePtr& net) {
  const auto card = [&](const std::string& name) {
    const auto directory = make_path(net, name);
    attach(directory, "mtu", make_file(name == "lo" ? "65536\n" : "1500\n"));
    attach(directory, "operstate", make_file("up\n"));
    return directory;
  };
  card("lo");
  card("eno1");
  const auto& aware = host.spec.vlan_aware;
  for (const auto& bridge : host.spec.bridges) {
    const bool is_aware = std::find(aware.begin(), aware.end(), bridge) != aware.end();
    attach(make_path(card(bridge), "bridge"), "vlan_filtering", make_file(is_aware ? "1\n" : "0\n"));
  }
}

void Trees::build_proc(HostState& host, const NodePtr& proc) {
  HostState* state = &host;
  const auto add = [&](const std::string& path, std::function<std::string()> text) {
    const auto slash = path.rfind('/');
    const auto directory = slash == std::string::npos ? proc : make_path(proc, path.substr(0, slash), 0555);
    attach(directory, slash == std::string::npos ? path : path.substr(slash + 1),
           make_rendered(std::move(text)));
  };
  add("stat", [this, state] { return render::proc_stat(model_, *state, second_()); });
  add("uptime", [this, state] { return render::proc_uptime(*state, second_()); });
  add("meminfo", [this, state] { return render::proc_meminfo(model_, *state, second_()); });
  add("loadavg", [this, state] { return render::proc_loadavg(model_, *state, second_()); });
  for (const char* resource : {"cpu", "memory", "io"})
    add(std::string("pressure/") + resource,
        [this, state, resource] { return render::proc_pressure(model_, *state, second_(), resource); });
  add("net/dev", [this, state] { return render::proc_net_dev(model_, *state, second_()); });
  add("net/unix", [this, state] { return render::proc_net_unix(model_, *state); });
  add("vmstat", [this, state] { return render::proc_vmstat(*state, second_()); });
  add("cpuinfo", [state] { return render::proc_cpuinfo(*state); });
  add("version", [state] { return render::proc_version(*state); });
  add("mounts", [] { return render::proc_mounts(); });
  if (host.spec.arc_bytes > 0.0)
    add("spl/kstat/zfs/arcstats", [this, state] { return render::arcstats(*state, second_()); });
  attach(proc, ".kernel", make_directory(0555));  // a real /proc is mounted here
  for (const char* name : {"self", "thread-self", "sys", "filesystems", "cmdline", "devices"})
    attach(proc, name, make_symlink(std::string(".kernel/") + name));
}

void Trees::build_pve(HostState& host, const NodePtr& pve) {
  HostState* state = &host;
  const std::string name = host.spec.name;
  pmxcfs_node(pve, 0755);
  const auto dot = [&](const char* file, std::function<std::string()> text) {
    attach(pve, file, pmxcfs_node(make_rendered(std::move(text)), 0440));
  };
  dot(".members",
      [this, state] { return render::members(model_, *state, 5 + file_versions_["members"], addresses_); });
  dot(".vmlist", [this] { return render::vmlist(model_, vmlist_version_); });
  dot(".version", [this] { return version_text(); });
  dot(".rrd", [this] { return rrd_text(); });
  dot(".clusterlog", [] { return std::string("{\n\"data\": [\n]\n}\n"); });
  for (const auto& [link, target] : {std::pair<const char*, std::string>{"local", "nodes/" + name},
                                     {"lxc", "nodes/" + name + "/lxc"},
                                     {"qemu-server", "nodes/" + name + "/qemu-server"},
                                     {"openvz", "nodes/" + name + "/openvz"}})
    attach(pve, link, pmxcfs_node(make_symlink(target), 0755));
  for (const auto& directory : {nodes_, ha_, priv_}) pve->children[directory->name] = directory;
  for (const auto& [file, node] : shared_) pve->children[file] = node;
}

void Trees::show(GuestState& guest) {
  const auto root = roots_.at(guest.host);
  HostState* host = model_.host(guest.host);
  GuestState* state = &guest;
  const std::string id = std::to_string(guest.spec.id);
  const auto proc = find(root, "proc");
  const auto pid_files = [&](int pid, bool monitor) {
    const auto directory = make_path(proc, std::to_string(pid), 0555);
    attach(directory, "stat",
           make_rendered([host, state, monitor] { return render::proc_pid_stat(*host, *state, monitor); }));
    return directory;
  };
  const int monitor = render::monitor_pid(guest), init = render::init_pid(guest);
  pid_files(init, false);
  const auto directory =
      make_path(root, guest.spec.vm ? "cgroup/qemu.slice/" + id + ".scope" : "cgroup/lxc/" + id);
  for (const char* file : kGuestFiles) {
    attach(directory, file, make_rendered([this, state, file] {
             return render::cgroup_file(model_, *state, second_(), file);
           }));
  }
  attach(directory, "cgroup.procs", make_file(guest.spec.vm ? form("%d\n", init) : ""));
  if (guest.spec.vm) {
    attach(find(root, "qemu-server"), id + ".pid", make_file(form("%d\n", init)));
    return;
  }
  attach(make_path(directory, "ns"), "cgroup.procs", make_file(""));
  attach(make_path(directory, "ns"), "memory.current", make_rendered([this, state] {
           return render::cgroup_file(model_, *state, second_(), "memory.current");
         }));
  attach(make_path(directory, "ns/init.scope"), "cgroup.procs", make_file(form("%d\n", init)));
  attach(make_path(root, "cgroup/lxc.monitor/" + id), "cgroup.procs", make_file(form("%d\n", monitor)));
  attach(make_path(pid_files(monitor, true), "task/" + std::to_string(monitor), 0555), "children",
         make_file(form("%d \n", init)));
}

void Trees::hide(const GuestState& guest) {
  const auto root = roots_.at(guest.host);
  const std::string id = std::to_string(guest.spec.id);
  detach(*find(root, guest.spec.vm ? "cgroup/qemu.slice" : "cgroup/lxc"), guest.spec.vm ? id + ".scope" : id);
  detach(*find(root, "cgroup/lxc.monitor"), id);
  detach(*find(root, "qemu-server"), id + ".pid");
  detach(*find(root, "proc"), std::to_string(render::init_pid(guest)));
  detach(*find(root, "proc"), std::to_string(render::monitor_pid(guest)));
}

void Trees::start(int id) {
  GuestState* guest = model_.guest(id);
  if (guest == nullptr || guest->running || guest->host.empty()) return;
  model_.start(id, second_());
  show(*guest);
}

void Trees::stop(int id) {
  GuestState* guest = model_.guest(id);
  if (guest == nullptr || !guest->running) return;
  hide(*guest);
  model_.stop(id, second_());
}

std::string Trees::place_of(int id, bool vm) const {
  const std::string file = std::string(vm ? "/qemu-server/" : "/lxc/") + std::to_string(id) + ".conf";
  for (const auto& [name, node] : nodes_->children) {
    if (find(nodes_, name + file)) return name;
  }
  return {};
}

NodePtr Trees::guest_file(int id) const {
  for (const auto& [name, node] : nodes_->children) {
    for (const char* kind : {"/lxc/", "/qemu-server/"}) {
      if (auto file = find(nodes_, name + kind + std::to_string(id) + ".conf")) return file;
    }
  }
  return nullptr;
}

void Trees::read_again(GuestState& guest, const std::string& text) {
  std::istringstream lines(text);
  std::optional<double> cores, cpulimit;
  std::string lock;
  for (std::string line; std::getline(lines, line) && (line.empty() || line[0] != '[');) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos || line[0] == '#') continue;
    const std::string key = line.substr(0, colon), value = line.substr(colon + 2);
    if (key == "cores") cores = std::strtod(value.c_str(), nullptr);
    if (key == "cpulimit") cpulimit = std::strtod(value.c_str(), nullptr);
    if (key == "memory") guest.spec.memory_bytes = std::strtod(value.c_str(), nullptr) * 1048576.0;
    if (key == "lock") lock = value;
  }
  if (HostState* host = model_.host(guest.host)) model_.advance(*host, second_());
  guest.spec.cores = cores;
  guest.spec.cpulimit = cpulimit;
  guest.spec.lock = lock;
}

void Trees::changed(const std::string& path) {
  ++file_versions_[path];
  bool vm = false;
  const int id = guest_of(path, vm);
  GuestState* guest = model_.guest(id);
  if (guest == nullptr || guest->spec.vm != vm) return;
  guest->config_version = ++vmlist_version_;
  const std::string place = place_of(id, vm);
  if (place != guest->host) {
    if (guest->running) hide(*guest);
    model_.relocate(id, place, second_());
    if (guest->running) show(*guest);
  }
  if (const auto file = guest_file(id)) read_again(*guest, file->content);
}

void Trees::publish(const std::string& host) {
  rrd_[host] = {second_(), render::rrd_rows(model_, *model_.host(host), second_())};
}

std::string Trees::rrd_text() {
  std::string text;
  for (const auto& [host, published] : rrd_) {
    if (second_() - published.at < kRrdKeptSeconds) text += published.rows;
  }
  return text;
}

std::string Trees::version_text() {
  std::string text = form("{\n\"starttime\": %.0f,\n\"clinfo\": %llu,\n\"vmlist\": %llu,\n",
                          std::floor(model_.unix_seconds(model_.hosts().begin()->second, 0.0)) - 86400.0,
                          static_cast<unsigned long long>(5 + file_versions_["members"]),
                          static_cast<unsigned long long>(vmlist_version_));
  for (const char* file : {"corosync.conf", "storage.cfg", "datacenter.cfg", "ha/crm_commands",
                           "ha/manager_status", "ha/resources.cfg", "ha/groups.cfg", "ha/rules.cfg"})
    text += form("\"%s\": %llu,\n", file, static_cast<unsigned long long>(1 + file_versions_[file]));
  text += "\"kvstore\": {\n";
  const char* separator = "";
  for (const auto& [name, host] : model_.hosts()) {
    text += form("%s\"%s\": {\n\"tasklist\": 200,\n\"static-info\": 1}\n", separator, name.c_str());
    separator = ",\n";
  }
  return text + "}\n}\n";
}

void Trees::set_ha_files(std::function<std::string()> manager,
                         std::function<std::string(const std::string&)> lrm) {
  attach(ha_, "manager_status", pmxcfs_node(make_rendered(std::move(manager)), 0640));
  for (auto& [name, node] : nodes_->children) {
    const std::string host = name;
    attach(node, "lrm_status", pmxcfs_node(make_rendered([lrm, host] { return lrm(host); }), 0640));
  }
}

}  // namespace pcb::lab
