// Whether migrations have a network of their own: datacenter.cfg (migration: network=CIDR) against the
// addresses of corosync.conf (ring0_addr, ring1_addr …).
//
// Pure. Without such a network they go over the one of the hosts' names, which corosync may need: false.
// Absent where it cannot be told: an address that is a name, no corosync.conf, a network that cannot be read.
// Source: proxmox.md 1.7. Tested by tests/exporter/parse_pve_test.cpp.
#pragma once

#include <optional>
#include <string_view>

namespace pcb {

std::optional<bool> migration_is_apart(std::string_view datacenter_cfg, std::string_view corosync_conf);

}  // namespace pcb
