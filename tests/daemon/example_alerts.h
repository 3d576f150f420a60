// Alerts as they come out of an engine, for tests of what is made of them.
#pragma once

#include <chrono>
#include <string>

#include "rules/alert.h"

namespace tightrope::testing {

// Fri 20 Nov 2026, 21:04 UTC.
inline constexpr rules::Timestamp kEvening{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) +
                                           std::chrono::hours(21) + std::chrono::minutes(4)};

// Client acme's trial_cpa on search / trial-brand, 41.20 EUR against at most 32, fired at kEvening, with
// advice.
rules::Alert firing_cpa();
// The same, well again 3 h 20 min later.
rules::Alert resolved_cpa();
// A month's volume behind its pace, at the objective as a whole.
rules::Alert firing_pace();
// No figures arrive any more; the target says `no_data: alert`.
rules::Alert firing_without_figures();
// A digest on another client.
rules::Alert firing_churn();

// A small alert for tests of routing: its target, what distinguishes it, and when it fired.
rules::Alert small_alert(std::string id, std::string client, std::string severity, rules::Timestamp fired_at);
rules::Alert resolved(rules::Alert alert, rules::Timestamp at);

}  // namespace tightrope::testing
