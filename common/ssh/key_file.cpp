#include "common/ssh/key_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "common/base64.h"
#include "common/ssh/algorithms.h"
#include "common/ssh/encoding.h"
#include "common/ssh/file.h"
#include "common/text.h"

namespace pcb::ssh {
namespace {

constexpr std::size_t kMaxKeyBytes = 64UL * 1024;
constexpr std::string_view kOpensshMagic("openssh-key-v1\0", 15);

std::string octal(mode_t mode) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%04o", static_cast<unsigned>(mode & 07777U));  // NOLINT(*-vararg)
  return digits;
}

std::string new_key_advice(const std::string& path) {
  return "make one with: ssh-keygen -t ed25519 -N '' -f " + path +
         "_ed25519, and add its .pub to the hosts with: ssh-copy-id -i " + path + "_ed25519.pub root@HOST";
}

// Directly in the directory that systemd made for this service's credentials.
bool is_credential(const std::string& path) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): never set
  if (directory == nullptr || *directory == '\0') return false;
  const std::string folder = std::string(directory) + "/";
  return path.starts_with(folder) && path.find('/', folder.size()) == std::string::npos;
}

// The base64 between "-----BEGIN OPENSSH PRIVATE KEY-----" and its end.
Result<PrivateKey> examine_openssh(std::string text, const std::string& path) {
  std::string base64;
  for (const std::string_view line : text::split_lines(text)) {
    if (!line.starts_with("-----")) base64 += text::trim(line);
  }
  const Error damaged{
      path + " is damaged: the text between BEGIN and END is not an OpenSSH key; copy the key again"};
  const auto bytes = base64_decode(base64);
  if (!bytes || !bytes->starts_with(kOpensshMagic)) return damaged;
  std::string_view rest = std::string_view(*bytes).substr(kOpensshMagic.size());
  const auto cipher = take_string(rest);
  const auto kdf = take_string(rest);
  const auto kdf_options = take_string(rest);
  if (!cipher || !kdf || !kdf_options || rest.size() < 4) return damaged;
  rest.remove_prefix(4);  // number of keys, always 1
  const auto blob = take_string(rest);
  if (!blob) return damaged;
  PrivateKey key{{}, key_type(*blob), *cipher != "none"};
  key.text = std::move(text);
  return key;
}

}  // namespace

Result<PrivateKey> examine_private_key(std::string text, const std::string& path) {
  const auto begin = text.find("-----BEGIN ");
  if (begin == std::string::npos) {
    if (text.starts_with("ssh-") || text.starts_with("ecdsa-")) {
      return Error{path + " is a public key; key_path names the private one, without .pub"};
    }
    return Error{path + " is not a private key (no line -----BEGIN …); " + new_key_advice(path)};
  }
  const std::string header = text.substr(begin, text.find('\n', begin) - begin);
  const bool encrypted = text.find("ENCRYPTED") != std::string::npos;
  Result<PrivateKey> key = Error{""};
  if (header.find("OPENSSH PRIVATE KEY") != std::string::npos) {
    key = examine_openssh(std::move(text), path);
  } else if (header.find("RSA PRIVATE KEY") != std::string::npos) {
    key = PrivateKey{std::move(text), "ssh-rsa", encrypted};
  } else if (header.find("DSA PRIVATE KEY") != std::string::npos) {
    key = PrivateKey{std::move(text), "ssh-dss", encrypted};
  } else if (header.find("EC PRIVATE KEY") != std::string::npos) {
    key = PrivateKey{std::move(text), "ecdsa-sha2-nistp256", encrypted};
  } else if (header.find("PRIVATE KEY") != std::string::npos) {
    key = PrivateKey{std::move(text), "", encrypted};
  } else {
    return Error{path + " holds no private key but " + text::shortened(text::printable(header), 60)};
  }
  if (!key.ok()) return key;
  if (key->type == "ssh-rsa" && !can_sign_with_rsa()) {
    return Error{
        path + " is an RSA key, and this libssh2 signs RSA with SHA-1 only, which current servers refuse; " +
        new_key_advice(path)};
  }
  if (key->type == "ssh-dss" || key->type.starts_with("sk-")) {
    return Error{path + " is of type " + key->type + ", which cannot be used here; " + new_key_advice(path)};
  }
  return key;
}

Result<PrivateKey> read_private_key(const std::string& path) {
  auto content = read_file(path, kMaxKeyBytes);
  if (!content.ok()) return content.error();
  if (!content->has_value()) {
    return Error{"there is no key " + path + "; " + "make one with: ssh-keygen -t ed25519 -N '' -f " + path};
  }
  const FileContent& file = **content;
  if (file.owner != ::geteuid() && file.owner != 0) {
    return Error{"key " + path + " belongs to user " + std::to_string(file.owner) + ", not to the user " +
                 std::to_string(::geteuid()) + " that runs this program or to root; run: chown " +
                 std::to_string(::geteuid()) + " " + path};
  }
  // systemd gives a credential to the service by an access list, which shows as a mode of 0440.
  const bool of_systemd = file.owner == 0 && (file.mode & 037U) == 0 && is_credential(path);
  if ((file.mode & 077U) != 0 && !of_systemd) {
    return Error{"key " + path + " has mode " + octal(file.mode) +
                 ", so that others can use it; run: chmod 0600 " + path};
  }
  const auto slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) {
    return Error{"cannot read the folder of " + path + ": " + std::strerror(errno)};
  }
  // The sticky bit (as on /tmp) keeps others from replacing the file.
  if ((status.st_mode & 022U) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return Error{"the folder " + folder + " of the key has mode " + octal(status.st_mode) +
                 ", so that others can replace the key; run: chmod go-w " + folder};
  }
  return examine_private_key(std::move((*content)->text), path);
}

}  // namespace pcb::ssh
