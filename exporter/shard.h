// Which hosts one of several exporters reads: `--shard 2/3`.
//
// Pure. A host belongs to exactly one shard: FNV-1a (64 bit) of its name, modulo the number of shards, so
// that every exporter and every version decides alike and nothing has to be told. The first shard alone shows
// the series of the whole cluster; what is about a host, its guests and its storages is shown by the host's
// own. Tested by tests/exporter/shard_test.cpp.
#pragma once

#include <string_view>

#include "cluster/config.h"
#include "common/result.h"

namespace pcb {

struct Shard {
  int index = 1, count = 1;  // from 1; the default is all there is
  [[nodiscard]] bool has(std::string_view host) const;
};

// "2/3": 1 ≤ index ≤ count ≤ 100.
Result<Shard> read_shard(std::string_view text);

// Takes the other shards' hosts out of proxmox_hosts. Fails where none is left, since members are known from
// a host that is read, and with ssh.jump, whose host would be another shard's.
Status keep_own_hosts(const Shard& shard, Config& config);

}  // namespace pcb
