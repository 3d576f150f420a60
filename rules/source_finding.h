// What is strange about the figures of a source: found when they arrive, known to the engine and to
// playbooks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/calendar.h"
#include "rules/codec.h"
#include "rules/entity.h"
#include "rules/units.h"

namespace tightrope::rules {

// The numbers are in journals and snapshots: never change them, only add.
enum class SourceFindingKind : std::uint8_t {
  schema_drift = 0,  // a column is gone, new, or of another kind; or the answers can no longer be read
  duplicate_rows = 1,
  unusual_volume = 2,  // of a day, against the same weekday before
  empty_day = 3,
  spend_without_impressions = 4,
  conversions_stopped = 5,  // while clicks go on
};
inline constexpr std::size_t kSourceFindingKinds = 6;

// In metrics, in the API, in playbooks and in a source's `checks:`; by kind.
inline constexpr std::array<std::string_view, kSourceFindingKinds> kSourceFindingNames{
    "schema_drift",       "duplicate_rows", "unusual_volume", "empty_day", "spend_without_impressions",
    "conversions_stopped"};
std::string_view to_string(SourceFindingKind kind) noexcept;
std::optional<SourceFindingKind> parse_source_finding(std::string_view text) noexcept;

struct SourceFinding {
  SourceFindingKind kind{};
  Entity entity = {};     // what it is about; empty: the source as a whole
  DayRange days{};        // that it is about, in the source's zone
  std::string text = {};  // for people, with the numbers; a whole sentence
  friend bool operator==(const SourceFinding&, const SourceFinding&) = default;
};

// Whether the two are the same finding, perhaps with other numbers: a day more, say.
bool is_same_finding(const SourceFinding& a, const SourceFinding& b) noexcept;

inline constexpr std::size_t kLeastBytesOfAFinding = 5;  // as save() writes it
void save(const SourceFinding& finding, ByteWriter& out);
SourceFinding load_finding(ByteReader& in);  // the reader fails on what was not saved by save()

}  // namespace tightrope::rules
