#include "evaluator/page/code_words.h"

#include <utility>

#include "cluster/blocker_codes.h"

namespace pcb {
namespace {

constexpr std::pair<std::string_view, std::string_view> kMeanings[] = {
    {"lock", "Proxmox holds a lock on it, such as backup"},
    {"template", "it is a template"},
    {"stopped", "it is stopped, so moving it relieves nothing"},
    {"unknown_use", "its state or its use is not known, or too old"},
    {"cooldown", "it, or one of the hosts, was part of a move a short time ago"},
    {"auto_rebalance", "Proxmox balances HA guests itself"},
    {"ha_class",
     "HA would not let it be there: it is not started or stopped, or the host is not among those of the "
     "highest priority"},
    {"host_state",
     "the source gives no guests, or the target takes none: offline, in maintenance, not read, not a member"},
    {"storage_missing", "the target has not the storage of one of its volumes"},
    {"storage_inactive", "the target has that storage, and it is not active"},
    {"storage_content", "the storage on the target is not for this content (images, rootdir)"},
    {"storage_space", "the copy of its volumes would not fit"},
    {"bridge", "the target has not the bridge of one of its network cards"},
    {"vlan", "the bridge on the target is not VLAN aware, and its card has a tag"},
    {"pve_version", "the target runs an older Proxmox VE than live migration allows"},
    {"cpu_model", "it uses CPU type host, and the target has another CPU"},
    {"cpu_level", "the target's CPU lacks the level that its CPU type needs"},
    {"cpu_vendor", "the target's CPU is of another vendor"},
    {"local_disks", "it runs from local disks, which are not to be copied"},
    {"cores", "it has more cores than the target"},
    {"overcommit_memory",
     "the configured memory of the target's guests would exceed evaluator.memory_overcommit_vm or "
     "memory_overcommit_container"},
    {"cpu_limit", "the target would be over its CPU threshold"},
    {"memory_limit", "the target would be over its memory threshold, or into its reserve"},
    {"rule_together", "a strict rule keeps it with guests that are elsewhere"},
    {"rule_apart", "a strict rule keeps it apart from a guest on the target"},
    {"rule_only_on", "a strict rule does not name the target"},
    {"rule_avoid", "a strict rule names the target"},
    {"no_order", "the moves would be good together, but no order of them is allowed at every step"},
};

}  // namespace

std::string_view meaning_of(std::string_view code) {
  for (const auto& [name, meaning] : kMeanings)
    if (name == code) return meaning;
  for (const BlockerCode& blocker : kBlockerCodes)
    if (blocker.code == code) return blocker.meaning;
  return "";
}

}  // namespace pcb
