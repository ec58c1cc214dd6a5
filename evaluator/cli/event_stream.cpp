#include "evaluator/cli/event_stream.h"

#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "evaluator/cli/api_history.h"
#include "evaluator/cli/api_running.h"
#include "evaluator/cli/outside.h"

namespace pcb {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::chrono::seconds kJournalEvery{1};
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::chrono::hours kLongest{1};
constexpr double kShownAfterEndSeconds = 600;
constexpr int kMostAtOnce = 50;
constexpr std::int64_t kNoRow = std::numeric_limits<std::int64_t>::max();

class EventStream {
 public:
  EventStream(const EventParts& parts, http::Stream& stream) : parts_(parts), stream_(stream) {}

  bool begin() { return send(": welcome\nretry: 3000\n\n") && look_at_journal(); }

  // False when the peer is gone.
  bool look() {
    const auto view = parts_.board.newest();
    const auto act = parts_.act_board.newest();
    if (view != view_ || act != act_) {
      const bool act_changed = act != act_;
      view_ = view;
      act_ = act;
      if (!send(server_event("pulse", pulse_json(view.get(), act.get())))) return false;
      if (act_changed && !send_running()) return false;
    }
    const auto now = Clock::now();
    if (now - journal_at_ >= kJournalEvery && !look_at_journal()) return false;
    return now - sent_at_ < kHeartbeat || send(": still here\n\n");
  }

 private:
  bool send(const std::string& bytes) {
    sent_at_ = Clock::now();
    return stream_.send(bytes);
  }

  bool send_running() {
    const double now = unix_now();
    const auto operations = operations_to_show(parts_.journal, now);
    if (!operations) return true;  // the journal is busy or full: the next change tries again
    const std::string running = running_json(act_.get(), *operations, now);
    return send(server_event("running", running));
  }

  // New rows, oldest first. The first look only finds where to begin.
  bool look_at_journal() {
    journal_at_ = Clock::now();
    std::vector<HistoryEntry> rows;
    static_cast<void>(parts_.journal
                          .read([&](Tables& tables) -> Status {
                            auto found = tables.history_rows('e', kNoRow, kMostAtOnce);
                            if (!found) return found.error();
                            rows = std::move(found).value();
                            return Done{};
                          })
                          .ok());
    const bool first = !began_;
    began_ = true;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      const std::int64_t number = row_number(*row);
      if (number <= newest_row_) continue;
      newest_row_ = number;
      if (!first && !send(server_event("history", entry_json(*row)))) return false;
    }
    return true;
  }

  const EventParts& parts_;
  http::Stream& stream_;
  std::shared_ptr<const View> view_;
  std::shared_ptr<const ActView> act_;
  std::int64_t newest_row_ = 0;
  bool began_ = false;
  Clock::time_point sent_at_, journal_at_;
};

}  // namespace

Result<std::vector<OperationRecord>> operations_to_show(Journal& journal, double now) {
  std::vector<OperationRecord> operations;
  const Status done = journal.read([&](Tables& tables) -> Status {
    auto found = tables.operations_since(now - kShownAfterEndSeconds);
    if (!found) return found.error();
    operations = std::move(found).value();
    return Done{};
  });
  if (!done) return done.error();
  return operations;
}

void stream_events(const EventParts& parts, http::Stream& stream,
                   const std::function<bool()>& still_welcome) {
  EventStream events(parts, stream);
  if (!events.begin()) return;
  const auto end = Clock::now() + kLongest;
  auto asked_at = Clock::now();
  while (Clock::now() < end && stream.open() && events.look()) {
    if (Clock::now() - asked_at >= kJournalEvery) {
      if (!still_welcome()) return;
      asked_at = Clock::now();
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace pcb
