#include "evaluator/setup/members.h"

#include "cluster/config_values.h"
#include "cluster/json_tree.h"

namespace pcb {
namespace {

void add(std::vector<Member>& members, Member member) {
  if (!is_node_name(member.name) || member.address.empty()) return;
  for (Member& known : members) {
    if (known.address != member.address) continue;
    if (member.state == "online") known = std::move(member);
    return;
  }
  members.push_back(std::move(member));
}

}  // namespace

// The tree is flat: every label is a text node with its key, and each entry's name comes before its address.
Result<std::vector<Member>> read_members(std::string_view sd_json) {
  const auto tree = read_json_tree(sd_json);
  if (!tree) return tree.error().in("the exporter's list of hosts");
  std::vector<Member> members;
  const auto& nodes = tree->nodes;
  for (std::size_t entry = 1; entry < nodes.size(); entry = nodes[entry].next) {
    Member member;
    for (std::size_t index = entry; index < nodes[entry].next; ++index) {
      const JsonNode& node = nodes[index];
      if (node.kind != JsonKind::string) continue;
      if (node.key == "__meta_pve_node") member.name = node.text;
      if (node.key == "__meta_pve_address") member.address = node.text;
      if (node.key == "__meta_pve_state") member.state = node.text;
    }
    add(members, std::move(member));
  }
  return members;
}

}  // namespace pcb
