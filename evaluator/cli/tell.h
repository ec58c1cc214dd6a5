// Puts a message into the outbox, for the sinks that config.yaml names for its event. Inside a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cluster/config.h"
#include "evaluator/decide/suggestion.h"
#include "evaluator/journal/tables.h"

namespace pcb {

// Once per `key`. `incident` 0: none.
Status tell(Tables& tables, const NotifyConfig& config, const std::string& key, const Message& message,
            std::int64_t incident, double now);

}  // namespace pcb
