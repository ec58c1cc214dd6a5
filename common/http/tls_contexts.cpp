#include "common/http/tls_contexts.h"

#include <array>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "common/log/log.h"
#include "common/os/file.h"

namespace pcb::http {
namespace {

std::string openssl_reason() {
  std::array<char, 256> buffer{};
  const unsigned long code = ::ERR_peek_last_error();
  ::ERR_clear_error();
  if (code == 0) return "unknown reason";
  ::ERR_error_string_n(code, buffer.data(), buffer.size());
  return buffer.data();
}

std::string stamp_of(const TlsSettings& settings) {
  std::string stamp;
  for (const std::string* file : {&settings.cert_file, &settings.key_file, &settings.client_ca_file}) {
    struct stat facts {};
    if (!file->empty() && ::stat(file->c_str(), &facts) == 0)
      stamp += std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec) + "/" +
               std::to_string(facts.st_ino) + "/" + std::to_string(facts.st_size);
    stamp += ";";
  }
  return stamp;
}

int verify_mode(ClientCertificates certificates) {
  switch (certificates) {
    case ClientCertificates::not_asked:
      return SSL_VERIFY_NONE;
    case ClientCertificates::verified_if_given:
      return SSL_VERIFY_PEER;
    case ClientCertificates::required:
      break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

int min_version(const TlsSettings& settings) {
  return settings.min_version_minor == 3 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

Status check_readable(const std::string& path, bool secret) {
  auto content = os::read_file(path);
  if (!content) return content.error();
  struct stat facts {};
  if (secret && ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & 0007U) != 0)
    return Error{"will not use the private key in " + path + ": everyone can reach it; run chmod o= " + path};
  return Done{};
}

}  // namespace

Result<TlsContexts::Context> TlsContexts::make_context(const TlsSettings& settings) {
  if (auto fine = check_readable(settings.cert_file, false); !fine) return fine.error();
  if (auto fine = check_readable(settings.key_file, true); !fine) return fine.error();
  ::ERR_clear_error();
  const Context context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  if (!context) return Error{"cannot set up TLS: " + openssl_reason()};
  SSL_CTX* ctx = context.get();
  if (::SSL_CTX_use_certificate_chain_file(ctx, settings.cert_file.c_str()) != 1)
    return Error{"cannot use the certificate in " + settings.cert_file + ": " + openssl_reason() +
                 "; it must be PEM, the server's own certificate first"};
  if (::SSL_CTX_use_PrivateKey_file(ctx, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(ctx) != 1)
    return Error{"cannot use the private key in " + settings.key_file + ": " + openssl_reason() +
                 "; it must be PEM, without a passphrase, and belong to the certificate in " +
                 settings.cert_file};
  if (!settings.client_ca_file.empty()) {
    if (auto fine = check_readable(settings.client_ca_file, false); !fine) return fine.error();
    if (::SSL_CTX_load_verify_locations(ctx, settings.client_ca_file.c_str(), nullptr) != 1)
      return Error{"cannot use the client CA in " + settings.client_ca_file + ": " + openssl_reason()};
    ::SSL_CTX_set_client_CA_list(ctx, ::SSL_load_client_CA_file(settings.client_ca_file.c_str()));
  }
  ::SSL_CTX_set_min_proto_version(ctx, min_version(settings));
  ::SSL_CTX_set_verify(ctx, verify_mode(settings.client_certificates), nullptr);
  ::SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

Result<std::unique_ptr<TlsContexts>> TlsContexts::load(const TlsSettings& settings) {
  std::unique_ptr<TlsContexts> contexts(new TlsContexts);
  if (auto changed = contexts->change(settings); !changed) return changed.error();
  auto listener = make_context(settings);
  if (!listener) return listener.error();
  contexts->listener_ = std::move(listener).value();
  ::SSL_CTX_set_client_hello_cb(contexts->listener_.get(), on_client_hello, contexts.get());
  return Result<std::unique_ptr<TlsContexts>>(std::move(contexts));
}

Status TlsContexts::change(const TlsSettings& settings) {
  std::string stamp =
      stamp_of(settings);  // before reading: a change in between is seen at the next handshake
  auto context = make_context(settings);
  if (!context) return context.error();
  const std::lock_guard lock(mutex_);
  loaded_ = {settings, std::move(stamp), std::move(context).value()};
  return Done{};
}

TlsContexts::Loaded TlsContexts::current() {
  const std::lock_guard lock(mutex_);
  std::string stamp = stamp_of(loaded_.settings);
  if (stamp == loaded_.stamp) return loaded_;
  loaded_.stamp = std::move(stamp);  // also when it fails: tried again only when the files change again
  if (auto context = make_context(loaded_.settings)) {
    loaded_.context = std::move(context).value();
    log::info("certificates re-read", {{"cert_file", loaded_.settings.cert_file}});
  } else {
    log::warning("certificates changed but cannot be used; the last good ones stay",
                 {{"error", context.error().message}});
  }
  return loaded_;
}

int TlsContexts::on_client_hello(SSL* ssl, int* /*alert*/, void* self) {
  try {
    const Loaded loaded = static_cast<TlsContexts*>(self)->current();
    ::SSL_set_SSL_CTX(ssl, loaded.context.get());
    ::SSL_set_min_proto_version(ssl, min_version(loaded.settings));
    ::SSL_set_verify(ssl, verify_mode(loaded.settings.client_certificates), nullptr);
    return SSL_CLIENT_HELLO_SUCCESS;
  } catch (const std::exception& thrown) {
    log::error("cannot answer a TLS handshake", {{"error", thrown.what()}});
    return SSL_CLIENT_HELLO_ERROR;
  }
}

}  // namespace pcb::http
