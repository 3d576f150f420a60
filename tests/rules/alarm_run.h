// Runs schemes over campaign streams and sums up what they said: false alarms while the CPA is exactly on
// target, and how soon a real change is seen.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/rules/alarm_schemes.h"
#include "tests/rules/campaign_streams.h"

namespace tightrope::rules::testing {

struct AlarmPlan {
  StreamSetting setting;
  std::size_t campaigns = 1000;  // the tiers share them evenly
  int looks_a_day = 24;
  int history_days = 60;  // before the targets are in force
  int days_on_target = 180;
  int days_changed = 0;   // after those
  double cpa_factor = 1;  // of the target, while changed
  // Every so many-th campaign of a tier changes, the others stay on target: a client's campaigns rarely go
  // wrong all at once, and what an engine learns of them together should not be of nothing else.
  std::size_t changed_each = 1;
  std::uint64_t seed = 1;

  std::vector<EngineSchemes::Scheme> engine_schemes;
  std::optional<double> p_value;            // with a PValueScheme of this level
  std::optional<double> oracle_confidence;  // with an OracleScheme

  int days() const noexcept { return history_days + days_on_target + days_changed; }
};

// The logs of the engine's schemes, of the p-value and of the oracle, in this order. `progress` is told after
// every day, how many there were.
std::vector<AlarmLog> run(const AlarmPlan& plan, const std::function<void(int days)>& progress = {});

// Of every `each`-th campaign of one tier, or of all tiers.
std::vector<AlarmHistory> of_tier(const AlarmLog& log, std::optional<std::size_t> tier, std::size_t each = 1);

// Of days on which the CPA was on target.
struct FalseAlarms {
  double a_year = 0;          // per campaign
  double share_of_days = 0;   // on which an alarm was on
  double standard_error = 0;  // from the scatter between campaigns
};
FalseAlarms false_alarms(std::span<const AlarmHistory> histories, int days);

struct Detection {
  double median_delay = 0;    // days; infinite when fewer than half were seen
  double within_14_days = 0;  // share of campaigns
  double was_on = 0;          // likewise: the alarm was on before there was anything to see
};
Detection detection(std::span<const AlarmHistory> histories);

}  // namespace tightrope::rules::testing
