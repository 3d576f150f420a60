// What is kept of a target's evidence. Days are counted against the bound one by one; the sum over them is
// kept at two places, so that a day that changes costs a replay of the last days and no more.
#pragma once

#include <array>
#include <limits>
#include <vector>

#include "rules/evidence.h"
#include "rules/pacing.h"
#include "rules/target.h"

namespace tightrope::rules {

// Days up to so long ago are replayed where they change; older ones only change reports. Also the window of
// the evidence that is shown, and of digests.
constexpr int kEvidenceDays = 56;

// How a KPI's figures are counted against its bound: the noisy side given the other one.
struct EvidencePlan {
  enum class Seen : std::uint8_t { whole, numerator, denominator };
  bool usable = false;
  Seen seen = Seen::whole;
  EvidenceSide side = EvidenceSide::below;
  bool money = false;                 // the side seen is money: it arrives in jumps
  std::vector<std::uint8_t> is_seen;  // by input of the formula: it is on the side seen
};
// Unusable where the KPI is no sum over a sum of its entity's own figures by day, where the target has two
// sides, and where too much money is what is bad: one large order would be evidence by itself.
EvidencePlan evidence_plan(const Target& target, const Kpi& kpi);

// What the days from one on are taken with; made from days before it.
struct DayFit {
  Day from = kFirstDay;
  float day_variance = 0;
  float jump = 0;  // money: the size of one result; else 1
  friend bool operator==(const DayFit&, const DayFit&) = default;
};

struct ProfileFit {
  Day from;
  WeekdayProfile profile;
};

// Of one node.
struct NodeEvidence {
  static constexpr std::size_t kFits = 4;
  Evidence settled;  // of the days that are no longer replayed
  Evidence closed;   // to the end of yesterday
  // Days before it do not count: another bound was in force, or a miss was told and is over.
  Day from = kFirstDay;
  Day open_since = kFirstDay;        // the miss that is told; kFirstDay: none
  std::array<DayFit, kFits> fits{};  // the oldest first; `from` of unused ones is kFirstDay
  bool stale = false;                // a day changed: replay

  bool open() const noexcept { return open_since != kFirstDay; }
  // Those in force on a day; nothing before the first night.
  const DayFit* fit_on(Day day) const noexcept;
  const DayFit* last_fit() const noexcept;
  // True when days before it are taken otherwise now: it is the first, or the oldest went.
  bool add_fit(const DayFit& fit) noexcept;
};

struct CheckEvidence {
  EvidencePlan plan;
  double alert_at = std::numeric_limits<double>::infinity();  // 1 / alpha
  double watch_at = std::numeric_limits<double>::infinity();
  Day day = kFirstDay;               // nodes are as of the beginning of it
  std::vector<NodeEvidence> nodes;   // of targets with a confidence
  std::vector<Day> bound_from;       // by exception: that of the bound in force on `day`
  std::vector<ProfileFit> profiles;  // ascending
  std::vector<std::uint32_t> stale;  // nodes

  bool judges() const noexcept { return alert_at < std::numeric_limits<double>::infinity(); }
  double season(Day on) const noexcept;
};

// The most that a bet is held to while a miss is told: enough for the alert, and what comes after still
// counts.
inline double most_while_open(double alert_at) noexcept {
  return alert_at * static_cast<double>(kAlternatives);
}

}  // namespace tightrope::rules
