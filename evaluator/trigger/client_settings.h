// How the evaluator logs in to another server, as http::Client takes it.
#pragma once

#include <string>

#include "cluster/config.h"
#include "common/http/client.h"

namespace pcb {

inline http::ClientSettings client_settings(const HttpAuth& auth, const std::string& ca_file) {
  http::ClientSettings settings;
  settings.ca_file = ca_file;
  settings.bearer_token = auth.bearer_token.reveal();
  settings.basic_user = auth.basic_user;
  settings.basic_password = auth.basic_password.reveal();
  return settings;
}

}  // namespace pcb
