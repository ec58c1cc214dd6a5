// prometheus-cpp's own Exposer over the series of a metrics page: what ours is measured against.
//
//   serving_exposer PORT < PAGE
//
// Serves until it is killed. The series lie ready and are handed out as Collect() must: by value. The page is
// read line by line, so that it does not count among the memory of what serves.
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <unistd.h>

#include "tests/bench/serving_page.h"

namespace {

class Ready : public prometheus::Collectable {
 public:
  explicit Ready(std::vector<prometheus::MetricFamily> families) : families_(std::move(families)) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override { return families_; }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: serving_exposer PORT < PAGE\n";
    return 2;
  }
  const auto ready = std::make_shared<Ready>(pcb::bench::read_page(std::cin));
  prometheus::Exposer exposer(std::string("127.0.0.1:") + arguments[1], 2);
  exposer.RegisterCollectable(ready);
  std::cout << arguments[1] << std::endl;
  for (;;) ::pause();
}
