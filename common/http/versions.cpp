#include "common/http/versions.h"

#include <civetweb.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <zlib.h>

namespace pcb::http {

std::string library_versions() {
  return std::string("CivetWeb ") + ::mg_version() + "\n" + ::OpenSSL_version(OPENSSL_VERSION) + "\nzlib " +
         ::zlibVersion() + "\nyaml-cpp " + PCB_YAML_CPP_VERSION + "\nspdlog " +
         std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
         std::to_string(SPDLOG_VER_PATCH) + "\n";
}

}  // namespace pcb::http
