// smtp::send: hands one message to a mail server, over libcurl.
//
// The connection is encrypted or nothing is sent: STARTTLS is demanded, port 465 speaks TLS from the start;
// the certificate is checked, and the password leaves only after that. Blocks for at most `timeout`. An error
// says what to do and never holds the password. Thread-safe: each call has its own connection. Tested by
// tests/e2e/mail_test.py against a real mail server.
#pragma once

#include <chrono>
#include <string>

#include "common/mail/message.h"
#include "common/result.h"

namespace pcb::mail {

struct Server {
  std::string address;  // "host:port"
  std::string user, password;
  std::string ca_file;  // empty: the system's certificates
  std::chrono::milliseconds timeout{20'000};
};

Status send(const Server& server, const Message& message);

}  // namespace pcb::mail
