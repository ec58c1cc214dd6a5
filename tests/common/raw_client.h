// RawClient: a TCP connection that sends exactly the bytes it is told, to play a rude HTTP client.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/fd.h"

namespace pcb {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1", int receive_buffer_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer_bytes > 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const sockaddr_in source = address(from, 0);
    const sockaddr_in target = address("127.0.0.1", port);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0 ||
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0)
      throw std::runtime_error("cannot connect");
  }

  // False when the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void end_sending() { ::shutdown(socket_.get(), SHUT_WR); }

  // Everything up to the end of the stream; "(timeout)" is added when that does not come in time.
  std::string read_all(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    return read_until("", patience);
  }
  // The same, or less: what came until `last` was there. Empty: to the end.
  std::string read_until(std::string_view last,
                         std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    std::string all;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (last.empty() || all.find(last) == std::string::npos) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd waiting{socket_.get(), POLLIN, 0};
      if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0)
        return all + "(timeout)";
      char buffer[4096];
      const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (count <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

  std::string ask(std::string_view request) {
    send(request);
    return read_all();
  }

 private:
  static sockaddr_in address(const char* host, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &result.sin_addr);
    return result;
  }
  os::Fd socket_;
};

// 200 for "HTTP/1.1 200 OK…"; 0 for anything that is no answer.
inline int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") && answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

}  // namespace pcb
