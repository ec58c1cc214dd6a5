// balancer-exporter: reads Proxmox hosts over SSH, serves Prometheus.
#include <cstdio>
#include <string>
#include <variant>

#include "cluster/config_read.h"
#include "common/os/memory.h"
#include "exporter/poller/check.h"
#include "exporter/poller/once.h"
#include "exporter/poller/options.h"
#include "exporter/poller/serve.h"

int main(int argc, char** argv) {
  using namespace pcb;
  os::return_large_blocks();
  const auto read = read_options(argc, argv);
  if (const auto* leave = std::get_if<EarlyExit>(&read)) {
    std::fputs(leave->out.c_str(), stdout);
    std::fputs(leave->error.c_str(), stderr);
    return leave->code;
  }
  const auto& options = std::get<ExporterOptions>(read);
  log::set_up(options.log_level, options.log_format);
  std::string warnings;
  auto config = load_config(options.config_path, &warnings, SecretsOf::exporter);
  if (!warnings.empty()) std::fprintf(stderr, "%s\n", warnings.c_str());
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return kExitConfig;
  }
  if (auto kept = keep_own_hosts(options.shard, *config); !kept.ok()) {
    std::fprintf(stderr, "%s\n", kept.error().message.c_str());
    return kExitConfig;
  }
  switch (options.action) {
    case ExporterAction::serve:
      return serve(options.config_path, *config, options.shard);
    case ExporterAction::once:
      return once(*config, options.output, options.shard);
    case ExporterAction::check:
      return check(*config, options.connect, options.shard);
    case ExporterAction::accept_host_key:
      return accept_host_key(*config, options.host, options.fingerprint);
  }
  return kExitFailed;
}
