#include "tests/vendors/figures.h"

#include <algorithm>
#include <set>

namespace tightrope::vendors {
namespace {

constexpr std::size_t kMostLines = 8;
constexpr std::size_t kCampaign = 1;  // of the default dimensions

std::string amount(std::int64_t micros) {
  return rules::to_string(rules::Amount::from_micros(micros));
}

}  // namespace

std::string to_string(const FigureKey& key) {
  return '"' + key.campaign + "\" " + rules::to_string(key.day) + ' ' + key.metric;
}

void Truth::add(const std::string& campaign, rules::Day day, const std::string& metric, std::int64_t micros) {
  std::optional<std::int64_t>& figure = figures[{campaign, day, metric}];
  figure = figure.value_or(0) + micros;
}

void Truth::absent(const std::string& campaign, rules::Day day, const std::string& metric) {
  figures.try_emplace({campaign, day, metric}, std::nullopt);
}

void ReceivedFigures::take(const rules::ObservationBatch& batch,
                           const std::optional<rules::Coverage>& coverage) {
  std::set<Place> given;
  std::set<std::string> metrics;
  for (const auto& row : batch.rows) {
    Place place{batch.entities[row.entity], row.bucket, batch.metrics[row.metric]};
    metrics.insert(place.metric);
    given.insert(place);
    if (row.value.is_missing()) {
      figures_.erase(place);
    } else {
      figures_[std::move(place)] = row.value.micros();
    }
  }
  if (!coverage) return;
  std::erase_if(figures_, [&](const auto& figure) {
    const Place& place = figure.first;
    return coverage->contains(place.bucket) && metrics.contains(place.metric) && !given.contains(place);
  });
}

std::vector<std::string> ReceivedFigures::differences(const Truth& truth, rules::DayRange days) const {
  std::map<FigureKey, std::int64_t> sums;
  std::set<std::string> metrics;
  for (const auto& [place, micros] : figures_) {
    if (!days.contains(place.bucket.day)) continue;
    metrics.insert(place.metric);
    sums[{std::string(place.entity.at(kCampaign)), place.bucket.day, place.metric}] += micros;
  }
  const auto read = [&](const std::string& metric) {
    return metrics.contains(metric) || std::find(truth.optional_metrics.begin(), truth.optional_metrics.end(),
                                                 metric) == truth.optional_metrics.end();
  };
  std::vector<std::string> lines;
  std::size_t count = 0;
  const auto tell = [&](std::string line) {
    if (++count <= kMostLines) lines.push_back(std::move(line));
  };
  for (const auto& [key, expected] : truth.figures) {
    if (!days.contains(key.day) || !read(key.metric)) continue;
    const auto found = sums.find(key);
    if (expected && found == sums.end()) {
      tell(to_string(key) + " is missing, expected " + amount(*expected));
    } else if (found != sums.end() && found->second != expected.value_or(0)) {
      tell(to_string(key) + " is " + amount(found->second) + ", expected " + amount(expected.value_or(0)));
    }
    if (found != sums.end()) sums.erase(found);
  }
  for (const auto& [key, micros] : sums) tell(to_string(key) + " is " + amount(micros) + ", expected none");
  if (count > kMostLines) lines.push_back("and " + std::to_string(count - kMostLines) + " more");
  return lines;
}

}  // namespace tightrope::vendors
