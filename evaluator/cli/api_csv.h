// Rows of the journal as tables for spreadsheets (common/csv.h), with times in RFC 3339.
//
// Pure. Tested by tests/evaluator/history_rows_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/http/server.h"
#include "evaluator/journal/records.h"

namespace pcb {

std::string plans_csv(const std::vector<PlanRecord>& plans);
std::string moves_csv(const std::vector<MoveRecord>& moves);

// An answer that a browser saves as NAME.csv.
http::Response csv_file(std::string csv, const std::string& name);

}  // namespace pcb
