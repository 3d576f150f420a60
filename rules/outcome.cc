#include "rules/outcome.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace tightrope::rules {
namespace {

constexpr double kLeastVariance = 0.01;
constexpr std::size_t kBlocks = 6;
constexpr double kNeutral = 0.05;
constexpr double kLastDay = 28;

// Half a conversion more keeps a rate of none finite, and takes away most of the logarithm's bias.
double log_rate(double seen, double exposure) noexcept {
  return std::log((seen + 0.5) / exposure);
}

double sampling_variance(double seen, double days, double jump_size, double day_variance) noexcept {
  return jump_size / (seen + 0.5) + day_variance / days;
}

struct Effect {
  double value;
  double se;
};

Effect against(const LogChange& treated, const ControlChange& controls) noexcept {
  return {.value = treated.change - controls.mean,
          .se = std::sqrt(treated.variance + controls.divergence + controls.variance)};
}

}  // namespace

LogChange log_change(const BeforeAndAfter& sums, double jump_size, double day_variance) noexcept {
  return {.change = log_rate(sums.seen_after, sums.exposure_after) -
                    log_rate(sums.seen_before, sums.exposure_before),
          .variance = sampling_variance(sums.seen_before, sums.days_before, jump_size, day_variance) +
                      sampling_variance(sums.seen_after, sums.days_after, jump_size, day_variance)};
}

ControlChange pooled(std::span<const LogChange> controls) noexcept {
  double weights = 0;
  double squares = 0;
  double changes = 0;
  for (const LogChange& control : controls) {
    const double weight = 1 / control.variance;
    weights += weight;
    squares += weight * weight;
    changes += weight * control.change;
  }
  const double fixed_mean = changes / weights;
  double scatter = 0;
  for (const LogChange& control : controls) {
    const double off = control.change - fixed_mean;
    scatter += off * off / control.variance;
  }
  const double scale = weights - squares / weights;
  ControlChange pool;
  if (controls.size() > 1) {
    pool.divergence = std::max(0.0, (scatter - static_cast<double>(controls.size() - 1)) / scale);
  }
  double random_weights = 0;
  for (const LogChange& control : controls) {
    const double weight = 1 / (control.variance + pool.divergence);
    random_weights += weight;
    pool.mean += weight * control.change;
  }
  pool.mean /= random_weights;
  pool.variance = 1 / random_weights;
  return pool;
}

std::optional<OutcomeEstimate> estimate_outcome(const LogChange& treated, std::span<const LogChange> controls,
                                                double coverage) {
  if (controls.size() < 2) return std::nullopt;
  OutcomeEstimate outcome;
  outcome.treated = treated;
  outcome.controls = pooled(controls);
  outcome.control_count = controls.size();
  const Effect effect = against(treated, outcome.controls);
  outcome.effect = effect.value;
  outcome.se = effect.se;
  outcome.degrees_of_freedom = static_cast<double>(controls.size() - 1);
  const boost::math::students_t_distribution<double> t(outcome.degrees_of_freedom);
  const double half_width = quantile(t, (1 + coverage) / 2) * effect.se;
  outcome.low = effect.value - half_width;
  outcome.high = effect.value + half_width;
  return outcome;
}

double placebo_p(const OutcomeEstimate& outcome, std::span<const LogChange> controls) {
  std::size_t as_large = 1;  // the treated one itself
  std::vector<LogChange> others;
  for (std::size_t i = 0; i < controls.size() && controls.size() > 2; ++i) {
    others.assign(controls.begin(), controls.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const Effect placebo = against(controls[i], pooled(others));
    if (std::abs(placebo.value / placebo.se) >= std::abs(outcome.t())) ++as_large;
  }
  return static_cast<double>(as_large) / static_cast<double>(controls.size() + 1);
}

std::optional<LongRun> long_run(std::span<const RateBlock> blocks, double jump_size,
                                double day_variance) noexcept {
  blocks = blocks.last(std::min(blocks.size(), kBlocks));
  if (blocks.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(blocks.size());
  LongRun usual;
  double counting = 0;
  for (const RateBlock& block : blocks) {
    usual.log_rate += log_rate(block.seen, block.exposure) / count;
    counting += sampling_variance(block.seen, block.days, jump_size, day_variance) / count;
  }
  double squares = 0;
  for (const RateBlock& block : blocks) {
    const double off = log_rate(block.seen, block.exposure) - usual.log_rate;
    squares += off * off;
  }
  usual.variance = std::max(kLeastVariance, squares / (count - 1) - counting);
  return usual;
}

Rebound expected_rebound(double log_before, double variance_before, const LongRun& usual) noexcept {
  Rebound rebound;
  if (variance_before > 0) rebound.reliability = usual.variance / (usual.variance + variance_before);
  rebound.expected = (1 - rebound.reliability) * (usual.log_rate - log_before);
  return rebound;
}

bool is_day_of_verdict(int days_after) noexcept {
  return days_after == 7 || days_after == 14 || days_after == 28;
}

OutcomeVerdict outcome_verdict(const std::optional<OutcomeEstimate>& outcome, const Rebound& rebound,
                               const BeforeAndAfter& treated, double jump_size,
                               WantedChange wanted) noexcept {
  if (!outcome || outcome->control_count < kFewestControls ||
      std::min(treated.seen_before, treated.seen_after) < kFewestSeen * jump_size) {
    return OutcomeVerdict::unverified;
  }
  const double low = outcome->low - rebound.expected;
  const double high = outcome->high - rebound.expected;
  const bool more = wanted == WantedChange::more;
  if (more ? low > 0 : high < 0) return OutcomeVerdict::worked;
  if (more ? high < 0 : low > 0) return OutcomeVerdict::hurt;
  if (low > std::log(1 - kNeutral) && high < std::log(1 + kNeutral)) return OutcomeVerdict::neutral;
  return treated.days_after < kLastDay ? OutcomeVerdict::too_early : OutcomeVerdict::not_shown;
}

}  // namespace tightrope::rules
