// A plan as text: bars per host with threshold marks, moves with reasons, what was rejected and what would
// help.
#include <algorithm>
#include <cmath>
#include <map>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr int kBarCells = 24;
constexpr std::size_t kListedRejections = 40;

struct Paint {
  bool on;
  [[nodiscard]] std::string operator()(const char* code, const std::string& what) const {
    return on ? "\x1b[" + std::string(code) + "m" + what + "\x1b[0m" : what;
  }
};

std::size_t width_of(std::string_view shown) {  // code points, near enough for names
  return static_cast<std::size_t>(
      std::count_if(shown.begin(), shown.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& shown, std::size_t width) {
  const std::size_t have = width_of(shown);
  return have < width ? shown + std::string(width - have, ' ') : shown;
}

std::string right(const std::string& shown, std::size_t width) {
  const std::size_t have = width_of(shown);
  return have < width ? std::string(width - have, ' ') + shown : shown;
}

std::string percent_of(double ratio) { return std::to_string(std::lround(ratio * 100)) + " %"; }

// "████████████▌   |    ": the mark stands where the limit is; what is above it is painted.
std::string bar(double ratio, double limit, const Paint& paint) {
  const int filled = static_cast<int>(std::lround(std::clamp(ratio, 0.0, 1.0) * kBarCells));
  const int mark =
      std::min(kBarCells - 1, static_cast<int>(std::lround(std::clamp(limit, 0.0, 1.0) * kBarCells)));
  std::string cells;
  for (int cell = 0; cell < kBarCells; ++cell) {
    if (cell == mark)
      cells += "|";
    else
      cells += cell < filled ? "█" : "·";
  }
  return ratio > limit ? paint("31", cells) : paint("32", cells);
}

void add_bars(const Plan& plan, const Cluster& cluster, const Paint& paint, std::string& out) {
  std::map<std::string, const Host*> hosts;
  std::size_t width = 4;
  for (const auto& host : cluster.hosts) {
    hosts[host.name] = &host;
    width = std::max(width, width_of(text::printable(host.name)));
  }
  for (const auto& [name, before] : plan.before.hosts) {
    const auto host = hosts.find(name);
    const auto after = plan.after.hosts.find(name);
    if (host == hosts.end() || after == plan.after.hosts.end()) continue;
    const Host& data = *host->second;
    const auto line = [&, &name = name](const char* resource, double was, double is, double limit,
                                        bool first) {
      out += "  " + padded(first ? text::printable(name) : "", width) + "  " + padded(resource, 6) + "  " +
             bar(was, limit, paint) + " " + right(percent_of(was), 5);
      if (!plan.moves.empty()) out += "  →  " + bar(is, limit, paint) + " " + right(percent_of(is), 5);
      out += "  limit " + percent_of(limit) + "\n";
    };
    const double cpu_limit = data.cpu_cores > 0 ? cpu_limit_cores(data) / data.cpu_cores : 0;
    const double memory_limit = data.memory_bytes > 0 ? memory_limit_bytes(data) / data.memory_bytes : 0;
    line("CPU", before.cpu, after->second.cpu, cpu_limit, true);
    line("memory", before.memory, after->second.memory, memory_limit, false);
  }
}

std::string steps_text(const std::vector<int>& steps) {
  std::string result;
  for (const int step : steps) result += (result.empty() ? "" : ", ") + std::to_string(step);
  return result;
}

std::string kind_of(const std::string& id) { return id.rfind("qemu/", 0) == 0 ? "VM" : "container"; }

std::string number_of(const std::string& id) { return id.substr(id.find('/') + 1); }

void add_moves(const Plan& plan, const Paint& paint, std::string& out) {
  if (plan.moves.empty()) return;
  out += "\nMoves\n";
  for (const auto& move : plan.moves) {
    out += "  " + std::to_string(move.step) + ". " +
           paint("1", "Suggesting to migrate " + kind_of(move.guest) + " " + number_of(move.guest) + " (" +
                          text::printable(move.name) + ") from " + text::printable(move.from) + " to " +
                          text::printable(move.to)) +
           ": " + text::printable(move.why) + "\n     " + move.method;
    if (move.downtime_seconds > 0) out += ", down for " + text::human_duration(move.downtime_seconds);
    if (move.copy_bytes > 0) out += ", copies " + text::human_bytes(move.copy_bytes);
    if (!move.after.empty()) out += ", after step " + steps_text(move.after);
    out += "\n";
  }
}

void add_rejected(const Plan& plan, std::string& out) {
  if (!plan.rejected.empty()) out += "\nStays\n";
  std::size_t listed = 0;
  for (const auto& entry : plan.rejected) {
    if (++listed > kListedRejections) break;
    out += "  " + text::printable(entry.guest) + (entry.to ? " to " + text::printable(*entry.to) : "") +
           ": " + text::printable(entry.code) +
           (entry.detail.empty() ? "" : " (" + text::printable(entry.detail) + ")") + "\n";
  }
  if (plan.rejected.size() > kListedRejections)
    out += "  and " + std::to_string(plan.rejected.size() - kListedRejections) + " more: see --output json\n";
}

void add_help(const Plan& plan, std::string& out) {
  if (!plan.fixes.empty()) out += "\nTo unblock, most room first\n";
  for (const auto& fix : plan.fixes)
    out += "  " + text::printable(fix.guest) + " (" + text::printable(fix.code) +
           (fix.detail.empty() ? "" : " " + text::printable(fix.detail)) + "): " + text::printable(fix.cure) +
           " [" + text::number(std::round(fix.cpu_cores * 100) / 100) + " cores, " +
           text::human_bytes(fix.memory_bytes) + "]\n";
  if (!plan.needs.empty()) out += "\nWould help\n";
  for (const auto& need : plan.needs) out += "  " + text::printable(need) + "\n";
}

void add_answers(const Plan& plan, const Paint& paint, std::string& out) {
  if (!plan.place.empty()) out += "\nBest hosts first\n";
  for (const auto& place : plan.place)
    out += "  " + paint(place.fits ? "32" : "31", padded(place.fits ? "fits" : "no", 5)) +
           text::printable(place.host) + ": " + text::printable(place.reason) + "\n";
  if (!plan.survive.empty()) out += "\nIf a host fails\n";
  for (const auto& survival : plan.survive) {
    out += "  " + paint(survival.survives ? "32" : "31", padded(survival.survives ? "ok" : "no", 4)) +
           text::printable(survival.host) + ": the others keep " +
           text::number(std::round(survival.room_cpu_cores * 100) / 100) + " cores and " +
           text::human_bytes(survival.room_memory_bytes) + " free";
    if (!survival.left_over.empty())
      out += "; left over: " + text::printable(text::join(survival.left_over, ", "));
    out += "\n";
  }
}

std::string figure(double value) { return text::number(std::round(value * 1e4) / 1e4); }

}  // namespace

std::string plan_to_text(const Plan& plan, const Cluster& cluster, bool colour) {
  const Paint paint{colour};
  std::string scope;
  for (const auto& host : plan.scope) scope += " " + text::printable(host);
  std::string out = paint("1", "Plan: " + plan.goal + scope) + "\n" + text::printable(plan.reason) + "\n\n";
  add_bars(plan, cluster, paint, out);
  add_moves(plan, paint, out);
  add_answers(plan, paint, out);
  add_rejected(plan, out);
  add_help(plan, out);
  if (plan.goal != "place" && plan.goal != "survive" && plan.result != PlanResult::refused) {
    out += "\nHighest use " + text::percent(plan.before.peak) + " of its limit";
    if (!plan.moves.empty()) out += " → " + text::percent(plan.after.peak);
    out += " (no plan can go below " + text::percent(plan.bound.peak) + ")";
    out += ", overload " + figure(plan.before.overload) +
           (plan.moves.empty() ? "" : " → " + figure(plan.after.overload));
    if (!plan.moves.empty()) out += ", cost " + figure(plan.after.cost);
    out += "\n";
  }
  return out;
}

}  // namespace pcb
