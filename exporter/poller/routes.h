// What the exporter answers over HTTP.
//
// Handlers hand out finished pages: none of them waits for a host. Tested by
// tests/exporter/poller_pages_test.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/result.h"
#include "exporter/poller/pages.h"

namespace pcb {

// reload: reads the configuration again; its error is shown to the caller of POST /-/reload.
// The publisher must outlive the server.
std::vector<http::Route> exporter_routes(const Publisher& publisher, std::function<Status()> reload,
                                         std::string version);

}  // namespace pcb
