// What people are told of moves that are carried out: what happens, why, what to do, how to undo it.
//
// Pure; names of guests are escaped. Tested by tests/evaluator/act_messages_test.cpp.
#pragma once

#include <optional>
#include <string>

#include "evaluator/decide/envelope.h"
#include "evaluator/decide/suggestion.h"

namespace pcb {

// "container 103 (db) from pve1 to pve2".
std::string move_words(const Move& move);
// What a person types on `to` to bring the guest back: "pct migrate 103 pve1 --restart".
// with_local_disks: of a live move whose local disks were copied along, and are to come back.
std::string undo_command(const Move& move, bool with_local_disks);

Message started_message(const Move& move, Initiator by, const std::string& who);
Message done_message(const Move& move, bool with_local_disks, std::optional<double> duration_seconds,
                     std::optional<double> downtime_seconds);
// Failed, or nobody knows; `command` is what a person should type, or empty.
Message failed_message(const Move& move, const std::string& sentence, const std::string& command, bool known);
Message skipped_message(const Move& move, const std::string& sentence);
Message overdue_message(const Move& move, const std::string& sentence, const std::string& command);
Message breaker_message(const std::string& reason);

}  // namespace pcb
