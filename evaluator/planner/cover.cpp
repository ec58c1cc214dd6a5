#include "evaluator/planner/cover.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pcb::planning {
namespace {

constexpr int kPriceSteps = 60;
constexpr double kSlack = 1e-12;  // sums of shares do not meet exactly

class Branching {
 public:
  // `use` in shares of the excess: each needed resource sums to at least 1.
  Branching(std::vector<CoverItem> items, std::vector<bool> needed, long max_nodes)
      : items_(std::move(items)), needed_(std::move(needed)), max_nodes_(max_nodes) {
    set_prices();
    order_.resize(items_.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
      return reduced(a) / items_[a].weight < reduced(b) / items_[b].weight;
    });
    // What the items from a position on could still give, and how far below 0 their reduced weights sum.
    const auto count = items_.size();
    rest_.assign(count + 1, Load{});
    below_.assign(count + 1, 0);
    for (std::size_t i = count; i-- > 0;) {
      for (int r = 0; r < kResources; ++r) rest_[i][r] = rest_[i + 1][r] + items_[order_[i]].use[r];
      below_[i] = below_[i + 1] + std::min(0.0, reduced(order_[i]));
    }
  }

  void start_with(const std::vector<std::size_t>& chosen, double weight) {
    best_ = chosen;
    best_weight_ = weight;
  }
  void run() {
    taken_.assign(items_.size(), false);
    descend(0, Load{}, 0, 0);
  }
  [[nodiscard]] const std::vector<std::size_t>& best() const { return best_; }
  [[nodiscard]] double best_weight() const { return best_weight_; }
  [[nodiscard]] long nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<std::size_t>& order() const { return order_; }

 private:
  [[nodiscard]] double reduced(std::size_t i) const {
    return items_[i].weight - prices_[cpu] * items_[i].use[cpu] - prices_[memory] * items_[i].use[memory];
  }

  // Maximizes the dual Σ prices + Σ min(0, reduced weight) by subgradient steps; any prices ≥ 0 are valid.
  void set_prices() {
    double total = 0, top = 0;
    for (const auto& item : items_) total += item.weight;
    Load price{};
    for (int r = 0; r < kResources; ++r)
      price[r] = needed_[r] ? total / static_cast<double>(items_.size()) : 0;
    prices_ = price;
    top = -1;
    double step = price[cpu] + price[memory];
    for (int k = 0; k < kPriceSteps; ++k) {
      Load slope{};
      double value = 0;
      for (int r = 0; r < kResources; ++r) {
        if (!needed_[r]) continue;
        value += price[r];
        slope[r] = 1;
      }
      for (const auto& item : items_) {
        const double left = item.weight - price[cpu] * item.use[cpu] - price[memory] * item.use[memory];
        if (left >= 0) continue;
        value += left;
        for (int r = 0; r < kResources; ++r) slope[r] -= needed_[r] ? item.use[r] : 0;
      }
      if (value > top) {
        top = value;
        prices_ = price;
      } else {
        step *= 0.85;
      }
      const double norm = std::sqrt(slope[cpu] * slope[cpu] + slope[memory] * slope[memory]);
      if (norm < 1e-12) break;
      for (int r = 0; r < kResources; ++r)
        price[r] = needed_[r] ? std::max(0.0, price[r] + step * slope[r] / norm) : 0;
    }
  }

  [[nodiscard]] bool enough(const Load& sum) const {
    return (!needed_[cpu] || sum[cpu] >= 1 - kSlack) && (!needed_[memory] || sum[memory] >= 1 - kSlack);
  }

  void descend(std::size_t at, const Load& sum, double weight, double reduced_sum) {
    if (enough(sum)) {
      if (weight < best_weight_ - 1e-12) {
        best_weight_ = weight;
        best_.clear();
        for (std::size_t i = 0; i < taken_.size(); ++i)
          if (taken_[i]) best_.push_back(i);
      }
      return;
    }
    if (at == items_.size() || ++nodes_ > max_nodes_) return;
    if (prices_[cpu] + prices_[memory] + reduced_sum + below_[at] >= best_weight_ - 1e-9) return;
    for (int r = 0; r < kResources; ++r)
      if (needed_[r] && sum[r] + rest_[at][r] < 1 - kSlack) return;
    const std::size_t item = order_[at];
    taken_[item] = true;
    descend(at + 1, {sum[cpu] + items_[item].use[cpu], sum[memory] + items_[item].use[memory]},
            weight + items_[item].weight, reduced_sum + reduced(item));
    taken_[item] = false;
    descend(at + 1, sum, weight, reduced_sum);
  }

  std::vector<CoverItem> items_;
  std::vector<bool> needed_;
  long max_nodes_, nodes_ = 0;
  Load prices_{};
  std::vector<std::size_t> order_, best_;
  std::vector<Load> rest_;
  std::vector<double> below_;
  std::vector<bool> taken_;
  double best_weight_ = 0;
};

}  // namespace

Cover cheapest_cover(const std::vector<CoverItem>& items, const Load& excess, long max_nodes) {
  Cover result;
  std::vector<bool> needed(kResources);
  std::vector<CoverItem> shares = items;
  Load total{};
  for (int r = 0; r < kResources; ++r) {
    needed[r] = excess[r] > 0;
    for (auto& item : shares) {
      item.use[r] = needed[r] ? item.use[r] / excess[r] : 0;
      total[r] += item.use[r];
    }
  }
  std::vector<std::size_t> all(items.size());
  std::iota(all.begin(), all.end(), 0);
  double weight = 0;
  for (const auto& item : items) weight += item.weight;
  result.chosen = all;
  result.weight = weight;
  if (items.empty() || (needed[cpu] && total[cpu] < 1 - kSlack) ||
      (needed[memory] && total[memory] < 1 - kSlack)) {
    result.covers = !needed[cpu] && !needed[memory];
    if (result.covers) result.chosen.clear();
    return result;
  }
  result.covers = true;
  Branching branching(std::move(shares), needed, max_nodes);
  branching.start_with(all, weight);
  branching.run();
  result.chosen = branching.best();
  result.weight = branching.best_weight();
  result.nodes = branching.nodes();
  return result;
}

}  // namespace pcb::planning
