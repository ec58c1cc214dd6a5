// The `init` subcommand: from one host's address to a configuration and a first suggestion.
//
// Logs in, finds the members of the cluster, has every host key confirmed, measures, proposes thresholds,
// writes config.yaml and what is to be added to the Prometheus, Alertmanager and systemd that run already,
// plans once, and says what to do next. Asks on a terminal, else takes the flags alone. Nothing that exists
// is replaced without a yes or --force, and then the old file is kept. Exit codes: 0; 1 where the cluster
// cannot be read (nothing but keys is written); 2 usage; 3 some hosts could not be read. Tested by
// tests/evaluator/init_command_test.cpp and tests/e2e/test_init.py.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "evaluator/planner/plan_output.h"

namespace CLI {
class App;
}

namespace pcb {

struct InitOptions {
  std::string host;  // address of one member
  int port = 22;
  std::string user = "root";
  std::string key;  // private key that the hosts accept; empty: the one in the folder, or a new one
  bool install_key = false;
  std::string password_file;  // of root, for install_key; empty: asked for
  std::string cluster;
  std::string folder;
  std::string prometheus_url = "http://127.0.0.1:9090";
  std::string alertmanager_url = "http://127.0.0.1:9093";
  std::vector<std::string> accept_host_keys;  // fingerprints, or "all"
  bool force = false;
  bool yes = false;  // nothing is asked, whoever is there
  bool ask = false;  // there is somebody to ask
  TextStyle style;
};

// Adds `init` with its options, writing into `options`, which must outlive the app.
CLI::App* add_init_command(CLI::App& app, InitOptions& options);

int run_init(const InitOptions& options, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace pcb
