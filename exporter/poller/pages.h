// Pages: the answers of one round, each rendered and compressed once, handed out as shared bytes.
//
// A page is made when it is first asked for, in the caller's thread; callers that come meanwhile wait for
// that one. prepare() makes those that were asked for of late before anyone waits. Thread-safe. Publisher:
// the current Pages. publish() returns at once; its own thread prepares them and swaps them in, so neither
// the poller nor a scrape waits for rendering. Tested by tests/exporter/poller_pages_test.cpp.
#pragma once

#include <atomic>
#include <compare>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/poller/collected.h"
#include "exporter/render_pve.h"

namespace pcb {

using SharedText = std::shared_ptr<const std::string>;

enum class Page {
  metrics,
  openmetrics,
  cluster,
  cluster_anonymized,
  probe,
  probe_openmetrics,
  pve,
  pve_openmetrics
};

// Which page; of a host, those of one.
struct PageKey {
  Page page = Page::metrics;
  std::string host = {};  // its name in the cluster; known to the snapshot
  PveParts parts = {};    // of /pve

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees the literal 0 in <=>
  auto operator<=>(const PageKey&) const = default;
};

class Pages {
 public:
  Pages(SharedCollected collected, std::vector<std::string> collectors);

  // Compressed falls back to plain where memory does not allow it: `is_compressed` says which it is.
  [[nodiscard]] SharedText get(const PageKey& key, bool compressed, bool& is_compressed) const;
  [[nodiscard]] const Collected& collected() const { return *collected_; }
  [[nodiscard]] const std::vector<std::string>& collectors() const { return collectors_; }
  // Makes what `earlier` was asked for.
  void prepare(const Pages& earlier) const;

 private:
  struct Slot {
    std::once_flag plain_once, gzip_once;
    SharedText plain, gzip;
    std::atomic<bool> wanted_plain = false, wanted_gzip = false, has_plain = false;
  };
  // A metrics page goes to the sink, if there is one; nothing is returned then.
  [[nodiscard]] std::string render(const PageKey& key, MetricsText::Sink sink = {}) const;
  [[nodiscard]] Result<std::string> compress(const PageKey& key) const;
  const SharedText& plain(const PageKey& key) const;
  const SharedText& zipped(const PageKey& key) const;
  [[nodiscard]] Slot& slot(const PageKey& key) const;

  SharedCollected collected_;
  std::vector<std::string> collectors_;
  mutable std::mutex slots_mutex_;  // of the map; a slot stays where it is
  mutable std::map<PageKey, Slot> slots_;
};

class Publisher {
 public:
  explicit Publisher(std::vector<std::string> collectors);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void publish(SharedCollected collected);
  void set_collectors(std::vector<std::string> collectors);
  // Null before the first round.
  [[nodiscard]] std::shared_ptr<const Pages> current() const;

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SharedCollected next_;
  std::shared_ptr<const Pages> current_;
  std::vector<std::string> collectors_;
  bool stopping_ = false;
  std::thread worker_;
};

}  // namespace pcb
