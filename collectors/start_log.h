// When requests began, as far as their limits have to know: pure decisions, without a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "config/http_source.h"
#include "rules/units.h"

namespace tightrope::collectors {

// "At most N begin within any time T": a start at s counts in the times that hold it, up to but not including
// s + T. Starts are kept one by one while they are few. Later the older ones are kept in groups, each as if
// all of it had begun with its last: so a group of age a spans at most a/64, a limit is never exceeded, and
// what is kept back longer is kept back at most T/64 longer. At most some thousand groups are kept, however
// many starts there were.
class StartLog {
 public:
  using Rates = std::vector<config::RateLimits::Rate>;

  // REQUIRES: not before an earlier start.
  void add(rules::Timestamp at);
  // The earliest instant, not before `from`, at which one more may begin. REQUIRES: `from` is not before the
  // latest start.
  rules::Timestamp earliest(const Rates& rates, rules::Timestamp from) const;
  // Starts before this are no longer asked about.
  void forget_before(rules::Timestamp instant);
  // All of them, so much earlier.
  void shift_back(rules::Duration by);

  std::size_t groups() const noexcept { return groups_.size(); }

 private:
  struct Group {
    rules::Timestamp first;
    rules::Timestamp last;
    std::int64_t starts;
  };
  void compress(rules::Timestamp now);

  std::deque<Group> groups_;         // in the order of time
  std::size_t compress_at_ = 1'000;  // groups
};

}  // namespace tightrope::collectors
