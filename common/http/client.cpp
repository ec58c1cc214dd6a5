#include "common/http/client.h"

#include <algorithm>
#include <array>

#include <curl/curl.h>

#include "common/text.h"

namespace pcb::http {
namespace {

struct SlistDeleter {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

Slist appended(Slist list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return list;  // out of memory: the old list is untouched
  (void)list.release();
  return Slist(longer);
}

// The URL as it may be shown: without user, password and query, whose values may be secrets.
std::string shown(const std::string& url) {
  std::string result = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = result.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = result.substr(0, result.find('/', start)).rfind('@');
  if (at != std::string::npos && at >= start) result.erase(start, at + 1 - start);
  return text::printable(result);
}

struct Sink {
  std::string body;
  std::size_t max_bytes = 0;
  bool too_large = false;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  if (size * count > sink.max_bytes - sink.body.size()) {
    sink.too_large = true;
    return 0;
  }
  sink.body.append(bytes, size * count);
  return size * count;
}

std::string advice(CURLcode code, const char* detail, const ClientSettings& settings, bool too_large) {
  std::string said = *detail != '\0' ? text::printable(detail) : ::curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return "no answer within " +
             text::human_duration(static_cast<double>(settings.timeout.count()) / 1000) +
             "; see whether the server is overloaded or a firewall drops the packets";
    case CURLE_COULDNT_CONNECT:
      return said + "; see whether the server runs and listens on that address and port";
    case CURLE_COULDNT_RESOLVE_HOST:
      return said + "; check the name and the DNS settings of this machine";
    case CURLE_PEER_FAILED_VERIFICATION:
      return said + "; the certificate must be valid for this name and signed by " +
             (settings.ca_file.empty() ? "a CA this system trusts, or name the CA's file" : settings.ca_file);
    case CURLE_SSL_CACERT_BADFILE:
      return "cannot read the CA file " + settings.ca_file + "; check path and rights";
    case CURLE_SSL_CONNECT_ERROR:
      return said + "; see whether the server speaks TLS 1.2 or newer on that port";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return said + "; write the URL like http://host:port/path or https://…";
    case CURLE_WRITE_ERROR:
      if (too_large)
        return "the answer is larger than " +
               text::human_bytes(static_cast<double>(settings.max_body_bytes)) +
               "; see whether this is the right server";
      return said;
    default:
      return said;
  }
}

bool is_one_line(const std::string& value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
}

}  // namespace

struct Client::Impl {
  ClientSettings settings;
  CURL* curl = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail{};

  explicit Impl(ClientSettings given) : settings(std::move(given)) {
    if (library_is_ready()) curl = ::curl_easy_init();
  }
  ~Impl() { ::curl_easy_cleanup(curl); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  template <class Value>
  void set(CURLoption option, Value value) {
    ::curl_easy_setopt(curl, option, value);
  }

  void set_common(const std::string& url, Sink& sink) {
    ::curl_easy_reset(curl);  // options only: the connection is kept
    const auto milliseconds = static_cast<long>(settings.timeout.count());
    set(CURLOPT_ERRORBUFFER, detail.data());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // the empty string also switches off the environment's proxies
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_TIMEOUT_MS, milliseconds);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_USERAGENT, "proxmox-cluster-balancer");
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&sink));
    set(CURLOPT_HTTP09_ALLOWED, 0L);
    if (!settings.ca_file.empty()) set(CURLOPT_CAINFO, settings.ca_file.c_str());
    if (!settings.basic_user.empty()) {
      set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      set(CURLOPT_USERNAME, settings.basic_user.c_str());
      set(CURLOPT_PASSWORD, settings.basic_password.c_str());
    }
  }

  Result<ClientResponse> request(const std::string& url, const std::string* body,
                                 const std::string& content_type) {
    const std::string where = shown(url);
    if (curl == nullptr) return Error{where + ": cannot set up the HTTP client: not enough memory"};
    Slist headers = appended(nullptr, "Expect:");  // no waiting for "100 Continue"
    const auto add = [&](const std::string& name, const std::string& value) {
      headers = appended(std::move(headers), name + ": " + value);
      return is_one_line(name) && is_one_line(value);
    };
    bool fine = content_type.empty() || add("Content-Type", content_type);
    if (!settings.bearer_token.empty())
      fine = add("Authorization", "Bearer " + settings.bearer_token) && fine;
    for (const auto& [name, value] : settings.headers) fine = add(name, value) && fine;
    if (!fine) return Error{where + ": a header or token holds a line end; correct it in the configuration"};
    Sink sink{.body = {}, .max_bytes = settings.max_body_bytes};
    set_common(url, sink);
    set(CURLOPT_HTTPHEADER, headers.get());
    if (body != nullptr) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, body->data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    }
    detail[0] = '\0';
    const CURLcode code = ::curl_easy_perform(curl);
    if (code != CURLE_OK) return Error{where + ": " + advice(code, detail.data(), settings, sink.too_large)};
    ClientResponse response;
    long status = 0;
    const char* type = nullptr;
    ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    ::curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    response.status = static_cast<int>(status);
    if (type != nullptr) response.content_type = type;
    const char* peer = nullptr;
    ::curl_easy_getinfo(curl, CURLINFO_PRIMARY_IP, &peer);
    if (peer != nullptr) response.peer = peer;
    response.body = std::move(sink.body);
    return response;
  }
};

Client::Client(ClientSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::get(const std::string& url) { return impl_->request(url, nullptr, ""); }

Result<ClientResponse> Client::post(const std::string& url, const std::string& body,
                                    const std::string& content_type) {
  return impl_->request(url, &body, content_type);
}

Result<ClientResponse> Client::post_form(const std::string& url,
                                         const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body += '&';
    (body += text::url_encode(name)) += '=';
    body += text::url_encode(value);
  }
  return post(url, body, "application/x-www-form-urlencoded");
}

bool library_is_ready() {
  // Thread-safe initialisation of a static: libcurl's own global_init is not, in every version.
  static const CURLcode ready = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  return ready == CURLE_OK;
}

std::string client_library_version() {
  return std::string("libcurl ") + ::curl_version_info(CURLVERSION_NOW)->version;
}

}  // namespace pcb::http
