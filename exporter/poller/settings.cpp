// From config.yaml's values to the poller's.
#include "cluster/reach/connection.h"
#include "exporter/poller/poller.h"

namespace pcb {

PollerSettings poller_settings(const Config& config, std::string_view script, std::string_view version,
                               const Shard& shard) {
  PollerSettings settings;
  settings.interval = milliseconds(config.exporter.interval);
  settings.command_timeout = milliseconds(config.ssh.command_timeout);
  settings.max_answer_bytes = static_cast<std::size_t>(config.ssh.max_answer_bytes);
  settings.snapshot = snapshot_settings(config);
  settings.snapshot.shard = shard;
  settings.version = std::string(version);
  settings.jump = config.ssh.jump;
  settings.discover = config.exporter.discover;
  for (const HostConfig& host : config.proxmox_hosts) {
    ssh::ConnectionSettings connection = connection_of(host, config.ssh);
    connection.script = std::string(script);
    connection.longest_connect_delay = 4 * settings.interval;
    settings.hosts.push_back(std::move(connection));
  }
  return settings;
}

}  // namespace pcb
