#include "cluster/reach/connection.h"

namespace pcb {

ssh::ConnectionSettings connection_of(const HostConfig& host, const SshConfig& ssh) {
  ssh::ConnectionSettings connection;
  connection.name = host.name;
  connection.address = host.address;
  connection.port = host.port;
  connection.user = host.user;
  connection.key_path = host.key_path;
  connection.key_passphrase = host.key_passphrase.reveal();
  connection.password = host.password.reveal();
  connection.use_agent = host.use_agent;
  connection.known_hosts_path = ssh.known_hosts_path;
  connection.accept_new = ssh.accept_new;
  connection.connect_timeout = milliseconds(ssh.connect_timeout);
  return connection;
}

}  // namespace pcb
