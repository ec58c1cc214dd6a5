// Reader of a guest's config: /etc/pve/nodes/<node>/lxc/<id>.conf and qemu-server/<id>.conf.
//
// Pure. Only the lines before the first "[section]" are the live config; sections are pending changes,
// snapshots, or Proxmox's own ("special:…"). Unknown keys are kept, unknown lines ignored. A file that does
// not end with a line end, or a container that has neither rootfs nor lock, is half-written: an error.
// Source: proxmox.md 1.6. Tested by tests/exporter/parse_guest_config_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

// "volume,option=value,…": a disk or mount point of a guest.
struct GuestVolume {
  enum class Kind { storage, bind_mount, device, none };
  std::string key;  // "rootfs", "mp0", "scsi0", "unused0", "vmstate"
  Kind kind = Kind::storage;
  std::string storage;               // for Kind::storage
  std::string volume;                // behind "storage:", or the path
  std::optional<double> size_bytes;  // absent also for "0T", which directories have
  bool shared_by_admin = false;      // shared=1: the same on every host, says the administrator
  bool cdrom = false;
};

struct GuestNic {
  std::string bridge;
  std::optional<int> tag;
  std::string mac;
};

struct GuestConfig {
  bool is_container = true;
  std::string number;                                        // "101"
  std::map<std::string, std::string, std::less<>> keys;      // of the live config
  std::vector<std::pair<std::string, std::string>> raw_lxc;  // "lxc.mount.entry" → value, in order
  std::vector<std::string> snapshots;
  std::vector<GuestVolume> volumes;
  std::vector<GuestNic> nics;
  std::vector<std::string> tags;

  [[nodiscard]] std::string id() const { return (is_container ? "lxc/" : "qemu/") + number; }
  [[nodiscard]] std::string_view get(std::string_view key) const;  // empty if absent
  [[nodiscard]] std::string name() const;  // hostname or name, else as Proxmox shows it: "CT112", "VM 212"
  [[nodiscard]] double memory_bytes() const;
  [[nodiscard]] std::optional<double> cores_limit()
      const;                                   // cores, else cpulimit (container); sockets × cores (VM)
  [[nodiscard]] std::string cpu_type() const;  // of a VM: "host", "x86-64-v2-AES", "kvm64"
};

// Six pairs of hexadecimal digits with colons between them.
bool is_mac(std::string_view text);

Result<GuestConfig> parse_guest_config(std::string_view text, bool is_container, std::string_view number);

// Options of "x,a=1,b=2": the value of `key`; empty if absent.
std::string_view option_of(std::string_view value, std::string_view key);

}  // namespace pcb
