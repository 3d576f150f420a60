#include "daemon/figure_history.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tightrope::daemon {

bool FigureQuestion::concerns(const rules::Entity& entity) const {
  return entity.path.size() >= depth && entity.prefix(under.path.size()) == under &&
         rules::matches(match, entity);
}

FigureHistory::FigureHistory(FigureQuestion question) : question_(std::move(question)) {}

std::uint32_t FigureHistory::metric_of(std::string_view name) const noexcept {
  const auto place = std::ranges::find(question_.metrics, name);
  return place == question_.metrics.end() ? kNotAsked
                                          : static_cast<std::uint32_t>(place - question_.metrics.begin());
}

void FigureHistory::take(const rules::ObservationBatch& batch) {
  std::vector<std::uint32_t> metrics;
  for (const std::string& name : batch.metrics) metrics.push_back(metric_of(name));
  // Looked up for the first row of each that is asked for: most batches have none.
  enum class Concerned : std::uint8_t { not_looked, yes, no };
  std::vector<Concerned> concerned(batch.entities.size(), Concerned::not_looked);
  std::vector<rules::EntityIndex> entities(batch.entities.size());
  auto source = static_cast<std::uint32_t>(std::ranges::find(sources_, batch.source) - sources_.begin());
  for (const auto& row : batch.rows) {
    if (metrics[row.metric] == kNotAsked || !question_.days.contains(row.bucket.day)) continue;
    Concerned& about = concerned[row.entity];
    if (about == Concerned::not_looked) {
      about = question_.concerns(batch.entities[row.entity]) ? Concerned::yes : Concerned::no;
      if (about == Concerned::yes) entities[row.entity] = entities_.intern(batch.entities[row.entity]).first;
    }
    if (about == Concerned::no) continue;
    if (source == sources_.size()) sources_.push_back(batch.source);
    FigureLife& life = lives_[{entities[row.entity], metrics[row.metric], row.bucket}];
    if (!life.known.empty() && life.known.back().value == row.value) continue;  // said again
    if (life.known.size() == kMostKept) {
      life.known.erase(life.known.begin());
      ++life.left_out;
    }
    life.known.push_back({row.value, batch.learnt, source});
  }
}

const FigureLife* FigureHistory::find(const rules::Entity& entity, std::string_view metric,
                                      rules::Bucket bucket) const {
  const auto place = lives_.find({entities_.find(entity), metric_of(metric), bucket});
  return place == lives_.end() ? nullptr : &place->second;
}

std::vector<std::pair<rules::Bucket, const FigureLife*>> FigureHistory::hours_of(const rules::Entity& entity,
                                                                                 std::string_view metric,
                                                                                 rules::Day day) const {
  const rules::EntityIndex index = entities_.find(entity);
  const std::uint32_t of = metric_of(metric);
  std::vector<std::pair<rules::Bucket, const FigureLife*>> hours;
  for (auto place = lives_.lower_bound({index, of, rules::Bucket{day, 0}});
       place != lives_.end() &&
       place->first <= Key(index, of, {day, std::numeric_limits<std::int8_t>::max()});
       ++place) {
    hours.emplace_back(std::get<rules::Bucket>(place->first), &place->second);
  }
  return hours;
}

}  // namespace tightrope::daemon
