// Slow ways to many servers: a delaying proxy for each port, for the collecting bench.
//
//   collecting_delay MILLISECONDS_EACH_WAY PORT…
//
// Prints the ports to connect to instead, in their order, in one line; runs until it is killed.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <netinet/in.h>

#include "tests/support/delay_proxy.h"

int main(int count, char** arguments) {
  using namespace pcb::test;
  if (count < 3) {
    std::cerr << "usage: collecting_delay MILLISECONDS_EACH_WAY PORT...\n";
    return 2;
  }
  std::vector<DelayRoute> routes;
  for (int i = 2; i < count; ++i) {
    routes.push_back({delay_listener(INADDR_LOOPBACK, 0), std::atoi(arguments[i])});
    if (routes.back().listener < 0) return 1;
    std::printf("%d ", port_of(routes.back().listener));
  }
  std::printf("\n");
  std::fflush(stdout);
  run_delay_proxy(routes, std::strtod(arguments[1], nullptr) / 1e3);
}
