// The exporter's server, routes and pages over a made-up cluster: what the serving bench scrapes.
//
//   serving_own SERIES REPUBLISH_MS
//
// Prints its port once the first page can be had, and ends when its standard input does. Every REPUBLISH_MS
// the same cluster is published anew, as a round of the poller would: rendered and compressed again while it
// is scraped. 0: once.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include "common/http/server.h"
#include "common/os/memory.h"
#include "exporter/poller/pages.h"
#include "exporter/poller/routes.h"
#include "tests/bench/serving_snapshot.h"

namespace pcb::bench {
namespace {

int run(std::size_t series, int republish_ms) {
  Publisher publisher({});
  auto collected = std::make_shared<const Collected>(cluster_of_series(series));
  const std::size_t hosts = collected->snapshot.hosts.size();
  const std::size_t guests = collected->snapshot.guests.size() / hosts;
  publisher.publish(std::move(collected));
  while (publisher.current() == nullptr) std::this_thread::yield();
  http::ServerSettings settings;
  auto server = http::Server::start(settings, exporter_routes(
                                                  publisher, [] { return Status(Done{}); }, "bench"));
  if (!server.ok()) {
    std::cerr << server.error().message << '\n';
    return 1;
  }
  std::printf("%d\n", (*server)->port());
  std::fflush(stdout);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, republish_ms > 0 ? republish_ms : -1) == 0) {
    publisher.publish(std::make_shared<const Collected>(made_up_cluster(hosts, guests)));
  }
  return 0;
}

}  // namespace
}  // namespace pcb::bench

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: serving_own SERIES REPUBLISH_MS\n";
    return 2;
  }
  pcb::os::return_large_blocks();  // as the exporter does
  return pcb::bench::run(std::strtoul(arguments[1], nullptr, 10), std::atoi(arguments[2]));
}
