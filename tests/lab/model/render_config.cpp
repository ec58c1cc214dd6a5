#include <algorithm>

#include "tests/lab/model/render.h"
#include "tests/lab/model/text.h"

namespace pcb::lab::render {
namespace {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string size_text(double bytes) {
  constexpr double kMega = 1024.0 * 1024, kGiga = kMega * 1024;
  return bytes >= kGiga ? form("%.15gG", bytes / kGiga) : form("%.0fM", bytes / kMega);
}

std::string volume(const ClusterSpec& cluster, const GuestSpec& guest, const std::string& storage,
                   std::size_t number) {
  const auto found = cluster.storages.find(storage);
  const std::string type = found == cluster.storages.end() ? "dir" : found->second.type;
  const int id = guest.id;
  if (type == "dir" || type == "nfs" || type == "cifs" || type == "cephfs")
    return form("%s:%d/vm-%d-disk-%zu.%s", storage.c_str(), id, id, number, guest.vm ? "qcow2" : "raw");
  if (type == "zfspool" && !guest.vm) return form("%s:subvol-%d-disk-%zu", storage.c_str(), id, number);
  return form("%s:vm-%d-disk-%zu", storage.c_str(), id, number);
}

using Lines = std::vector<std::string>;

std::string net_line(const GuestSpec& guest) {
  const std::string tag = guest.vlan > 0 ? form(",tag=%d", guest.vlan) : "";
  const std::string mac =
      form("BC:24:11:%02X:%02X:%02X", guest.id >> 16 & 255, guest.id >> 8 & 255, guest.id & 255);
  if (guest.vm) return form("net0: virtio=%s,bridge=%s%s", mac.c_str(), guest.bridge.c_str(), tag.c_str());
  return form("net0: name=eth0,bridge=%s,hwaddr=%s,ip=dhcp%s,type=veth", guest.bridge.c_str(), mac.c_str(),
              tag.c_str());
}

Lines container_lines(const ClusterSpec& cluster, const GuestSpec& guest) {
  Lines lines{"arch: amd64", "hostname: " + guest.name, "ostype: debian", "unprivileged: 1"};
  if (guest.cores) lines.push_back(form("cores: %.0f", *guest.cores));
  if (guest.cpulimit) lines.push_back(form("cpulimit: %.15g", *guest.cpulimit));
  lines.push_back(form("memory: %.0f", guest.memory_bytes / 1048576.0));
  lines.push_back(form("swap: %.0f", guest.swap_bytes / 1048576.0));
  for (std::size_t i = 0; i < guest.disks.size(); ++i) {
    const auto& [storage, size] = guest.disks[i];
    const std::string where = i == 0 ? "rootfs: " : form("mp%zu: ", i - 1);
    const std::string at = i == 0 ? "" : form(",mp=/mnt/disk%zu", i);
    lines.push_back(where + volume(cluster, guest, storage, i) + at + ",size=" + size_text(size));
  }
  if (!guest.bind_mount.empty())
    lines.push_back(
        form("mp%zu: %s,mp=%s", guest.disks.size() - 1, guest.bind_mount.c_str(), guest.bind_mount.c_str()));
  return lines;
}

Lines machine_lines(const ClusterSpec& cluster, const GuestSpec& guest) {
  Lines lines{"agent: 1",    "boot: order=scsi0",          "name: " + guest.name, "numa: 0",
              "ostype: l26", "scsihw: virtio-scsi-single", "sockets: 1"};
  if (guest.cores) lines.push_back(form("cores: %.0f", *guest.cores));
  if (guest.cpulimit) lines.push_back(form("cpulimit: %.15g", *guest.cpulimit));
  if (!guest.cpu_type.empty()) lines.push_back("cpu: " + guest.cpu_type);
  lines.push_back(form("memory: %.0f", guest.memory_bytes / 1048576.0));
  for (std::size_t i = 0; i < guest.disks.size(); ++i) {
    const auto& [storage, size] = guest.disks[i];
    lines.push_back(form("scsi%zu: ", i) + volume(cluster, guest, storage, i) + ",size=" + size_text(size));
  }
  return lines;
}

}  // namespace

std::string guest_config(const ClusterSpec& cluster, const GuestSpec& guest) {
  Lines lines = guest.vm ? machine_lines(cluster, guest) : container_lines(cluster, guest);
  lines.push_back(net_line(guest));
  if (guest.onboot) lines.push_back("onboot: 1");
  if (guest.template_) lines.push_back("template: 1");
  if (!guest.lock.empty()) lines.push_back("lock: " + guest.lock);
  if (!guest.tags.empty()) {
    auto tags = guest.tags;
    std::sort(tags.begin(), tags.end());
    lines.push_back("tags: " + joined(tags, ";"));
  }
  if (!guest.snapshots.empty()) lines.push_back("parent: " + guest.snapshots.back());
  std::sort(lines.begin(), lines.end());
  lines.insert(lines.end(), guest.raw.begin(), guest.raw.end());
  std::string text = joined(lines, "\n") + "\n";
  std::string parent;
  for (const auto& name : guest.snapshots) {
    text += "\n[" + name + "]\n" +
            joined(guest.vm ? machine_lines(cluster, guest) : container_lines(cluster, guest), "\n") + "\n";
    if (!parent.empty()) text += "parent: " + parent + "\n";
    text += "snaptime: 1763000000\n";
    parent = name;
  }
  return text;
}

std::string storage_cfg(const ClusterSpec& cluster) {
  std::string text = "dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl,backup\n";
  for (const auto& [name, storage] : cluster.storages) {
    text += "\n" + storage.type + ": " + name + "\n";
    if (storage.type == "zfspool") text += "\tpool rpool/" + name + "\n";
    if (storage.type == "lvmthin") text += "\tthinpool data\n\tvgname pve\n";
    if (storage.type == "lvm") text += "\tvgname " + name + "\n";
    if (storage.type == "dir" || storage.type == "nfs" || storage.type == "cifs")
      text += "\tpath /mnt/pve/" + name + "\n";
    if (storage.type == "rbd") text += "\tkrbd 1\n\tpool " + name + "\n";
    text += "\tcontent " + storage.content + "\n";
    if (!storage.hosts.empty()) text += "\tnodes " + joined(storage.hosts, ",") + "\n";
    if (storage.shared) text += "\tshared 1\n";
    if (storage.disabled) text += "\tdisable\n";
  }
  return text;
}

std::string datacenter_cfg(const ClusterSpec& cluster) {
  return std::string("crs: ha=") + (cluster.auto_rebalance ? "dynamic,ha-auto-rebalance=1" : "static") +
         "\nkeyboard: en-us\nmigration: type=secure\n";
}

std::string corosync_conf(const ClusterSpec& cluster, const std::map<std::string, std::string>& addresses) {
  std::string text = "logging {\n  debug: off\n  to_syslog: yes\n}\n\nnodelist {\n";
  for (std::size_t i = 0; i < cluster.hosts.size(); ++i) {
    const auto& name = cluster.hosts[i].name;
    const auto address = addresses.find(name);
    text += form("  node {\n    name: %s\n    nodeid: %zu\n    quorum_votes: 1\n    ring0_addr: %s\n  }\n",
                 name.c_str(), i + 1, address == addresses.end() ? "" : address->second.c_str());
  }
  return text +
         "}\n\nquorum {\n  provider: corosync_votequorum\n}\n\ntotem {\n  cluster_name: " + cluster.name +
         "\n  config_version: 3\n  interface {\n    linknumber: 0\n  }\n  ip_version: ipv4-6\n  link_mode: "
         "passive\n"
         "  secauth: on\n  version: 2\n}\n";
}

std::string ha_resources(const ClusterSpec& cluster) {
  const bool nine = cluster.hosts.front().major() >= 9;
  std::string text;
  for (const auto& [id, guest] : cluster.guests) {
    if (!guest.ha) continue;
    text += form("%s: %d\n", guest.vm ? "vm" : "ct", id);
    if (!nine && !guest.ha_group.empty()) text += "\tgroup " + guest.ha_group + "\n";
    if (nine && !guest.ha_failback) text += "\tfailback 0\n";
    text += "\tstate " + guest.ha_state + "\n\n";
  }
  return text;
}

namespace {

std::string nodes_with_priority(const HaGroupSpec& group) {
  std::vector<std::string> words;
  for (const auto& [name, priority] : group.nodes)
    words.push_back(priority > 0 ? form("%s:%d", name.c_str(), priority) : name);
  return joined(words, ",");
}

}  // namespace

std::string ha_groups(const ClusterSpec& cluster) {
  std::string text;
  for (const auto& [name, group] : cluster.ha_groups) {
    text += form("group: %s\n\tnodes %s\n\tnofailback %d\n\trestricted %d\n\n", name.c_str(),
                 nodes_with_priority(group).c_str(), group.nofailback ? 1 : 0, group.restricted ? 1 : 0);
  }
  return text;
}

std::string ha_rules(const ClusterSpec& cluster) {
  std::string text;
  for (const auto& [name, group] : cluster.ha_groups) {
    std::vector<std::string> resources;
    for (const auto& [id, guest] : cluster.guests) {
      if (guest.ha && guest.ha_group == name) resources.push_back(guest.sid());
    }
    if (resources.empty()) continue;
    text += "node-affinity: " + name + "\n\tnodes " + nodes_with_priority(group) + "\n\tresources " +
            joined(resources, ",") + "\n";
    if (group.restricted) text += "\tstrict 1\n";
    text += "\n";
  }
  for (const auto& [name, rule] : cluster.ha_affinities) {
    std::vector<std::string> resources;
    for (const int id : rule.guests) {
      const auto guest = cluster.guests.find(id);
      if (guest != cluster.guests.end()) resources.push_back(guest->second.sid());
    }
    text += "resource-affinity: " + name + "\n\taffinity " + (rule.positive ? "positive" : "negative") +
            "\n\tresources " + joined(resources, ",") + "\n\n";
  }
  return text;
}

std::string pvecfg(const HostSpec& host) {
  const std::string release = host.version.substr(0, host.version.find('.', host.version.find('.') + 1));
  return "package PVE::pvecfg;\n\nuse strict;\nuse warnings;\n\nsub package {\n    return "
         "'pve-manager';\n}\n\nsub version {\n    return '" +
         host.version + "';\n}\n\nsub release {\n    return '" + release +
         "';\n}\n\nsub repoid {\n    return '2a5fa54a8503f96d';\n}\n\n1;\n";
}

}  // namespace pcb::lab::render
