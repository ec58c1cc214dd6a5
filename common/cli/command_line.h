// What the command lines of both programs share: exit codes, the options of the log, and how a wrong command
// line is told. CLI11 stays behind this header; a caller that adds options of its own includes it in its
// .cpp. Tested by tests/common/command_line_test.cpp.
#pragma once

#include <optional>
#include <string>

#include "common/log/log.h"

namespace CLI {
class App;
}

namespace pcb {

inline constexpr int kExitGood = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPartial = 3;
inline constexpr int kExitConfig = 78;

// Text to print and the code to leave with: --help, --version, or a wrong command line.
struct EarlyExit {
  int code = kExitGood;
  std::string out;    // for stdout
  std::string error;  // for stderr
};

// --log-level and --log-format; both must outlive the parsing.
void add_log_options(CLI::App& app, log::Level& level, log::Format& format);

// Reads the words into what the app's options point to. Absent: go on.
std::optional<EarlyExit> parse_words(CLI::App& app, int argc, const char* const* argv);

}  // namespace pcb
