// What a source gave lately, as far as the checks on arrival need it: reads cover days, and what is usual
// shows over weeks.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "rules/entity.h"
#include "rules/units.h"

namespace tightrope::collectors {

// Of one day, over all that belongs together. 0 where nothing was reported: many platforms leave zeros out.
struct DayTotals {
  double spend = 0, impressions = 0, clicks = 0, conversions = 0;
  friend bool operator==(const DayTotals&, const DayTotals&) = default;
};

// A day that a read covered.
struct KnownDay {
  static constexpr std::size_t kAges = 7;

  bool over = false;          // it was, when it was last read
  std::uint32_t figures = 0;  // that are not missing
  DayTotals totals;
  // The conversions as they were read when the day was over for 1, 2, ... days; negative: it was not read
  // then.
  std::array<double, kAges> conversions_at{-1, -1, -1, -1, -1, -1, -1};
  friend bool operator==(const KnownDay&, const KnownDay&) = default;
};

// What the answers of a source look like as a rule, and since when they look otherwise.
struct UsualSchema {
  std::vector<std::string> columns;            // sorted; empty: not known
  std::map<std::string, std::uint8_t> fields;  // by name: what it was, of FieldFact::Seen
  std::uint64_t records = 0;                   // seen so far
  std::optional<rules::Day> other_since;
  friend bool operator==(const UsualSchema&, const UsualSchema&) = default;
};

// A value: equal ones lead to equal findings.
class ArrivalMemory {
 public:
  static constexpr int kDays = 42;  // six weeks: four of each weekday before the last two
  // Further campaigns count for the source as a whole only.
  static constexpr std::size_t kMostCampaigns = 1000;
  // Campaigns are told apart by so many leading dimensions.
  static std::size_t campaign_depth(const rules::Dimensions& dimensions) noexcept;

  // Takes in the days that the read covers, whole: what it lacks of them is forgotten. Days from `today` on
  // are not over. All in the source's zone.
  void take(const Collected& collected, rules::Day today, std::size_t depth);

  using Days = std::map<rules::Day, DayTotals>;
  const std::map<rules::Day, KnownDay>& days() const noexcept { return days_; }
  // Days on which it has none of these figures are left out.
  const std::map<rules::Entity, Days>& campaigns() const noexcept { return campaigns_; }
  UsualSchema schema;

  // The share of a day's conversions that is known when it has been over for `age` days (from 1 on), as seen
  // with earlier days, or a careful guess.
  double arrived_share(int age) const;

  // For a restart: days that are over, and the schema. A format of its own; nothing when the bytes are not of
  // it.
  std::string encode() const;
  static std::optional<ArrivalMemory> decode(std::string_view bytes);

  friend bool operator==(const ArrivalMemory&, const ArrivalMemory&) = default;

 private:
  void forget(rules::DayRange days);

  std::map<rules::Day, KnownDay> days_;
  std::map<rules::Entity, Days> campaigns_;
};

}  // namespace tightrope::collectors
