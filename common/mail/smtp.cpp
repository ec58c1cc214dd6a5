#include "common/mail/smtp.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include <curl/curl.h>

#include "common/http/client.h"
#include "common/text.h"

namespace pcb::mail {
namespace {

struct Closer {
  void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

struct Reader {
  std::string_view rest;
};

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& reader = *static_cast<Reader*>(user);
  const std::size_t bytes = std::min(size * count, reader.rest.size());
  std::memcpy(buffer, reader.rest.data(), bytes);
  reader.rest.remove_prefix(bytes);
  return bytes;
}

std::string advice(CURLcode code, const char* detail, const Server& server) {
  const std::string said = *detail != '\0' ? text::printable(detail) : ::curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return "no answer within " + text::human_duration(static_cast<double>(server.timeout.count()) / 1000) +
             "; see whether a firewall drops the packets";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return said + "; check notify.emails.server, and whether the mail server listens there";
    case CURLE_USE_SSL_FAILED:
      return "the server offers no STARTTLS, and nothing is sent unencrypted; use port 587 or 465 of a "
             "server "
             "that speaks TLS";
    case CURLE_PEER_FAILED_VERIFICATION:
      return said + "; the certificate must be valid for this name and signed by " +
             (server.ca_file.empty() ? "a CA this system trusts, or name the CA's file" : server.ca_file);
    case CURLE_LOGIN_DENIED:
      return "the server refuses user and password; check notify.emails.user and password_file";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return said + "; the server broke off";
    default:
      return said + "; see the mail server's log for why it does not take the message";
  }
}

}  // namespace

Status send(const Server& server, const Message& message) {
  const std::string where = "mail server " + text::printable(server.address);
  const std::unique_ptr<CURL, Closer> handle(http::library_is_ready() ? ::curl_easy_init() : nullptr);
  CURL* curl = handle.get();
  if (curl == nullptr) return Error{where + ": cannot set up the mail client: not enough memory"};
  std::unique_ptr<curl_slist, Closer> recipients;
  for (const std::string& to : message.to) {
    curl_slist* longer = ::curl_slist_append(recipients.get(), ("<" + to + ">").c_str());
    if (longer == nullptr) return Error{where + ": not enough memory"};
    (void)recipients.release();
    recipients.reset(longer);
  }
  const bool tls_from_the_start = server.address.ends_with(":465");
  const std::string url = (tls_from_the_start ? "smtps://" : "smtp://") + server.address;
  const std::string from = "<" + message.from + ">";
  const std::string bytes = to_rfc5322(message);
  Reader reader{bytes};
  std::array<char, CURL_ERROR_SIZE> detail{};
  const auto set = [&](CURLoption option, auto value) { ::curl_easy_setopt(curl, option, value); };
  set(CURLOPT_ERRORBUFFER, detail.data());
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
  set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!server.ca_file.empty()) set(CURLOPT_CAINFO, server.ca_file.c_str());
  if (!server.user.empty()) {
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_READFUNCTION, &give);
  set(CURLOPT_READDATA, static_cast<void*>(&reader));
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
  set(CURLOPT_UPLOAD, 1L);
  const CURLcode code = ::curl_easy_perform(curl);
  if (code != CURLE_OK) return Error{where + ": " + advice(code, detail.data(), server)};
  return Done{};
}

}  // namespace pcb::mail
