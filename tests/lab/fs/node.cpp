#include "tests/lab/fs/node.h"

#include <atomic>
#include <vector>

namespace pcb::lab {
namespace {

std::uint64_t next_id() {
  static std::uint64_t last = 1;  // 1 is FUSE's own number for the root of a mount
  return ++last;
}

NodePtr make(Node::Kind kind, mode_t mode) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->mode = mode;
  node->id = next_id();
  return node;
}

}  // namespace

NodePtr make_directory(mode_t mode) { return make(Node::Kind::directory, mode); }

NodePtr make_file(std::string content, mode_t mode) {
  auto node = make(Node::Kind::file, mode);
  node->content = std::move(content);
  return node;
}

NodePtr make_rendered(std::function<std::string()> render, mode_t mode) {
  auto node = make(Node::Kind::file, mode);
  node->render = std::move(render);
  return node;
}

NodePtr make_symlink(std::string target) {
  auto node = make(Node::Kind::symlink, 0777);
  node->content = std::move(target);
  return node;
}

NodePtr attach(const NodePtr& directory, std::string_view name, NodePtr child) {
  detach(*directory, name);
  child->name = std::string(name);
  child->parent = directory.get();
  child->attached = true;
  child->pmxcfs = child->pmxcfs || directory->pmxcfs;
  directory->children[child->name] = child;
  return child;
}

void detach(Node& directory, std::string_view name) {
  const auto found = directory.children.find(name);
  if (found == directory.children.end()) return;
  std::vector<Node*> leaving{found->second.get()};
  while (!leaving.empty()) {
    Node* node = leaving.back();
    leaving.pop_back();
    node->attached = false;
    for (auto& [child_name, child] : node->children) leaving.push_back(child.get());
  }
  found->second->parent = nullptr;
  directory.children.erase(found);
}

NodePtr make_path(const NodePtr& root, std::string_view path, mode_t mode) {
  NodePtr at = root;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    const auto found = at->children.find(name);
    at = found != at->children.end() ? found->second : attach(at, name, make_directory(mode));
  }
  return at;
}

NodePtr find(const NodePtr& root, std::string_view path) {
  NodePtr at = root;
  while (at && !path.empty()) {
    const auto slash = path.find('/');
    const auto found = at->children.find(path.substr(0, slash));
    at = found != at->children.end() ? found->second : nullptr;
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return at;
}

std::string path_of(const Node& node) {
  std::string path = node.name;
  for (const Node* at = node.parent; at != nullptr && !at->name.empty(); at = at->parent) {
    path.insert(0, at->name + "/");
  }
  return path;
}

}  // namespace pcb::lab
