#include "evaluator/journal/history.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/text.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

using Cursor = std::array<std::int64_t, kHistoryTables>;  // rows below these are still to come
constexpr std::string_view kLetters = "eadm";
constexpr std::array<std::string_view, kHistoryTables> kKinds = {"", "alert", "decision", "message"};
constexpr int kBatch = 500;

Result<Cursor> read_cursor(const std::string& text) {
  Cursor cursor;
  cursor.fill(std::numeric_limits<std::int64_t>::max());
  if (text.empty()) return cursor;
  const auto pieces = text::split(text, '.');
  for (std::size_t i = 0; i < kHistoryTables && pieces.size() == kHistoryTables; ++i) {
    const auto number = text::to_int64(pieces[i]);
    if (!number || *number < 0) break;
    cursor.at(i) = *number;
    if (i + 1 == kHistoryTables) return cursor;
  }
  return Error{"the cursor is none that this evaluator gave; begin without one"};
}

std::string write_cursor(const Cursor& cursor) {
  std::string text;
  for (const std::int64_t number : cursor) text += (text.empty() ? "" : ".") + std::to_string(number);
  return text;
}

bool contains(const HistoryEntry& entry, const std::string& wanted) {
  if (wanted.empty()) return true;
  const std::string lower = text::to_lower(wanted);
  const std::string* const fields[] = {&entry.kind, &entry.actor, &entry.subject, &entry.detail};
  return std::any_of(std::begin(fields), std::end(fields), [&](const std::string* field) {
    return text::to_lower(*field).find(lower) != std::string::npos;
  });
}

bool matches(const HistoryEntry& entry, const HistoryQuery& query) {
  const auto named = [&](const std::string& word) {
    return word.empty() || has_word(entry.subject, word) || has_word(entry.detail, word);
  };
  return (!query.since || entry.at >= *query.since) && (!query.until || entry.at <= *query.until) &&
         named(query.host) && named(query.guest) && contains(entry, query.text);
}

// Whether this table has kinds that are asked for; of events, which.
bool is_asked_for(std::size_t table, const HistoryQuery& query) {
  if (table == 0)
    return query.kinds.empty() || std::any_of(query.kinds.begin(), query.kinds.end(), [](auto& k) {
             return std::find(kKinds.begin(), kKinds.end(), k) == kKinds.end();
           });
  return std::find(query.kinds.begin(), query.kinds.end(), kKinds.at(table)) != query.kinds.end();
}

bool is_kind(const HistoryEntry& entry, std::size_t table, const HistoryQuery& query) {
  return table != 0 || query.kinds.empty() ||
         std::find(query.kinds.begin(), query.kinds.end(), entry.kind) != query.kinds.end();
}

struct Found {
  std::vector<HistoryEntry> entries;  // newest first
  std::int64_t rest = 0;              // rows below this were not looked at; 0: none is left
};

Result<Found> search(Tables& tables, std::size_t table, std::int64_t below, const HistoryQuery& query) {
  Found found{{}, below};
  for (int looked_at = 0; looked_at < kMostLookedAt; looked_at += kBatch) {
    auto rows = tables.history_rows(kLetters.at(table), found.rest, kBatch);
    if (!rows) return rows.error();
    for (HistoryEntry& row : *rows) {
      if (static_cast<int>(found.entries.size()) == query.limit) return found;
      found.rest = row_number(row);
      // A table is in the order of time, but for a clock that was set back; a day is allowed for that.
      constexpr double kClockSetBack = 86'400;
      if (query.since && row.at < *query.since - kClockSetBack) return Found{std::move(found.entries), 0};
      if (is_kind(row, table, query) && matches(row, query)) found.entries.push_back(std::move(row));
    }
    if (rows->size() < kBatch) return Found{std::move(found.entries), 0};
  }
  return found;
}

Result<HistoryPage> only(Tables& tables, const std::string& id) {
  const std::size_t table = id.empty() ? std::string_view::npos : kLetters.find(id.front());
  const auto row = table == std::string_view::npos ? std::nullopt : text::to_int64(id.substr(1));
  if (!row || *row < 1 || *row == std::numeric_limits<std::int64_t>::max())
    return Error{"an entry's id is a letter and a number, as in e12"};
  auto rows = tables.history_rows(kLetters.at(table), *row + 1, 1);
  if (!rows) return rows.error();
  if (rows->empty() || rows->front().id != id) rows->clear();
  return HistoryPage{std::move(rows).value(), ""};
}

}  // namespace

std::int64_t row_number(const HistoryEntry& entry) {
  return text::to_int64(std::string_view(entry.id).substr(1)).value_or(0);
}

bool has_word(std::string_view text, std::string_view word) {
  const auto is_inner = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '/';
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    // A sentence's own dot is no part of a name.
    const bool dot_ends_it =
        end < text.size() && text[end] == '.' && (end + 1 == text.size() || text[end + 1] == ' ');
    // "node/pve1" names pve1 as well.
    const bool begins = at == 0 || !is_inner(text[at - 1]) || (at >= 5 && text.substr(at - 5, 5) == "node/");
    if (begins && (end == text.size() || dot_ends_it || !is_inner(text[end]))) return true;
  }
  return false;
}

Result<HistoryPage> read_history(Tables& tables, const HistoryQuery& query) {
  if (!query.id.empty()) return only(tables, query.id);
  const auto begin = read_cursor(query.cursor);
  if (!begin) return begin.error();
  std::array<Found, kHistoryTables> found;
  for (std::size_t table = 0; table < kHistoryTables; ++table) {
    if (!is_asked_for(table, query)) continue;
    auto rows = search(tables, table, begin->at(table), query);
    if (!rows) return rows.error();
    found.at(table) = std::move(rows).value();
  }
  // The newest of all tables. The rows of one table keep their order, so that a cursor can say where it was.
  HistoryPage page;
  std::array<std::size_t, kHistoryTables> taken{};
  while (static_cast<int>(page.entries.size()) < query.limit) {
    std::size_t newest = kHistoryTables;
    for (std::size_t table = 0; table < kHistoryTables; ++table) {
      const auto& entries = found.at(table).entries;
      if (taken.at(table) == entries.size()) continue;
      if (newest == kHistoryTables ||
          entries.at(taken.at(table)).at > found.at(newest).entries.at(taken.at(newest)).at)
        newest = table;
    }
    if (newest == kHistoryTables) break;
    page.entries.push_back(std::move(found.at(newest).entries.at(taken.at(newest)++)));
  }
  Cursor next{};
  for (std::size_t table = 0; table < kHistoryTables; ++table) {
    const Found& rows = found.at(table);
    const bool all = taken.at(table) == rows.entries.size();
    next.at(table) = all ? rows.rest : row_number(rows.entries.at(taken.at(table))) + 1;
  }
  if (std::any_of(next.begin(), next.end(), [](std::int64_t row) { return row > 1; }))
    page.next = write_cursor(next);
  return page;
}

}  // namespace pcb
