#include "evaluator/simulate/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr int kLabelColumns = 38, kColumns = 15;

std::string with(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string whole(int value) { return std::to_string(value); }
std::string hours(double value) { return with("%.1f", value); }
std::string ratio(double value) { return with("%.0f %%", value * 100); }

std::string left(std::string shown, int columns) {
  shown.resize(std::max(shown.size(), static_cast<std::size_t>(columns)), ' ');
  return shown;
}

std::string right(const std::string& shown, int columns) {
  const auto wide = static_cast<std::size_t>(columns);
  return shown.size() < wide ? std::string(wide - shown.size(), ' ') + shown : shown;
}

std::string title_of(const std::string& way) {
  if (way == "nothing") return "doing nothing";
  return way == "greedy" ? "greedy" : "this balancer";
}

struct Row {
  const char* label;
  std::string (*value)(const Tally&);
};

constexpr Row kRows[] = {
    {"moves", [](const Tally& t) { return whole(t.moves); }},
    {"  back to where they came from", [](const Tally& t) { return whole(t.returns); }},
    {"  of them restarts of containers", [](const Tally& t) { return whole(t.restarts); }},
    {"downtime of guests",
     [](const Tally& t) { return t.downtime_seconds > 0 ? text::human_duration(t.downtime_seconds) : "0"; }},
    {"bytes copied", [](const Tally& t) { return t.copy_bytes > 0 ? text::human_bytes(t.copy_bytes) : "0"; }},
    {"cost", [](const Tally& t) { return with("%.1f", t.cost); }},
    {"over a threshold, host-hours", [](const Tally& t) { return hours(t.over_host_hours); }},
    {"  CPU", [](const Tally& t) { return hours(t.over_cpu_host_hours); }},
    {"  memory", [](const Tally& t) { return hours(t.over_memory_host_hours); }},
    {"memory beyond 100 %, host-hours", [](const Tally& t) { return hours(t.full_memory_host_hours); }},
    {"highest use of a limit", [](const Tally& t) { return ratio(t.peak); }},
    {"  its mean over the time", [](const Tally& t) { return ratio(t.mean_peak); }},
};

void add_table(const Simulation& simulation, bool colour, std::string& out) {
  out += left("", kLabelColumns);
  for (const Outcome& outcome : simulation.outcomes) {
    const std::string title = right(title_of(outcome.way), kColumns);
    out += colour ? "\x1b[1m" + title + "\x1b[0m" : title;
  }
  out += "\n";
  for (const Row& row : kRows) {
    out += left(row.label, kLabelColumns);
    for (const Outcome& outcome : simulation.outcomes) out += right(row.value(outcome.tally), kColumns);
    out += "\n";
  }
}

std::string time_of(double unix_seconds) {  // 2026-11-22 16:43
  std::string shown = format_rfc3339(unix_seconds).substr(0, 16);
  std::replace(shown.begin(), shown.end(), 'T', ' ');
  return shown;
}

void add_moves(const Outcome& outcome, std::size_t most, std::string& out) {
  if (outcome.moves.empty()) return;
  out += "\nMoves of this balancer (UTC)\n";
  for (std::size_t m = 0; m < std::min(most, outcome.moves.size()); ++m) {
    const SimulatedMove& move = outcome.moves[m];
    out += "  " + time_of(move.started_at) + "  " + text::printable(move.guest) +
           (move.name == move.guest ? "" : " (" + text::printable(move.name) + ")") + " " +
           text::printable(move.from) + " → " + text::printable(move.to) + (move.failed ? ", failed" : "") +
           ": " + text::printable(move.why) + "\n";
  }
  if (outcome.moves.size() > most)
    out += "  and " + std::to_string(outcome.moves.size() - most) + " more: see --output json\n";
}

void add_times(const std::map<std::string, double>& seconds, const char* title, std::string& out) {
  if (seconds.empty()) return;
  std::vector<std::pair<std::string, double>> sorted(seconds.begin(), seconds.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  out += std::string("\n") + title + "\n";
  for (const auto& [reason, lasted] : sorted)
    out += "  " + left(text::printable(reason), 24) + right(text::human_duration(lasted), 12) + "\n";
}

void append_times(const char* key, const std::map<std::string, double>& seconds, std::string& out) {
  out += std::string(", \"") + key + "\": {";
  for (auto entry = seconds.begin(); entry != seconds.end(); ++entry)
    out += (entry == seconds.begin() ? "\"" : ", \"") + text::json_escape(entry->first) +
           "\": " + text::number(entry->second);
  out += "}";
}

void append_move(const SimulatedMove& move, std::string& out) {
  const std::pair<const char*, const std::string*> texts[] = {{"guest", &move.guest},   {"name", &move.name},
                                                              {"from", &move.from},     {"to", &move.to},
                                                              {"method", &move.method}, {"why", &move.why}};
  out += "{\"started_at\": " + text::number(move.started_at) + ", \"ends_at\": " + text::number(move.ends_at);
  for (const auto& [key, value] : texts)
    out += std::string(", \"") + key + "\": \"" + text::json_escape(text::valid_utf8(*value)) + "\"";
  out += ", \"downtime_seconds\": " + text::number(move.downtime_seconds) +
         ", \"copy_bytes\": " + text::number(move.copy_bytes) +
         ", \"failed\": " + (move.failed ? "true" : "false") + "}";
}

void append_outcome(const Outcome& outcome, std::string& out) {
  const Tally& t = outcome.tally;
  const std::pair<const char*, double> figures[] = {
      {"moves", t.moves},
      {"returns", t.returns},
      {"restarts", t.restarts},
      {"failed", t.failed},
      {"over_threshold_host_hours", t.over_host_hours},
      {"over_cpu_threshold_host_hours", t.over_cpu_host_hours},
      {"over_memory_threshold_host_hours", t.over_memory_host_hours},
      {"memory_full_host_hours", t.full_memory_host_hours},
      {"peak", t.peak},
      {"mean_peak", t.mean_peak},
      {"downtime_seconds", t.downtime_seconds},
      {"copy_bytes", t.copy_bytes},
      {"cost", t.cost}};
  out += "{\"way\": \"" + outcome.way + "\"";
  for (const auto& [key, value] : figures) out += std::string(", \"") + key + "\": " + text::number(value);
  if (outcome.way == "balancer") {
    append_times("waited_seconds", outcome.waited_seconds, out);
    append_times("no_step_seconds", outcome.idle_seconds, out);
  }
  out += ",\n   \"move_list\": [";
  for (std::size_t m = 0; m < outcome.moves.size(); ++m) {
    out += m == 0 ? "\n    " : ",\n    ";
    append_move(outcome.moves[m], out);
  }
  out += "]}";
}

}  // namespace

std::string simulation_to_text(const Simulation& simulation, bool colour, std::size_t moves) {
  std::string out = "Simulated " + text::human_duration(simulation.seconds) + " from " +
                    time_of(simulation.start) + " UTC: " + std::to_string(simulation.hosts) + " hosts, " +
                    std::to_string(simulation.guests) + " guests, a load every " +
                    text::human_duration(simulation.step_seconds) + ", goal " + simulation.goal + "\n\n";
  add_table(simulation, colour, out);
  for (const Outcome& outcome : simulation.outcomes) {
    if (outcome.way != "balancer") continue;
    add_moves(outcome, moves, out);
    add_times(outcome.waited_seconds, "Steps waited for", out);
    add_times(outcome.idle_seconds, "Over a threshold without a step to take", out);
  }
  if (!simulation.unknown.empty()) out += "\nWhat this trace cannot know\n";
  for (const std::string& sentence : simulation.unknown) out += "  " + text::printable(sentence) + "\n";
  return out;
}

std::string simulation_to_json(const Simulation& simulation) {
  std::string out = "{\"schema\": \"" + std::string(kSimulationSchema) +
                    "\", \"start\": " + text::number(simulation.start) +
                    ", \"seconds\": " + text::number(simulation.seconds) +
                    ", \"hosts\": " + std::to_string(simulation.hosts) +
                    ", \"guests\": " + std::to_string(simulation.guests) +
                    ", \"step_seconds\": " + text::number(simulation.step_seconds) +
                    ", \"window_seconds\": " + text::number(simulation.window_seconds) + ", \"goal\": \"" +
                    simulation.goal + "\",\n \"unknown\": [";
  for (std::size_t i = 0; i < simulation.unknown.size(); ++i)
    out += (i == 0 ? "\"" : ", \"") + text::json_escape(text::valid_utf8(simulation.unknown[i])) + "\"";
  out += "],\n \"ways\": [";
  for (std::size_t i = 0; i < simulation.outcomes.size(); ++i) {
    out += i == 0 ? "\n  " : ",\n  ";
    append_outcome(simulation.outcomes[i], out);
  }
  return out + "]}\n";
}

}  // namespace pcb
