// A container or VM of the cluster document. Bytes, cores, ratios 0..1, Unix seconds; what is not known is
// absent. Pure values. Each field is described in cluster/document_fields_guest.h. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/document_host.h"

namespace pcb {

enum class GuestStatus { running, stopped, paused, unknown };

struct Volume {
  std::string key;  // "rootfs", "mp0", "scsi0"
  std::string storage;
  std::optional<double> size_bytes, used_bytes;
  std::optional<bool> shared;
};

struct HaHost {
  std::string name;
  std::optional<double> priority;
};

struct Ha {
  bool managed = false;
  std::optional<std::string> state;
  std::optional<bool> failback;
  std::optional<std::vector<HaHost>> hosts;  // absent: anywhere
};

struct Replication {
  std::string target;
  std::optional<double> last_sync_at;
  std::optional<bool> ok;
};

struct Blocker {
  std::string code;    // of the closed set of cluster/blocker_codes.h
  std::string detail;  // "mp0"
  std::string cure;    // what a person can do about it
};

struct Guest {
  std::string id;  // "lxc/101", "qemu/201"
  std::optional<std::string> name;
  std::string host;
  std::optional<GuestStatus> status;
  std::optional<bool> is_template;  // JSON key "template"
  std::optional<std::string> lock;
  std::optional<double> cpu_cores, cpu_used_cores, cpu_high_cores;
  std::optional<double> memory_bytes, memory_used_bytes, memory_high_bytes;  // used: needed on arrival
  std::optional<std::vector<Volume>> volumes;
  std::optional<std::vector<Bridge>> bridges;
  std::vector<std::string> macs;  // "bc:24:11:0a:0b:0c", of its network cards
  std::vector<std::string> tags;
  std::optional<std::string> cpu_type;
  std::optional<Ha> ha;
  std::vector<Replication> replication;
  std::vector<Blocker> blockers;
  std::optional<double> last_moved_at;
};

}  // namespace pcb
