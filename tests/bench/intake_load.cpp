// Clients that post webhooks, each with one alert of its own, and time the answers.
//
//   intake_load PORT PATH TOKEN CLIENTS COUNT EVERY_MS
//
// CLIENTS at once post COUNT webhooks between them. EVERY_MS 0: each client as soon as its last one is
// answered. Else one begins every so many ms, whatever became of those before, and its time counts from when
// it should have begun. Prints "ACKNOWLEDGED REFUSED SECONDS", then ms for each that was acknowledged.
// Clients come from 127.0.2.x, 32 of each address, so that the server's bound for one address is not what is
// measured.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/common/raw_client.h"

namespace pcb::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Load {
  std::uint16_t port = 0;
  std::string path, token;
  int clients = 1, count = 1;
  std::chrono::milliseconds every{0};
};

// As Alertmanager sends it; an alert that is stored and told, not planned for. The labels are those of
// rules/.
std::string webhook(int number) {
  const std::string name = std::to_string(number);
  return R"({"version":"4","groupKey":"{}:{cluster=\"bench\"}","truncatedAlerts":0,"status":"firing",)"
         R"("receiver":"balancer","groupLabels":{"cluster":"bench"},"commonLabels":{},"commonAnnotations":{},)"
         R"("externalURL":"http://127.0.0.1:9093","alerts":[{"status":"firing","labels":{"alertname":)"
         R"("GuestMemoryHigh","cluster":"bench","id":"lxc/)" +
         name + R"(","name":"guest","host":"host1","severity":"warning"},"annotations":{"summary":"guest )" +
         name +
         R"( uses 97 % of its memory"},"startsAt":"2026-11-22T16:43:30.323Z","endsAt":"0001-01-01T00:00:00Z",)"
         R"("generatorURL":"http://127.0.0.1:9090/graph","fingerprint":"00000000)" +
         name + R"("}]})";
}

std::string request(const Load& load, int number) {
  const std::string body = webhook(number);
  return "POST " + load.path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n" +
         (load.token.empty() ? "" : "Authorization: Bearer " + load.token + "\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Outcome {
  std::mutex mutex;
  std::vector<double> ms;  // guarded by mutex, as is refused
  int refused = 0;
};

bool is_taken(const Load& load, const std::string& from, int number) {
  try {
    RawClient client(load.port, from.c_str());
    return status_of(client.ask(request(load, number))) / 100 == 2;
  } catch (const std::exception&) {
    return false;
  }
}

void run(const Load& load) {
  std::atomic<int> next{0};
  Outcome outcome;
  const auto began = Clock::now();
  const auto post = [&](int client) {
    const std::string from = "127.0.2." + std::to_string(1 + client / 32);
    for (int number = next++; number < load.count; number = next++) {
      const auto due = load.every.count() > 0 ? began + number * load.every : Clock::now();
      std::this_thread::sleep_until(due);
      const bool taken = is_taken(load, from, number);
      const std::chrono::duration<double, std::milli> took = Clock::now() - due;
      const std::lock_guard lock(outcome.mutex);
      if (taken) outcome.ms.push_back(took.count());
      outcome.refused += taken ? 0 : 1;
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(load.clients));
  for (int client = 0; client < load.clients; ++client) threads.emplace_back(post, client);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> whole = Clock::now() - began;
  std::printf("%zu %d %.4f\n", outcome.ms.size(), outcome.refused, whole.count());
  for (const double ms : outcome.ms) std::printf("%.4f\n", ms);
}

}  // namespace
}  // namespace pcb::bench

int main(int count, char** arguments) {
  if (count != 7) {
    std::cerr << "usage: intake_load PORT PATH TOKEN CLIENTS COUNT EVERY_MS\n";
    return 2;
  }
  pcb::bench::run({static_cast<std::uint16_t>(std::atoi(arguments[1])), arguments[2], arguments[3],
                   std::atoi(arguments[4]), std::atoi(arguments[5]),
                   std::chrono::milliseconds(std::atoi(arguments[6]))});
  return 0;
}
