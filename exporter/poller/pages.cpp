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

const SharedText& Pages::plain(Page page) const {
  Slot& wanted = slot(page);
  std::call_once(wanted.plain_once, [&] {
    const Snapshot& snapshot = collected_->snapshot;
    std::string text;
    switch (page) {
      case Page::metrics:
        text = render_metrics(snapshot, collected_->self, {Exposition::prometheus, collectors_});
        break;
      case Page::openmetrics:
        text = render_metrics(snapshot, collected_->self, {Exposition::openmetrics, collectors_});
        break;
      case Page::cluster:
        text = write_cluster(render_document(snapshot));
        break;
      case Page::cluster_anonymized:
        text = write_cluster(anonymize(render_document(snapshot)));
        break;
    }
    wanted.plain = std::make_shared<const std::string>(std::move(text));
  });
  return wanted.plain;
}

const SharedText& Pages::zipped(Page page) const {
  Slot& wanted = slot(page);
  std::call_once(wanted.gzip_once, [&] {
    auto compressed = http::gzip(*plain(page), kGzipLevel);
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
    if (earlier.slot(page).wanted_gzip) zipped(page);
    if (earlier.slot(page).wanted_plain) plain(page);
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
