#include <algorithm>
#include <array>
#include <string_view>

#include "common/text.h"
#include "exporter/render.h"

namespace pcb {
namespace {

constexpr std::string_view kRed = "\x1b[31m", kBold = "\x1b[1m", kPlain = "\x1b[0m";

struct Cell {
  std::string text;
  bool over = false;  // a threshold is passed: marked with "!" and, in colour, red
};

// Columns as wide as their widest cell; the first one left, numbers right.
class Table {
 public:
  Table(std::vector<std::string> heads, bool colour) : heads_(std::move(heads)), colour_(colour) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

  void append_to(std::string& out) const {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < heads_.size(); ++column) {
      auto width = columns_of(heads_[column]);
      for (const auto& row : rows_)
        width = std::max(width, columns_of(row[column].text) + (row[column].over ? 1 : 0));
      widths.push_back(width);
    }
    out += "  ";
    if (colour_) out += kBold;
    for (std::size_t column = 0; column < heads_.size(); ++column) {
      append_padded(out, {heads_[column], false}, widths[column], column);
    }
    if (colour_) out += kPlain;
    end_line(out);
    for (const auto& row : rows_) {
      out += "  ";
      for (std::size_t column = 0; column < row.size(); ++column) {
        append_padded(out, row[column], widths[column], column);
      }
      end_line(out);
    }
  }

 private:
  // Code points; good enough for names, and exact for ASCII.
  static std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
      return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
  }

  void append_padded(std::string& out, const Cell& cell, std::size_t width, std::size_t column) const {
    if (column > 0) out += "  ";
    const auto content = cell.over ? cell.text + "!" : cell.text;
    const std::string padding(width - std::min(width, columns_of(content)), ' ');
    const bool left = column < 2;
    if (!left) out += padding;
    if (cell.over && colour_)
      out.append(kRed).append(content).append(kPlain);
    else
      out += content;
    if (left) out += padding;
  }

  static void end_line(std::string& out) {
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  }

  std::vector<std::string> heads_;
  std::vector<std::vector<Cell>> rows_;
  bool colour_;
};

Cell bytes(const std::optional<double>& value) { return {value ? text::human_bytes(*value) : "-", false}; }

Cell share(const std::optional<double>& used, const std::optional<double>& of,
           const std::optional<double>& threshold) {
  if (!used || !of || *of <= 0) return {"-", false};
  const double ratio = *used / *of;
  return {text::percent(ratio), threshold && ratio > *threshold};
}

Cell duration(const std::optional<double>& seconds) {
  return {seconds ? text::human_duration(*seconds) : "-", false};
}

std::string rounded(double value) {
  std::array<char, 32> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.2f", value);
  return {buffer.data(), static_cast<std::size_t>(std::max(0, length))};
}

std::string_view word(HostState state) {
  constexpr std::array<std::string_view, 4> kWords = {"online", "offline", "maintenance", "unknown"};
  return kWords[static_cast<std::size_t>(state)];
}

std::string_view word(GuestStatus status) {
  constexpr std::array<std::string_view, 4> kWords = {"running", "stopped", "paused", "unknown"};
  return kWords[static_cast<std::size_t>(status)];
}

Cell usage(const std::optional<double>& ratio, const std::optional<double>& threshold) {
  return share(ratio, 1.0, threshold);
}

void append_host(std::string& out, const SnapshotHost& host, bool colour) {
  const auto& document = host.document;
  out += "Host metrics for " + text::printable(document.name) + ": ";
  out += word(document.state.value_or(HostState::unknown));
  if (!host.read) {
    out += host.failure_detail.empty() ? ", not read" : ", not read: " + text::printable(host.failure_detail);
    out += "\n";
    return;
  }
  out += ", up " + text::human_duration(host.figures.uptime_seconds.value_or(0)) + "\n";
  Table table({"resource", "used", "of", "share", "threshold"}, colour);
  const auto threshold = [](const std::optional<double>& ratio) {
    return Cell{ratio ? text::percent(*ratio) : "-", false};
  };
  const auto cores = [](const std::optional<double>& value) {
    return Cell{value ? rounded(*value) + " cores" : "-", false};
  };
  table.add({{"cpu"},
             cores(document.cpu_used_cores),
             cores(document.cpu_cores),
             usage(host.figures.cpu_usage_ratio, document.cpu_threshold),
             threshold(document.cpu_threshold)});
  table.add({{"memory"},
             bytes(document.memory_used_bytes),
             bytes(document.memory_bytes),
             share(document.memory_used_bytes, document.memory_bytes, document.memory_threshold),
             threshold(document.memory_threshold)});
  table.add({{"swap"},
             bytes(host.figures.memory_swap_bytes),
             bytes(host.memory_swap_size_bytes),
             share(host.figures.memory_swap_bytes, host.memory_swap_size_bytes, std::nullopt),
             {"-"}});
  table.add(
      {{"root file system"},
       bytes(host.figures.disk_usage_bytes),
       bytes(host.figures.disk_size_bytes),
       share(host.figures.disk_usage_bytes, host.figures.disk_size_bytes, host.root_filesystem_threshold),
       threshold(host.root_filesystem_threshold)});
  table.add({{"load"},
             {document.load1 ? rounded(*document.load1) : "-"},
             {""},
             {host.load5 ? rounded(*host.load5) : "-"},
             {host.load15 ? rounded(*host.load15) : "-"}});
  table.append_to(out);
}

void append_guests(std::string& out, const Snapshot& snapshot, const std::string& host, bool colour) {
  Table table({"id", "name", "status", "cpu", "cores", "memory", "of", "share", "swap", "uptime", "movable"},
              colour);
  bool any = false;
  for (const auto& guest : snapshot.guests) {
    const auto& document = guest.document;
    if (document.host != host) continue;
    any = true;
    const auto& figures = guest.figures;
    const auto movable = !guest.read                 ? "-"
                         : document.blockers.empty() ? "yes"
                                                     : document.blockers.front().code;
    table.add({{document.id},
               {text::printable(text::shortened(document.name.value_or("-"), 32))},
               {std::string(word(document.status.value_or(GuestStatus::unknown)))},
               usage(figures.cpu_usage_ratio, figures.cpu_threshold),
               {figures.cpu_limit_cores ? text::number(*figures.cpu_limit_cores) : "-"},
               bytes(figures.memory_usage_bytes),
               bytes(figures.memory_size_bytes),
               share(figures.memory_usage_bytes, figures.memory_size_bytes, figures.memory_threshold),
               bytes(figures.memory_swap_bytes),
               duration(figures.uptime_seconds),
               {text::printable(movable)}});
  }
  if (any) table.append_to(out);
}

}  // namespace

std::string render_text(const Snapshot& snapshot, bool colour) {
  std::string out;
  for (const auto& host : snapshot.hosts) {
    append_host(out, host, colour);
    append_guests(out, snapshot, host.document.name, colour);
    out += "\n";
  }
  for (const auto& warning : snapshot.warnings) out += "Warning: " + text::printable(warning) + "\n";
  return out;
}

}  // namespace pcb
