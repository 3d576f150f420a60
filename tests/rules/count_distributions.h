// Exact distributions of what a day brings, for tests that add up expectations term by term.
#pragma once

#include <cstddef>
#include <vector>

namespace tightrope::rules {

// The probabilities of 0, 1, 2, ... of a count with this mean whose day effect has this variance: negative
// binomial, Poisson for 0. Cut where they fall below 1e-250: what is weighed with them may grow as fast.
std::vector<double> count_probabilities(double mean, double day_variance);

// The probabilities of totals 0, 1, 2, ... of as many jumps as such a count says; `sizes[v]` is the
// probability of a jump of v, with sizes[0] = 0. By Panjer's recursion. REQUIRES: day_variance > 0.
std::vector<double> total_probabilities(double mean_jumps, double day_variance,
                                        const std::vector<double>& sizes, std::size_t most);

}  // namespace tightrope::rules
