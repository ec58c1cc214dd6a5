// A plan as text: bars per host with threshold marks, moves with reasons, what was rejected and what would
// help.
#include <algorithm>
#include <cmath>
#include <map>

#include "cluster/document_defaults.h"
#include "common/cores.h"
#include "common/text.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr int kBarCells = 24;  // where no width is known
constexpr int kFewestCells = 6, kMostCells = 40;
constexpr std::size_t kListedRejections = 40, kNarrowest = 30;

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

// Appends a line, folded at blanks; what follows the first line is indented. Words longer than a line stay
// whole: a name is easier to copy than to join.
void add_folded(std::string& out, const std::string& line, std::size_t indent, const TextStyle& style) {
  const std::size_t columns = style.columns > 0 ? std::max<std::size_t>(style.columns, kNarrowest) : 0;
  if (columns == 0 || width_of(line) <= columns) {
    out += line + "\n";
    return;
  }
  const std::size_t start = std::min(line.find_first_not_of(' '), line.size());
  out += line.substr(0, start);
  std::size_t at = start;
  bool first = true;
  for (const std::string_view word : text::split_words(std::string_view(line).substr(start))) {
    const std::size_t wide = width_of(word);
    if (!first && at + 1 + wide > columns) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
      first = true;
    }
    out += (first ? "" : " ") + std::string(word);
    at += wide + (first ? 0 : 1);
    first = false;
  }
  out += "\n";
}

// "████████████▌   |    ": the mark stands where the limit is; what is above it is painted.
std::string bar(double ratio, double limit, int size, const Paint& paint) {
  const int filled = static_cast<int>(std::lround(std::clamp(ratio, 0.0, 1.0) * size));
  const int mark = std::min(size - 1, static_cast<int>(std::lround(std::clamp(limit, 0.0, 1.0) * size)));
  std::string cells;
  for (int cell = 0; cell < size; ++cell) {
    if (cell == mark)
      cells += "|";
    else
      cells += cell < filled ? "█" : "·";
  }
  return ratio > limit ? paint("31", cells) : paint("32", cells);
}

// Right of the bar: the figure, and a "!" where it is over its limit, so that it shows without colour, too.
std::string mark_of(double ratio, double limit) {
  return right(percent_of(ratio), 6) + (ratio > limit ? "!" : " ");
}

// One host's resource before and after. Both bars where they fit, else the one that will be.
class BarLines {
 public:
  BarLines(std::size_t name_width, bool moves, const TextStyle& style)
      : name_width_(name_width), moves_(moves), paint_{style.colour} {
    if (style.columns <= 0) return;
    const int room =
        style.columns - static_cast<int>(name_width) - 2 - 2 - 6 - 2 - 13;  // name, resource, limit
    cells_ = moves_ ? (room - 2 * 7 - 5) / 2 : room - 7;
    if (moves_ && cells_ < kFewestCells) {
      both_ = false;
      cells_ = room - 7 - 9;
    }
    cells_ = std::clamp(cells_, kFewestCells, kMostCells);
  }

  [[nodiscard]] std::string line(const std::string& name, const char* resource, double was, double is,
                                 double limit) const {
    std::string out = "  " + padded(name, name_width_) + "  " + padded(resource, 6) + "  ";
    if (!moves_) {
      out += bar(was, limit, cells_, paint_) + mark_of(was, limit);
    } else if (both_) {
      out += bar(was, limit, cells_, paint_) + mark_of(was, limit) + "  →  " +
             bar(is, limit, cells_, paint_) + mark_of(is, limit);
    } else {
      out += mark_of(was, limit) + "→ " + bar(is, limit, cells_, paint_) + mark_of(is, limit);
    }
    return out + " limit " + percent_of(limit) + "\n";
  }

 private:
  std::size_t name_width_;
  bool moves_, both_ = true;
  int cells_ = kBarCells;
  Paint paint_;
};

void add_bars(const Plan& plan, const Cluster& cluster, const TextStyle& style, std::string& out) {
  std::map<std::string, const Host*> hosts;
  std::size_t width = 4;
  for (const auto& host : cluster.hosts) {
    hosts[host.name] = &host;
    width = std::max(width, width_of(text::printable(host.name)));
  }
  const BarLines lines(width, !plan.moves.empty(), style);
  for (const auto& [name, before] : plan.before.hosts) {
    const auto host = hosts.find(name);
    const auto after = plan.after.hosts.find(name);
    if (host == hosts.end() || after == plan.after.hosts.end()) continue;
    const Host& data = *host->second;
    const double cpu_limit = data.cpu_cores > 0 ? cpu_limit_cores(data) / data.cpu_cores : 0;
    const double memory_limit = data.memory_bytes > 0 ? memory_limit_bytes(data) / data.memory_bytes : 0;
    out += lines.line(text::printable(name), "CPU", before.cpu, after->second.cpu, cpu_limit);
    out += lines.line("", "memory", before.memory, after->second.memory, memory_limit);
  }
}

std::string steps_text(const std::vector<int>& steps) {
  std::string result;
  for (const int step : steps) result += (result.empty() ? "" : ", ") + std::to_string(step);
  return result;
}

std::string kind_of(const std::string& id) { return id.rfind("qemu/", 0) == 0 ? "VM" : "container"; }

std::string number_of(const std::string& id) { return id.substr(id.find('/') + 1); }

void add_moves(const Plan& plan, const TextStyle& style, std::string& out) {
  if (plan.moves.empty()) return;
  const Paint paint{style.colour};
  out += "\nMoves\n";
  for (const auto& move : plan.moves) {
    const std::string what = "Suggesting to migrate " + kind_of(move.guest) + " " + number_of(move.guest) +
                             " (" + text::printable(move.name) + ") from " + text::printable(move.from) +
                             " to " + text::printable(move.to);
    const std::string lead = "  " + std::to_string(move.step) + ". ", why = ": " + text::printable(move.why);
    std::string folded;
    add_folded(folded, lead + what + why, 5, style);
    // Painted afterwards: escapes have no width. Where the sentence is folded within, it stays plain.
    const std::size_t at = folded.find(what);
    if (at != std::string::npos) folded.replace(at, what.size(), paint("1", what));
    out += folded;
    std::string how = "     " + move.method;
    if (move.downtime_seconds > 0) how += ", down for " + text::human_duration(move.downtime_seconds);
    if (move.copy_bytes > 0) how += ", copies " + text::human_bytes(move.copy_bytes);
    if (!move.after.empty()) how += ", after step " + steps_text(move.after);
    add_folded(out, how, 5, style);
  }
}

// One line for all targets that the same limit forbids.
void add_rejected(const Plan& plan, const TextStyle& style, std::string& out) {
  if (!plan.rejected.empty()) out += "\nStays\n";
  std::size_t listed = 0;
  for (const Stay& stay : stays_of(plan)) {
    if (++listed > kListedRejections) {
      out += "  and more: see --output json\n";
      break;
    }
    add_folded(out,
               "  " + text::printable(stay.guest) +
                   (stay.targets.empty() ? "" : " to " + text::printable(text::join(stay.targets, ", "))) +
                   ": " + text::printable(stay.code) +
                   (stay.detail.empty() ? "" : " (" + text::printable(stay.detail) + ")"),
               6, style);
  }
}

void add_help(const Plan& plan, const TextStyle& style, std::string& out) {
  if (!plan.fixes.empty()) out += "\nTo unblock, most room first\n";
  for (const auto& fix : plan.fixes)
    add_folded(out,
               "  " + text::printable(fix.guest) + " (" + text::printable(fix.code) +
                   (fix.detail.empty() ? "" : " " + text::printable(fix.detail)) +
                   "): " + text::printable(fix.cure) + " [" + text::human_cores(fix.cpu_cores) + ", " +
                   text::human_bytes(fix.memory_bytes) + "]",
               6, style);
  if (!plan.needs.empty()) out += "\nWould help\n";
  for (const auto& need : plan.needs) add_folded(out, "  " + text::printable(need), 4, style);
}

// "ok  pve1: …" with the first word painted.
void add_verdict(bool good, const char* yes, const std::string& sentence, const TextStyle& style,
                 std::string& out) {
  const std::string word = good ? yes : "no";
  std::string folded;
  add_folded(folded, "  " + padded(word, std::string(yes).size()) + "  " + sentence, 6, style);
  out += folded.replace(2, word.size(), Paint{style.colour}(good ? "32" : "31", word));
}

void add_answers(const Plan& plan, const TextStyle& style, std::string& out) {
  if (!plan.place.empty()) out += "\nBest hosts first\n";
  for (const auto& place : plan.place)
    add_verdict(place.fits, "fits", text::printable(place.host) + ": " + text::printable(place.reason), style,
                out);
  if (!plan.survive.empty()) out += "\nIf a host fails\n";
  for (const auto& survival : plan.survive) {
    std::string sentence = text::printable(survival.host) + ": the others keep " +
                           text::human_cores(survival.room_cpu_cores) + " and " +
                           text::human_bytes(survival.room_memory_bytes) + " free";
    if (!survival.left_over.empty())
      sentence += "; left over: " + text::printable(text::join(survival.left_over, ", "));
    add_verdict(survival.survives, "ok", sentence, style, out);
  }
}

std::string figure(double value) { return text::number(std::round(value * 1e4) / 1e4); }

}  // namespace

std::vector<Stay> stays_of(const Plan& plan) {
  std::vector<Stay> stays;
  const Rejection* last = nullptr;
  for (const Rejection& entry : plan.rejected) {
    const bool same = last != nullptr && last->guest == entry.guest && last->code == entry.code &&
                      last->detail == entry.detail && last->to.has_value() == entry.to.has_value();
    if (!same) stays.push_back({entry.guest, entry.code, entry.detail, {}});
    if (entry.to) stays.back().targets.push_back(*entry.to);
    last = &entry;
  }
  return stays;
}

std::string plan_to_text(const Plan& plan, const Cluster& cluster, const TextStyle& style) {
  const Paint paint{style.colour};
  std::string scope;
  for (const auto& host : plan.scope) scope += " " + text::printable(host);
  std::string out = paint("1", "Plan: " + plan.goal + scope) + "\n";
  add_folded(out, text::printable(plan.reason), 2, style);
  out += "\n";
  add_bars(plan, cluster, style, out);
  add_moves(plan, style, out);
  add_answers(plan, style, out);
  add_rejected(plan, style, out);
  add_help(plan, style, out);
  if (plan.goal == "place" || plan.goal == "survive" || plan.result == PlanResult::refused) return out;
  std::string last = "Highest use " + text::percent(plan.before.peak) + " of its limit";
  if (!plan.moves.empty()) last += " → " + text::percent(plan.after.peak);
  last += " (no plan can go below " + text::percent(plan.bound.peak) + "), overload " +
          figure(plan.before.overload);
  if (!plan.moves.empty()) last += " → " + figure(plan.after.overload) + ", cost " + figure(plan.after.cost);
  out += "\n";
  add_folded(out, last, 2, style);
  return out;
}

}  // namespace pcb
