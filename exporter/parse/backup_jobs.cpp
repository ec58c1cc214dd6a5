#include "exporter/parse/backup_jobs.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/text.h"
#include "exporter/parse/section_config.h"

namespace pcb {
namespace {

constexpr auto kCronDays =
    std::to_array<std::string_view>({"sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"});

bool is_on(std::string_view value) {
  return value != "0" && value != "no" && value != "off" && value != "false";
}

// An option of vzdump, as jobs.cfg and the command line name it.
void take_option(std::string_view key, std::string_view value, BackupJobConfig& job) {
  if (key == "schedule")
    job.schedule = value;
  else if (key == "enabled")
    job.enabled = is_on(value);
  else if (key == "all")
    job.all = is_on(value);
  else if (key == "node")
    job.node = value;
  else if (key == "pool")
    job.pool = value;
  else if (key == "storage")
    job.storage = value;
  else if (key == "mode")
    job.mode = value;
  else if (key == "vmid")
    job.guests = split_list(value);
  else if (key == "exclude")
    job.exclude = split_list(value);
}

// vzdump itself takes a list of exceptions for "all but these".
BackupJobConfig completed(BackupJobConfig job) {
  if (!job.exclude.empty() && job.pool.empty()) job.all = true;
  return job;
}

// "1-5" and "6,0" and "mon-fri" of cron → "mon..fri", "sat,sun"; empty: every day.
std::optional<std::string> weekdays_of(std::string_view field) {
  if (field == "*") return "";
  const auto day = [](std::string_view word) -> std::optional<std::string> {
    const auto number = text::to_uint64(word);
    if (number)
      return *number < kCronDays.size() ? std::optional(std::string(kCronDays.at(*number))) : std::nullopt;
    const auto lower = text::to_lower(word);
    return std::find(kCronDays.begin(), kCronDays.end(), lower) == kCronDays.end() ? std::nullopt
                                                                                   : std::optional(lower);
  };
  std::string days;
  for (const auto piece : text::split(field, ',')) {
    const auto dash = piece.find('-');
    const auto first = day(piece.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day(piece.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    if (!days.empty()) days += ',';
    days += *first;
    if (dash != std::string_view::npos) days += ".." + *last;
  }
  return days + " ";
}

// Words as a shell takes them: quotes hold blanks together.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool open = false;
  for (const char c : line) {
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      open = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

void take_arguments(const std::vector<std::string>& words, BackupJobConfig& job) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with("--")) {
      job.guests.emplace_back(word);
      continue;
    }
    const auto equals = word.find('=');
    if (equals != std::string_view::npos) {
      take_option(word.substr(2, equals - 2), word.substr(equals + 1), job);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      take_option(word.substr(2), words[++i], job);
    } else {
      take_option(word.substr(2), "1", job);
    }
  }
}

// "0 21 * * 6           root vzdump 100 --mode snapshot --storage local"; "#vzdump" is one that is switched
// off.
std::optional<BackupJobConfig> cron_job(std::string_view line) {
  auto words = shell_words(line);
  if (words.size() < 7 || words[2] != "*" || words[3] != "*" || words[5] != "root") return std::nullopt;
  std::string_view program = words[6];
  program = program.substr(program.rfind('/') == std::string_view::npos ? 0 : program.rfind('/') + 1);
  BackupJobConfig job;
  if (program.starts_with('#')) {
    job.enabled = false;
    program.remove_prefix(1);
  }
  const auto days = weekdays_of(words[4]);
  if (program != "vzdump" || !days) return std::nullopt;
  job.schedule = *days + words[1] + ":" + words[0];
  words.erase(words.begin(), words.begin() + 7);
  take_arguments(words, job);
  return completed(std::move(job));
}

}  // namespace

Result<std::vector<BackupJobConfig>> parse_jobs_cfg(std::string_view text) {
  const auto sections = parse_sections(text);
  if (!sections.ok()) return sections.error().in("jobs.cfg");
  std::vector<BackupJobConfig> jobs;
  for (const auto& section : *sections) {
    if (section.type != "vzdump") continue;
    BackupJobConfig job;
    job.id = section.id;
    job.origin = "jobs.cfg:" + section.id;
    for (const auto& [key, value] : section.properties) take_option(key, value, job);
    jobs.push_back(completed(std::move(job)));
  }
  return jobs;
}

Result<std::vector<BackupJobConfig>> parse_vzdump_cron(std::string_view text) {
  if (!text.empty() && !text.ends_with('\n')) return Error{"vzdump.cron is cut off"};
  std::vector<BackupJobConfig> jobs;
  for (const auto line : text::split_lines(text)) {
    auto job = cron_job(line);
    if (!job) continue;
    job->id = "cron-" + std::to_string(jobs.size() + 1);
    job->origin = "vzdump.cron:" + std::to_string(jobs.size() + 1);
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

std::map<std::string, std::vector<std::string>> parse_pools(std::string_view text) {
  std::map<std::string, std::vector<std::string>> pools;
  for (const auto line : text::split_lines(text)) {
    const auto fields = text::split(line, ':');
    if (fields.size() >= 4 && fields[0] == "pool") pools[std::string(fields[1])] = split_list(fields[3]);
  }
  return pools;
}

}  // namespace pcb
