// When the figures of a question were learnt, from which source, and what they were before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "rules/calendar.h"
#include "rules/entity.h"
#include "rules/event.h"
#include "rules/target.h"

namespace tightrope::daemon {

// Which figures are asked for: of the entities that an objective's `match` takes up and whose path begins
// with `under`, at least `depth` deep.
struct FigureQuestion {
  std::vector<rules::DimensionMatch> match;
  rules::Entity under;
  std::size_t depth = 0;
  std::vector<std::string> metrics;
  rules::DayRange days{};

  bool concerns(const rules::Entity& entity) const;
};

struct KnownFigure {
  rules::Amount value;  // missing: the source took it back
  rules::Timestamp learnt;
  std::uint32_t source;  // FigureHistory::source_name
};

// What was known of one figure, one after the other.
struct FigureLife {
  std::vector<KnownFigure> known;  // oldest first; the last is what is known; not empty
  std::uint32_t left_out = 0;      // still earlier ones, of which only the number is kept
};

// Fed with every batch of a client in the order of the journal; keeps what the question is about and nothing
// else. Memory: for each such figure at most kMostKept values. One thread.
class FigureHistory {
 public:
  static constexpr std::size_t kMostKept = 32;

  FigureHistory() = default;  // of nothing
  explicit FigureHistory(FigureQuestion question);

  void take(const rules::ObservationBatch& batch);

  // Null when nothing was learnt of it. Borrowed until the next take().
  const FigureLife* find(const rules::Entity& entity, std::string_view metric, rules::Bucket bucket) const;
  // The hours of a day of which something was learnt, in order.
  std::vector<std::pair<rules::Bucket, const FigureLife*>> hours_of(const rules::Entity& entity,
                                                                    std::string_view metric,
                                                                    rules::Day day) const;
  const std::string& source_name(std::uint32_t source) const { return sources_.at(source); }
  std::size_t size() const noexcept { return lives_.size(); }

 private:
  using Key = std::tuple<rules::EntityIndex, std::uint32_t, rules::Bucket>;
  static constexpr std::uint32_t kNotAsked = static_cast<std::uint32_t>(-1);
  std::uint32_t metric_of(std::string_view name) const noexcept;  // kNotAsked for others

  FigureQuestion question_;
  rules::EntityTable entities_;  // of the question
  std::vector<std::string> sources_;
  std::map<Key, FigureLife> lives_;
};

}  // namespace tightrope::daemon
