#include "exporter/movability.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace pcb {
namespace {

class Finder {
 public:
  Finder(const GuestConfig& config, const Surroundings& around) : config_(config), around_(around) {}

  std::vector<Blocker> find() && {
    find_state();
    find_ha();
    find_volumes();
    find_hookscript();
    find_tags();
    if (config_.is_container) {
      find_container_devices();
      find_raw_lxc();
    } else {
      find_vm_devices();
    }
    return std::move(found_);
  }

 private:
  void add(std::string_view code, std::string_view detail, std::string cure) {
    const bool known = std::any_of(found_.begin(), found_.end(), [&](const Blocker& blocker) {
      return blocker.code == code && blocker.detail == detail;
    });
    if (!known) found_.push_back({std::string(code), std::string(detail), std::move(cure)});
  }

  [[nodiscard]] bool is_shared(std::string_view storage) const {
    return is_shared_storage(around_.storages, storage).value_or(false);
  }

  [[nodiscard]] bool device_everywhere(std::string_view path) const {
    if (around_.neighbours.hosts.empty() ||
        around_.neighbours.facts.size() != around_.neighbours.hosts.size())
      return false;
    return std::all_of(around_.neighbours.facts.begin(), around_.neighbours.facts.end(),
                       [&](const HostFacts* facts) { return facts->devices.contains(std::string(path)); });
  }

  void find_state() {
    if (const auto lock = config_.get("lock"); !lock.empty()) {
      add("lock", lock,
          "wait until the task that holds the lock has ended; if none runs: " + tool() + " unlock " +
              config_.number);
    } else if (!around_.running_task.empty()) {
      add("lock", "running task " + around_.running_task, "wait until the task has ended");
    }
    if (config_.get("template") == "1")
      add("template", "template", "templates are not balanced; clone it instead");
    if (around_.replication_running)
      add("replication_running", "replication", "wait until the replication has ended");
  }

  void find_ha() {
    if (around_.ha == nullptr || !around_.ha->managed) return;
    if (!around_.auto_rebalance) {
      add("auto_rebalance", "crs, which is not understood",
          "write ha-auto-rebalance=0 or =1 into crs in datacenter.cfg, and end the last line of the file");
    } else if (*around_.auto_rebalance) {
      add("auto_rebalance", "crs",
          "Proxmox itself moves HA guests; take ha-auto-rebalance=1 out of crs in datacenter.cfg to leave it "
          "to us");
    }
    if (around_.service == nullptr) {
      add("ha_state", "not known to the HA manager", "wait for the HA manager, or see ha-manager status");
      return;
    }
    const auto& state = around_.service->state;
    if (around_.service->moving || (state != "started" && state != "stopped")) {
      add("ha_state", state, "wait until the HA manager is done with it, or see ha-manager status");
    }
  }

  void find_volumes() {
    for (const auto& volume : config_.volumes) {
      if (volume.kind == GuestVolume::Kind::bind_mount && !volume.shared_by_admin) {
        add("bind_mount", volume.key,
            "add shared=1 to " + volume.key + " if the path is the same mount on every host");
      } else if (volume.kind == GuestVolume::Kind::device && !volume.shared_by_admin) {
        add("device_mount", volume.key,
            "add shared=1 to " + volume.key + " if the device is the same on every host");
      } else if (volume.kind == GuestVolume::Kind::storage && !is_shared(volume.storage)) {
        find_local_volume(volume);
      }
    }
  }

  void find_local_volume(const GuestVolume& volume) {
    const auto& name = volume.volume;
    if (name.find("cloudinit") != std::string::npos && !config_.is_container) {
      add("cloudinit_local", volume.key, "move the cloud-init drive to a shared storage");
    } else if (volume.cdrom) {
      add("local_iso", volume.key, "qm set " + config_.number + " --" + volume.key + " none,media=cdrom");
    } else if (volume.key == "tpmstate0") {
      add("vtpm_local", volume.key, "move the TPM state to a shared storage");
    }
    // A linked clone names its base first: "base-100-disk-0/vm-101-disk-0",
    // "100/base-100-disk-0.qcow2/101/…".
    for (std::size_t at = name.find("base"); at != std::string::npos; at = name.find("base", at + 1)) {
      const bool starts_part = at == 0 || name[at - 1] == '/';
      if (starts_part && (name.compare(at, 5, "base-") == 0 || name.compare(at, 8, "basevol-") == 0) &&
          name.find('/', at) != std::string::npos) {
        add("linked_clone", volume.key, "make it a full clone: move the volume to another storage and back");
        break;
      }
    }
    if (!config_.snapshots.empty() && !volume.cdrom && !moves_with_snapshots(volume.storage)) {
      add("snapshot_on_local", volume.key, "delete the snapshots, or move the volume to a shared storage");
    }
  }

  // Local storages whose snapshots Proxmox can send along; not while a VM runs on them.
  [[nodiscard]] bool moves_with_snapshots(std::string_view storage) const {
    if (!config_.is_container && around_.running) return false;
    if (around_.storages == nullptr) return false;
    return std::any_of(around_.storages->begin(), around_.storages->end(), [&](const StorageConfig& known) {
      return known.name == storage && (known.type == "zfspool" || known.type == "btrfs");
    });
  }

  void find_hookscript() {
    const auto script = config_.get("hookscript");
    if (script.empty()) return;
    const auto storage = script.substr(0, script.find(':'));
    const bool everywhere =
        is_shared(storage) &&
        std::all_of(
            around_.neighbours.hosts.begin(), around_.neighbours.hosts.end(), [&](const std::string& host) {
              return std::any_of(around_.storages->begin(), around_.storages->end(),
                                 [&](const StorageConfig& known) {
                                   return known.name == storage && !known.disabled && known.is_on(host);
                                 });
            });
    if (!everywhere) {
      add("hookscript_storage", script, "put the hook script on a storage that every host has");
    }
  }

  void find_tags() {
    for (const auto& tag : config_.tags) {
      if (tag.starts_with("plb_ignore") || tag == "no-migrate") {
        add("ignored", tag, "take the tag " + tag + " off the guest");
      }
    }
  }

  void find_container_devices() {
    for (const auto& [key, value] : config_.keys) {
      if (!key.starts_with("dev") || !text::to_uint64(std::string_view(key).substr(3))) continue;
      const auto named = option_of(value, "path");
      const auto path = named.empty() ? std::string_view(value).substr(0, value.find(',')) : named;
      if (!device_everywhere(path)) {
        add("dev", key, "give every host the device " + std::string(path) + ", or take " + key + " out");
      }
    }
  }

  void find_raw_lxc() {
    for (const auto& [key, value] : config_.raw_lxc) {
      if (key.starts_with("lxc.idmap")) {
        add("idmap_subid", "lxc.idmap",
            "write the same lines into /etc/subuid and /etc/subgid of every host, then allow_blockers: " +
                allow());
      } else if (key.ends_with("cpuset.cpus") || key.ends_with("cpuset.mems")) {
        add("cpu_affinity", key, "use cores instead of " + key);
      } else if (!is_harmless(key, value)) {
        add("raw_lxc", key,
            "if it works on every host, write allow_blockers: " + allow() + " into config.yaml");
      }
    }
  }

  [[nodiscard]] bool is_harmless(std::string_view key, std::string_view value) const {
    // These name nothing outside the container.
    constexpr std::array<std::string_view, 18> kHarmless = {"lxc.environment",

                                                            "lxc.apparmor.allow_nesting",
                                                            "lxc.apparmor.raw",
                                                            "lxc.cap.",
                                                            "lxc.cgroup.devices.",
                                                            "lxc.cgroup2.devices.",
                                                            "lxc.cgroup2.memory.",
                                                            "lxc.cgroup2.cpu.",
                                                            "lxc.cgroup2.pids.",
                                                            "lxc.mount.auto",
                                                            "lxc.prlimit.",
                                                            "lxc.sysctl.",
                                                            "lxc.tty.",
                                                            "lxc.pty.",
                                                            "lxc.init.",
                                                            "lxc.signal.",
                                                            "lxc.no_new_privs",
                                                            "lxc.autodev"};
    if (std::any_of(kHarmless.begin(), kHarmless.end(),
                    [&](auto prefix) { return key.starts_with(prefix); })) {
      return true;
    }
    if (key == "lxc.apparmor.profile") {  // profiles that every Proxmox host has
      return value == "unconfined" || value == "generated" || value.starts_with("lxc-container-default");
    }
    if (key != "lxc.mount.entry") return false;
    const auto words = text::split_words(value);
    if (words.size() < 3) return false;
    constexpr std::array<std::string_view, 5> kVirtual = {"tmpfs", "proc", "sysfs", "mqueue", "devpts"};
    return std::find(kVirtual.begin(), kVirtual.end(), words[2]) != kVirtual.end() ||
           device_everywhere(words[0]);
  }

  void find_vm_devices() {
    for (const auto& [key, value] : config_.keys) {
      const auto digits = key.find_first_of("0123456789");
      if (digits == std::string::npos || digits == 0) continue;
      const auto kind = std::string_view(key).substr(0, digits);
      if (kind == "hostpci") find_passed_through("hostpci", key, value);
      if (kind == "usb" && value.find("spice") == std::string::npos) find_passed_through("usb", key, value);
      if (kind == "serial" && value != "socket")
        add("serial", key, "qm set " + config_.number + " --delete " + key);
      if (kind == "parallel") add("serial", key, "qm set " + config_.number + " --delete " + key);
      if (kind == "virtiofs") add("virtiofs", key, "qm set " + config_.number + " --delete " + key);
    }
    if (!config_.get("ivshmem").empty()) add("hostpci", "ivshmem", "take the shared memory device out");
    if (around_.running && !config_.get("amd-sev").empty())
      add("hostpci", "amd-sev", "move it while it is stopped");
    if (around_.running && !config_.get("intel-tdx").empty())
      add("hostpci", "intel-tdx", "move it while it is stopped");
    if (!config_.get("affinity").empty())
      add("cpu_affinity", "affinity", "take affinity out, or use fewer cores");
    if (const auto pages = config_.get("hugepages"); !pages.empty()) {
      add("hugepages", pages, "if every host reserves such pages, write allow_blockers: " + allow());
    }
  }

  void find_passed_through(std::string_view code, const std::string& key, std::string_view value) {
    const auto mapping = option_of(value, "mapping");
    if (mapping.empty()) {
      add(code, key, "map the device on every host (Datacenter, Resource Mappings), or take " + key + " out");
      return;
    }
    const Mapping* known = nullptr;
    if (around_.mappings != nullptr) {
      const auto found = around_.mappings->find(std::string(mapping));
      if (found != around_.mappings->end()) known = &found->second;
    }
    const bool everywhere =
        known != nullptr &&
        std::all_of(around_.neighbours.hosts.begin(), around_.neighbours.hosts.end(),
                    [&](const std::string& host) {
                      return std::find(known->nodes.begin(), known->nodes.end(), host) != known->nodes.end();
                    });
    if (!everywhere) {
      add("mapping_missing", key,
          "add every host to the mapping " + std::string(mapping) + " (Resource Mappings)");
    }
    if (around_.running && (known == nullptr || !known->live_migration)) {
      add(code, key, "stop the VM to move it: mapped devices do not move live");
    }
  }

  [[nodiscard]] std::string tool() const { return config_.is_container ? "pct" : "qm"; }
  [[nodiscard]] std::string allow() const { return "{" + config_.id() + ": […]}"; }

  const GuestConfig& config_;
  const Surroundings& around_;
  std::vector<Blocker> found_;
};

}  // namespace

std::vector<Blocker> find_blockers(const GuestConfig& config, const Surroundings& around) {
  return Finder(config, around).find();
}

std::optional<bool> is_shared_storage(const std::vector<StorageConfig>* storages, std::string_view name) {
  if (storages == nullptr) return std::nullopt;
  for (const auto& storage : *storages) {
    if (storage.name == name) return storage.shared;
  }
  return std::nullopt;
}

}  // namespace pcb
