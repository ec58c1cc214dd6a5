// GET /api/v1/history: what an address asks for, and the answer as JSON or CSV. Pure.
//
// ?kind= (several, or with commas), since= and until= (Unix seconds or RFC 3339), host=, guest=, q=, id=,
// limit= (1 to 1000), cursor=, format=json|csv. Tested by tests/evaluator/api_test.cpp.
#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "evaluator/journal/history.h"

namespace pcb {

using QueryFields = std::multimap<std::string, std::string>;

std::string first_field(const QueryFields& fields, const std::string& name);  // empty: it is not there
Result<int> limit_of(const QueryFields& fields);

// An Error says which field is wrong, and what it may be.
Result<HistoryQuery> read_history_query(const QueryFields& fields);
bool wants_csv(const QueryFields& fields);

std::string history_json(const HistoryPage& page);
std::string entry_json(const HistoryEntry& entry);  // in one line
std::string history_csv(const HistoryPage& page);

}  // namespace pcb
