#include "common/ssh/host_trust.h"

#include "common/ssh/algorithms.h"
#include "common/ssh/encoding.h"
#include "common/ssh/known_hosts_file.h"
#include "common/text.h"

namespace pcb::ssh {

HostTrust::HostTrust(std::string known_hosts_path, std::string address, int port, bool accept_new)
    : path_(std::move(known_hosts_path)),
      address_(std::move(address)),
      port_(port),
      accept_new_(accept_new) {}

std::string HostTrust::accept_command() const {
  return "ssh-keyscan -t ed25519 -p " + std::to_string(port_) + " " + address_ + " >> " + path_;
}

Problem HostTrust::load() {
  auto known = read_known_hosts(path_);
  if (!known.ok()) return {Failure::host_key_unknown, known.error().message};
  known_ = std::move(*known);
  const auto types = known_.key_types(address_, port_);
  algorithms_ = algorithms_for(types);
  narrowed_ = !algorithms_.empty();
  if (types.empty()) {
    algorithms_ = all_host_key_algorithms();
  } else if (algorithms_.empty()) {
    return {
        Failure::host_key_unknown,
        path_ + " lists only keys of the types " + text::join(types, ", ") +
            ", which this libssh2 cannot check; add the host's ed25519 key, and compare its fingerprint with "
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the host: " +
            accept_command()};
  }
  return {};
}

std::string HostTrust::no_common_algorithm() const {
  if (narrowed_) {
    return "the server has no host key of the types listed for it in " + path_ + " (" + algorithms_ +
           "), or no cipher that libssh2 " + library_version() +
           " knows; if the host was installed again, accept its new key: balancer-exporter accept-host-key";
  }
  return "the server has no host key that libssh2 " + library_version() +
         " can check (only RSA?); run on the host: "
         "ssh-keygen -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && systemctl reload ssh; if it has "
         "such a key, "
         "its sshd_config narrows Ciphers, MACs or KexAlgorithms too far (aes128-ctr, hmac-sha2-256 and "
         "curve25519-sha256 are enough)";
}

Problem HostTrust::check(std::string_view key_blob) {
  const KeyCheck check = known_.check(address_, port_, key_blob);
  const std::string where = path_ + ":" + std::to_string(check.line);
  const std::string shown = key_type(key_blob) + " " + fingerprint(key_blob);
  switch (check.verdict) {
    case KeyVerdict::trusted:
      return {};
    case KeyVerdict::revoked:
      return {Failure::host_key_changed, "the host shows the key " + shown + ", which " + where +
                                             " revokes; nothing was sent to it. Give the host a new key"};
    case KeyVerdict::changed:
      return {Failure::host_key_changed,
              "the host key has changed: it shows " + shown + ", but " + where +
                  " holds another one; nothing was sent to it. If the host was installed again, compare the "
                  "fingerprint with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the host, then run: "
                  "balancer-exporter accept-host-key"};
    case KeyVerdict::other_types_only:
    case KeyVerdict::unknown:
      break;
  }
  const std::string authority =
      known_.has_certificate_authority(address_, port_)
          ? " (" + path_ +
                " has a @cert-authority line for it, but host certificates are not supported: list the key)"
          : "";
  if (check.verdict == KeyVerdict::unknown && accept_new_) {
    if (auto recorded = record_host_key(path_, address_, port_, key_blob); !recorded) {
      return {Failure::host_key_unknown, recorded.error().message};
    }
    return {};
  }
  return {Failure::host_key_unknown, "the host key " + shown + " is not in " + path_ + authority +
                                         "; compare the fingerprint with ssh-keygen -lf "
                                         "/etc/ssh/ssh_host_ed25519_key.pub on the host, then run: " +
                                         accept_command() +
                                         " (or set ssh.accept_new: true for the first contact)"};
}

}  // namespace pcb::ssh
