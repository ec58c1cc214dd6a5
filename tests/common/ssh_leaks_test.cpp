// What connections that end badly leave behind: nothing, however many they are.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>

#include "tests/support/raw_server.h"
#include "tests/support/ssh_client.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using std::chrono::milliseconds;
using test::RawServer, test::SshClient, test::Sshd;

long open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator{});
}

// Bytes of the heap in use. A sanitizer has an allocator of its own: 0 there, and its leak check counts.
std::size_t heap_bytes() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

// Connect, be killed or stopped in the middle, give up: PCB_FAULT_CYCLES times (tests/long asks for 10,000).
TEST(SshLeaks, FailuresLeaveNothingBehind) {
  constexpr int kAtOnce = 10;
  constexpr int kSettled = 2;  // rounds after which every cache is filled
  // What the allocator keeps for later counts as in use, too; a leak of 32 bytes is more after 10,000 cycles.
  constexpr std::size_t kSlack = 262144;
  const char* wanted = std::getenv("PCB_FAULT_CYCLES");  // NOLINT(concurrency-mt-unsafe)
  const int rounds = (wanted == nullptr ? 50 : std::atoi(wanted)) / kAtOnce;
  ASSERT_GT(rounds, kSettled);
  Sshd sshd;
  long files = 0;
  std::size_t heap = 0;
  for (int round = 0; round < rounds; ++round) {
    {
      std::vector<std::unique_ptr<SshClient>> clients;
      for (int i = 0; i < kAtOnce; ++i) {
        clients.push_back(std::make_unique<SshClient>(sshd));
        ASSERT_TRUE(clients.back()->ask("x").ok());
      }
      sshd.signal_sessions(round % 2 == 0 ? SIGKILL : SIGSTOP);
      for (const auto& client : clients) {
        Request request;
        request.time_limit = milliseconds(20);
        request.repeatable = false;
        EXPECT_FALSE(client->ask("y", request).ok());
      }
      sshd.signal_sessions(SIGKILL);
      RawServer silent([](int socket) { test::receive_some(socket, 1U << 20U); });
      auto silence = SshClient::settings_for(sshd);
      silence.port = silent.port();
      silence.connect_timeout = milliseconds(50);
      SshClient waits(silence, "");
      EXPECT_FALSE(waits.ask("x").ok());
    }
    if (round == kSettled) {
      files = open_files();
      heap = heap_bytes();
    }
  }
  EXPECT_EQ(open_files(), files);
  EXPECT_LE(heap_bytes(), heap + kSlack);
}

}  // namespace
}  // namespace pcb::ssh
