// Why a guest cannot move: the closed set of codes, with meaning and cure. Tested by
// tests/layers/test_codes.py.
#pragma once

#include <string_view>

namespace pcb {

struct BlockerCode {
  std::string_view code;
  std::string_view meaning;
  bool may_be_allowed = true;  // by allow_blockers; not what Proxmox itself would refuse or undo
};
inline constexpr BlockerCode kBlockerCodes[] = {
    {"bind_mount", "a mount point is a directory of this host"},
    {"device_mount", "a mount point is a block device of this host"},
    {"dev", "a device node is passed to the container that not every target has"},
    {"raw_lxc", "raw lxc.* lines of the configuration name things of this host"},
    {"idmap_subid", "an id mapping needs entries in /etc/subuid and /etc/subgid of the target"},
    {"hookscript_storage", "the hook script lies on storage that a target does not have"},
    {"hostpci", "a PCI device, shared memory or encrypted memory binds the VM to this host while it runs"},
    {"usb", "a USB device of this host is passed through"},
    {"serial", "a serial or parallel port of this host is passed through"},
    {"mapping_missing", "a mapped device has no entry for a target"},
    {"virtiofs", "a directory of this host is shared by virtiofs"},
    {"cpu_affinity", "the guest is bound to CPUs of this host"},
    {"hugepages", "the guest needs huge pages set up on its host"},
    {"vtpm_local", "the TPM state lies on local storage"},
    {"linked_clone", "a volume depends on a base volume on local storage"},
    {"local_iso", "a CD-ROM image lies on local storage"},
    {"cloudinit_local", "the cloud-init image lies on local storage"},
    {"snapshot_on_local", "a snapshot on local storage that cannot travel"},
    {"replication_running", "a replication of its volumes is running", false},
    {"lock", "Proxmox holds a lock on it, such as backup", false},
    {"template", "it is a template", false},
    {"ha_state", "HA is in a state in which it must not be touched", false},
    {"auto_rebalance", "Proxmox balances HA guests itself", false},
    {"ignored", "the tag plb_ignore_* says: leave it where it is"},
};

}  // namespace pcb
