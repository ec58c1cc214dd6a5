#include "evaluator/decide/migration_log.h"

#include <cctype>
#include <ctime>

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::size_t kTimeLength = 19;  // 2026-11-22 16:50:09
constexpr std::size_t kLongestReason = 300;

std::optional<double> time_of(std::string_view line) {
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
  if (line.size() < kTimeLength) return std::nullopt;
  for (std::size_t i = 0; i < kTimeLength; ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(line[i])) != 0;
    if (kForm[i] == 'd' ? !digit : line[i] != kForm[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t count) {
    return static_cast<int>(text::to_int64(line.substr(at, count)).value_or(0));
  };
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  parts.tm_hour = number(11, 2);
  parts.tm_min = number(14, 2);
  parts.tm_sec = number(17, 2);
  return static_cast<double>(timegm(&parts));
}

std::string_view without_time(std::string_view line) {
  return time_of(line) ? text::trim(line.substr(kTimeLength)) : text::trim(line);
}

// "average migration speed: 410.0 MiB/s - downtime 61 ms"
std::optional<double> live_downtime(std::string_view line) {
  constexpr std::string_view kWord = " downtime ";
  const auto at = line.find(kWord);
  if (at == std::string_view::npos) return std::nullopt;
  const auto words = text::split_words(line.substr(at + kWord.size()));
  if (words.size() < 2 || words[1] != "ms") return std::nullopt;
  const auto milliseconds = text::to_double(words[0]);
  if (!milliseconds) return std::nullopt;
  return *milliseconds / 1000;
}

}  // namespace

std::string reason_in_log(const std::vector<std::string>& log) {
  std::string_view reason;
  int weight = 0;  // of the reason so far
  for (const std::string& line : log) {
    const auto said = without_time(line);
    if (said.empty()) continue;
    const auto has = [&](std::string_view word) { return said.find(word) != std::string_view::npos; };
    const int weighs = !has("ERROR") ? 1 : has("finished with problems") ? 2 : 3;
    if (weighs < weight) continue;
    weight = weighs;
    reason = said;
  }
  return text::printable(text::shortened(reason, kLongestReason));
}

std::optional<double> shutdown_in_log(const std::vector<std::string>& log) {
  for (const std::string& line : log) {
    if (without_time(line).starts_with("shutdown CT")) return time_of(line);
  }
  return std::nullopt;
}

std::optional<double> downtime_in_log(const std::vector<std::string>& log,
                                      std::optional<double> shutdown_at) {
  for (const std::string& line : log) {
    if (const auto live = live_downtime(line)) return live;
    const auto finished = time_of(line);
    if (shutdown_at && finished && *finished >= *shutdown_at &&
        without_time(line).starts_with("migration finished successfully"))
      return *finished - *shutdown_at;
  }
  return std::nullopt;
}

}  // namespace pcb
