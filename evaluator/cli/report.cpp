#include "evaluator/cli/report.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <tuple>

#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/cli/actor_records.h"
#include "evaluator/cli/tell.h"
#include "evaluator/decide/act_messages.h"

namespace pcb {
namespace {

constexpr double kDaySeconds = 86400;
constexpr double kWeekSeconds = 7 * kDaySeconds;
constexpr int kMovesAtOnce = 1000;
constexpr std::size_t kMostLines = 20;
constexpr const char* kToldSetting = "report_told_at";
constexpr int kMondayHour = 8;

std::size_t count_in(const std::vector<OperationRecord>& operations, MoveState state) {
  return static_cast<std::size_t>(std::count_if(operations.begin(), operations.end(),
                                                [&](const auto& o) { return o.move.state == state; }));
}

bool is_vm(const MoveRecord& move) { return move.guest.rfind("qemu/", 0) == 0; }

// A VM that runs on, and whose disks stay where they are: more than its memory would be a copy of disks.
bool interrupts_nobody(const MoveRecord& move) {
  return is_vm(move) && move.downtime_seconds <= 1 && (move.method == "live" || move.method == "ha");
}

// Guests that people let move, and whose every move was done.
std::map<std::string, int> trusted_guests(const ReportInput& input) {
  std::map<std::string, int> good;
  std::set<std::string> bad;
  for (const OperationRecord& operation : input.operations) {
    if (operation.move.state == MoveState::failed || operation.move.state == MoveState::unknown)
      bad.insert(operation.move.guest);
    if (operation.move.state == MoveState::done && operation.initiator == Initiator::approved &&
        operation.move.method == "restart")
      ++good[operation.move.guest];
  }
  for (const std::string& guest : bad) good.erase(guest);
  return good;
}

void add_incidents(const ReportInput& input, std::vector<std::string>& lines) {
  std::map<std::string, std::size_t> by_host;
  std::size_t open = 0;
  for (const Incident& incident : input.incidents) {
    ++by_host[text::printable(incident.host) + " " + name_of(incident.resource)];
    open += incident.state == IncidentState::open ? 1 : 0;
  }
  if (by_host.empty()) {
    lines.emplace_back("No host was over its limit");
    return;
  }
  std::vector<std::string> hosts;
  hosts.reserve(by_host.size());
  for (const auto& [host, times] : by_host) hosts.push_back(host + " (" + std::to_string(times) + ")");
  lines.push_back(text::counted(input.incidents.size(), "incident") + ": " + text::join(hosts, ", ") + "; " +
                  (open == 0 ? std::string("all are over") : std::to_string(open) + " still open"));
}

void add_done(const ReportInput& input, std::vector<std::string>& lines) {
  const auto& operations = input.operations;
  if (operations.empty()) {
    lines.emplace_back("Nothing was moved");
    return;
  }
  lines.push_back("Carried out: " + text::counted(count_in(operations, MoveState::done), "move") +
                  "; failed " + std::to_string(count_in(operations, MoveState::failed)) + ", not known " +
                  std::to_string(count_in(operations, MoveState::unknown)) + ", skipped " +
                  std::to_string(count_in(operations, MoveState::skipped)));
  for (const OperationRecord& operation : operations) {
    if (operation.move.state == MoveState::skipped) continue;
    const bool done = operation.move.state == MoveState::done;
    lines.push_back(
        "  " + format_rfc3339(operation.intended_at) + " " + move_words(to_move(operation.move)) + ", " +
        name_of(operation.initiator) + ": " + name_of(operation.move.state) +
        (operation.downtime_seconds ? ", down for " + text::human_duration(*operation.downtime_seconds)
                                    : "") +
        (done ? (lasted(operation, operations) ? ", still there" : ", moved away again since") : ""));
  }
}

void add_outcomes(const ReportInput& input, std::vector<std::string>& lines) {
  std::size_t kept = 0;
  std::vector<std::string> worse;
  for (const OutcomeRecord& outcome : input.outcomes) {
    kept += outcome.verdict == "kept" ? 1 : 0;
    if (outcome.verdict == "worse")
      worse.push_back("  plan " + std::to_string(outcome.plan_id) + ": " + text::printable(outcome.sentence));
  }
  if (input.outcomes.empty()) return;
  lines.push_back("Plans that came out as predicted: " + std::to_string(kept) + " of " +
                  std::to_string(input.outcomes.size()));
  lines.insert(lines.end(), worse.begin(), worse.end());
}

void add_proposed(const ReportInput& input, std::vector<std::string>& lines) {
  const std::vector<WouldHave> all = would_have(input);
  if (all.empty()) return;
  const auto safe = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const WouldHave& one) { return one.safe; }));
  lines.push_back("Proposed and not carried out: " + text::counted(all.size(), "move") + ", " +
                  std::to_string(safe) + " of them safe for mode auto (VMs that run on, no disk is copied)");
  for (const WouldHave& one : all) {
    lines.push_back("  " + move_words(to_move(one.move)) + ", proposed " +
                    text::counted(static_cast<std::size_t>(one.times), "time") +
                    (one.safe ? "; safe for auto"
                              : "; in auto only with the tag balancer_auto, in a window, or with a yes"));
  }
}

// Proposed since then, newest first.
Result<std::vector<MoveRecord>> moves_since(Tables& tables, double since) {
  std::vector<MoveRecord> all;
  for (std::int64_t below = kNewestRow;;) {
    auto moves = tables.recent_moves(kMovesAtOnce, below);
    if (!moves) return moves;
    all.insert(all.end(), moves->begin(), moves->end());
    if (moves->size() < kMovesAtOnce || moves->back().created_at < since) return all;
    below = moves->back().id;
  }
}

}  // namespace

Result<ReportInput> read_report(Tables& tables, double since, double until) {
  ReportInput input{since, until, {}, {}, {}, {}};
  auto incidents = tables.incidents_changed_since(since);
  auto moves = moves_since(tables, since);
  auto operations = tables.operations_since(since);
  auto outcomes = tables.outcomes_since(since);
  if (!incidents) return incidents.error();
  if (!moves) return moves.error();
  if (!operations) return operations.error();
  if (!outcomes) return outcomes.error();
  const auto within = [&](double at) { return at >= since && at <= until; };
  const auto keep = [](const auto& from, auto& into, const auto& wanted) {
    std::copy_if(from.begin(), from.end(), std::back_inserter(into), wanted);
  };
  keep(*incidents, input.incidents, [&](const Incident& incident) { return within(incident.opened_at); });
  keep(*moves, input.moves, [&](const MoveRecord& move) { return within(move.created_at); });
  keep(*operations, input.operations, [&](const OperationRecord& o) { return within(o.intended_at); });
  keep(*outcomes, input.outcomes,
       [&](const OutcomeRecord& o) { return o.verdict != "pending" && within(o.judged_at.value_or(0)); });
  std::sort(input.moves.begin(), input.moves.end(),
            [](const MoveRecord& a, const MoveRecord& b) { return a.id < b.id; });
  return input;
}

std::vector<WouldHave> would_have(const ReportInput& input) {
  std::set<std::int64_t> carried_out;
  for (const OperationRecord& operation : input.operations) carried_out.insert(operation.move.id);
  std::map<std::tuple<std::string, std::string, std::string>, WouldHave> found;
  for (const MoveRecord& move : input.moves) {
    if (carried_out.count(move.id) != 0) continue;
    WouldHave& one = found[{move.guest, move.from, move.to}];
    one.move = move;
    ++one.times;
    one.safe = interrupts_nobody(move);
  }
  std::vector<WouldHave> all;
  all.reserve(found.size());
  for (auto& [key, one] : found) all.push_back(std::move(one));
  return all;
}

bool lasted(const OperationRecord& done, const std::vector<OperationRecord>& all) {
  return std::none_of(all.begin(), all.end(), [&](const OperationRecord& later) {
    return later.move.state == MoveState::done && later.move.guest == done.move.guest &&
           later.intended_at > done.intended_at && later.move.from == done.move.to;
  });
}

std::vector<std::string> report_lines(const ReportInput& input) {
  std::vector<std::string> lines;
  add_incidents(input, lines);
  add_done(input, lines);
  add_outcomes(input, lines);
  add_proposed(input, lines);
  for (const auto& [guest, times] : trusted_guests(input)) {
    lines.push_back(text::printable(guest) + " was restarted elsewhere " +
                    text::counted(static_cast<std::size_t>(times), "time") +
                    " with a yes, always well: with the tag balancer_auto it would be safe for auto");
  }
  return lines;
}

Message report_message(const ReportInput& input) {
  Message message{"report", "info", "The last " + text::human_duration(input.until - input.since), {}};
  message.lines = report_lines(input);
  if (message.lines.size() > kMostLines) {
    const std::size_t more = message.lines.size() - kMostLines;
    message.lines.resize(kMostLines);
    message.lines.push_back("and " + std::to_string(more) + " lines more: `balancer-evaluator report`");
  }
  return message;
}

bool report_is_due(double last_told_at, double now) {
  const auto whole = static_cast<std::time_t>(now);
  std::tm parts{};
  ::localtime_r(&whole, &parts);
  parts.tm_mday -= (parts.tm_wday + 6) % 7;  // Monday of this week
  parts.tm_hour = kMondayHour;
  parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  const auto monday = static_cast<double>(std::mktime(&parts));
  return now >= monday && last_told_at < monday;
}

Status tell_weekly_report(Journal& journal, const Config& config, double now,
                          const std::function<void()>& on_message) {
  std::optional<std::string> told;
  const Status read = journal.read([&](Tables& tables) -> Status {
    auto kept = tables.setting(kToldSetting);
    if (!kept) return kept.error();
    told = std::move(kept).value();
    return Done{};
  });
  if (!read) return read;
  if (told && !report_is_due(text::to_double(*told).value_or(0), now)) return Done{};
  const Status done = journal.transact([&](Tables& tables) -> Status {
    auto kept = tables.set_setting(kToldSetting, text::number(now));
    if (!kept || !told) return kept;  // a journal that has just begun has nothing to tell
    const auto input = read_report(tables, now - kWeekSeconds, now);
    if (!input) return input.error();
    return tell(tables, config.notify, "report/" + text::number(now), report_message(*input), 0, now);
  });
  if (done && told) on_message();
  return done;
}

}  // namespace pcb
