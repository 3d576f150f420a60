// Figures as a table: what a vendor has, what came out of a connector, and how the two differ.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "rules/calendar.h"
#include "rules/coverage.h"
#include "rules/entity.h"
#include "rules/event.h"

namespace tightrope::vendors {

struct FigureKey {
  std::string campaign;  // "" for the whole account
  rules::Day day;
  std::string metric;
  friend auto operator<=>(const FigureKey&, const FigureKey&) = default;
};
std::string to_string(const FigureKey& key);

// What a vendor has. Figures are in millionths; nothing stands for "not reported", which may come out as
// missing or as zero.
struct Truth {
  std::map<FigureKey, std::optional<std::int64_t>> figures;
  std::vector<std::string>
      optional_metrics;  // a connector need not read them; if it does, they must be right

  void add(const std::string& campaign, rules::Day day, const std::string& metric, std::int64_t micros);
  void absent(const std::string& campaign, rules::Day day, const std::string& metric);
};

// Figures handed over, folded as the engine folds them: what is covered and not in the batch is gone.
class ReceivedFigures {
 public:
  void take(const rules::ObservationBatch& batch, const std::optional<rules::Coverage>& coverage);
  bool empty() const noexcept { return figures_.empty(); }
  // One line for each figure of these days that differs, the first few only; empty when there is none.
  std::vector<std::string> differences(const Truth& truth, rules::DayRange days) const;

 private:
  struct Place {
    rules::Entity entity;
    rules::Bucket bucket;
    std::string metric;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  std::map<Place, std::int64_t> figures_;
};

}  // namespace tightrope::vendors
