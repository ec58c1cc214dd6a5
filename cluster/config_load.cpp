// load_config(): the one part of the configuration that touches the disk.
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster/config_read.h"
#include "common/yaml_tree.h"

namespace pcb {
namespace {

constexpr size_t kMaxSecretFileBytes = 65536;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string octal(mode_t mode) {
  const unsigned bits = mode & 07777U;
  std::string digits = "0";
  for (int shift = 6; shift >= 0; shift -= 3)
    digits += static_cast<char>('0' + ((bits >> static_cast<unsigned>(shift)) & 7U));
  return digits;
}

Error failure(const std::string& what, const std::string& path, int error) {
  return Error{"cannot " + what + " " + path + ": " + std::strerror(error)};
}

// Who else may read or replace a file with a secret; "" when nobody.
std::string exposure(const struct stat& file, const std::string& path) {
  if (file.st_uid != geteuid() && file.st_uid != 0) {
    return path + " holds a secret and belongs to user " + std::to_string(file.st_uid) +
           "; run chown to the program's own user (" + std::to_string(geteuid()) + ") or root";
  }
  if ((file.st_mode & 0177U) != 0) {
    return path + " holds a secret and has mode " + octal(file.st_mode) + "; run chmod 0600 " + path;
  }
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  struct stat parent {};
  if (stat(directory.c_str(), &parent) != 0)
    return "cannot look at " + directory + ": " + std::strerror(errno);
  if ((parent.st_mode & 0002U) != 0) {
    return path + " holds a secret and lies in " + directory + ", in which everyone may write (mode " +
           octal(parent.st_mode) + "); run chmod o-w " + directory;
  }
  return "";
}

struct Content {
  std::string text;
  struct stat status {};
};

Result<Content> read_file(const std::string& path, int flags, size_t max_bytes) {
  // O_NONBLOCK: a FIFO in the place of the file must not hang the start.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags));
  if (file.get() < 0) {
    if (errno == ELOOP) return Error{"cannot read " + path + ": it is a symbolic link; name the file itself"};
    return failure("read", path, errno);
  }
  Content content;
  if (fstat(file.get(), &content.status) != 0) return failure("look at", path, errno);
  if (!S_ISREG(content.status.st_mode)) return Error{"cannot read " + path + ": it is not a regular file"};
  char buffer[65536];
  while (true) {
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("read", path, errno);
    if (count == 0) return content;
    content.text.append(buffer, static_cast<size_t>(count));
    if (content.text.size() > max_bytes)
      return Error{"cannot read " + path + ": it is larger than " + std::to_string(max_bytes) + " bytes"};
  }
}

// systemd gives credentials to the service by an access list, which shows in the mode: they are safe as they
// are.
Result<std::string> read_secret_file(const std::string& path, const std::string& credentials) {
  Result<Content> content = read_file(path, O_NOFOLLOW, kMaxSecretFileBytes);
  if (!content) return content.error();
  const bool of_systemd =
      !credentials.empty() && path.starts_with(credentials + "/") && path.find("/../") == std::string::npos;
  if (!of_systemd) {
    if (std::string why = exposure(content->status, path); !why.empty()) return Error{std::move(why)};
  }
  return std::move(content->text);
}

}  // namespace

Result<Config> load_config(const std::string& path, std::string* warnings, SecretsOf needed) {
  const Result<Content> content = read_file(path, 0, kMaxYamlBytes);
  if (!content) return Error{content.error().message + "; name the configuration with --config FILE"};
  const char* variable =
      std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): read at start and reload
  const std::string credentials = variable == nullptr ? "" : variable;
  ConfigReading reading = read_config(
      content->text, [&](const std::string& file) { return read_secret_file(file, credentials); },
      credentials, needed);
  std::string faults = describe_faults(path, reading.faults);
  if (reading.holds_secret) {
    if (const std::string why = exposure(content->status, path); !why.empty()) {
      faults +=
          (faults.empty() ? "" : "\n") + why + ", or move the secret into a file of its own (password_file)";
    }
  }
  if (!faults.empty()) return Error{faults};
  if (warnings != nullptr) *warnings = describe_faults(path, reading.warnings);
  return std::move(reading.config);
}

}  // namespace pcb
