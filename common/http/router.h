// Router: finds the route of a request in a fixed table.
//
// Pure; immutable after construction, so safe from several threads. An exact path wins over a prefix, a
// longer prefix over a shorter one. Tested by tests/common/http_head_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/server.h"

namespace pcb::http {

class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;
    std::string allow;  // when the path is known and the method is not: what Allow says
  };
  [[nodiscard]] Match find(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace pcb::http
