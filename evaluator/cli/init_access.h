// How `init` gets at the hosts: its key, their host keys, and the exporter that reads them.
//
// Touches the disk and the network. Collecting is the exporter's work and the evaluator holds none of its
// code: `init` runs the balancer-exporter that lies beside it, as a person would, with a configuration in a
// temporary folder. Blocks; one thread. Tested by tests/e2e/test_init.py against real sshd.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/os/child.h"
#include "common/result.h"

namespace pcb {

// Where things lie below the folder that `init` writes into.
struct SetupPlaces {
  std::string folder;

  [[nodiscard]] std::string config() const { return folder + "/config.yaml"; }
  [[nodiscard]] std::string credentials() const { return folder + "/credentials"; }
  [[nodiscard]] std::string key() const { return credentials() + "/exporter_key"; }
  [[nodiscard]] std::string token() const { return credentials() + "/webhook_token"; }
  [[nodiscard]] std::string known_hosts() const { return folder + "/known_hosts"; }
  [[nodiscard]] std::string to_add(const std::string& name) const { return folder + "/to-add/" + name; }
};

// The folders, and the webhook's token if there is none.
Status make_places(const SetupPlaces& places);
// exporter_key, from the user's own key or, where `key` is empty and there is none yet, a new one. Says on
// `said` what was done.
Status prepare_key(const SetupPlaces& places, const std::string& key, std::string& said);

// The text for a file that a program of another user reads: where it exists, its owner and mode stay, and the
// old text is kept as FILE.before-init (-2, -3, …).
Status write_setup_file(const std::string& path, const std::string& text);

struct ShownKey {
  std::string blob, type, fingerprint;
  bool trusted = false;  // in known_hosts already
  bool changed = false;  // known_hosts has another one
};
Result<ShownKey> look_at_host_key(const SetupPlaces& places, const std::string& address, int port);
Status accept_key(const SetupPlaces& places, const std::string& address, int port, const ShownKey& key);

// The balancer-exporter that lies beside this program, or the one in PATH.
std::string exporter_program();
// Runs it on a configuration's text. Fails only where it cannot be run.
Result<os::ChildEnd> ask_exporter(const SetupPlaces& places, const std::string& config_text,
                                  const std::vector<std::string>& words);

// Adds the public key to root's authorized_keys on a host, with root's password; twice does no harm. On a
// Proxmox host that file is the whole cluster's.
Status install_key(const SetupPlaces& places, const std::string& address, int port,
                   const std::string& password);

}  // namespace pcb
