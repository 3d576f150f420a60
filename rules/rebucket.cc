#include "rules/rebucket.h"

namespace tightrope::rules {

Bucket rebucket(const Calendar& from, const Calendar& to, Bucket bucket) noexcept {
  return bucket.whole_day() ? bucket : to.hour_of(from.start_of(bucket));
}

}  // namespace tightrope::rules
