// The exporter's poller on demand: what the collecting bench times.
//
//   collecting_own CONFIG
//
// Logs in to every host, reads it twice, and prints "ready HOSTS SERIES". Then each line on its standard
// input is one cycle over all hosts, as run() makes them: asked, read, parsed, rendered; printed are its
// milliseconds of wall time, those of this process's CPU time, the hosts that answered, and the process's
// memory in KiB now and at most.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include <sys/resource.h>

#include "cluster/config_read.h"
#include "common/os/memory.h"
#include "common/os/process.h"
#include "exporter/collect_request.h"
#include "exporter/poller/poller.h"
#include "tests/bench/serving_snapshot.h"

namespace pcb::bench {
namespace {

double cpu_ms() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

long peak_kib() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

int up(const Collected& collected) {
  int count = 0;
  for (const SnapshotHost& host : collected.snapshot.hosts) count += host.up ? 1 : 0;
  return count;
}

int run(const std::string& path) {
  std::string warnings;
  const auto config = load_config(path, &warnings);
  if (!config.ok()) {
    std::cerr << config.error().message << '\n';
    return 1;
  }
  auto poller = Poller::create(poller_settings(*config, node_collect_script(), "bench"));
  if (!poller.ok()) {
    std::cerr << poller.error().message << '\n';
    return 1;
  }
  const Collected first = (*poller)->collect_once(std::chrono::seconds(1));
  std::printf("ready %d %zu\n", up(first), count_series(render_metrics(first.snapshot, first.self)));
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const double cpu_before = cpu_ms();
    const auto began = std::chrono::steady_clock::now();
    const Collected collected = (*poller)->collect_again();
    // In pieces, as the exporter compresses it.
    std::size_t page_bytes = 0;
    const auto rest = render_metrics(
        collected.snapshot, collected.self,
        {Exposition::prometheus, {}, [&page_bytes](std::string_view piece) { page_bytes += piece.size(); }});
    const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - began;
    if (page_bytes + rest.size() == 0) return 1;
    std::printf("%.3f %.3f %d %.0f %ld\n", wall.count(), cpu_ms() - cpu_before, up(collected),
                os::read_process_figures().resident_memory_bytes.value_or(0) / 1024, peak_kib());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace pcb::bench

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: collecting_own CONFIG\n";
    return 2;
  }
  pcb::os::return_large_blocks();  // as the exporter does
  return pcb::bench::run(arguments[1]);
}
