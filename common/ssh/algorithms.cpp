#include "common/ssh/algorithms.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>

#include <libssh2.h>

#include "common/text.h"

namespace pcb::ssh {
namespace {

constexpr std::array<std::string_view, 6> kPreferred = {
    "ssh-ed25519",         "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521", "rsa-sha2-512",        "rsa-sha2-256",
};

std::vector<std::string> ask_library() {
  std::vector<std::string> usable;
  LIBSSH2_SESSION* session = libssh2_session_init();
  if (session == nullptr) return usable;
  const char** names = nullptr;
  const int count = libssh2_session_supported_algs(session, LIBSSH2_METHOD_HOSTKEY, &names);
  for (const std::string_view wanted : kPreferred) {
    if (count > 0 && std::find(names, names + count, wanted) != names + count) usable.emplace_back(wanted);
  }
  if (count > 0) libssh2_free(session, names);
  libssh2_session_free(session);
  return usable;
}

}  // namespace

Status library_ready() {
  static const int result = [] {
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): SIG_IGN for SIGPIPE cannot fail
    return libssh2_init(0);
  }();
  if (result != 0) return Error{"libssh2 cannot be initialised (code " + std::to_string(result) + ")"};
  return Done{};
}

std::string library_version() { return libssh2_version(0); }

const std::vector<std::string>& host_key_algorithms() {
  static const std::vector<std::string> usable = ask_library();
  return usable;
}

bool can_sign_with_rsa() {
  const auto& usable = host_key_algorithms();
  return std::find(usable.begin(), usable.end(), "rsa-sha2-512") != usable.end();
}

std::string algorithms_for(const std::vector<std::string>& key_types) {
  std::vector<std::string> chosen;
  for (const std::string& algorithm : host_key_algorithms()) {
    const std::string_view type =
        algorithm.starts_with("rsa-sha2-") ? "ssh-rsa" : std::string_view(algorithm);
    if (std::find(key_types.begin(), key_types.end(), type) != key_types.end()) chosen.push_back(algorithm);
  }
  return text::join(chosen, ",");
}

std::string all_host_key_algorithms() { return text::join(host_key_algorithms(), ","); }

}  // namespace pcb::ssh
