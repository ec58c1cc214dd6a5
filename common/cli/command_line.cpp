#include "common/cli/command_line.h"

#include <sstream>

#include <CLI/CLI.hpp>

#include "common/text.h"

namespace pcb {
namespace {

// The word of an option, or the fault of the reader that knows what is allowed.
template <typename Value>
void add_word(CLI::App& app, const std::string& name, Value& target, Result<Value> (*read)(std::string_view),
              const char* allowed) {
  app.add_option_function<std::string>(
         name,
         [&target, read, name](const std::string& word) {
           const Result<Value> value = read(word);
           if (!value.ok()) throw CLI::ValidationError(name, text::printable(value.error().message));
           target = *value;
         },
         allowed)
      ->type_name("ENUM");
}

}  // namespace

void add_log_options(CLI::App& app, log::Level& level, log::Format& format) {
  add_word(app, "--log-level", level, log::parse_level, "debug, info, warning or error");
  add_word(app, "--log-format", format, log::parse_format, "text or json");
}

std::optional<EarlyExit> parse_words(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    std::ostringstream out;
    std::ostringstream error;
    // CLI11 misses the command first and does not name the word that stands in its place.
    const auto unknown = app.remaining();
    if (fault.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !unknown.empty() &&
        !unknown.front().starts_with('-'))
      error << "There is no command \"" << text::printable(unknown.front()) << "\".\n";
    const bool good = app.exit(fault, out, error) == 0;
    return EarlyExit{good ? kExitGood : kExitUsage, out.str(), error.str()};
  }
  return std::nullopt;
}

}  // namespace pcb
