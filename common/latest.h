// Latest: the newest value of something that one thread makes and others look at.
//
// A value that was shown never changes; who looks keeps it as long as needed. All functions may be called
// from any thread. Tested by tests/evaluator/serve_test.cpp, whose page and API look while the loop shows.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace pcb {

template <class T>
class Latest {
 public:
  void show(T value) {
    auto shared = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    newest_ = std::move(shared);
  }
  [[nodiscard]] std::shared_ptr<const T> newest() const {  // null before the first
    const std::lock_guard lock(mutex_);
    return newest_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> newest_;
};

}  // namespace pcb
