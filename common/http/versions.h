// Versions of the libraries that both programs run with, for --version.
//
// Those that can say so themselves are asked (a newer shared library may be installed than the one that the
// program was built with); yaml-cpp and spdlog cannot. Pure. Tested by
// tests/exporter/poller_program_test.cpp and tests/evaluator/serve_test.cpp.
#pragma once

#include <string>

namespace pcb::http {

// "CivetWeb 1.15\nOpenSSL 3.0.11 …\n…", each with a line end.
std::string library_versions();

}  // namespace pcb::http
