#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include <crypt.h>
#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/http/users.h"
#include "common/http/web_config.h"
#include "tests/common/raw_client.h"
#include "tests/common/test_certificates.h"

namespace pcb::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr long kOnlyTls12 = long{CURL_SSLVERSION_TLSv1_2} | long{CURL_SSLVERSION_MAX_TLSv1_2};
constexpr long kUpToTls11 = long{CURL_SSLVERSION_TLSv1_0} | long{CURL_SSLVERSION_MAX_TLSv1_1};

std::string bcrypt(const std::string& password) {
  crypt_data space{};
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  if (::crypt_gensalt_rn("$2b$", 4, nullptr, 0, salt, sizeof salt) == nullptr)
    throw std::runtime_error("no salt");
  return ::crypt_r(password.c_str(), salt, &space);
}

class HttpTls : public testing::Test {
 protected:
  // Starts a server from the text of a web configuration file.
  Result<std::unique_ptr<Server>> start(const std::string& yaml) {
    const auto web = load_web_config(dir_.write("web.yaml", yaml));
    if (!web) return web.error();
    return Server::start({.web = *web},
                         {{.method = "GET",
                           .path = "/who",
                           .handler = [](const Request& r) { return Response{.body = "<" + r.user + ">"}; }},
                          {.method = "GET",
                           .path = "/token",
                           .handler = require({.bearer_token = "tok"}, [](const Request& r) {
                             return Response{.body = "<" + r.user + ">"};
                           })}});
  }
  std::unique_ptr<Server> started(const std::string& yaml) {
    auto server = start(yaml);
    if (!server) throw std::runtime_error(server.error().message);
    return std::move(server).value();
  }
  static std::string tls_section(const TestCa::Pair& pair, const std::string& more = "") {
    return "tls_server_config:\n  cert_file: " + pair.certificate + "\n  key_file: " + pair.key + "\n" + more;
  }
  static std::string url(const Server& server, const std::string& path = "/who") {
    return "https://127.0.0.1:" + std::to_string(server.port()) + path;
  }

  // A request as other programs make it: with a client certificate, or with an old TLS.
  static CURLcode curl(const std::string& where, const std::string& ca_file, const TestCa::Pair* pair,
                       long versions) {
    CURL* handle = ::curl_easy_init();
    ::curl_easy_setopt(handle, CURLOPT_URL, where.c_str());
    ::curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str());
    ::curl_easy_setopt(handle, CURLOPT_SSLVERSION, versions);
    ::curl_easy_setopt(handle, CURLOPT_SSL_CIPHER_LIST,
                       "ALL:@SECLEVEL=0");  // so that the client would do TLS 1.1
    ::curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
    ::curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (pair != nullptr) {
      ::curl_easy_setopt(handle, CURLOPT_SSLCERT, pair->certificate.c_str());
      ::curl_easy_setopt(handle, CURLOPT_SSLKEY, pair->key.c_str());
    }
    const CURLcode code = ::curl_easy_perform(handle);
    ::curl_easy_cleanup(handle);
    return code;
  }

  test::TemporaryFolder dir_;
  TestCa ca_{dir_, "ours"};
};

TEST_F(HttpTls, ServesOverTlsThatTheClientVerifies) {
  const auto server = started(tls_section(ca_.issue("server")) +
                              "http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=1\n");
  Client client({.ca_file = ca_.certificate()});
  const auto answer = client.get(url(*server));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "<>");
  EXPECT_THAT(Client({}).get(url(*server)).error().message,
              HasSubstr("the certificate must be valid for this name"));
  const TestCa other(dir_, "other");
  EXPECT_FALSE(Client({.ca_file = other.certificate()}).get(url(*server)).ok());
  EXPECT_THAT(Client({.ca_file = "/no/such/ca"}).get(url(*server)).error().message, HasSubstr("/no/such/ca"));
  // Another name than the certificate's.
  EXPECT_FALSE(client.get("https://localhost:" + std::to_string(server->port()) + "/who").ok());
}

TEST_F(HttpTls, AnExpiredCertificateIsNotAccepted) {
  const auto server = started(tls_section(ca_.issue("old", true)));
  EXPECT_THAT(Client({.ca_file = ca_.certificate()}).get(url(*server)).error().message, HasSubstr("expired"));
}

TEST_F(HttpTls, OldVersionsAndPlainTextAreRefused) {
  const auto pair = ca_.issue("server");
  const auto server = started(tls_section(pair));
  EXPECT_EQ(curl(url(*server), ca_.certificate(), nullptr, kOnlyTls12), CURLE_OK);
  EXPECT_EQ(curl(url(*server), ca_.certificate(), nullptr, kUpToTls11), CURLE_SSL_CONNECT_ERROR);
  const auto strict = started(tls_section(pair, "  min_version: TLS13\n"));
  EXPECT_EQ(curl(url(*strict), ca_.certificate(), nullptr, kOnlyTls12), CURLE_SSL_CONNECT_ERROR);
  EXPECT_EQ(curl(url(*strict), ca_.certificate(), nullptr, CURL_SSLVERSION_TLSv1_3), CURLE_OK);
  EXPECT_EQ(status_of(RawClient(server->port()).ask("GET /who HTTP/1.1\r\n\r\n")), 0);
}

TEST_F(HttpTls, ClientCertificatesAreVerified) {
  const TestCa clients(dir_, "clients");
  const TestCa strangers(dir_, "strangers");
  const auto good = clients.issue("good");
  const auto stranger = strangers.issue("stranger");
  const std::string asks = "  client_ca_file: " + clients.certificate() + "\n  client_auth_type: ";
  const auto pair = ca_.issue("server");
  const auto required = started(tls_section(pair, asks + "RequireAndVerifyClientCert\n"));
  EXPECT_EQ(curl(url(*required), ca_.certificate(), &good, CURL_SSLVERSION_TLSv1_2), CURLE_OK);
  EXPECT_NE(curl(url(*required), ca_.certificate(), &stranger, CURL_SSLVERSION_TLSv1_2), CURLE_OK);
  EXPECT_NE(curl(url(*required), ca_.certificate(), nullptr, CURL_SSLVERSION_TLSv1_2), CURLE_OK);
  const auto optional = started(tls_section(pair, asks + "VerifyClientCertIfGiven\n"));
  EXPECT_EQ(curl(url(*optional), ca_.certificate(), nullptr, CURL_SSLVERSION_TLSv1_2), CURLE_OK);
  EXPECT_NE(curl(url(*optional), ca_.certificate(), &stranger, CURL_SSLVERSION_TLSv1_2), CURLE_OK);
}

TEST_F(HttpTls, CertificatesRotateWithoutARestart) {
  const auto first = ca_.issue("server");
  const auto server = started(tls_section(first));
  Client ours({.ca_file = ca_.certificate()});
  ASSERT_TRUE(ours.get(url(*server)).ok());

  const TestCa next_ca(dir_, "next");
  const auto next = next_ca.issue("next-server");
  Client theirs({.ca_file = next_ca.certificate()});
  testing::internal::CaptureStderr();
  std::filesystem::rename(next.certificate, first.certificate);  // new certificate, old key: not usable yet
  EXPECT_TRUE(ours.get(url(*server)).ok());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the last good ones stay"));
  std::filesystem::rename(next.key, first.key);
  EXPECT_TRUE(theirs.get(url(*server)).ok());
  EXPECT_FALSE(ours.get(url(*server)).ok());
}

TEST_F(HttpTls, CertificatesThatCannotServeAreErrorsAtStart) {
  const auto one = ca_.issue("one");
  const auto two = ca_.issue("two");
  const auto message = [&](const TestCa::Pair& pair, const std::string& more = "") {
    const auto server = start(tls_section(pair, more));
    return server.ok() ? std::string("started") : server.error().message;
  };
  EXPECT_THAT(message({one.certificate, two.key}),
              AllOf(HasSubstr(two.key), HasSubstr("belong to the certificate")));
  EXPECT_THAT(message({dir_.file("none"), one.key}), HasSubstr("cannot read " + (dir_.file("none"))));
  EXPECT_THAT(message({dir_.write("junk", "junk"), one.key}), HasSubstr("it must be PEM"));
  EXPECT_THAT(message(one, "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " +
                               (dir_.file("junk")) + "\n"),
              HasSubstr("cannot use the client CA"));
  std::filesystem::permissions(one.key, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(message(one), HasSubstr("everyone can reach it; run chmod o= "));
}

TEST_F(HttpTls, UsersLogInWithTheirPasswords) {
  const auto server =
      started("basic_auth_users:\n  ann: " + bcrypt("pa:ss") + "\n  bob: " + bcrypt("b") + "\n");
  const std::string where = "http://127.0.0.1:" + std::to_string(server->port());
  const auto status = [&](const std::string& path, const std::string& user, const std::string& password) {
    return Client({.basic_user = user, .basic_password = password}).get(where + path)->status;
  };
  for (int i = 0; i < 2; ++i) {  // the second time from memory
    EXPECT_EQ(Client({.basic_user = "ann", .basic_password = "pa:ss"}).get(where + "/who")->body, "<ann>");
    EXPECT_EQ(status("/who", "bob", "b"), 200);
  }
  EXPECT_EQ(status("/who", "ann", "b"), 401);
  EXPECT_EQ(status("/who", "carl", "b"), 401);
  EXPECT_EQ(status("/who", "carl", "pa:ss"), 401);  // a name nobody has, with a password somebody has
  EXPECT_EQ(status("/who", "", ""), 401);
  EXPECT_EQ(status("/none", "", ""), 401);  // nor do strangers learn which paths there are
  EXPECT_EQ(status("/none", "bob", "b"), 404);
  EXPECT_EQ(Client({.bearer_token = "tok"}).get(where + "/token")->body, "<token>");
  EXPECT_EQ(status("/token", "bob", "b"), 401);
}

TEST(HttpUsers, WhoIsKnownDoesNotWaitForAGuessOfAnother) {
  using Clock = std::chrono::steady_clock;
  const std::map<std::string, std::string> hashes{
      {"ann", bcrypt("one")},
      {"slow", "$2b$12$abcdefghijklmnopqrstuu" + std::string(31, 'a')}};  // a good part of a second a try
  Users users;
  ASSERT_EQ(users.judge("192.0.2.1", "ann", "one", hashes), Users::Verdict::right);
  std::atomic<bool> guessed = false;
  const auto began = Clock::now();
  std::thread stranger([&] {
    EXPECT_EQ(users.judge("192.0.2.2", "slow", "guess", hashes), Users::Verdict::wrong);
    guessed = true;
  });
  Clock::duration longest{};
  while (!guessed) {
    const auto before = Clock::now();
    EXPECT_EQ(users.judge("192.0.2.1", "ann", "one", hashes), Users::Verdict::right);
    longest = std::max(longest, Clock::now() - before);
    std::this_thread::yield();
  }
  stranger.join();
  EXPECT_LT(longest, (Clock::now() - began) / 2);
}

TEST_F(HttpTls, UsersAndHeadersChangeWithoutARestart) {
  const auto server = started("basic_auth_users:\n  ann: " + bcrypt("one") + "\n");
  const std::string where = "http://127.0.0.1:" + std::to_string(server->port()) + "/who";
  const auto status = [&](const std::string& password) {
    return Client({.basic_user = "ann", .basic_password = password}).get(where)->status;
  };
  EXPECT_EQ(status("one"), 200);
  const auto next = load_web_config(dir_.write("next.yaml", "basic_auth_users:\n  ann: " + bcrypt("two") +
                                                                "\nhttp_server_config:\n  headers:\n"
                                                                "    X-Frame-Options: deny\n"));
  ASSERT_TRUE(next.ok());
  ASSERT_TRUE(server->change_web(*next).ok());
  EXPECT_EQ(status("one"), 401);
  EXPECT_EQ(status("two"), 200);
  EXPECT_THAT(RawClient(server->port()).ask("GET /who HTTP/1.1\r\n\r\n"),
              HasSubstr("\r\nX-Frame-Options: deny\r\n"));
  const auto tls = load_web_config(dir_.write("tls.yaml", tls_section(ca_.issue("server"))));
  EXPECT_THAT(server->change_web(*tls).error().message, HasSubstr("restart"));
}

}  // namespace
}  // namespace pcb::http
