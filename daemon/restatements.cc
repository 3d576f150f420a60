#include "daemon/restatements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "rules/timeframe.h"

namespace tightrope::daemon {
namespace {

constexpr rules::Duration kSameMiss = std::chrono::hours(48);
constexpr rules::Duration kUsualDelay = std::chrono::hours(24);
constexpr double kWorthListing = 0.1;  // of the value: by how much it must have moved

// One figure of one entity, at the time an alert fired and today.
struct ThenAndNow {
  rules::Amount then, now;
  rules::Timestamp then_learnt{}, now_learnt{}, first_learnt{};
  bool any_then = false, any = false;
};

// A sum over entities that knows whether anything is in it.
struct Sum {
  std::int64_t micros = 0;
  std::uint32_t figures = 0;
  void add(rules::Amount amount) {
    if (amount.is_missing()) return;
    micros += amount.micros();
    ++figures;
  }
  double value() const {
    return figures == 0 ? rules::kUndefined : rules::Amount::from_micros(micros).to_double();
  }
};

struct Place {
  const rules::Objective* objective = nullptr;
  const rules::Target* target = nullptr;
  const rules::Kpi* kpi = nullptr;
  rules::Entity entity;
};

std::optional<Place> place_of(const rules::Strategy& strategy, const rules::Alert& alert) {
  for (const rules::Objective& objective : strategy.objectives) {
    if (objective.name != alert.objective) continue;
    for (const rules::Target& target : objective.targets) {
      if (target.name != alert.target) continue;
      Place place{
          .objective = &objective, .target = &target, .kpi = strategy.find_kpi(target.kpi), .entity = {}};
      for (const auto& [dimension, value] : alert.dimensions)
        place.entity.set(strategy.dimensions.index_of(dimension), value);
      return place;
    }
  }
  return std::nullopt;
}

// The figures of the window in which one alert fired.
class Window {
 public:
  Window(const Place& place, const rules::Strategy& strategy, const rules::Calendar& calendar,
         rules::Timestamp at)
      : place_(place), strategy_(strategy), calendar_(calendar), at_(at) {
    window_ = rules::timeframe_now(calendar, {place.target->over, 0}, at);
    for (const rules::Input& input : place.kpi->formula.inputs()) add_metric(input.name);
    inputs_ = metrics_.size();
    for (const rules::MinimumVolume& volume : place.target->min_volume) add_metric(volume.metric);
  }

  bool concerns(const rules::Entity& entity) const {
    return entity.path.size() >= static_cast<std::size_t>(place_.target->per.depth) &&
           entity.prefix(place_.entity.path.size()) == place_.entity && place_.objective->matches(entity);
  }

  void take(rules::EntityIndex entity, const std::string& metric, rules::Bucket bucket, rules::Amount value,
            rules::Timestamp learnt) {
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

  // The KPI over the window as known when the alert fired.
  double value_then() const { return value(sums(&Figures::then)); }
  // The same with today's figures, but for the bucket that was not over: its growth is no restatement.
  double value_now() const { return value(sums(&Figures::now)); }
  bool volume_reached_now() const {
    const std::vector<Sum> all = sums(&Figures::now);
    return std::ranges::all_of(place_.target->min_volume, [&](const rules::MinimumVolume& volume) {
      const auto metric =
          static_cast<std::size_t>(std::ranges::find(metrics_, volume.metric) - metrics_.begin());
      return all[metric].value() >= volume.amount;
    });
  }

  // What differs, by bucket and metric.
  std::vector<LaterFigure> later_figures() const {
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

 private:
  // One entity's figure of one bucket of the window.
  struct Figures {
    rules::Bucket bucket;
    rules::Amount then, now, now_whole;  // now: that of then where the bucket was not over
    rules::Timestamp learnt{}, first_learnt{};
  };
  using Key = std::pair<std::uint32_t, std::pair<rules::Bucket, rules::EntityIndex>>;  // metric first

  void add_metric(const std::string& name) {
    if (std::ranges::find(metrics_, name) == metrics_.end()) metrics_.push_back(name);
  }
  // A day that is learnt in its last moment is over.
  bool is_over(rules::Bucket bucket) const { return calendar_.end_of(bucket) <= at_ + rules::Duration(1); }

  // Days of a window by day stand for what was given for the day, or else for the sum of its hours.
  std::map<Key, Figures> by_entity() const {
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

  std::vector<Sum> sums(rules::Amount Figures::*which) const {
    std::vector<Sum> all(metrics_.size());
    for (const auto& [place, figures] : by_entity()) all[place.first].add(figures.*which);
    return all;
  }

  double value(const std::vector<Sum>& all) const {
    std::vector<double> figures;
    for (std::size_t i = 0; i < inputs_; ++i) {
      const rules::Metric* metric = strategy_.find_metric(metrics_[i]);
      const bool additive = metric == nullptr || metric->additive;
      figures.push_back(!additive && all[i].figures != 1 ? rules::kUndefined : all[i].value());
    }
    return place_.kpi->formula.evaluate(figures);
  }

  Place place_;
  const rules::Strategy& strategy_;
  const rules::Calendar& calendar_;
  rules::Timestamp at_;
  rules::TimeframeNow window_;
  std::vector<std::string> metrics_;
  std::size_t inputs_ = 0;  // of the metrics, those of the formula: the first
  std::map<std::tuple<std::uint32_t, rules::Day, rules::EntityIndex, std::int8_t>, ThenAndNow> cells_;
};

// Hands every row to the windows that look at its entity.
class Windows {
 public:
  void add(Window window) { windows_.push_back(std::move(window)); }
  const Window& operator[](std::size_t index) const { return windows_[index]; }

  void take(const rules::ObservationBatch& batch) {
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

 private:
  std::vector<Window> windows_;
  rules::EntityTable entities_;
  std::vector<std::vector<std::uint32_t>> looking_;  // by entity
};

// REQUIRES: of one target and entity.
bool same_miss(const rules::Alert& a, const rules::Alert& b) {
  const auto ends = [](const rules::Alert& alert) {
    return alert.resolved_at.value_or(rules::Timestamp::max() - kSameMiss);
  };
  return *a.fired_at <= ends(b) + kSameMiss && *b.fired_at <= ends(a) + kSameMiss;
}

// Lives by what they are about.
class Lives {
 public:
  explicit Lives(const std::vector<AlertLife>& lives) {
    for (const AlertLife& life : lives) by_subject_[subject(life.alert)].push_back(&life.alert);
  }

  // Of the same miss, the one that fired nearest in time; or null.
  const rules::Alert* nearest(const rules::Alert& alert) const {
    const auto place = by_subject_.find(subject(alert));
    if (place == by_subject_.end()) return nullptr;
    const auto apart = [&](const rules::Alert& other) {
      return *other.fired_at < *alert.fired_at ? *alert.fired_at - *other.fired_at
                                               : *other.fired_at - *alert.fired_at;
    };
    const rules::Alert* best = nullptr;
    for (const rules::Alert* other : place->second) {
      if (same_miss(alert, *other) && (!best || apart(*other) < apart(*best))) best = other;
    }
    return best;
  }

 private:
  using Subject = std::tuple<std::string, std::string, std::vector<std::pair<std::string, std::string>>>;
  static Subject subject(const rules::Alert& alert) {
    return {alert.objective, alert.target, alert.dimensions};
  }
  std::map<Subject, std::vector<const rules::Alert*>> by_subject_;
};

bool is_serious(const LaterFigure& figure) {
  return figure.kind == LaterFigure::Kind::restated ||
         (figure.kind == LaterFigure::Kind::late && figure.late_by > kUsualDelay);
}

bool misses(const rules::Verdict& fired_on, double value) {
  return std::isnan(value) || (!std::isnan(fired_on.high) && value > fired_on.high) ||
         (!std::isnan(fired_on.low) && value < fired_on.low);
}

bool has_moved(double then, double now) {
  if (std::isnan(then) || std::isnan(now)) return std::isnan(then) != std::isnan(now);
  return std::abs(now - then) > kWorthListing * std::abs(then);
}

void set_figures(RestatedAlert& restated, std::vector<LaterFigure> figures) {
  if (figures.size() > kMostLaterFigures) {
    restated.figures_left_out = static_cast<std::uint32_t>(figures.size() - kMostLaterFigures);
    figures.resize(kMostLaterFigures);
  }
  restated.figures = std::move(figures);
}

// Windows in the order of the alerts that fired within the days: first those of then, then those of now.
class Comparison {
 public:
  Comparison(const rules::Strategy& strategy, const std::vector<AlertLife>& then,
             const std::vector<AlertLife>& now)
      : calendar_(*strategy.open_calendar()), then_(then), now_(now), lives_then_(then), lives_now_(now) {
    for (const auto* lives : {&then, &now}) {
      for (const AlertLife& life : *lives) {
        const auto place = life.in_days ? place_of(strategy, life.alert) : std::nullopt;
        if (!place) continue;
        window_of_[&life.alert] = count_++;
        windows_.add(Window(*place, strategy, calendar_, *life.alert.fired_at));
      }
    }
  }

  bool nothing_to_do() const { return count_ == 0; }
  void take(const rules::ObservationBatch& batch) { windows_.take(batch); }

  Restatements result() const {
    Restatements result;
    for (const AlertLife& life : then_) {
      if (window_of_.contains(&life.alert)) compare_then(life.alert, result);
    }
    for (const AlertLife& life : now_) {
      if (window_of_.contains(&life.alert) && !lives_then_.nearest(life.alert))
        compare_now(life.alert, result);
    }
    return result;
  }

 private:
  const Window& window_of(const rules::Alert& alert) const { return windows_[window_of_.at(&alert)]; }

  void compare_then(const rules::Alert& alert, Restatements& result) const {
    const Window& window = window_of(alert);
    RestatedAlert restated{
        .alert = alert, .value_then = alert.fired_on.value, .value_now = window.value_now()};
    std::vector<LaterFigure> figures = window.later_figures();
    const rules::Alert* const now = lives_now_.nearest(alert);
    restated.fires_now = now != nullptr;
    if (now) restated.fired_at_now = now->fired_at;
    const bool met_now = !misses(alert.fired_on, restated.value_now) || !window.volume_reached_now();
    if (!figures.empty() && (met_now || !now)) {
      set_figures(restated, std::move(figures));
      result.would_not_have_fired.push_back(std::move(restated));
      return;
    }
    if (!now) return;
    bool listed = !figures.empty() && has_moved(restated.value_then, restated.value_now);
    const int days = calendar_.day_of(*now->fired_at) - calendar_.day_of(*alert.fired_at);
    if (days != 0) {
      // What was not known yet when it should have fired counts as well.
      if (days < 0 && window_of_.contains(now)) {
        std::vector<LaterFigure> earlier = window_of(*now).later_figures();
        std::erase_if(earlier, [&](const LaterFigure& one) {
          return std::ranges::any_of(figures, [&](const LaterFigure& known) {
            return known.metric == one.metric && known.bucket == one.bucket;
          });
        });
        figures.insert(figures.end(), earlier.begin(), earlier.end());
      }
      listed = listed || std::ranges::any_of(figures, is_serious) || (std::abs(days) > 1 && !figures.empty());
    }
    if (!listed) return;
    set_figures(restated, std::move(figures));
    result.changed.push_back(std::move(restated));
  }

  void compare_now(const rules::Alert& alert, Restatements& result) const {
    const Window& window = window_of(alert);
    std::vector<LaterFigure> figures = window.later_figures();
    if (figures.empty()) return;
    RestatedAlert restated{.alert = alert,
                           .value_then = window.value_then(),
                           .value_now = alert.fired_on.value,
                           .fires_now = true,
                           .fired_at_now = alert.fired_at};
    set_figures(restated, std::move(figures));
    result.would_have_fired.push_back(std::move(restated));
  }

  const rules::Calendar calendar_;
  const std::vector<AlertLife>& then_;
  const std::vector<AlertLife>& now_;
  const Lives lives_then_, lives_now_;
  std::map<const rules::Alert*, std::size_t> window_of_;
  std::size_t count_ = 0;
  Windows windows_;
};

}  // namespace

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

std::variant<Restatements, JournalError> find_restatements(Journal& journal, const rules::Strategy& strategy,
                                                           const std::vector<AlertLife>& then,
                                                           const std::vector<AlertLife>& now) {
  Comparison comparison(strategy, then, now);
  if (comparison.nothing_to_do()) return Restatements();
  std::optional<JournalError> broken;
  auto error = journal.read_events(strategy.client, 0, [&](const JournalEvent& stored) {
    const auto event = rules::decode(stored.payload);
    if (!event) {
      broken = JournalError{
          .kind = JournalFailure::corrupt,
          .text = fmt::format("client {}: event {} of the journal is not of a version known here",
                              strategy.client, stored.sequence)};
      return false;
    }
    if (const auto* batch = std::get_if<rules::ObservationBatch>(&*event)) comparison.take(*batch);
    return true;
  });
  if (error) return std::move(*error);
  if (broken) return std::move(*broken);
  return comparison.result();
}

}  // namespace tightrope::daemon
