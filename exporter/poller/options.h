// The command line of balancer-exporter, as a value.
//
// CLI11 stays behind this header. Tested by tests/exporter/poller_program_test.cpp.
#pragma once

#include <string>
#include <variant>

#include "common/cli/command_line.h"
#include "exporter/shard.h"

namespace pcb {

enum class ExporterAction { serve, once, check, accept_host_key };
enum class OnceOutput { metrics, cluster, sd, text };

struct ExporterOptions {
  ExporterAction action = ExporterAction::serve;
  std::string config_path = "config.yaml";
  OnceOutput output = OnceOutput::text;
  Shard shard;
  bool connect = false;     // of --check
  std::string host;         // of accept-host-key
  std::string fingerprint;  // of accept-host-key; empty: not compared
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
};

std::variant<ExporterOptions, EarlyExit> read_options(int argc, const char* const* argv);
std::string version_text();  // the program's and its libraries' versions, one a line

}  // namespace pcb
