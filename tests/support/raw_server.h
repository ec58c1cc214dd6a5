// A TCP server for what sshd cannot be made to do: each connection is handed to a function in a thread of its
// own.
//
// The function gets the socket and must return when reading or writing fails: the destructor shuts every
// socket down and joins. Listens on 127.0.0.1, on a free port.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pcb::test {

class RawServer {
 public:
  using Serve = std::function<void(int socket)>;
  explicit RawServer(Serve serve);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int connections() const;

 private:
  void accept_all();

  Serve serve_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Reads until the peer is gone or `bytes` have come; gives what came.
std::string receive_some(int socket, std::size_t bytes);
bool send_all(int socket, std::string_view bytes);

}  // namespace pcb::test
