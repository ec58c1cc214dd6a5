// The web configuration file: TLS, users and headers of a server, in the form of Prometheus's
// exporter-toolkit, so that one file serves all exporters of a host.
//
// Read strictly: an unknown key, a second key of the same name, and a value this server could only pretend to
// heed are faults, all reported at once as "line:column: …". Relative paths start at the file's own folder.
// Users' passwords are bcrypt hashes (htpasswd -nBC 10). Source of the form:
// github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md.
// Tested by tests/common/web_config_test.cpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/listen_address.h"
#include "common/result.h"

namespace pcb::http {

enum class ClientCertificates { not_asked, verified_if_given, required };

struct TlsSettings {
  std::string cert_file;       // PEM, with the intermediate certificates behind the server's own
  std::string key_file;        // PEM
  std::string client_ca_file;  // PEM; empty without client certificates
  ClientCertificates client_certificates = ClientCertificates::not_asked;
  int min_version_minor = 2;  // 2 for TLS 1.2, 3 for TLS 1.3

  bool operator==(const TlsSettings&) const = default;
};

struct WebConfig {
  std::optional<TlsSettings> tls;
  std::map<std::string, std::string> users;  // name → bcrypt hash
  std::vector<std::pair<std::string, std::string>> headers;

  // Nobody gets in without a user's password or a client certificate.
  [[nodiscard]] bool asks_for_login() const;
};

// Pure. `folder` is where relative paths start.
Result<WebConfig> parse_web_config(std::string_view yaml, const std::string& folder);

// Reads the file. A server started with the result tells what is wrong with the certificates.
Result<std::shared_ptr<const WebConfig>> load_web_config(const std::string& path);

// The rule both programs keep at start: an address other machines can reach needs TLS and a login. `web` may
// be null. `allowed` is the option that switches the rule off, by the name `option`
// ("exporter.listen_without_tls").
Status check_exposure(const ListenAddress& address, const WebConfig* web, bool allowed,
                      std::string_view option);

// What a program does at start and at a reload: reads the file it is given (none: null) and keeps that rule.
Result<std::shared_ptr<const WebConfig>> web_for(std::string_view listen, const std::string& path,
                                                 bool allowed, std::string_view option);

}  // namespace pcb::http
