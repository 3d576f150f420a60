// How a source is doing, for /api/v1/sources and the metrics.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/source_finding.h"
#include "rules/units.h"

namespace tightrope::daemon {

// Every reason for which a poll fails: CollectError's kinds, and what can happen beside the collector.
inline constexpr std::array<std::string_view, 9> kPollFailures{"temporary", "throttled",  "unauthorized",
                                                               "rejected",  "bad_data",   "timeout",
                                                               "internal",  "overloaded", "not_durable"};

enum class BreakerState { closed, open, half_open };

struct SourceStatus {
  std::string name, client, connector;  // client is "" for rates that go to all
  rules::Duration every{0};
  bool pushed = false;   // never polled
  std::optional<rules::Timestamp> last_attempt, last_success, next_poll;
  rules::Duration last_duration{0};
  std::string last_error;         // "" after a success; no secret
  std::string last_error_reason;  // CollectError's kind, "timeout", "not_durable", "no_data" ...
  int failures_in_row = 0;
  BreakerState breaker = BreakerState::closed;
  std::optional<rules::Day> newest_day;     // the latest day with a figure
  std::optional<rules::Timestamp> newest_end;  // the end of the newest bucket: the data's age is now minus this, at least 0
  bool stale = false;                       // no success for longer than stale_after
  std::uint64_t observations_total = 0;     // figures that were new or different
  std::uint64_t restated_total = 0;
  std::uint64_t rows_read_total = 0;
  std::vector<rules::SourceFinding> findings = {};  // of the checks on arrival, as of the last poll
};

}  // namespace tightrope::daemon
