// KnownHosts: the keys we trust, as sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT" writes them.
//
// Pure: the text comes in, files are common/ssh/known_hosts_file.h. Understood: plain names, "[host]:port",
// patterns with * ? and !, hashed names (|1|salt|hash), @revoked. A @cert-authority line is skipped and
// remembered, because certificates are not supported. A line that cannot be read is a fault and trusts
// nothing. The library's own reader is not used: it ignores markers and over-reads malformed lines (libssh2
// #508, #2012). Tested by tests/common/ssh_known_hosts_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pcb::ssh {

struct KnownHostsFault {
  int line = 0;
  std::string message;
};

enum class KeyVerdict {
  trusted,
  unknown,           // no line for this host
  other_types_only,  // lines for this host, none with a key of this type
  changed,           // a line for this host and type holds another key
  revoked,
};

struct KeyCheck {
  KeyVerdict verdict = KeyVerdict::unknown;
  int line = 0;  // the line that decided; 0 where there is none
};

class KnownHosts {
 public:
  static KnownHosts parse(std::string_view text);

  [[nodiscard]] KeyCheck check(std::string_view host, int port, std::string_view key_blob) const;
  // Types of the keys this host may show, in the order of the file, without repeats.
  [[nodiscard]] std::vector<std::string> key_types(std::string_view host, int port) const;
  // A @cert-authority line speaks of this host: its users may wonder why it does not count.
  [[nodiscard]] bool has_certificate_authority(std::string_view host, int port) const;
  [[nodiscard]] const std::vector<KnownHostsFault>& faults() const { return faults_; }

 private:
  enum class Marker { none, revoked, certificate_authority };
  struct Entry {
    Marker marker = Marker::none;
    std::string hosts;  // the field as written
    std::string type;
    std::string key_blob;
    int line = 0;
  };

  void read_line(std::string_view line, int number);

  std::vector<Entry> entries_;
  std::vector<KnownHostsFault> faults_;
};

// "pve1", or "[pve1]:2222" where the port is not 22: the name a host has in the file.
std::string known_hosts_name(std::string_view host, int port);
// One line with its end, ready to be appended.
std::string known_hosts_line(std::string_view host, int port, std::string_view key_blob);
// `text` without the plain and hashed lines that name this host alone or among others: for a reinstalled
// host. Markers stay. `removed` counts the lines taken out.
std::string without_host(std::string_view text, std::string_view host, int port, int& removed);

}  // namespace pcb::ssh
