// History: what happened, over all tables that tell of it, the newest first, a page at a time.
//
// An entry's id is a letter for its table and the row's number: e events, a alerts, d decisions, m messages.
// A cursor holds for each table where the next page begins, so rows that arrive meanwhile shift nothing.
// A filter that seldom matches looks at kMostLookedAt rows of each table for one page and then gives what it
// has, with a cursor to go on from: the journal is never held for long.
// Tested by tests/evaluator/journal_history_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

class Tables;

inline constexpr std::size_t kHistoryTables = 4;
inline constexpr int kMostLookedAt = 20'000;

struct HistoryEntry {
  std::string id;
  double at = 0;  // Unix seconds
  std::string kind, actor, subject, detail;
};

struct HistoryQuery {
  // Kinds of events (records.h), "alert", "decision", "message"; empty: of events all, and nothing else.
  std::vector<std::string> kinds = {};
  std::optional<double> since = {}, until = {};  // Unix seconds, both included
  std::string host = {}, guest = {};             // as a whole word of subject or detail: "pve1", "lxc/101"
  std::string text = {};                         // anywhere in the entry, whatever the case
  std::string id = {};                           // that entry alone
  int limit = 100;
  std::string cursor = {};  // of the page before
};

struct HistoryPage {
  std::vector<HistoryEntry> entries;
  std::string next;  // a cursor; empty: that was the end
};

// An Error when the cursor or the id is none of ours.
Result<HistoryPage> read_history(Tables& tables, const HistoryQuery& query);

std::int64_t row_number(const HistoryEntry& entry);  // of its id: 12 for e12

// Whether `word` stands in `text` with no letter, digit, dash, dot, underscore or slash at either side.
bool has_word(std::string_view text, std::string_view word);

}  // namespace pcb
