// Whether an adjustment worked, or the figures would have come back anyway: the change of the campaign's rate
// against that of campaigns nobody touched (difference-in-differences of log rates), with the spontaneous
// divergence between campaigns in its range (random effects: DerSimonian & Laird 1986; prediction interval:
// Higgins, Thompson & Spiegelhalter 2009). Without that part every adjustment seems to have done something.
//
// Rates are what was seen per exposure: conversions per spend for a CPA, so that more is better. Effects are
// logarithms; exp(effect) - 1 is the relative change of the rate, exp(-effect) - 1 that of a cost.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace tightrope::rules {

// What one campaign saw before and after, over so many mature days each; exposures of days that are not all
// seen yet are thinned by their share. The before ends where the days that raised the alarm begin, the day of
// the change and those on which the platform learns are left out.
struct BeforeAndAfter {
  double seen_before = 0;
  double exposure_before = 0;
  double days_before = 0;
  double seen_after = 0;
  double exposure_after = 0;
  double days_after = 0;
};

struct LogChange {
  double change = 0;
  double variance = 0;
};
// ln of the rate after over that before. `jump_size` is 1 for counts (see dispersion.h), `day_variance` as in
// EvidenceDay. REQUIRES: exposures and days > 0.
LogChange log_change(const BeforeAndAfter& sums, double jump_size, double day_variance) noexcept;

// What changed without an adjustment.
struct ControlChange {
  double mean = 0;
  double variance = 0;    // of the mean
  double divergence = 0;  // tau squared: the variance of campaigns' true changes around it
};
// REQUIRES: at least one, variances > 0.
ControlChange pooled(std::span<const LogChange> controls) noexcept;

struct OutcomeEstimate {
  LogChange treated;
  ControlChange controls;
  std::size_t control_count = 0;
  double effect = 0;
  double se = 0;
  double degrees_of_freedom = 0;
  double low = 0;  // the range of the effect
  double high = 0;
  double t() const noexcept { return effect / se; }
};
// Nothing with fewer than two controls. REQUIRES: 0 < coverage < 1; variances > 0.
std::optional<OutcomeEstimate> estimate_outcome(const LogChange& treated, std::span<const LogChange> controls,
                                                double coverage = 0.8);

// How often a control would seem as affected as the treated campaign, were each held against the others: a
// p-value (Abadie, Diamond & Hainmueller 2010), never below 1 / (controls + 1), so of use from nine controls.
// A control left with fewer than two others is no placebo. In time of the square of the controls.
double placebo_p(const OutcomeEstimate& outcome, std::span<const LogChange> controls);

// --- Regression to the mean ---

// Campaigns are adjusted because they looked bad; some come back alone.
struct LongRun {
  double log_rate = 0;
  double variance = 0;  // of the true rate from block to block, at least 0.01
};
// Of blocks of four weeks, the last six of them: mean of their log rates, and their variance without what
// counting alone scatters. Nothing for fewer than two. REQUIRES: exposures > 0.
struct RateBlock {
  double seen = 0;
  double exposure = 0;
  double days = 28;
};
std::optional<LongRun> long_run(std::span<const RateBlock> blocks, double jump_size,
                                double day_variance) noexcept;

struct Rebound {
  double reliability = 1;  // how much of what was seen before was real, 0 to 1
  double expected = 0;     // what comes back by itself, in log rate; to be taken off the effect
};
// James & Stein 1961. `log_before`, `variance_before`: the log rate before, and how far counting scatters it.
Rebound expected_rebound(double log_before, double variance_before, const LongRun& usual) noexcept;

// --- Verdict ---

enum class WantedChange { more, less };  // of the rate
enum class OutcomeVerdict {
  worked,
  hurt,
  neutral,     // within 5 % to either side
  too_early,   // ask again, to the 28th day
  not_shown,   // none of these after 28 days
  unverified,  // too little to tell: show before and after, count it nowhere
};
// The days after a change on which a verdict may become final, and the coverage that each has when all three
// may decide and one in five may err (Bonferroni). On other days a verdict is a preview.
bool is_day_of_verdict(int days_after) noexcept;
inline constexpr double kVerdictCoverage = 1 - 0.2 / 3;
inline constexpr std::size_t kFewestControls = 5;
inline constexpr double kFewestSeen = 20;  // scaled counts, before and after each

// `outcome` with the coverage of the day; nothing for fewer than two controls.
OutcomeVerdict outcome_verdict(const std::optional<OutcomeEstimate>& outcome, const Rebound& rebound,
                               const BeforeAndAfter& treated, double jump_size, WantedChange wanted) noexcept;

}  // namespace tightrope::rules
