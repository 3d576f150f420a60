// What a tactic is worth trying, from how often it worked: a Beta posterior drawn toward all tactics of the
// same context (a KPI and an objective; empirical Bayes, Robbins 1956, Casella 1985), so that one lucky
// success is not a certainty.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tightrope::rules {

// Verdicts of outcome.h that count: `worked` is a success; neutral, hurt and not shown are not.
struct TacticRecord {
  double successes = 0;
  double verdicts = 0;
  // In money: what the KPI falls short by to the end of the month times the tactic's typical relative effect,
  // and what trying it costs.
  double stake = 0;
  double effort = 0;
};

struct TacticValue {
  double chance = 0;      // that it works
  double chance_low = 0;  // in nine cases of ten at least this
  double value = 0;       // chance * stake - effort
  double value_low = 0;   // the same at least
};

// The weight of the context, in verdicts.
inline constexpr double kContextWeight = 8;

// The chance of a tactic of which nothing is known.
double context_chance(std::span<const TacticRecord> context) noexcept;
// REQUIRES: 0 <= successes <= verdicts, 0 < context_chance < 1.
TacticValue tactic_value(const TacticRecord& record, double context_chance, double weight = kContextWeight);

// Positions by falling value, without those whose value is below 0; equal ones in the order given.
std::vector<std::size_t> worth_trying(std::span<const TacticValue> values);

}  // namespace tightrope::rules
