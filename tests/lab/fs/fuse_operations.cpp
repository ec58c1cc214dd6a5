// What the kernel may ask of a tree: names, directories, files, and the locks of pmxcfs.
#include <cerrno>

#include <linux/fuse.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/lab/fs/fuse_bytes.h"
#include "tests/lab/fs/fuse_channel.h"

namespace pcb::lab {
namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;  // pmxcfs takes no larger file

double monotonic_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

bool is_lock(const Node& node) {
  return node.kind == Node::Kind::directory && node.parent != nullptr && path_of(*node.parent) == "priv/lock";
}

}  // namespace

void FuseChannel::lookup(const fuse_in_header& in, std::string_view body) {
  const NodePtr directory = node_of(in.nodeid);
  if (!directory) return fail(in, ESTALE);
  if (const int error = guard(*directory, false)) return fail(in, error);
  const auto found = directory->children.find(name_in(body));
  if (found == directory->children.end()) return fail(in, ENOENT);
  reply_entry(in, found->second);
}

int FuseChannel::set_times(Node& node, const fuse_setattr_in& change) {
  const bool asks_for_lock = is_lock(node) && (change.valid & FATTR_MTIME_NOW) == 0 && change.mtime == 0;
  if (asks_for_lock) {
    if (monotonic_seconds() - node.lock_renewed_at < settings_.lock_lifetime_seconds) return EACCES;
    detach(*node.parent, node.name);  // nobody renewed it: free for the next mkdir
    return 0;
  }
  node.lock_renewed_at = monotonic_seconds();
  node.mtime =
      (change.valid & FATTR_MTIME_NOW) != 0 ? settings_.unix_seconds() : static_cast<double>(change.mtime);
  return 0;
}

void FuseChannel::setattr(const fuse_in_header& in, std::string_view body) {
  const auto change = take<fuse_setattr_in>(body);
  const NodePtr node = node_of(in.nodeid);
  if (const int error = guard(*node, true)) return fail(in, error);
  if ((change.valid & FATTR_MODE) != 0 && (change.mode & 07777) != node->mode) return fail(in, EPERM);
  if ((change.valid & FATTR_UID) != 0 && change.uid != 0) return fail(in, EPERM);
  if ((change.valid & FATTR_GID) != 0 && change.gid != node->group) return fail(in, EPERM);
  if ((change.valid & FATTR_SIZE) != 0 && !node->receive) {
    if (change.size > kMaxFileBytes) return fail(in, EFBIG);
    node->content.resize(change.size);
    node->mtime = settings_.unix_seconds();
    tell(*node);
  }
  if ((change.valid & (FATTR_MTIME | FATTR_MTIME_NOW)) != 0) {
    if (const int error = set_times(*node, change)) return fail(in, error);
  }
  reply_attr(in, *node);
}

void FuseChannel::make(const fuse_in_header& in, std::string_view body, bool directory) {
  const NodePtr parent = node_of(in.nodeid);
  const auto name = name_in(body.substr(directory ? sizeof(fuse_mkdir_in) : sizeof(fuse_mknod_in)));
  if (const int error = guard(*parent, true)) return fail(in, error);
  if (parent->children.count(name) != 0) return fail(in, EEXIST);
  const bool is_private = (parent->mode & 0077) == 0;
  const NodePtr node =
      directory ? make_directory(is_private ? 0700 : 0755) : make_file("", is_private ? 0600 : 0640);
  node->group = parent->group;
  node->mtime = settings_.unix_seconds();
  node->lock_renewed_at = monotonic_seconds();
  attach(parent, name, node);
  tell(*node);
  reply_entry(in, node);
}

void FuseChannel::create(const fuse_in_header& in, std::string_view body) {
  const NodePtr parent = node_of(in.nodeid);
  const auto name = name_in(body.substr(sizeof(fuse_create_in)));
  if (const int error = guard(*parent, true)) return fail(in, error);
  if (parent->children.count(name) != 0) return fail(in, EEXIST);
  const NodePtr node = attach(parent, name, make_file("", (parent->mode & 0077) == 0 ? 0600 : 0640));
  node->group = parent->group;
  node->mtime = settings_.unix_seconds();
  tell(*node);

  fuse_entry_out entry{};
  entry.nodeid = node->id;
  fill(*node, entry.attr);
  auto& known = known_[node->id];
  known.node = node;
  ++known.lookups;
  fuse_open_out opened{};
  opened.fh = next_handle_++;
  opened.open_flags = FOPEN_DIRECT_IO;
  handles_[opened.fh] = {node, {}, {}};
  std::string both(bytes_of(entry));
  both += bytes_of(opened);
  reply(in, both);
}

void FuseChannel::remove(const fuse_in_header& in, std::string_view body, bool directory) {
  const NodePtr parent = node_of(in.nodeid);
  if (const int error = guard(*parent, true)) return fail(in, error);
  const auto found = parent->children.find(name_in(body));
  if (found == parent->children.end()) return fail(in, ENOENT);
  const NodePtr node = found->second;
  if (directory && node->kind != Node::Kind::directory) return fail(in, ENOTDIR);
  if (!directory && node->kind == Node::Kind::directory) return fail(in, EISDIR);
  if (directory && !node->children.empty()) return fail(in, ENOTEMPTY);
  const std::string path = path_of(*node);
  detach(*parent, node->name);
  if (node->pmxcfs && settings_.changed) settings_.changed(path);
  reply(in, {});
}

void FuseChannel::rename(const fuse_in_header& in, std::string_view body, std::size_t header_size) {
  const NodePtr from = node_of(in.nodeid);
  const NodePtr to = node_of(take<fuse_rename_in>(body).newdir);
  if (!to) return fail(in, ESTALE);
  if (const int error = guard(*from, true)) return fail(in, error);
  if (const int error = guard(*to, true)) return fail(in, error);
  const auto old_name = name_in(body.substr(header_size));
  const auto new_name = name_in(body.substr(header_size + old_name.size() + 1));
  const auto found = from->children.find(old_name);
  if (found == from->children.end()) return fail(in, ENOENT);
  const NodePtr node = found->second;
  const auto there = to->children.find(new_name);
  const bool no_replace =
      header_size == sizeof(fuse_rename2_in) && (take<fuse_rename2_in>(body).flags & 1U) != 0;
  if (there != to->children.end()) {
    if (there->second == node) return reply(in, {});
    if (no_replace) return fail(in, EEXIST);
    if (there->second->kind == Node::Kind::directory) return fail(in, EISDIR);
  }
  const std::string old_path = path_of(*node);
  detach(*from, node->name);
  attach(to, new_name, node);
  if (node->pmxcfs && settings_.changed) settings_.changed(old_path);
  tell(*node);
  reply(in, {});
}

void FuseChannel::open(const fuse_in_header& in) {
  const NodePtr node = node_of(in.nodeid);
  if (!node->attached) return fail(in, ENODEV);  // as the file of a control group that has just been removed
  fuse_open_out out{};
  out.fh = next_handle_++;
  out.open_flags = FOPEN_DIRECT_IO;
  handles_[out.fh] = {node, node->render ? node->render() : std::string{}, {}};
  reply(in, bytes_of(out));
}

void FuseChannel::open_directory(const fuse_in_header& in) {
  const NodePtr node = node_of(in.nodeid);
  if (!node->attached) return fail(in, ENOENT);
  fuse_open_out out{};
  out.fh = next_handle_++;
  auto& handle = handles_[out.fh];
  handle.node = node;
  handle.entries.emplace_back(".", node);
  handle.entries.emplace_back("..", node);
  for (const auto& [name, child] : node->children) handle.entries.emplace_back(name, child);
  reply(in, bytes_of(out));
}

void FuseChannel::read(const fuse_in_header& in, std::string_view body) {
  const auto asked = take<fuse_read_in>(body);
  const auto found = handles_.find(asked.fh);
  if (found == handles_.end()) return fail(in, EBADF);
  const Handle& handle = found->second;
  const std::string_view content =
      handle.node->render ? std::string_view(handle.content) : handle.node->content;
  reply(in, asked.offset < content.size() ? content.substr(asked.offset, asked.size) : std::string_view{});
}

void FuseChannel::read_directory(const fuse_in_header& in, std::string_view body) {
  const auto asked = take<fuse_read_in>(body);
  const auto found = handles_.find(asked.fh);
  if (found == handles_.end()) return fail(in, EBADF);
  const auto& entries = found->second.entries;
  std::string out;
  for (std::size_t i = asked.offset; i < entries.size(); ++i) {
    const auto& [name, node] = entries[i];
    fuse_dirent entry{};
    entry.ino = node->id;
    entry.off = i + 1;
    entry.namelen = static_cast<std::uint32_t>(name.size());
    entry.type = node->kind == Node::Kind::directory ? S_IFDIR >> 12
                 : node->kind == Node::Kind::symlink ? S_IFLNK >> 12
                                                     : S_IFREG >> 12;
    const std::size_t size = FUSE_NAME_OFFSET + name.size();
    const std::size_t padded = FUSE_DIRENT_ALIGN(size);
    if (out.size() + padded > asked.size) break;
    out.append(bytes_of(entry).substr(0, FUSE_NAME_OFFSET)).append(name).append(padded - size, '\0');
  }
  reply(in, out);
}

void FuseChannel::write(const fuse_in_header& in, std::string_view body) {
  const auto asked = take<fuse_write_in>(body);
  const auto found = handles_.find(asked.fh);
  if (found == handles_.end()) return fail(in, EBADF);
  Node& node = *found->second.node;
  if (const int error = guard(node, true)) return fail(in, error);
  const auto text = body.substr(sizeof asked, asked.size);
  if (node.receive) {
    if (const int error = node.receive(settings_.host, text)) return fail(in, error);
  } else {
    if (node.render) return fail(in, EACCES);
    const std::size_t end = asked.offset + text.size();
    if (end > kMaxFileBytes) return fail(in, EFBIG);
    if (node.content.size() < end) node.content.resize(end);
    node.content.replace(asked.offset, text.size(), text);
    node.mtime = settings_.unix_seconds();
    tell(node);
  }
  fuse_write_out out{};
  out.size = static_cast<std::uint32_t>(text.size());
  reply(in, bytes_of(out));
}

void FuseChannel::release(const fuse_in_header& in, std::string_view body) {
  handles_.erase(take<fuse_release_in>(body).fh);
  reply(in, {});
}

}  // namespace pcb::lab
