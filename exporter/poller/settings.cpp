// From config.yaml's values to the poller's.
#include "exporter/poller/poller.h"

namespace pcb {
namespace {

std::chrono::milliseconds milliseconds(Seconds seconds) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(seconds);
}

}  // namespace

PollerSettings poller_settings(const Config& config, std::string_view script, std::string_view version) {
  PollerSettings settings;
  settings.interval = milliseconds(config.exporter.interval);
  settings.command_timeout = milliseconds(config.ssh.command_timeout);
  settings.max_answer_bytes = static_cast<std::size_t>(config.ssh.max_answer_bytes);
  settings.snapshot = snapshot_settings(config);
  settings.version = std::string(version);
  settings.jump = config.ssh.jump;
  settings.discover = config.exporter.discover;
  for (const HostConfig& host : config.proxmox_hosts) {
    ssh::ConnectionSettings connection;
    connection.name = host.name;
    connection.address = host.address;
    connection.port = host.port;
    connection.user = host.user;
    connection.key_path = host.key_path;
    connection.key_passphrase = host.key_passphrase.reveal();
    connection.password = host.password.reveal();
    connection.use_agent = host.use_agent;
    connection.known_hosts_path = config.ssh.known_hosts_path;
    connection.accept_new = config.ssh.accept_new;
    connection.script = std::string(script);
    connection.connect_timeout = milliseconds(config.ssh.connect_timeout);
    connection.longest_connect_delay = 4 * settings.interval;
    settings.hosts.push_back(std::move(connection));
  }
  return settings;
}

}  // namespace pcb
