// How long to wait before another try.
#pragma once

#include <cstdint>
#include <random>

#include "rules/units.h"

namespace tightrope::daemon {

// Exponential, with full jitter: uniform between nothing and first * 2^failures, at most `longest`, so that
// those who failed together do not come back together. Equal seeds give equal waits.
class Backoff {
 public:
  Backoff(rules::Duration first, rules::Duration longest, std::uint64_t seed)
      : first_(first), longest_(longest), random_(seed) {}

  // `failures` counts from 1.
  rules::Duration after(unsigned failures) {
    rules::Duration most = first_;
    for (unsigned i = 1; i < failures && most < longest_; ++i) most *= 2;
    if (most > longest_) most = longest_;
    return rules::Duration(std::uniform_int_distribution<rules::Duration::rep>(0, most.count())(random_));
  }

 private:
  rules::Duration first_;
  rules::Duration longest_;
  std::mt19937_64 random_;
};

}  // namespace tightrope::daemon
