// Playbooks applied to an alert: ranked recommendations, each a brief with numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/event.h"
#include "rules/target.h"
#include "rules/units.h"

namespace tightrope::rules {

enum class RecommendationState : std::uint8_t { open, did, declined, later, expired };
std::string_view to_string(RecommendationState state) noexcept;

struct Recommendation {
  std::string id;  // 16 hex digits: alert and playbook
  std::string alert;
  std::string playbook;
  std::string text;  // the advice, filled in
  std::string owner;
  Duration effort{0};
  double worth_per_day = 0;  // money, before effort: what it may save a day, see Advice
  std::uint32_t rank = 0;    // 0 leads
  RecommendationState state = RecommendationState::open;
  Timestamp made_at{};
  std::optional<Timestamp> decided_at;
  std::optional<Timestamp> until;  // asked again then, for `later`
  std::string decided_by;
  std::string reason;
};

// What a playbook sees of the alert it may apply to.
struct Situation {
  std::string_view kpi;
  std::vector<std::string> drivers;  // from what leads down to the deepest cause; none when nothing leads
  double stake_per_hour;
  double needed_step;  // by what share a price must fall, or a volume rise, to meet the bound; 0 to 1
  Unit kpi_unit;       // of `value` and `bound` in texts
  // A metric or KPI over the target's window, or its change; NaN for unknown.
  std::function<double(const Input&)> figure;
  std::function<Unit(std::string_view)> unit_of;  // of a metric or KPI
  std::function<double(std::string_view)>
      value;  // those of playbook_values(), but for `step` and what follows from it
  std::function<std::string(std::string_view)> text;  // those of playbook_texts()
  std::string_view currency;
  std::string_view client;
  std::vector<std::string> channels;  // of all that the alert is about; "" for one that is not known
  // When the playbook was last carried out on this entity, if it was.
  std::function<std::optional<Timestamp>(std::string_view playbook)> last_done;
  Timestamp now;
  std::vector<SourceFindingKind> findings = {};  // that the sources behind the alert's figures have
};

// A playbook that applies, filled in; ids and states are the caller's.
struct Advice {
  const Playbook* playbook;  // into the span
  std::string text;
  // Half of the stake, as no success was measured yet. Of a playbook that changes a bid or budget step by
  // step, only the part of it that one step closes; one that names no step is taken to close the gap when it
  // helps.
  double worth_per_day;
};

// Best first: those that name a finding, for figures that are not true need no other advice; then those that
// name a driver (the deeper first), then by what a day is worth after effort, then as configured.
std::vector<Advice> advise(std::span<const Playbook> playbooks, const Situation& situation);

}  // namespace tightrope::rules
