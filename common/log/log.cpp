#include "common/log/log.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "common/log/line.h"

namespace pcb::log {
namespace {

bool stderr_takes_colour() {
  const char* no_color = std::getenv("NO_COLOR");  // no-color.org: any value but the empty one
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') && !dumb;
}

struct Settings {
  std::atomic<Level> level{Level::warning};
  std::atomic<Format> format{Format::text};
  std::atomic<bool> colour{false};
};

Settings& settings() {
  static Settings instance;
  return instance;
}

spdlog::logger& sink() {
  // Never destroyed: destructors of other statics may still log.
  static spdlog::logger& instance = [&]() -> spdlog::logger& {
    auto* made = new spdlog::logger("balancer", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
    made->set_level(spdlog::level::trace);  // write() has already decided
    made->flush_on(spdlog::level::trace);
    return *made;
  }();
  return instance;
}

}  // namespace

void set_up(Level level, Format format) {
  settings().level = level;
  settings().format = format;
  settings().colour = format == Format::text && stderr_takes_colour();
}

Result<Level> parse_level(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name == "info") return Level::info;
  if (name == "warning" || name == "warn") return Level::warning;
  if (name == "error") return Level::error;
  return Error{"unknown log level \"" + std::string(name) + "\"; use debug, info, warn or error"};
}

Result<Format> parse_format(std::string_view name) {
  if (name == "text") return Format::text;
  if (name == "json") return Format::json;
  return Error{"unknown log format \"" + std::string(name) + "\"; use text or json"};
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < settings().level.load()) return;
  const LineStyle style{settings().format, settings().colour};
  const std::string text = line(style, std::chrono::system_clock::now(), level, message, fields);
  // string_view, not a format: spdlog takes it as data, braces and all.
  sink().log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace pcb::log
