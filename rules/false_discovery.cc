#include "rules/false_discovery.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

namespace tightrope::rules {
namespace {

double known(double e_value) noexcept {
  return e_value > 0 ? e_value : 0;  // NaN too
}

// Positions, the largest e-value first.
std::vector<std::size_t> descending(std::span<const double> e_values) {
  std::vector<std::size_t> order(e_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return known(e_values[a]) > known(e_values[b]); });
  return order;
}

}  // namespace

double e_value(double evidence, std::size_t window) noexcept {
  return evidence / static_cast<double>(window);
}

double e_value(std::span<const EvidenceDay> days, EvidenceSide side, std::size_t window) noexcept {
  Evidence evidence;
  for (const EvidenceDay& day : days.last(std::min(days.size(), window))) evidence.add(day, side);
  return e_value(evidence.value(), window);
}

std::vector<double> weighted(std::span<const double> e_values, std::span<const double> weights) {
  assert(e_values.size() == weights.size());
  std::vector<double> result(e_values.begin(), e_values.end());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(sum > 0)) return result;
  const double mean = sum / static_cast<double>(weights.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] *= weights[i] / mean;
  return result;
}

Listed listed(std::span<const double> e_values, double false_share) {
  const std::vector<std::size_t> order = descending(e_values);
  const auto all = static_cast<double>(order.size());
  Listed list{.which = {}, .threshold = std::numeric_limits<double>::infinity()};
  for (std::size_t length = order.size(); length > 0; --length) {
    const double threshold = all / (false_share * static_cast<double>(length));
    if (known(e_values[order[length - 1]]) < threshold) continue;
    list.threshold = threshold;
    list.which.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(length));
    std::sort(list.which.begin(), list.which.end());
    break;
  }
  return list;
}

std::vector<double> listed_from(std::span<const double> e_values) {
  const std::vector<std::size_t> order = descending(e_values);
  const auto all = static_cast<double>(order.size());
  std::vector<double> shares(e_values.size());
  double smallest = 1;  // over the lists that are long enough to hold it
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const double e = known(e_values[order[rank - 1]]);
    if (e > 0) smallest = std::min(smallest, all / (static_cast<double>(rank) * e));
    shares[order[rank - 1]] = smallest;
  }
  return shares;
}

}  // namespace tightrope::rules
