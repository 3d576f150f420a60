#include "daemon/alert_windows.h"

#include <algorithm>

namespace tightrope::daemon {

std::string_view to_string(LaterFigure::Kind kind) noexcept {
  switch (kind) {
    case LaterFigure::Kind::restated:
      return "restated";
    case LaterFigure::Kind::late:
      return "late";
    case LaterFigure::Kind::grown:
      return "grown";
  }
  return "";
}

std::optional<AlertPlace> place_of(const rules::Strategy& strategy, const rules::Alert& alert) {
  for (const rules::Objective& objective : strategy.objectives) {
    if (objective.name != alert.objective) continue;
    for (const rules::Target& target : objective.targets) {
      if (target.name != alert.target) continue;
      AlertPlace place{
          .objective = &objective, .target = &target, .kpi = strategy.find_kpi(target.kpi), .entity = {}};
      for (const auto& [dimension, value] : alert.dimensions)
        place.entity.set(strategy.dimensions.index_of(dimension), value);
      return place;
    }
  }
  return std::nullopt;
}

AlertWindow::AlertWindow(const AlertPlace& place, const rules::Strategy& strategy,
                         const rules::Calendar& calendar, rules::Timestamp fired_at)
    : place_(place), strategy_(strategy), calendar_(calendar), at_(fired_at) {
  window_ = rules::timeframe_now(calendar, {place.target->over, 0}, fired_at);
  for (const rules::Input& input : place.kpi->formula.inputs()) add_metric(input.name);
  inputs_ = metrics_.size();
  for (const rules::MinimumVolume& volume : place.target->min_volume) add_metric(volume.metric);
}

void AlertWindow::Sum::add(rules::Amount amount) noexcept {
  if (amount.is_missing()) return;
  micros += amount.micros();
  ++figures;
}

double AlertWindow::Sum::value() const noexcept {
  return figures == 0 ? rules::kUndefined : rules::Amount::from_micros(micros).to_double();
}

void AlertWindow::add_metric(const std::string& name) {
  if (std::ranges::find(metrics_, name) == metrics_.end()) metrics_.push_back(name);
}

bool AlertWindow::concerns(const rules::Entity& entity) const {
  return entity.path.size() >= static_cast<std::size_t>(place_.target->per.depth) &&
         entity.prefix(place_.entity.path.size()) == place_.entity && place_.objective->matches(entity);
}

void AlertWindow::take(rules::EntityIndex entity, const std::string& metric, rules::Bucket bucket,
                       rules::Amount value, rules::Timestamp learnt) {
  const bool inside = window_.hours.empty() ? window_.days.contains(bucket.day) : window_.contains(bucket);
  if (!inside) return;
  const auto place = std::ranges::find(metrics_, metric);
  if (place == metrics_.end()) return;
  ThenAndNow& cell =
      cells_[{static_cast<std::uint32_t>(place - metrics_.begin()), bucket.day, entity, bucket.hour}];
  if (!cell.any) cell.first_learnt = learnt;
  cell.any = true;
  if (value != cell.now) cell.now_learnt = learnt;
  cell.now = value;
  if (learnt > at_ || (cell.any_then && learnt < cell.then_learnt)) return;
  cell.then = value;
  cell.then_learnt = learnt;
  cell.any_then = true;
}

double AlertWindow::value_then() const {
  return value(sums(&Figures::then));
}
double AlertWindow::value_now() const {
  return value(sums(&Figures::now));
}

bool AlertWindow::volume_reached_now() const {
  const std::vector<Sum> all = sums(&Figures::now);
  return std::ranges::all_of(place_.target->min_volume, [&](const rules::MinimumVolume& volume) {
    const auto metric =
        static_cast<std::size_t>(std::ranges::find(metrics_, volume.metric) - metrics_.begin());
    return all[metric].value() >= volume.amount;
  });
}

std::vector<LaterFigure> AlertWindow::later_figures() const {
  struct Found {
    LaterFigure figure;
    Sum then, now;
    bool any_known_then = false;  // of the figures that differ
  };
  std::map<std::pair<rules::Bucket, std::uint32_t>, Found> by_bucket;
  for (const auto& [place, figures] : by_entity()) {
    Found& found = by_bucket[{figures.bucket, place.first}];
    found.then.add(figures.then);
    found.now.add(figures.now_whole);
    if (figures.then == figures.now_whole) continue;
    LaterFigure& figure = found.figure;
    figure.learnt = std::max(figure.learnt, figures.learnt);
    figure.late_by = std::max(figure.late_by, figures.first_learnt - calendar_.end_of(figures.bucket));
    found.any_known_then = found.any_known_then || !figures.then.is_missing();
    ++figure.figures;
  }
  std::vector<LaterFigure> list;
  for (auto& [place, found] : by_bucket) {
    if (found.figure.figures == 0) continue;
    LaterFigure& figure = list.emplace_back(found.figure);
    figure.metric = metrics_[place.second];
    figure.bucket = place.first;
    figure.then = found.then.value();
    figure.now = found.now.value();
    figure.kind = !is_over(place.first)  ? LaterFigure::Kind::grown
                  : found.any_known_then ? LaterFigure::Kind::restated
                                         : LaterFigure::Kind::late;
  }
  return list;
}

std::map<AlertWindow::Key, AlertWindow::Figures> AlertWindow::by_entity() const {
  std::map<Key, Figures> result;
  const bool by_day = window_.hours.empty();
  for (const auto& [key, cell] : cells_) {
    const auto& [metric, day, entity, hour] = key;
    const rules::Bucket own{day, hour};
    const rules::Bucket bucket = by_day ? rules::Bucket{.day = day} : own;
    Figures& figures = result[{metric, {bucket, entity}}];
    figures.bucket = bucket;
    // The day itself comes first: its hour is -1.
    const auto add = [&](rules::Amount& to, rules::Amount amount, bool day_given) {
      if (amount.is_missing() || (day_given && !own.whole_day())) return;
      to = rules::Amount::from_micros((to.is_missing() ? 0 : to.micros()) + amount.micros());
    };
    const auto day_cell = cells_.find({metric, day, entity, rules::Bucket::kWholeDay});
    const bool given_then = by_day && day_cell != cells_.end() && !day_cell->second.then.is_missing();
    const bool given_now = by_day && day_cell != cells_.end() && !day_cell->second.now.is_missing();
    add(figures.then, cell.then, given_then);
    add(figures.now_whole, cell.now, given_now);
    figures.learnt = std::max(figures.learnt, cell.now_learnt);
    if (figures.first_learnt == rules::Timestamp{} || cell.first_learnt < figures.first_learnt)
      figures.first_learnt = cell.first_learnt;
  }
  for (auto& [place, figures] : result)
    figures.now = is_over(figures.bucket) ? figures.now_whole : figures.then;
  return result;
}

std::vector<AlertWindow::Sum> AlertWindow::sums(rules::Amount Figures::*which) const {
  std::vector<Sum> all(metrics_.size());
  for (const auto& [place, figures] : by_entity()) all[place.first].add(figures.*which);
  return all;
}

double AlertWindow::value(const std::vector<Sum>& all) const {
  std::vector<double> figures;
  for (std::size_t i = 0; i < inputs_; ++i) {
    const rules::Metric* metric = strategy_.find_metric(metrics_[i]);
    const bool additive = metric == nullptr || metric->additive;
    figures.push_back(!additive && all[i].figures != 1 ? rules::kUndefined : all[i].value());
  }
  return place_.kpi->formula.evaluate(figures);
}

void AlertWindows::take(const rules::ObservationBatch& batch) {
  std::vector<rules::EntityIndex> entity_of;
  for (const rules::Entity& entity : batch.entities) {
    const auto [index, is_new] = entities_.intern(entity);
    entity_of.push_back(index);
    if (!is_new) continue;
    std::vector<std::uint32_t>& looking = looking_.emplace_back();
    for (std::uint32_t i = 0; i < windows_.size(); ++i) {
      if (windows_[i].concerns(entity)) looking.push_back(i);
    }
  }
  for (const auto& row : batch.rows) {
    const rules::EntityIndex entity = entity_of[row.entity];
    for (const std::uint32_t window : looking_[entity])
      windows_[window].take(entity, batch.metrics[row.metric], row.bucket, row.value, batch.learnt);
  }
}

}  // namespace tightrope::daemon
