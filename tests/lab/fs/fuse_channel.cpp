#include "tests/lab/fs/fuse_channel.h"

#include <cerrno>
#include <cstring>

#include <linux/fuse.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/lab/fs/fuse_bytes.h"

namespace pcb::lab {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;  // the kernel wants at least 8 KiB, more takes larger writes
constexpr std::uint32_t kMaxWriteBytes = 128 * 1024;
constexpr std::uint32_t kDirectoryNanoseconds = 250'000'000;
constexpr std::uint64_t kFileSeconds = 60;

std::uint32_t type_bits(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::directory:
      return S_IFDIR;
    case Node::Kind::symlink:
      return S_IFLNK;
    case Node::Kind::file:
      break;
  }
  return S_IFREG;
}

}  // namespace

FuseChannel::FuseChannel(int fd, NodePtr root, FuseSettings settings)
    : fd_(fd), root_(std::move(root)), settings_(std::move(settings)), buffer_(kBufferBytes) {}

FuseChannel::~FuseChannel() { close(fd_); }

bool FuseChannel::serve() {
  for (;;) {
    const ssize_t size = ::read(fd_, buffer_.data(), buffer_.size());
    if (size < 0) {
      if (errno == EINTR || errno == ENOENT) continue;  // ENOENT: the request was taken back
      return errno == EAGAIN || errno == EPERM;         // EPERM: not mounted yet
    }
    if (size == 0) return false;
    dispatch(buffer_.data(), static_cast<std::size_t>(size));
  }
}

void FuseChannel::dispatch(const char* message, std::size_t size) {
  const auto in = take<fuse_in_header>({message, size});
  const std::string_view body(message + sizeof in, size - sizeof in);
  switch (in.opcode) {
    case FUSE_INIT:
      return init(in, body);
    case FUSE_LOOKUP:
      return lookup(in, body);
    case FUSE_FORGET:
      return forget(in.nodeid, take<fuse_forget_in>(body).nlookup);
    case FUSE_BATCH_FORGET: {
      const auto count = take<fuse_batch_forget_in>(body).count;
      for (std::uint32_t i = 0; i < count; ++i) {
        const auto one =
            take<fuse_forget_one>(body.substr(sizeof(fuse_batch_forget_in) + i * sizeof(fuse_forget_one)));
        forget(one.nodeid, one.nlookup);
      }
      return;
    }
    case FUSE_INTERRUPT:
      return;  // every request is answered at once anyway
    case FUSE_DESTROY:
      return reply(in, {});
    case FUSE_STATFS: {
      fuse_statfs_out out{};
      out.st.bsize = out.st.frsize = 4096;
      out.st.blocks = out.st.bfree = out.st.bavail = 32768;  // pmxcfs says 128 MiB
      out.st.files = out.st.ffree = 262144;
      out.st.namelen = 256;
      return reply(in, bytes_of(out));
    }
    default:
      break;
  }
  const NodePtr node = node_of(in.nodeid);
  if (!node) return fail(in, ESTALE);
  if (const int error = guard(*node, false);
      error != 0 && in.opcode != FUSE_RELEASE && in.opcode != FUSE_RELEASEDIR)
    return fail(in, error);
  switch (in.opcode) {
    case FUSE_GETATTR:
      return node->attached || node == root_ ? reply_attr(in, *node) : fail(in, ENOENT);
    case FUSE_SETATTR:
      return setattr(in, body);
    case FUSE_READLINK:
      return reply(in, node->content);
    case FUSE_MKNOD:
      return make(in, body, false);
    case FUSE_MKDIR:
      return make(in, body, true);
    case FUSE_CREATE:
      return create(in, body);
    case FUSE_UNLINK:
      return remove(in, body, false);
    case FUSE_RMDIR:
      return remove(in, body, true);
    case FUSE_RENAME:
      return rename(in, body, sizeof(fuse_rename_in));
    case FUSE_RENAME2:
      return rename(in, body, sizeof(fuse_rename2_in));
    case FUSE_OPEN:
      return open(in);
    case FUSE_OPENDIR:
      return open_directory(in);
    case FUSE_READ:
      return read(in, body);
    case FUSE_READDIR:
      return read_directory(in, body);
    case FUSE_WRITE:
      return write(in, body);
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
      return release(in, body);
    default:
      return fail(in, ENOSYS);
  }
}

void FuseChannel::init(const fuse_in_header& in, std::string_view body) {
  const auto asked = take<fuse_init_in>(body);
  fuse_init_out out{};
  out.major = FUSE_KERNEL_VERSION;
  out.minor = FUSE_KERNEL_MINOR_VERSION;
  out.max_readahead = asked.max_readahead;
  out.flags = asked.flags & (FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS);
  out.max_background = 16;
  out.congestion_threshold = 12;
  out.max_write = kMaxWriteBytes;
  out.time_gran = 1;
  reply(in, bytes_of(out));
}

void FuseChannel::reply(const fuse_in_header& in, std::string_view body) {
  fuse_out_header head{};
  head.len = static_cast<std::uint32_t>(sizeof head + body.size());
  head.unique = in.unique;
  iovec parts[2] = {{&head, sizeof head}, {const_cast<char*>(body.data()), body.size()}};
  // A failure here means that the caller has gone away; there is nobody to tell.
  [[maybe_unused]] const ssize_t written = writev(fd_, parts, body.empty() ? 1 : 2);
}

void FuseChannel::fail(const fuse_in_header& in, int error) {
  fuse_out_header head{};
  head.len = sizeof head;
  head.error = -error;
  head.unique = in.unique;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &head, sizeof head);
}

NodePtr FuseChannel::node_of(std::uint64_t id) {
  if (id == FUSE_ROOT_ID) return root_;
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : found->second.node;
}

void FuseChannel::forget(std::uint64_t id, std::uint64_t count) {
  const auto found = known_.find(id);
  if (found == known_.end()) return;
  found->second.lookups -= std::min(found->second.lookups, count);
  if (found->second.lookups == 0) known_.erase(found);
}

int FuseChannel::guard(const Node& node, bool writes) const {
  if (!node.pmxcfs) return writes && !node.receive ? EACCES : 0;
  switch (settings_.pmxcfs_state()) {
    case PmxcfsState::dead:
      return ENOTCONN;
    case PmxcfsState::no_quorum:
      return writes ? EACCES : 0;
    case PmxcfsState::quorate:
      break;
  }
  return 0;
}

void FuseChannel::fill(Node& node, fuse_attr& attr) const {
  mode_t mode = node.mode;
  if (node.pmxcfs && settings_.pmxcfs_state() == PmxcfsState::no_quorum && node.kind != Node::Kind::symlink)
    mode &= ~static_cast<mode_t>(0222);
  // pmxcfs shows the quorum in the owner's write bit of its symlinks too: Proxmox's own cheap test reads it.
  if (node.pmxcfs && node.kind == Node::Kind::symlink)
    mode = settings_.pmxcfs_state() == PmxcfsState::no_quorum ? 0555 : 0755;
  attr = {};
  attr.ino = node.id;
  attr.mode = type_bits(node.kind) | mode;
  attr.nlink = node.kind == Node::Kind::directory ? 2 : 1;
  attr.gid = node.group;
  attr.blksize = 4096;
  // Files of the kernel have no size; a virtual file of pmxcfs has the size of what it would say now.
  if (node.kind == Node::Kind::file && node.render && node.pmxcfs) {
    attr.size = node.render().size();
  } else {
    attr.size = node.content.size();
  }
  attr.blocks = (attr.size + 511) / 512;
  attr.mtime = attr.ctime = attr.atime = static_cast<std::uint64_t>(node.mtime);
}

void FuseChannel::reply_attr(const fuse_in_header& in, Node& node) {
  fuse_attr_out out{};
  fill(node, out.attr);
  reply(in, bytes_of(out));
}

void FuseChannel::reply_entry(const fuse_in_header& in, const NodePtr& node) {
  fuse_entry_out out{};
  out.nodeid = node->id;
  if (!node->pmxcfs && node->kind == Node::Kind::directory) {
    out.entry_valid_nsec = out.attr_valid_nsec = kDirectoryNanoseconds;
  } else if (!node->pmxcfs) {
    out.entry_valid = out.attr_valid = kFileSeconds;
  }
  fill(*node, out.attr);
  auto& known = known_[node->id];
  known.node = node;
  ++known.lookups;
  reply(in, bytes_of(out));
}

void FuseChannel::tell(const Node& node) const {
  if (node.pmxcfs && settings_.changed) settings_.changed(path_of(node));
}

}  // namespace pcb::lab
