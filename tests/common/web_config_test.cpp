#include "common/http/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace pcb::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHash = "$2y$10$X0xY7yq6mJ1nB5r3vT8wOeQmQ1x0r1oQm2u9yqV9c2Qe0b1m3n4pG";

TEST(WebConfig, ReadsTheFormOfExporterToolkit) {
  const auto config = parse_web_config(
      "# comment\n"
      "tls_server_config:\n"
      "  cert_file: server.crt\n"
      "  key_file: /etc/keys/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: ca.crt\n"
      "  min_version: TLS13\n"
      "http_server_config:\n"
      "  http2: false\n"
      "  headers:\n"
      "    X-Frame-Options: deny\n"
      "    Content-Security-Policy:\n"
      "basic_auth_users:\n"
      "  ann: " +
          std::string(kHash) + "\n",
      "/etc/balancer");
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_TRUE(config->tls.has_value());
  EXPECT_EQ(config->tls->cert_file, "/etc/balancer/server.crt");
  EXPECT_EQ(config->tls->key_file, "/etc/keys/server.key");
  EXPECT_EQ(config->tls->client_ca_file, "/etc/balancer/ca.crt");
  EXPECT_EQ(config->tls->client_certificates, ClientCertificates::required);
  EXPECT_EQ(config->tls->min_version_minor, 3);
  EXPECT_EQ(config->users.at("ann"), kHash);
  ASSERT_EQ(config->headers.size(), 1U);
  EXPECT_EQ(config->headers[0].second, "deny");
}

TEST(WebConfig, AnEmptyFileAsksForNothing) {
  for (const char* empty : {"", "{}", "# nothing\n", "basic_auth_users:\n", "tls_server_config: {}\n"}) {
    const auto config = parse_web_config(empty, ".");
    ASSERT_TRUE(config.ok()) << empty << config.error().message;
    EXPECT_FALSE(config->tls.has_value());
    EXPECT_FALSE(config->asks_for_login());
  }
}

TEST(WebConfig, AllFaultsAtOnceWithTheirPlace) {
  const auto config = parse_web_config(
      "tls_server_config:\n"
      "  cert_file: a\n"
      "  min_version: TLS10\n"
      "  client_auth_type: RequireAnyClientCert\n"
      "  cipher_suites: [X]\n"
      "basic_auth_user:\n"
      "  ann: x\n"
      "http_server_config:\n"
      "  headers:\n"
      "    Server: mine\n",
      ".");
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(config.error().message,
              AllOf(HasSubstr("1:1: tls_server_config needs both cert_file and key_file"),
                    HasSubstr("3:16: min_version is \"TLS10\"; allowed: TLS12, TLS13"),
                    HasSubstr("4:21: client_auth_type is \"RequireAnyClientCert\"; allowed: "),
                    HasSubstr("5:3: cipher_suites is not supported here"),
                    HasSubstr("6:1: unknown key \"basic_auth_user\"; known here: "),
                    HasSubstr("10:5: unknown key \"Server\"")));
}

TEST(WebConfig, WhatWouldNotProtectIsAFault) {
  const auto fault = [](const std::string& yaml) {
    const auto config = parse_web_config(yaml, ".");
    return config.ok() ? "no fault in: " + yaml : config.error().message;
  };
  const std::string tls = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
  EXPECT_THAT(fault(tls + "  client_auth_type: RequireAndVerifyClientCert\n"),
              HasSubstr("needs client_ca_file"));
  EXPECT_THAT(fault(tls + "  client_ca_file: c\n"), HasSubstr("has no effect without client_auth_type"));
  EXPECT_THAT(fault(tls + "  cert_file: c\n"), HasSubstr("4:3: \"cert_file\" stands twice"));
  EXPECT_THAT(fault("basic_auth_users:\n  ann: s3cret\n"),
              AllOf(HasSubstr("htpasswd -nBC 10"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(fault("basic_auth_users:\n  a:b: " + std::string(kHash)), HasSubstr("2:"));
  EXPECT_THAT(fault("basic_auth_users:\n  ann: $2y$31$" + std::string(53, 'a')), HasSubstr("cost 4 to 16"));
  EXPECT_THAT(fault("basic_auth_users: [ann]\n"), HasSubstr("must be a map"));
  EXPECT_THAT(fault("tls_server_config: yes\n"), HasSubstr("must be a map"));
  EXPECT_THAT(fault("{"), HasSubstr("1:"));
}

TEST(WebConfig, LoadingNamesTheFileInEveryLine) {
  const test::TemporaryFolder dir;
  const std::string path = dir.write("web.yaml", "a: 1\nb: 2\n");
  const auto config = load_web_config(path);
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(config.error().message, AllOf(HasSubstr(path + ":1:1: unknown key \"a\""),
                                            HasSubstr("\n" + path + ":2:1: unknown key \"b\"")));
  EXPECT_THAT(load_web_config(dir.file("none")).error().message, HasSubstr("no such file"));
  EXPECT_TRUE(load_web_config(dir.write("empty.yaml", "")).ok());
}

TEST(WebConfig, ExposureNeedsTlsAndALogin) {
  const auto loopback = parse_listen_address("127.0.0.1:9722").value();
  const auto open = parse_listen_address("[::]:9722").value();
  WebConfig tls;
  tls.tls = TlsSettings{};
  WebConfig users;
  users.users["ann"] = kHash;
  WebConfig both = tls;
  both.users = users.users;
  WebConfig mutual = tls;
  mutual.tls->client_certificates = ClientCertificates::required;
  WebConfig optional = tls;
  optional.tls->client_certificates = ClientCertificates::verified_if_given;
  const auto message = [&](const WebConfig* web) {
    const auto status = check_exposure(open, web, false, "exporter.listen_without_tls");
    return status.ok() ? std::string("allowed") : status.error().message;
  };
  EXPECT_TRUE(check_exposure(loopback, nullptr, false, "x").ok());
  EXPECT_TRUE(check_exposure(open, nullptr, true, "x").ok());
  EXPECT_EQ(message(&both), "allowed");
  EXPECT_EQ(message(&mutual), "allowed");
  EXPECT_THAT(message(nullptr),
              AllOf(HasSubstr("will not listen on [::]:9722"), HasSubstr("without TLS and a login"),
                    HasSubstr("exporter.listen_without_tls: true")));
  EXPECT_THAT(message(&tls), HasSubstr("without a login;"));
  EXPECT_THAT(message(&optional), HasSubstr("without a login;"));
  EXPECT_THAT(message(&users), HasSubstr("without TLS;"));
}

}  // namespace
}  // namespace pcb::http
