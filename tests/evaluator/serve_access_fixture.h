// The program with users of its own: ann, an operator (opensesame), and bob, who may look (hi).
#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <crypt.h>
#include <gtest/gtest.h>

#include "tests/common/raw_client.h"
#include "tests/evaluator/serve_fixture.h"

namespace pcb {

class ServeAccess : public Serve {
 protected:
  static std::string hash_of(const char* password) {
    crypt_data space{};
    return ::crypt_r(password, "$2b$04$abcdefghijklmnopqrstuu", &space);
  }
  std::string web_file() {
    test::write_text(folder_.file("web.yml"), "basic_auth_users:\n  ann: " + hash_of("opensesame") +
                                                  "\n  bob: " + hash_of("hi") + "\n");
    return folder_.file("web.yml");
  }
  std::unique_ptr<Program> start_with_users() {
    write_config("  web_config: " + web_file() + "\n  operators: [ann]\n");
    auto program =
        std::make_unique<Program>(std::vector<std::string>{kProgram, "serve", "--config", config_});
    EXPECT_TRUE(wait_until([&] {
      return status("GET", "/-/ready", "Authorization: Basic Ym9iOmhp\r\n") == 200;
    })) << program->output();
    return program;
  }
  std::string ask(const std::string& method, const std::string& path, const std::string& headers = "",
                  const std::string& body = "") {
    try {
      return RawClient(static_cast<std::uint16_t>(port_))
          .ask(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) + "\r\n" +
               headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    } catch (const std::runtime_error&) {
      return "";  // nobody listens yet
    }
  }
  int status(const std::string& method, const std::string& path, const std::string& headers = "",
             const std::string& body = "") {
    return status_of(ask(method, path, headers, body));
  }
  // The Cookie header that the login's answer asks for.
  std::string cookie_by(const std::string& form) {
    const std::string answer = ask("POST", "/login", kForm, form);
    const std::size_t from = answer.find("Set-Cookie: ");
    if (from == std::string::npos) return "";
    return "Cookie: " + answer.substr(from + 12, answer.find(';', from) - from - 12) + "\r\n";
  }
  std::string csrf_of(const std::string& cookie) {
    const std::string answer = ask("GET", "/api/v1/session", cookie);
    const std::size_t from = answer.find("\"csrf_token\":\"");
    return from == std::string::npos ? "" : answer.substr(from + 14, 64);
  }
  std::string operator_token() {
    std::ifstream file(folder_.file("state") + "/operator_token");
    std::string read;
    file >> read;
    return read;
  }

  static constexpr const char* kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
};

}  // namespace pcb
