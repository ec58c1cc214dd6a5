// TlsContexts: the server's side of TLS, with certificates that can change while it runs.
//
// The listener keeps one OpenSSL context for its life; at each handshake the connection is moved to the
// context made from the files as they are now. Files that are changed but broken (a new certificate beside
// the old key) leave the last good ones in use, with a warning. Sessions are never resumed, so a changed
// client CA counts at once. Thread-safe. Tested by tests/common/http_tls_test.cpp.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "common/http/web_config.h"
#include "common/result.h"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // and SSL_CTX: its headers stay in the .cpp

namespace pcb::http {

class TlsContexts {
 public:
  // Fails when a file cannot be read, the key does not belong to the certificate, or others can read the key.
  static Result<std::unique_ptr<TlsContexts>> load(const TlsSettings& settings);

  [[nodiscard]] ssl_ctx_st* listener() const { return listener_.get(); }

  // Other settings from now on; on an error the old ones stay.
  Status change(const TlsSettings& settings);

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;
  struct Loaded {
    TlsSettings settings;
    std::string stamp;  // of the files: changes when one of them does
    Context context;
  };

  TlsContexts() = default;
  static Result<Context> make_context(const TlsSettings& settings);
  static int on_client_hello(ssl_st* ssl, int* alert, void* self);
  Loaded current();

  Context listener_;
  std::mutex mutex_;
  Loaded loaded_;
};

}  // namespace pcb::http
