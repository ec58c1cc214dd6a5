#include "evaluator/decide/prometheus_answer.h"

#include <algorithm>
#include <utility>

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::size_t kLongestReason = 300;

std::string list_of(std::initializer_list<std::string_view> types) {
  std::string list;
  for (const std::string_view type : types) (list += list.empty() ? "a " : " or a ") += type;
  return list;
}

}  // namespace

Result<PrometheusAnswer> PrometheusAnswer::read(std::string_view json_text,
                                                std::initializer_list<std::string_view> types) {
  auto tree = read_json_tree(json_text);
  if (!tree) return tree.error().in("Prometheus's answer is not JSON that can be read");
  PrometheusAnswer answer;
  answer.tree_ = std::move(tree).value();
  const JsonView root(answer.tree_);
  if (root.text_of("status") != "success") {
    const std::string why = root.text_of("error").value_or("it gives no reason");
    return Error{"Prometheus refuses the query: " + text::printable(text::shortened(why, kLongestReason))};
  }
  const auto data = root.member("data");
  answer.type_ = data ? data->text_of("resultType").value_or("") : "";
  if (std::find(types.begin(), types.end(), answer.type_) == types.end())
    return Error{"Prometheus's answer is not " + list_of(types)};
  const auto result = data->member("result");
  if (!result || result->kind() != JsonKind::array) return Error{"Prometheus's answer has no result"};
  return answer;
}

std::vector<JsonView> PrometheusAnswer::series() const {
  return JsonView(tree_).member("data")->member("result")->elements();
}

}  // namespace pcb
