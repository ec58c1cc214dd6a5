#include "common/negotiate.h"

#include <optional>
#include <string_view>

#include "common/text.h"

namespace pcb {
namespace {

struct Choice {
  std::string_view name;
  std::string_view version = {};  // parameter "version", empty where absent
  double quality = 1;
};

std::optional<Choice> read_choice(std::string_view element) {
  const auto parts = text::split(element, ';');
  Choice choice{.name = text::trim(parts.front())};
  if (choice.name.empty()) return std::nullopt;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = text::trim(parts[i]);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = text::trim(part.substr(0, equals));
    const std::string_view value = text::trim(part.substr(equals + 1));
    if (text::equal_ignoring_case(key, "version")) choice.version = value;
    if (!text::equal_ignoring_case(key, "q")) continue;
    const auto quality = text::to_double(value);
    if (!quality || *quality < 0 || *quality > 1) return std::nullopt;
    choice.quality = *quality;
  }
  return choice;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> any;
  for (const std::string_view element : text::split(accept_encoding, ',')) {
    const auto choice = read_choice(element);
    if (!choice) continue;
    if (text::equal_ignoring_case(choice->name, "gzip") || text::equal_ignoring_case(choice->name, "x-gzip"))
      gzip = choice->quality;
    if (choice->name == "*") any = choice->quality;
  }
  return gzip.value_or(any.value_or(0)) > 0;
}

Exposition choose_exposition(std::string_view accept) {
  double open = 0;
  double plain = 0;
  for (const std::string_view element : text::split(accept, ',')) {
    const auto choice = read_choice(element);
    if (!choice) continue;
    const bool is_open = text::equal_ignoring_case(choice->name, "application/openmetrics-text");
    if (is_open && (choice->version.empty() || choice->version == "1.0.0") && choice->quality > open)
      open = choice->quality;
    if (text::equal_ignoring_case(choice->name, "text/plain") && choice->quality > plain)
      plain = choice->quality;
  }
  return open > 0 && open >= plain ? Exposition::openmetrics : Exposition::prometheus;
}

}  // namespace pcb
