#include "evaluator/cli/api_history.h"

#include <nlohmann/json.hpp>

#include "common/csv.h"
#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDefaultRows = 100;
constexpr int kMostRows = 1000;

Result<std::optional<double>> time_of(const QueryFields& fields, const std::string& name) {
  const std::string written = first_field(fields, name);
  if (written.empty()) return std::optional<double>();
  if (const auto seconds = text::to_double(written)) return seconds;
  if (const auto ms = parse_rfc3339(written)) return std::optional(static_cast<double>(*ms) / 1000);
  return Error{name + " must be Unix seconds, or a time like 2026-11-23T03:00:00Z"};
}

Json to_json(const HistoryEntry& entry) {
  return {{"id", entry.id},       {"at", entry.at},           {"kind", entry.kind},
          {"actor", entry.actor}, {"subject", entry.subject}, {"detail", entry.detail}};
}

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string first_field(const QueryFields& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

Result<int> limit_of(const QueryFields& fields) {
  const std::string written = first_field(fields, "limit");
  if (written.empty()) return kDefaultRows;
  const auto wanted = text::to_int64(written);
  if (!wanted || *wanted < 1 || *wanted > kMostRows)
    return Error{"limit must be a number from 1 to " + std::to_string(kMostRows)};
  return static_cast<int>(*wanted);
}

bool wants_csv(const QueryFields& fields) { return first_field(fields, "format") == "csv"; }

Result<HistoryQuery> read_history_query(const QueryFields& fields) {
  HistoryQuery query;
  const auto [first, last] = fields.equal_range("kind");
  for (auto field = first; field != last; ++field) {
    for (const std::string_view kind : text::split(field->second, ','))
      if (!kind.empty()) query.kinds.emplace_back(kind);
  }
  const auto since = time_of(fields, "since");
  const auto until = time_of(fields, "until");
  if (!since) return since.error();
  if (!until) return until.error();
  query.since = *since;
  query.until = *until;
  query.host = first_field(fields, "host");
  query.guest = first_field(fields, "guest");
  query.text = first_field(fields, "q");
  query.id = first_field(fields, "id");
  query.cursor = first_field(fields, "cursor");
  const auto limit = limit_of(fields);
  if (!limit) return limit.error();
  query.limit = *limit;
  const std::string format = first_field(fields, "format");
  if (!format.empty() && format != "json" && format != "csv") return Error{"format must be json or csv"};
  return query;
}

std::string entry_json(const HistoryEntry& entry) { return written(to_json(entry)); }

std::string history_json(const HistoryPage& page) {
  Json entries = Json::array();
  for (const HistoryEntry& entry : page.entries) entries.push_back(to_json(entry));
  return written({{"history", std::move(entries)}, {"next", page.next.empty() ? Json() : Json(page.next)}}) +
         "\n";
}

std::string history_csv(const HistoryPage& page) {
  std::string csv = csv_row({"id", "at", "kind", "actor", "subject", "detail"});
  for (const HistoryEntry& entry : page.entries)
    csv +=
        csv_row({entry.id, format_rfc3339(entry.at), entry.kind, entry.actor, entry.subject, entry.detail});
  return csv;
}

}  // namespace pcb
