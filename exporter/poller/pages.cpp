#include "exporter/poller/pages.h"

#include <utility>

#include "cluster/document_json.h"
#include "common/http/gzip.h"

namespace pcb {
namespace {

// Level 1 takes a third of the time of level 6 and makes pages a quarter larger: scrapes are local and
// frequent.
constexpr int kGzipLevel = 1;

}  // namespace

Pages::Pages(SharedCollected collected, std::vector<std::string> collectors)
    : collected_(std::move(collected)), collectors_(std::move(collectors)) {}

std::string Pages::render(Page page) const {
  const Snapshot& snapshot = collected_->snapshot;
  switch (page) {
    case Page::metrics:
      return render_metrics(snapshot, collected_->self, {Exposition::prometheus, collectors_});
    case Page::openmetrics:
      return render_metrics(snapshot, collected_->self, {Exposition::openmetrics, collectors_});
    case Page::cluster:
      return write_cluster(render_document(snapshot));
    case Page::cluster_anonymized:
      return write_cluster(anonymize(render_document(snapshot)));
  }
  return {};
}

const SharedText& Pages::plain(Page page) const {
  Slot& wanted = slot(page);
  std::call_once(wanted.plain_once, [&] {
    wanted.plain = std::make_shared<const std::string>(render(page));
    wanted.has_plain = true;
  });
  return wanted.plain;
}

const SharedText& Pages::zipped(Page page) const {
  Slot& wanted = slot(page);
  std::call_once(wanted.gzip_once, [&] {
    // The plain text is ten times as large: kept only where somebody asks for it.
    auto compressed = wanted.wanted_plain || wanted.has_plain ? http::gzip(*plain(page), kGzipLevel)
                                                              : http::gzip(render(page), kGzipLevel);
    if (compressed.ok()) wanted.gzip = std::make_shared<const std::string>(std::move(*compressed));
  });
  return wanted.gzip;
}

SharedText Pages::get(Page page, bool compressed, bool& is_compressed) const {
  (compressed ? slot(page).wanted_gzip : slot(page).wanted_plain) = true;
  is_compressed = compressed && zipped(page) != nullptr;
  return is_compressed ? zipped(page) : plain(page);
}

void Pages::prepare(const Pages& earlier) const {
  for (std::size_t i = 0; i < kPages; ++i) {
    const auto page = static_cast<Page>(i);
    if (earlier.slot(page).wanted_plain) plain(page);
    if (earlier.slot(page).wanted_gzip) zipped(page);
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
