#include "evaluator/decide/act_messages.h"

#include "common/text.h"

namespace pcb {
namespace {

bool is_vm(const Move& move) { return move.guest.rfind("qemu/", 0) == 0; }
std::string number_of(const Move& move) { return move.guest.substr(move.guest.find('/') + 1); }

std::string why_started(Initiator by, const std::string& who) {
  switch (by) {
    case Initiator::automatic:
      return "by itself, as evaluator.mode allows";
    case Initiator::approved:
      return "approved by " + text::printable(who);
    case Initiator::drain:
      return "to empty its host, asked by " + text::printable(who);
    case Initiator::giving_back:
      return "back home, asked by " + text::printable(who);
  }
  return "";
}

}  // namespace

std::string move_words(const Move& move) {
  const std::string name =
      move.name.empty() || move.name == move.guest ? "" : " (" + text::printable(move.name) + ")";
  return std::string(is_vm(move) ? "VM " : "container ") + number_of(move) + name + " from " +
         text::printable(move.from) + " to " + text::printable(move.to);
}

std::string undo_command(const Move& move, bool with_local_disks) {
  if (move.method == "ha")
    return "ha-manager migrate " + std::string(is_vm(move) ? "vm:" : "ct:") + number_of(move) + " " +
           move.from;
  std::string option = move.method == "live" ? " --online" : move.method == "restart" ? " --restart" : "";
  if (move.method == "live" && with_local_disks) option += " --with-local-disks";
  return std::string(is_vm(move) ? "qm" : "pct") + " migrate " + number_of(move) + " " + move.from + option;
}

Message started_message(const Move& move, Initiator by, const std::string& who) {
  return {"move_started",
          "info",
          "Moving " + move_words(move),
          {"Moving " + move_words(move) + ", " + why_started(by, who) + ": " + text::printable(move.why),
           "`balancer-evaluator pause` stops further starts; a migration under way is never broken off"}};
}

Message done_message(const Move& move, bool with_local_disks, std::optional<double> duration_seconds,
                     std::optional<double> downtime_seconds) {
  const std::string took = (duration_seconds ? " in " + text::human_duration(*duration_seconds) : "") +
                           (downtime_seconds ? ", down for " + text::human_duration(*downtime_seconds) : "");
  return {"move_done",
          "info",
          "Moved " + move_words(move),
          {"Moved " + move_words(move) + took,
           "To undo it, on " + move.to + ": " + undo_command(move, with_local_disks)}};
}

Message failed_message(const Move& move, const std::string& sentence, const std::string& command,
                       bool known) {
  const std::string subject =
      (known ? "The migration failed: " : "Nobody knows what became of the migration: ") + move_words(move);
  Message message{"move_failed", "critical", subject, {subject + ": " + text::printable(sentence)}};
  if (!command.empty()) message.lines.push_back("What to do: " + text::printable(command));
  return message;
}

Message skipped_message(const Move& move, const std::string& sentence) {
  const std::string subject = "Not moved: " + move_words(move);
  return {"move_failed", "warning", subject, {subject + ": " + text::printable(sentence)}};
}

Message overdue_message(const Move& move, const std::string& sentence, const std::string& command) {
  const std::string subject = "The migration takes long: " + move_words(move);
  return {"move_failed",
          "warning",
          subject,
          {subject + ": " + text::printable(sentence) + "; it is watched on, and never broken off",
           "What to do: " + text::printable(command)}};
}

Message breaker_message(const std::string& reason) {
  return {"breaker",
          "critical",
          "The breaker is open: nothing is moved any more",
          {"The breaker is open: " + text::printable(reason) + ". From now on moves are only suggested",
           "What to do: see `balancer-evaluator history`, then `balancer-evaluator breaker reset`"}};
}

}  // namespace pcb
