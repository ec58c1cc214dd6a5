// How the scripts on the hosts answer: between marks that carry the nonce of the request.
//
//   @@NONCE begin VERSION\n … body … \n@@NONCE end\n      or, for what it does not understand,
//   @@NONCE error WORD\n
// The nonce (16 hex digits, new for every request) makes noise of login shells and hostile file contents
// harmless: only what stands between its own marks counts. A program accepts its own version of the protocol
// and the one before. Pure; views point into `received`.
// Tested by tests/exporter/collect_request_test.cpp and tests/evaluator/migrate_answer_test.cpp.
#pragma once

#include <string_view>

#include "common/result.h"

namespace pcb {

// True once `received` holds the whole answer: reading stops there.
bool script_answer_complete(std::string_view received, std::string_view nonce);

struct ScriptAnswer {
  int protocol = 0;
  std::string_view body;
};
// script: its file name, for sentences. protocol: the newest that is understood.
Result<ScriptAnswer> read_script_answer(std::string_view received, std::string_view nonce,
                                        std::string_view script, int protocol);

}  // namespace pcb
