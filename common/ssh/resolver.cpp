#include "common/ssh/resolver.h"

#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include <netdb.h>

namespace pcb::ssh {
namespace {

constexpr auto kFresh = std::chrono::seconds(60);
constexpr auto kRetryFailed = std::chrono::seconds(2);
// One name that hangs must not hold up the others, and a broken name server must not fill the process.
constexpr int kMostThreads = 4;

}  // namespace

std::vector<SocketAddress> system_look_up(const std::string& name, std::string& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  std::vector<SocketAddress> addresses;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (code != 0) {
    error = code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code);
    return addresses;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return addresses;
}

struct Resolver::Shared {
  struct Name {
    bool asked = false;  // queued or in getaddrinfo
    bool answered = false;
    bool distrusted = false;
    Clock::time_point answered_at{};
    std::vector<SocketAddress> addresses;
    std::string error;
  };

  std::mutex mutex;
  std::map<std::string, Name> names;
  std::deque<std::string> queue;
  int threads = 0;
  bool stopped = false;
  std::function<void()> on_answer;
  LookUp look_up;

  // Works until the queue is empty; started anew when there is work again.
  static void work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (!shared->queue.empty() && !shared->stopped) {
      const std::string name = std::move(shared->queue.front());
      shared->queue.pop_front();
      lock.unlock();
      std::string error;
      auto addresses = shared->look_up(name, error);
      lock.lock();
      Name& entry = shared->names[name];
      entry.asked = false;
      entry.answered = true;
      entry.distrusted = false;
      entry.answered_at = Clock::now();
      entry.error = addresses.empty() && error.empty() ? "no address" : error;
      if (!addresses.empty()) entry.addresses = std::move(addresses);
      if (!shared->stopped) shared->on_answer();
    }
    --shared->threads;
  }
};

Resolver::Resolver(std::function<void()> on_answer, LookUp look_up) : shared_(std::make_shared<Shared>()) {
  shared_->on_answer = std::move(on_answer);
  shared_->look_up = std::move(look_up);
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->queue.clear();
}

Resolver::Answer Resolver::look_up(const std::string& name, Clock::time_point now) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* list = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) == 0) {
    Answer answer{State::found, {}, {}};
    SocketAddress address;
    std::memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
    address.length = list->ai_addrlen;
    answer.addresses.push_back(address);
    ::freeaddrinfo(list);
    return answer;
  }
  const std::lock_guard lock(shared_->mutex);
  auto& entry = shared_->names[name];
  const bool good = entry.answered && entry.error.empty() && !entry.distrusted;
  const bool due = !entry.answered || now - entry.answered_at > (good ? kFresh : kRetryFailed);
  if (due && !entry.asked) {
    entry.asked = true;
    shared_->queue.push_back(name);
    if (shared_->threads < kMostThreads) {
      try {
        std::thread(Shared::work, shared_).detach();
        ++shared_->threads;
      } catch (
          const std::system_error& fault) {  // no thread to be had: what is queued waits for the next call
        if (shared_->threads == 0) {
          shared_->queue.clear();
          entry.asked = false;
          return {State::failed, entry.addresses, fault.what()};
        }
      }
    }
  }
  if (!entry.addresses.empty()) return {State::found, entry.addresses, entry.error};
  if (entry.answered && !entry.asked) return {State::failed, {}, entry.error};
  return {};
}

void Resolver::distrust(const std::string& name) {
  const std::lock_guard lock(shared_->mutex);
  const auto found = shared_->names.find(name);
  if (found != shared_->names.end()) found->second.distrusted = true;
}

}  // namespace pcb::ssh
