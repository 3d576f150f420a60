// What a collector notices about an answer beside its figures: for the checks of arrival_checks.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/calendar.h"
#include "rules/entity.h"

namespace tightrope::collectors {

// Rows of one document that say the same of the same: entity, day or hour, and every figure.
struct DuplicateRows {
  std::uint64_t count = 0;  // beyond the first of each; none that may well be alike by chance
  rules::DayRange days{};   // of those; means nothing without any
  rules::Entity example;    // of the first one, on `days.first`
  friend bool operator==(const DuplicateRows&, const DuplicateRows&) = default;
};

// One field that the source's mapping names.
struct FieldFact {
  // What its values were; several may be.
  enum Seen : std::uint8_t { kNumber = 1, kText = 2, kAbsent = 4 };
  std::string name;
  std::uint8_t seen = 0;  // of Seen; null and "" say nothing
  friend bool operator==(const FieldFact&, const FieldFact&) = default;
};

struct ArrivalFacts {
  std::vector<std::string> columns;  // of the document, mapped or not, in its order; empty: not known
  std::vector<FieldFact> fields;     // empty: no record was seen
  DuplicateRows duplicates;
};

}  // namespace tightrope::collectors
