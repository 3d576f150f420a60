// The figures in the windows of alerts: as known when they fired, and as known today.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rules/alert.h"
#include "rules/calendar.h"
#include "rules/event.h"
#include "rules/timeframe.h"
#include "rules/target.h"

namespace tightrope::daemon {

// A figure of an alert's window that is another one today, summed over the entities of the alert.
struct LaterFigure {
  enum class Kind : std::uint8_t {
    restated,  // its bucket was over and had another figure
    late,      // its bucket was over and had no figure yet
    grown,     // its bucket was not over
  };
  Kind kind = Kind::restated;
  std::string metric;
  rules::Bucket bucket;
  double then = rules::kUndefined;
  double now = rules::kUndefined;
  rules::Timestamp learnt{};   // when the latest of it was learnt
  rules::Duration late_by{0};  // for `late`: the first of it, after the bucket's end
  std::uint32_t figures = 0;   // of how many entities
};
std::string_view to_string(LaterFigure::Kind kind) noexcept;

// What an alert is about, in a strategy. Borrowed from it.
struct AlertPlace {
  const rules::Objective* objective = nullptr;
  const rules::Target* target = nullptr;
  const rules::Kpi* kpi = nullptr;
  rules::Entity entity;
};
// Nothing when the strategy has no such target.
std::optional<AlertPlace> place_of(const rules::Strategy& strategy, const rules::Alert& alert);

// The figures of the window in which one alert fired. Borrows the strategy and the calendar.
class AlertWindow {
 public:
  AlertWindow(const AlertPlace& place, const rules::Strategy& strategy, const rules::Calendar& calendar,
              rules::Timestamp fired_at);

  bool concerns(const rules::Entity& entity) const;
  // In the order of the journal. REQUIRES: concerns the entity, whose number is always the same.
  void take(rules::EntityIndex entity, const std::string& metric, rules::Bucket bucket, rules::Amount value,
            rules::Timestamp learnt);

  // The KPI over the window as known when the alert fired.
  double value_then() const;
  // The same with today's figures, but for the bucket that was not over: its growth is no restatement.
  double value_now() const;
  bool volume_reached_now() const;
  // What differs, by bucket and metric.
  std::vector<LaterFigure> later_figures() const;

 private:
  // One figure of one entity, at the time the alert fired and today.
  struct ThenAndNow {
    rules::Amount then, now;
    rules::Timestamp then_learnt{}, now_learnt{}, first_learnt{};
    bool any_then = false, any = false;
  };
  // One entity's figure of one bucket of the window.
  struct Figures {
    rules::Bucket bucket;
    rules::Amount then, now, now_whole;  // now: that of then where the bucket was not over
    rules::Timestamp learnt{}, first_learnt{};
  };
  // A sum over entities that knows whether anything is in it.
  struct Sum {
    std::int64_t micros = 0;
    std::uint32_t figures = 0;
    void add(rules::Amount amount) noexcept;
    double value() const noexcept;
  };
  using Key = std::pair<std::uint32_t, std::pair<rules::Bucket, rules::EntityIndex>>;  // metric first

  void add_metric(const std::string& name);
  // A day that is learnt in its last moment is over.
  bool is_over(rules::Bucket bucket) const { return calendar_.end_of(bucket) <= at_ + rules::Duration(1); }
  // Days of a window by day stand for what was given for the day, or else for the sum of its hours.
  std::map<Key, Figures> by_entity() const;
  std::vector<Sum> sums(rules::Amount Figures::*which) const;  // by metric
  double value(const std::vector<Sum>& all) const;

  AlertPlace place_;
  const rules::Strategy& strategy_;
  const rules::Calendar& calendar_;
  rules::Timestamp at_;
  rules::TimeframeNow window_;
  std::vector<std::string> metrics_;
  std::size_t inputs_ = 0;  // of the metrics, those of the formula: the first
  std::map<std::tuple<std::uint32_t, rules::Day, rules::EntityIndex, std::int8_t>, ThenAndNow> cells_;
};

// Hands every row to the windows that look at its entity.
class AlertWindows {
 public:
  // REQUIRES: before the first take().
  void add(AlertWindow window) { windows_.push_back(std::move(window)); }
  const AlertWindow& operator[](std::size_t index) const { return windows_[index]; }
  void take(const rules::ObservationBatch& batch);

 private:
  std::vector<AlertWindow> windows_;
  rules::EntityTable entities_;
  std::vector<std::vector<std::uint32_t>> looking_;  // by entity
};

}  // namespace tightrope::daemon
