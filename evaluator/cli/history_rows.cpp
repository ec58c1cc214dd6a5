#include "evaluator/cli/history_rows.h"

#include <utility>

namespace pcb {
namespace {

constexpr int kBatch = 500;

std::int64_t row_of(const DeliveryRecord& delivery) { return delivery.notification.id; }
template <class Record>
std::int64_t row_of(const Record& record) {
  return record.id;
}

// `read` gives records of so many rows below a row; several records may be of one row, next to each other.
template <class Record, class Read>
Status collect(const HistoryFilter& filter, Read read, std::vector<Record>& found, std::int64_t& older) {
  const auto limit = static_cast<std::size_t>(filter.limit);
  std::int64_t below = filter.before > 0 ? filter.before : kNewestRow;
  std::size_t taken = 0;
  for (int looked_at = 0; looked_at < kMostLookedAt; looked_at += kBatch) {
    Result<std::vector<Record>> records = read(kBatch, below);
    if (!records) return records.error();
    int rows = 0;
    std::int64_t newest_taken = 0;
    for (Record& record : *records) {
      const std::int64_t row = row_of(record);
      rows += row != below ? 1 : 0;
      if (taken == limit && row != newest_taken && row != below) {
        older = below;
        return Done{};
      }
      below = row;
      if (!matches(filter, record)) continue;
      taken += row != newest_taken ? 1 : 0;
      newest_taken = row;
      found.push_back(std::move(record));
    }
    if (rows < kBatch) {
      older = 0;
      return Done{};
    }
  }
  older = below;
  return Done{};
}

}  // namespace

Status read_history_rows(Tables& tables, History& history) {
  const HistoryFilter& filter = history.filter;
  const auto fill = [&](auto member, auto& into) {
    return collect(
        filter, [&](int limit, std::int64_t below) { return (tables.*member)(limit, below); }, into,
        history.older);
  };
  if (filter.show == "alerts") return fill(&Tables::alerts_below, history.alerts);
  if (filter.show == "plans") return fill(&Tables::recent_plans, history.plans);
  if (filter.show == "moves") return fill(&Tables::recent_moves, history.moves);
  if (filter.show == "decisions") return fill(&Tables::recent_decisions, history.decisions);
  if (filter.show == "messages") return fill(&Tables::recent_deliveries, history.messages);
  return fill(&Tables::recent_events, history.events);
}

}  // namespace pcb
