// What is wrong with a strategy although every line of it can be read: targets that can never fire, playbooks
// that can never apply, and what cannot all be had. From the strategy alone: no figure and no clock.
//
// What is taken for granted of figures: counts, durations and spend are never negative; revenue,
// refunds and profit may be. Everything claimed follows from that, from the formulas and from how targets are
// judged. Where a claim also needs that people who do one thing are among those who did another (clicks among
// impressions, conversions among clicks), which attribution can break, it is said to be likely.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/target.h"

namespace tightrope::rules {

enum class FindingKind : std::uint8_t {
  never_fires,         // a target that no figure misses
  never_met,           // a target that every figure misses
  slow_to_fire,        // `for:` is longer than what its window can show
  redundant,           // a target that fires only when another one does
  all_campaigns,       // checked on every campaign of the client, for the objective matches all
  no_advice,           // a target that no playbook answers
  outside_parent,      // an objective that shares no entity with the one it serves
  contradiction,       // targets, or a target and a budget, that cannot all be met
  never_applies,       // a playbook that no alert fits
  unused,              // a playbook for which this configuration has no target
  opposite_playbooks,  // two playbooks that answer one alert and pull one lever both ways
  advice_without_numbers,
};
std::string_view to_string(FindingKind kind) noexcept;  // "never_fires", ...

// What a finding is about, and the key of it that says so: "at_most", "applies.driver"; "" for the whole.
struct Subject {
  enum class Kind : std::uint8_t { objective, target, playbook };
  Kind kind = Kind::target;
  std::string name;
  std::string key;
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

struct Finding {
  FindingKind kind;
  bool is_note = false;  // worth knowing, and nothing is wrong
  bool likely = false;   // rests on more than is certain; the problem says so
  std::string client;
  std::vector<Subject> about = {};  // not empty; the first is where to look
  std::string problem = {};         // for people, with the numbers
  std::string remedy = {};
  friend bool operator==(const Finding&, const Finding&) = default;
};

// In the order of objectives and targets, then of playbooks. Equal strategies give equal findings. REQUIRES:
// the strategy was checked by config.
std::vector<Finding> lint(const Strategy& strategy);

// Of several clients that share their playbooks: what is missing for a playbook is told only where it is
// missing for all of them, and what is wrong with playbooks once.
std::vector<Finding> lint(std::span<const Strategy* const> strategies);

}  // namespace tightrope::rules
