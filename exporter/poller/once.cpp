#include "exporter/poller/once.h"

#include <cstdio>

#include <unistd.h>

#include "cluster/document_json.h"
#include "common/log/log.h"
#include "common/os/terminal.h"
#include "exporter/collect_request.h"
#include "exporter/poller/check.h"
#include "exporter/poller/poller.h"
#include "exporter/render_pve.h"

namespace pcb {
namespace {

// Long enough that the kernel's clock tick of 10 ms is below 1 % of it.
constexpr std::chrono::milliseconds kBetweenSamples{2000};

}  // namespace

int once(const Config& config, OnceOutput output, const Shard& shard) {
  if (auto good = check_files(config); !good.ok()) {
    log::error(good.error().message);
    return kExitConfig;
  }
  auto poller = Poller::create(poller_settings(config, node_collect_script(), PCB_VERSION, shard));
  if (!poller.ok()) {
    log::error(poller.error().message);
    return kExitFailed;
  }
  const Collected collected = (*poller)->collect_once(kBetweenSamples);
  std::string text;
  switch (output) {
    case OnceOutput::metrics:
      text = render_metrics(collected.snapshot, collected.self,
                            {Exposition::prometheus, config.exporter.collectors});
      break;
    case OnceOutput::cluster:
      text = write_cluster(render_document(collected.snapshot));
      break;
    case OnceOutput::sd:
      text = render_discovery(collected.snapshot);
      break;
    case OnceOutput::text:
      text = render_text(collected.snapshot, os::terminal_of(STDOUT_FILENO).colour);
      break;
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    log::error("cannot write to standard output");
    return kExitFailed;
  }
  std::size_t asked = 0;
  std::size_t read = 0;
  for (const SnapshotHost& host : collected.snapshot.hosts) {
    asked += host.configured ? 1U : 0U;
    read += host.configured && host.up ? 1U : 0U;
  }
  if (read == 0) return kExitFailed;
  return read == asked ? kExitGood : kExitPartial;
}

}  // namespace pcb
