// An e-mail as the bytes that go to the mail server (RFC 5322, 2045, 2047).
//
// Pure. Subject and text may hold any bytes: they become valid UTF-8, and no line end of theirs can begin a
// header. Addresses come from the configuration, checked there. `id` makes the Message-ID: a message that is
// delivered twice is known as the same one by mail programs. Tested by tests/common/mail_test.cpp.
#pragma once

#include <string>
#include <vector>

namespace pcb::mail {

struct Message {
  std::string from;
  std::vector<std::string> to;
  std::string subject;
  std::string text;
  std::string id;  // unique for the sender
  double at = 0;   // Unix seconds
  bool urgent = false;
};

std::string to_rfc5322(const Message& message);

}  // namespace pcb::mail
