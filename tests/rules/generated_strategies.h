// Strategies at random, of everything that a strategy can say about figures.
#pragma once

#include <random>
#include <string_view>

#include "rules/target.h"

namespace tightrope::rules::testing {

// From 0 to below `count`. Unlike the standard's distributions the same everywhere.
unsigned below(std::mt19937& random, unsigned count);
// True once in so many times.
bool once_in(std::mt19937& random, unsigned count);

// `around` is where the dates of bounds and flights lie.
Strategy generated_strategy(std::mt19937& random, Day around);
// What a reload may bring: a few changes, or another strategy altogether, of the same client.
Strategy changed_strategy(std::mt19937& random, Strategy strategy, Day around);

}  // namespace tightrope::rules::testing
