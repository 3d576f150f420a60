#include "daemon/restatements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr rules::Duration kSameMiss = std::chrono::hours(48);
constexpr rules::Duration kUsualDelay = std::chrono::hours(24);
constexpr double kWorthListing = 0.1;  // of the value: by how much it must have moved

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
        windows_.add(AlertWindow(*place, strategy, calendar_, *life.alert.fired_at));
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
  const AlertWindow& window_of(const rules::Alert& alert) const { return windows_[window_of_.at(&alert)]; }

  void compare_then(const rules::Alert& alert, Restatements& result) const {
    const AlertWindow& window = window_of(alert);
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
    const AlertWindow& window = window_of(alert);
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
  AlertWindows windows_;
};

}  // namespace

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
