// The answer of Prometheus's query API as far as every reader of it goes: status, type, series.
//
// Pure. An answer that is not JSON, that refuses the query, or whose result is of another type is an error
// that says so; what a series must hold is for the reader to say. Tested by
// tests/evaluator/load_window_test.cpp and tests/evaluator/history_test.cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "evaluator/decide/json_view.h"

namespace pcb {

class PrometheusAnswer {
 public:
  // `types`: those that the reader can use, "vector" or "matrix".
  static Result<PrometheusAnswer> read(std::string_view json_text,
                                       std::initializer_list<std::string_view> types);

  PrometheusAnswer(PrometheusAnswer&&) = default;  // a copy's tree would point into the first
  PrometheusAnswer& operator=(PrometheusAnswer&&) = default;

  [[nodiscard]] const std::string& type() const { return type_; }
  [[nodiscard]] std::vector<JsonView> series() const;  // no longer than this answer

 private:
  PrometheusAnswer() = default;

  JsonTree tree_;
  std::string type_;
};

}  // namespace pcb
