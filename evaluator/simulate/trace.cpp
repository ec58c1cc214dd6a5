#include "evaluator/simulate/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "cluster/document_json.h"
#include "common/text.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

constexpr double kMaxStepSeconds = 86400;
constexpr const char* kHostPrefix = "node/";

Error fault(std::size_t line, const std::string& what) {
  return Error{"line " + std::to_string(line) + ": " + what};
}

Status read_head(std::string_view line, Trace& trace) {
  const auto tree = read_json_tree(line);
  if (!tree) return tree.error().in("line 1");
  const JsonView head(*tree);
  if (head.text_of("schema") != kTraceSchema)
    return fault(1, "not a load trace: \"schema\" must be \"" + std::string(kTraceSchema) + "\"");
  const auto start = head.number_of("start");
  const auto step = head.number_of("step_seconds");
  if (!start || *start < 0) return fault(1, "\"start\" must be Unix seconds, 0 or more");
  if (!step || *step < 1 || *step > kMaxStepSeconds)
    return fault(1, "\"step_seconds\" must be a number from 1 to 86400");
  trace.start = *start;
  trace.step_seconds = *step;
  if (const auto unknown = head.member("unknown")) {
    for (const JsonView& entry : unknown->elements()) {
      if (const auto sentence = entry.text()) trace.unknown.push_back(*sentence);
    }
  }
  return Done{};
}

Result<std::vector<double>> read_values(const JsonView& series, const char* key, std::size_t line) {
  const auto member = series.member(key);
  if (!member || member->kind() != JsonKind::array)
    return fault(line, "\"" + std::string(key) + "\" must be an array of numbers and nulls");
  std::vector<double> values;
  for (const JsonView& element : member->elements()) {
    const auto value = element.number();
    const bool absent = element.kind() == JsonKind::null;
    if (!absent && (!value || *value < 0)) {
      return fault(line, "\"" + std::string(key) + "\"[" + std::to_string(values.size()) +
                             "] must be a number from 0 up, or null for not known");
    }
    values.push_back(absent ? std::numeric_limits<double>::quiet_NaN() : *value);
  }
  return values;
}

std::set<std::string> known_ids(const Cluster& cluster) {
  std::set<std::string> ids;
  for (const Host& host : cluster.hosts) ids.insert(kHostPrefix + host.name);
  for (const Guest& guest : cluster.guests) ids.insert(guest.id);
  return ids;
}

Status read_series(std::string_view text, std::size_t line, const std::set<std::string>& known,
                   Trace& trace) {
  const auto tree = read_json_tree(text);
  if (!tree) return tree.error().in("line " + std::to_string(line));
  const JsonView series(*tree);
  const auto id = series.text_of("id");
  if (!id) return fault(line, "a series needs an \"id\" such as \"lxc/101\" or \"node/pve1\"");
  const std::string shown = "\"" + text::printable(text::shortened(*id, 80)) + "\"";
  if (known.count(*id) == 0)
    return fault(line, shown + " is neither a guest nor a host of the cluster in line 2");
  auto cpu = read_values(series, "cpu_cores", line);
  if (!cpu) return cpu.error();
  auto memory = read_values(series, "memory_bytes", line);
  if (!memory) return memory.error();
  if (cpu->size() != memory->size())
    return fault(line, std::to_string(cpu->size()) + " values of cpu_cores, but " +
                           std::to_string(memory->size()) + " of memory_bytes");
  if (trace.series.empty()) trace.points = cpu->size();
  if (cpu->size() != trace.points)
    return fault(line, std::to_string(cpu->size()) + " values, but the first series has " +
                           std::to_string(trace.points));
  if (trace.points == 0 || trace.points > kMaxTracePoints)
    return fault(line, "a series needs 1 to " + std::to_string(kMaxTracePoints) + " values");
  if ((trace.series.size() + 1) * trace.points > kMaxTraceValues)
    return fault(line, "more than " + std::to_string(kMaxTraceValues) +
                           " points in all; take a longer step or a shorter time");
  if (!trace.series.emplace(*id, Series{std::move(cpu).value(), std::move(memory).value()}).second)
    return fault(line, "a second series of " + shown);
  return Done{};
}

std::string one_line(std::string text) {  // inside JSON strings a line end is written as \n already
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Figures as measured: a ten-thousandth of a core, a whole byte.
void append_values(std::string& out, const std::vector<double>& values, double per_unit) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    if (std::isnan(values[i]))
      out += "null";
    else
      text::append_number(out, std::round(values[i] * per_unit) / per_unit);
  }
  out += ']';
}

}  // namespace

Result<Trace> read_trace(std::string_view text) {
  const std::vector<std::string_view> lines = text::split_lines(text);
  if (lines.size() < 3)
    return Error{"not a load trace: it needs a head, the cluster document on one line, and a series"};
  Trace trace;
  if (auto head = read_head(lines[0], trace); !head) return head.error();
  auto cluster = read_cluster(lines[1]);
  if (!cluster) return cluster.error().in("line 2");
  trace.warnings = std::move(cluster->warnings);
  trace.cluster = std::move(cluster->cluster);
  if (trace.cluster.hosts.empty()) return fault(2, "the cluster has no hosts");
  const std::set<std::string> known = known_ids(trace.cluster);
  for (std::size_t i = 2; i < lines.size(); ++i) {
    if (text::trim(lines[i]).empty()) continue;
    if (auto series = read_series(lines[i], i + 1, known, trace); !series) return series.error();
  }
  if (trace.series.empty()) return Error{"the load trace has no series"};
  return trace;
}

std::string write_trace(const Trace& trace) {
  std::string out = "{\"schema\": \"" + std::string(kTraceSchema) +
                    "\", \"start\": " + text::number(trace.start) +
                    ", \"step_seconds\": " + text::number(trace.step_seconds);
  if (!trace.unknown.empty()) {
    out += ", \"unknown\": [";
    for (std::size_t i = 0; i < trace.unknown.size(); ++i)
      out += (i == 0 ? "\"" : ", \"") + text::json_escape(trace.unknown[i]) + "\"";
    out += "]";
  }
  std::string cluster = write_cluster(trace.cluster);
  while (!cluster.empty() && cluster.back() == '\n') cluster.pop_back();
  out += "}\n" + one_line(std::move(cluster)) + "\n";
  for (const auto& [id, series] : trace.series) {
    out += "{\"id\": \"" + text::json_escape(id) + "\", \"cpu_cores\": ";
    append_values(out, series.cpu_cores, 1e4);
    out += ", \"memory_bytes\": ";
    append_values(out, series.memory_bytes, 1);
    out += "}\n";
  }
  return out;
}

}  // namespace pcb
