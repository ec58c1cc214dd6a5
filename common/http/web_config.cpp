#include "common/http/web_config.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/os/file.h"
#include "common/text.h"
#include "common/yaml_tree.h"

namespace pcb::http {
namespace {

using Kind = YamlNode::Kind;

// What exporter-toolkit knows and this server does not do: said plainly instead of "unknown".
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNotSupported = {{
    {"cipher_suites", "OpenSSL's choice for the minimum version is used"},
    {"prefer_server_cipher_suites", "the server's order is always preferred"},
    {"curve_preferences", "OpenSSL's choice is used"},
    {"client_allowed_sans", "every certificate of client_ca_file is let in"},
    {"max_version", "the newest version both sides know is used"},
    {"cert", "name the file in cert_file"},
    {"key", "name the file in key_file"},
    {"client_ca", "name the file in client_ca_file"},
}};

class Reader {
 public:
  explicit Reader(std::string folder) : folder_(std::move(folder)) {}

  WebConfig read(const YamlNode& root);
  std::vector<std::string> faults;

 private:
  void fault(const TextPlace& place, const std::string& message) {
    faults.push_back(std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + message);
  }
  // The members of a map, each key once; a fault when it is no map. An empty value is an empty map.
  const std::vector<YamlMember>& members(const YamlNode& node, std::string_view what);
  std::string scalar(const YamlMember& member);
  std::string path(const YamlMember& member);
  void unknown(const YamlMember& member, std::string_view known);
  void read_tls(const YamlMember& section, WebConfig& config);
  void read_tls_key(const YamlMember& member, TlsSettings& tls);
  void read_users(const YamlMember& section, WebConfig& config);
  void read_http(const YamlMember& section, WebConfig& config);

  std::string folder_;
};

const std::vector<YamlMember>& Reader::members(const YamlNode& node, std::string_view what) {
  static const std::vector<YamlMember> none;
  if (node.kind == Kind::null) return none;
  if (node.kind != Kind::map) {
    fault(node.place, std::string(what) + " must be a map of keys and values");
    return none;
  }
  std::set<std::string_view> seen;
  for (const YamlMember& member : node.members)
    if (!seen.insert(member.key).second)
      fault(member.place, "\"" + text::printable(member.key) + "\" stands twice in " + std::string(what));
  return node.members;
}

std::string Reader::scalar(const YamlMember& member) {
  if (member.value.kind == Kind::scalar && !member.value.text.empty()) return member.value.text;
  fault(member.value.place, member.key + " must be a text that is not empty");
  return {};
}

std::string Reader::path(const YamlMember& member) {
  const std::string path = scalar(member);
  return path.empty() || path.front() == '/' ? path : folder_ + "/" + path;
}

void Reader::unknown(const YamlMember& member, std::string_view known) {
  for (const auto& [key, instead] : kNotSupported) {
    if (member.key != key) continue;
    return fault(member.place,
                 member.key + " is not supported here: " + std::string(instead) + "; remove it");
  }
  fault(member.place,
        "unknown key \"" + text::printable(member.key) + "\"; known here: " + std::string(known));
}

void Reader::read_tls_key(const YamlMember& member, TlsSettings& tls) {
  if (member.key == "cert_file") {
    tls.cert_file = path(member);
  } else if (member.key == "key_file") {
    tls.key_file = path(member);
  } else if (member.key == "client_ca_file") {
    tls.client_ca_file = path(member);
  } else if (member.key == "client_auth_type") {
    const std::string type = scalar(member);
    if (type == "NoClientCert") {
      tls.client_certificates = ClientCertificates::not_asked;
    } else if (type == "VerifyClientCertIfGiven") {
      tls.client_certificates = ClientCertificates::verified_if_given;
    } else if (type == "RequireAndVerifyClientCert") {
      tls.client_certificates = ClientCertificates::required;
    } else {
      fault(member.value.place,
            "client_auth_type is \"" + text::printable(type) +
                "\"; allowed: NoClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert "
                "(a certificate nobody verifies proves nothing)");
    }
  } else if (member.key == "min_version") {
    const std::string version = scalar(member);
    if (version != "TLS12" && version != "TLS13")
      fault(member.value.place, "min_version is \"" + text::printable(version) + "\"; allowed: TLS12, TLS13");
    tls.min_version_minor = version == "TLS13" ? 3 : 2;
  } else {
    unknown(member, "cert_file, key_file, client_ca_file, client_auth_type, min_version");
  }
}

void Reader::read_tls(const YamlMember& section, WebConfig& config) {
  const auto& keys = members(section.value, section.key);
  if (keys.empty()) return;
  TlsSettings tls;
  for (const YamlMember& member : keys) read_tls_key(member, tls);
  if (tls.cert_file.empty() || tls.key_file.empty())
    fault(section.place, "tls_server_config needs both cert_file and key_file");
  const bool asks = tls.client_certificates != ClientCertificates::not_asked;
  if (asks && tls.client_ca_file.empty())
    fault(section.place, "client_auth_type needs client_ca_file, to verify against");
  if (!asks && !tls.client_ca_file.empty())
    fault(section.place, "client_ca_file has no effect without client_auth_type: RequireAndVerifyClientCert");
  config.tls = std::move(tls);
}

bool is_bcrypt(std::string_view hash) {
  const bool start = hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (hash.size() != 60 || !start || hash[6] != '$') return false;
  const auto cost = text::to_uint64(hash.substr(4, 2));
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return cost && *cost >= 4 && *cost <= 16 &&
         hash.find_first_not_of(kAlphabet, 7) == std::string_view::npos;  // above 16 one login takes seconds
}

void Reader::read_users(const YamlMember& section, WebConfig& config) {
  for (const YamlMember& member : members(section.value, section.key)) {
    if (member.key.empty() || member.key.find(':') != std::string::npos) {
      fault(member.place, "a user's name must not be empty nor hold a colon");
      continue;
    }
    // The value is not shown: someone may have written the password itself.
    if (member.value.kind != Kind::scalar || !is_bcrypt(member.value.text))
      fault(member.value.place,
            "the password of \"" + text::printable(member.key) +
                "\" must be a bcrypt hash of cost 4 to 16; make one with: htpasswd -nBC 10 NAME");
    config.users[member.key] = member.value.text;
  }
}

void Reader::read_http(const YamlMember& section, WebConfig& config) {
  static const std::set<std::string_view> known_headers = {"Content-Security-Policy", "X-Frame-Options",
                                                           "X-Content-Type-Options", "X-XSS-Protection",
                                                           "Strict-Transport-Security"};
  for (const YamlMember& member : members(section.value, section.key)) {
    if (member.key == "http2") {  // this server speaks HTTP/1.1: both values are kept by doing nothing
      if (const std::string value = scalar(member); value != "true" && value != "false")
        fault(member.value.place, "http2 must be true or false");
    } else if (member.key == "headers") {
      for (const YamlMember& header : members(member.value, "headers")) {
        if (known_headers.count(header.key) == 0) {
          unknown(header,
                  "Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, "
                  "Strict-Transport-Security");
        } else if (header.value.kind == Kind::scalar && !header.value.text.empty()) {
          config.headers.emplace_back(header.key, header.value.text);
        }
      }
    } else {
      unknown(member, "headers, http2");
    }
  }
}

WebConfig Reader::read(const YamlNode& root) {
  WebConfig config;
  for (const YamlMember& section : members(root, "the file")) {
    if (section.key == "tls_server_config") {
      read_tls(section, config);
    } else if (section.key == "basic_auth_users") {
      read_users(section, config);
    } else if (section.key == "http_server_config") {
      read_http(section, config);
    } else {
      unknown(section, "tls_server_config, http_server_config, basic_auth_users");
    }
  }
  return config;
}

}  // namespace

bool WebConfig::asks_for_login() const {
  return !users.empty() || (tls && tls->client_certificates == ClientCertificates::required);
}

Result<WebConfig> parse_web_config(std::string_view yaml, const std::string& folder) {
  const auto tree = read_yaml(yaml);
  if (const auto* fault = std::get_if<YamlFault>(&tree))
    return Error{std::to_string(fault->place.line) + ":" + std::to_string(fault->place.column) + ": " +
                 fault->message};
  Reader reader(folder);
  WebConfig config = reader.read(std::get<YamlNode>(tree));
  if (!reader.faults.empty()) return Error{text::join(reader.faults, "\n")};
  return config;
}

Result<std::shared_ptr<const WebConfig>> load_web_config(const std::string& path) {
  const auto yaml = os::read_file(path);
  if (!yaml) return yaml.error();
  const std::size_t slash = path.rfind('/');
  auto config = parse_web_config(*yaml, slash == std::string::npos ? "." : path.substr(0, slash));
  if (config) return std::make_shared<const WebConfig>(std::move(config).value());
  std::vector<std::string> lines;
  for (const std::string_view line : text::split_lines(config.error().message))
    lines.push_back(path + ":" + std::string(line));
  return Error{text::join(lines, "\n")};
}

Status check_exposure(const ListenAddress& address, const WebConfig* web, bool allowed,
                      std::string_view option) {
  if (address.loopback || allowed) return Done{};
  const bool tls = web != nullptr && web->tls.has_value();
  const bool login = web != nullptr && web->asks_for_login();
  if (tls && login) return Done{};
  const std::string missing = !tls && !login ? "TLS and a login" : !tls ? "TLS" : "a login";
  return Error{
      "will not listen on " + to_string(address) + ", which other machines can reach, without " + missing +
      "; name a web configuration file with tls_server_config and basic_auth_users, listen on 127.0.0.1, or "
      "allow it with " +
      std::string(option) + ": true"};
}

Result<std::shared_ptr<const WebConfig>> web_for(std::string_view listen, const std::string& path,
                                                 bool allowed, std::string_view option) {
  const auto address = parse_listen_address(listen);
  if (!address) return address.error();
  std::shared_ptr<const WebConfig> web;
  if (!path.empty()) {
    auto loaded = load_web_config(path);
    if (!loaded) return loaded.error();
    web = std::move(loaded).value();
  }
  if (auto kept = check_exposure(*address, web.get(), allowed, option); !kept) return kept.error();
  return web;
}

}  // namespace pcb::http
