// Checks of figures on arrival: what people should hear of before they trust a figure. No I/O and no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "collectors/arrival_memory.h"
#include "rules/source_finding.h"

namespace tightrope::collectors {

// The checks, one by one; each gives what is so as of `today`, and nothing where it is not sure. Thresholds
// and why they are what they are stand beside each in arrival_checks.cc and stopped_conversions.cc.
using Findings = std::vector<rules::SourceFinding>;
// Judges the facts against the memory's schema, and makes them a part of it.
Findings find_schema_drift(const ArrivalFacts& facts, std::uint64_t records, rules::Day today,
                           UsualSchema& schema);
Findings find_duplicate_rows(const DuplicateRows& rows);
Findings find_unusual_volume(const ArrivalMemory& memory, rules::Day today);
Findings find_empty_days(const ArrivalMemory& memory, rules::Day today);
Findings find_spend_without_impressions(const ArrivalMemory& memory, rules::Day today);
Findings find_stopped_conversions(const ArrivalMemory& memory, rules::Day today);

// One source under watch.
class ArrivalChecks {
 public:
  static constexpr std::size_t kMostOfAKind = 20;  // findings

  ArrivalChecks() = default;
  // `ignored` kinds are never found. Of `rates`, only the schema is looked at.
  ArrivalChecks(std::vector<rules::SourceFindingKind> ignored, bool rates,
                const rules::Dimensions& dimensions);

  // A read has succeeded. `today` is of the source's zone, as everything here.
  void arrived(const Collected& collected, rules::Day today);
  // A read found something that it could not understand (FailureKind::bad_data).
  void unreadable(std::string_view error, rules::Day today);

  // What is so now, by kind, what weighs most first.
  const Findings& findings() const noexcept { return findings_; }

  const ArrivalMemory& memory() const noexcept { return memory_; }
  // What was known before, of a check that ended.
  void resume(ArrivalMemory memory, Findings findings);

 private:
  bool checks(rules::SourceFindingKind kind) const noexcept;
  void add(rules::SourceFindingKind kind, Findings found);

  std::vector<rules::SourceFindingKind> ignored_;
  bool rates_ = false;
  std::size_t depth_ = rules::Dimensions::kMost;
  ArrivalMemory memory_;
  Findings findings_;
  std::optional<std::uint64_t> last_;  // of the read that findings_ are from
};

}  // namespace tightrope::collectors
