// TestCa: a certificate authority made by the openssl program for one test, and certificates it signs.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/temporary_folder.h"

namespace pcb {

class TestCa {
 public:
  TestCa(const test::TemporaryFolder& dir, const std::string& name) : dir_(dir), name_(name) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
        " -keyout " + key() + " -out " + certificate());
  }

  [[nodiscard]] std::string certificate() const { return dir_.file(name_ + "-ca.pem"); }

  struct Pair {
    std::string certificate;
    std::string key;
  };
  // For 127.0.0.1; `expired` since yesterday.
  [[nodiscard]] Pair issue(const std::string& who, bool expired = false) const {
    const Pair pair{dir_.file(who + ".pem"), dir_.file(who + ".key")};
    const std::string request = dir_.file(who + ".csr");
    const std::string extensions = dir_.write(who + ".ext", "subjectAltName=IP:127.0.0.1\n");
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + who + " -keyout " +
        pair.key + " -out " + request);
    run("openssl x509 -req -in " + request + " -CA " + certificate() + " -CAkey " + key() +
        " -CAcreateserial -extfile " + extensions + " -days " + (expired ? "-1" : "2") + " -out " +
        pair.certificate);
    return pair;
  }

 private:
  [[nodiscard]] std::string key() const { return dir_.file(name_ + "-ca.key"); }
  static void run(const std::string& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
      throw std::runtime_error("failed: " + command);
  }

  const test::TemporaryFolder& dir_;
  std::string name_;
};

}  // namespace pcb
