#include "exporter/poller/pages.h"

#include <utility>

#include "cluster/document_json.h"
#include "common/http/gzip.h"
#include "exporter/probe/render_probe.h"

namespace pcb {
namespace {

// Level 1 takes a third of the time of level 6 and makes pages a quarter larger: scrapes are local and
// frequent.
constexpr int kGzipLevel = 1;

NodeFiles files_of(const Snapshot& snapshot, const std::string& name) {
  const auto* host = find_target(snapshot, name);
  return host == nullptr ? NodeFiles{} : host->node_files;
}

}  // namespace

Pages::Pages(SharedCollected collected, std::vector<std::string> collectors)
    : collected_(std::move(collected)), collectors_(std::move(collectors)) {}

std::string Pages::render(const PageKey& key, MetricsText::Sink sink) const {
  const Snapshot& snapshot = collected_->snapshot;
  switch (key.page) {
    case Page::metrics:
      return render_metrics(snapshot, collected_->self,
                            {Exposition::prometheus, collectors_, std::move(sink)});
    case Page::openmetrics:
      return render_metrics(snapshot, collected_->self,
                            {Exposition::openmetrics, collectors_, std::move(sink)});
    case Page::cluster:
      return write_cluster(render_document(snapshot));
    case Page::cluster_anonymized:
      return write_cluster(anonymize(render_document(snapshot)));
    case Page::probe:
      return render_probe(files_of(snapshot, key.host), Exposition::prometheus);
    case Page::probe_openmetrics:
      return render_probe(files_of(snapshot, key.host), Exposition::openmetrics);
    case Page::pve:
      return render_pve(snapshot, key.host, key.parts, Exposition::prometheus);
    case Page::pve_openmetrics:
      return render_pve(snapshot, key.host, key.parts, Exposition::openmetrics);
  }
  return {};
}

Result<std::string> Pages::compress(const PageKey& key) const {
  http::GzipWriter writer(kGzipLevel);
  writer.add(render(key, [&writer](std::string_view piece) { writer.add(piece); }));
  return writer.finish();
}

const SharedText& Pages::plain(const PageKey& key) const {
  Slot& wanted = slot(key);
  std::call_once(wanted.plain_once, [&] {
    wanted.plain = std::make_shared<const std::string>(render(key));
    wanted.has_plain = true;
  });
  return wanted.plain;
}

const SharedText& Pages::zipped(const PageKey& key) const {
  Slot& wanted = slot(key);
  std::call_once(wanted.gzip_once, [&] {
    // The plain text is ten times as large: it is whole in memory only where somebody asks for it.
    const bool has_plain = wanted.wanted_plain || wanted.has_plain;
    auto compressed = has_plain ? http::gzip(*plain(key), kGzipLevel) : compress(key);
    if (compressed.ok()) wanted.gzip = std::make_shared<const std::string>(std::move(*compressed));
  });
  return wanted.gzip;
}

SharedText Pages::get(const PageKey& key, bool compressed, bool& is_compressed) const {
  Slot& wanted = slot(key);
  (compressed ? wanted.wanted_gzip : wanted.wanted_plain) = true;
  is_compressed = compressed && zipped(key) != nullptr;
  return is_compressed ? zipped(key) : plain(key);
}

Pages::Slot& Pages::slot(const PageKey& key) const {
  const std::lock_guard lock(slots_mutex_);
  return slots_[key];
}

void Pages::prepare(const Pages& earlier) const {
  struct Wanted {
    PageKey key;
    bool plain = false, gzip = false;
  };
  std::vector<Wanted> all;
  {
    const std::lock_guard lock(earlier.slots_mutex_);
    for (const auto& [key, slot] : earlier.slots_) all.push_back({key, slot.wanted_plain, slot.wanted_gzip});
  }
  for (const auto& wanted : all) {
    if (!wanted.key.host.empty() && find_target(collected_->snapshot, wanted.key.host) == nullptr) continue;
    if (wanted.plain) plain(wanted.key);
    if (wanted.gzip) zipped(wanted.key);
  }
}

Publisher::Publisher(std::vector<std::string> collectors) : collectors_(std::move(collectors)) {
  worker_ = std::thread([this] { work(); });
}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  worker_.join();
}

void Publisher::publish(SharedCollected collected) {
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(collected);
  }
  changed_.notify_one();
}

void Publisher::set_collectors(std::vector<std::string> collectors) {
  const std::lock_guard lock(mutex_);
  collectors_ = std::move(collectors);
}

std::shared_ptr<const Pages> Publisher::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Publisher::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || next_ != nullptr; });
    if (stopping_) return;
    auto fresh = std::make_shared<const Pages>(std::exchange(next_, nullptr), collectors_);
    auto earlier = current_;
    lock.unlock();
    if (earlier) fresh->prepare(*earlier);
    lock.lock();
    std::swap(current_, fresh);
    lock.unlock();
    fresh.reset();  // the old pages may be large: freed outside the lock
    earlier.reset();
    lock.lock();
  }
}

}  // namespace pcb
