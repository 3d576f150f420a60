#include "daemon/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "rules/entity.h"

namespace tightrope::daemon {
namespace {

JournalError unreadable(std::string_view client, Sequence sequence) {
  return {.kind = JournalFailure::corrupt,
          .text = fmt::format("client {}: event {} of the journal is not of a version known here", client,
                              sequence)};
}

constexpr rules::Duration kAround = std::chrono::hours(48);  // of the days: whose alerts are followed

bool is_of_time(const rules::Event& event) {
  return std::holds_alternative<rules::Tick>(event) || std::holds_alternative<rules::StrategyChange>(event);
}

using OnDecoded = std::function<bool(const JournalEvent&, rules::Event)>;

std::optional<JournalError> read_decoded(Journal& journal, std::string_view client,
                                         const OnDecoded& on_event) {
  std::optional<JournalError> broken;
  auto error = journal.read_events(client, 0, [&](const JournalEvent& stored) {
    auto event = rules::decode(stored.payload);
    if (event) return on_event(stored, std::move(*event));
    broken = unreadable(client, stored.sequence);
    return false;
  });
  return error ? error : broken;
}

// The last value of each figure.
class LastFigures {
 public:
  void take(const rules::ObservationBatch& batch) {
    std::vector<rules::EntityIndex> entity_of;
    for (const auto& entity : batch.entities) entity_of.push_back(entities_.intern(entity).first);
    std::vector<std::uint32_t> metric_of;
    for (const auto& metric : batch.metrics) {
      const auto [found, is_new] = metrics_.try_emplace(metric, static_cast<std::uint32_t>(metrics_.size()));
      if (is_new) metric_names_.push_back(metric);
      metric_of.push_back(found->second);
    }
    for (const auto& row : batch.rows) {
      const std::uint64_t key = (std::uint64_t{entity_of[row.entity]} << 32) | metric_of[row.metric];
      buckets_[row.bucket][key] = row.value;
    }
  }

  // One batch for the last moment of each hour or day, in order: then the day is still today, and complete.
  // What is not over at `now` was learnt then.
  std::vector<rules::ObservationBatch> as_learnt_at_end(const rules::Calendar& calendar,
                                                        std::optional<rules::Timestamp> now) const {
    std::map<rules::Timestamp, rules::BatchBuilder> builders;
    for (const auto& [bucket, figures] : buckets_) {
      rules::Timestamp end = calendar.end_of(bucket) - rules::Duration(1);
      if (now) end = std::min(end, *now);
      rules::BatchBuilder& builder = builders.try_emplace(end, "backtest", end).first->second;
      std::vector<std::pair<std::uint64_t, rules::Amount>> sorted(figures.begin(), figures.end());
      std::ranges::sort(sorted, {}, &std::pair<std::uint64_t, rules::Amount>::first);
      for (const auto& [key, value] : sorted) {
        const auto entity = static_cast<rules::EntityIndex>(key >> 32);
        const auto metric = static_cast<std::uint32_t>(key);
        builder.add(builder.entity(entities_[entity]), builder.metric(metric_names_[metric]), bucket, value);
      }
    }
    std::vector<rules::ObservationBatch> batches;
    for (auto& [end, builder] : builders) batches.push_back(std::move(builder).take());
    return batches;
  }

 private:
  rules::EntityTable entities_;
  std::unordered_map<std::string, std::uint32_t> metrics_;
  std::vector<std::string> metric_names_;
  std::map<rules::Bucket, std::unordered_map<std::uint64_t, rules::Amount>> buckets_;
};

struct Period {
  rules::DayRange days;
  std::optional<rules::Timestamp> now;  // where they end at the latest
};

// Follows the alerts of an engine: the result stands at the end of the days; lives go on a little longer, so
// that an alert that came late is not taken for one that never came.
class Follower {
 public:
  Follower(const rules::Strategy& strategy, const Period& period)
      : engine_(strategy),
        begin_(engine_.calendar().start_of(period.days.first)),
        end_(engine_.calendar().start_of(period.days.last + 1)) {
    // A moment later: what was learnt now belongs to it.
    if (period.now) end_ = std::min(end_, *period.now + rules::Duration(1));
  }

  // Events from here on change nothing.
  rules::Timestamp last_of_interest() const noexcept { return end_ + kAround; }
  const rules::Calendar& calendar() const noexcept { return engine_.calendar(); }

  void apply(const rules::Event& event) {
    const rules::Timestamp at = rules::time_of(event);
    if (at >= last_of_interest()) return;
    if (at >= end_) {
      close();
    } else {
      ++result_.events;
      if (!result_.first) result_.first = at;
      result_.last = at;
    }
    follow(engine_.apply(event));
  }

  Backtest finish() && {
    close();
    for (auto& [id, life] : lives_) result_.lives.push_back(std::move(life));
    std::ranges::sort(result_.lives, [](const AlertLife& a, const AlertLife& b) {
      return std::pair(*a.alert.fired_at, a.alert.id) < std::pair(*b.alert.fired_at, b.alert.id);
    });
    return std::move(result_);
  }

 private:
  void close() {
    if (closed_) return;
    // The last moment of the last day: at the next one another day begins.
    follow(engine_.apply(rules::Tick{.at = end_ - rules::Duration(1)}));
    result_.end = end_;
    closed_ = true;
  }

  void follow(const rules::Effects& effects) {
    for (const rules::AlertChange& change : effects.alerts) {
      live(change);
      if (!closed_) record(change);
    }
  }

  void live(const rules::AlertChange& change) {
    using Kind = rules::AlertChange::Kind;
    if (change.kind == Kind::fired) {
      const bool in_days = change.at >= begin_ && change.at < end_;
      lives_[change.alert.id] = {.alert = change.alert, .in_days = in_days};
      return;
    }
    const auto place = lives_.find(change.alert.id);
    if (place == lives_.end()) return;
    if (change.kind == Kind::resolved && change.at < begin_ - kAround) {
      lives_.erase(place);
    } else {
      place->second.alert = change.alert;
    }
  }

  void record(const rules::AlertChange& change) {
    using Kind = rules::AlertChange::Kind;
    if (change.kind == Kind::fired && change.at >= begin_) {
      places_[change.alert.id] = result_.fired.size();
      result_.fired.push_back({.alert = change.alert});
      return;
    }
    const auto found = places_.find(change.alert.id);
    if (found == places_.end()) return;
    BacktestAlert& known = result_.fired[found->second];
    known.alert = change.alert;
    if (change.kind == Kind::amended) ++known.amended;
  }

  rules::Engine engine_;
  rules::Timestamp begin_, end_;
  bool closed_ = false;
  Backtest result_;
  std::unordered_map<std::string, std::size_t> places_;  // alert id -> index into result_.fired
  std::unordered_map<std::string, AlertLife> lives_;     // by alert id
};

// Events out of order, as after an import of history: what was learnt and decided is put into the order in
// which it became known, by its place alone, and then read a stretch at a time.
std::variant<Backtest, JournalError> backtest_sorted(Journal& journal, const rules::Strategy& strategy,
                                                     const Period& period) {
  Follower follower(strategy, period);
  std::vector<std::pair<rules::Timestamp, Sequence>> order;
  auto error =
      read_decoded(journal, strategy.client, [&](const JournalEvent& stored, const rules::Event& event) {
        if (!is_of_time(event) && stored.at < follower.last_of_interest())
          order.emplace_back(stored.at, stored.sequence);
        return true;
      });
  if (error) return std::move(*error);
  std::ranges::sort(order);
  for (std::size_t next = 0; next < order.size();) {
    std::size_t end = next + 1;
    while (end < order.size() && order[end].second > order[end - 1].second) ++end;
    std::optional<JournalError> broken;
    const auto on_event = [&](const JournalEvent& stored) {
      while (next < end && order[next].second < stored.sequence) ++next;  // dropped by retention meanwhile
      if (next == end) return false;
      if (order[next].second != stored.sequence) return true;
      const auto event = rules::decode(stored.payload);
      if (!event) {
        broken = unreadable(strategy.client, stored.sequence);
        return false;
      }
      follower.apply(*event);
      return ++next < end;
    };
    error = journal.read_events(strategy.client, order[next].second - 1, on_event);
    if (error) return std::move(*error);
    if (broken) return std::move(*broken);
    next = end;
  }
  return std::move(follower).finish();
}

struct BothRuns {
  std::optional<Backtest> then, now;
};

// One reading feeds both; an engine takes each event as it is read.
std::variant<BothRuns, JournalError> run(Journal& journal, const rules::Strategy& strategy,
                                         const Period& period, bool with_then, bool with_now) {
  std::optional<Follower> then;
  if (with_then) then.emplace(strategy, period);
  LastFigures figures;
  rules::Timestamp newest = rules::Timestamp::min();
  auto error =
      read_decoded(journal, strategy.client, [&](const JournalEvent& stored, const rules::Event& event) {
        if (is_of_time(event)) return true;
        const auto* batch = std::get_if<rules::ObservationBatch>(&event);
        if (with_now && batch) figures.take(*batch);
        if (then && stored.at < newest && stored.at < then->last_of_interest()) then.reset();
        newest = std::max(newest, stored.at);
        if (then) then->apply(event);
        return true;
      });
  if (error) return std::move(*error);
  BothRuns both;
  if (then) {
    both.then = std::move(*then).finish();
  } else if (with_then) {
    auto sorted = backtest_sorted(journal, strategy, period);
    if (auto* problem = std::get_if<JournalError>(&sorted)) return std::move(*problem);
    both.then = std::move(std::get<Backtest>(sorted));
  }
  if (with_now) {
    Follower now(strategy, period);
    for (auto& batch : figures.as_learnt_at_end(now.calendar(), period.now)) {
      if (batch.learnt >= now.last_of_interest()) break;
      now.apply(std::move(batch));
    }
    both.now = std::move(now).finish();
  }
  return both;
}

}  // namespace

std::variant<Backtest, JournalError> backtest(Journal& journal, const rules::Strategy& strategy,
                                              rules::DayRange days, AsKnown as_known,
                                              std::optional<rules::Timestamp> now) {
  auto outcome = run(journal, strategy, {days, now}, as_known == AsKnown::then, as_known == AsKnown::now);
  if (auto* error = std::get_if<JournalError>(&outcome)) return std::move(*error);
  auto& both = std::get<BothRuns>(outcome);
  return std::move(as_known == AsKnown::then ? *both.then : *both.now);
}

std::variant<BacktestComparison, JournalError> compare_backtests(Journal& journal,
                                                                 const rules::Strategy& strategy,
                                                                 rules::DayRange days,
                                                                 std::optional<rules::Timestamp> now) {
  auto outcome = run(journal, strategy, {days, now}, true, true);
  if (auto* error = std::get_if<JournalError>(&outcome)) return std::move(*error);
  auto& both = std::get<BothRuns>(outcome);
  BacktestComparison comparison{
      .then = std::move(*both.then), .now = std::move(*both.now), .restatements = {}};
  auto found = find_restatements(journal, strategy, comparison.then.lives, comparison.now.lives);
  if (auto* error = std::get_if<JournalError>(&found)) return std::move(*error);
  comparison.restatements = std::move(std::get<Restatements>(found));
  return comparison;
}

}  // namespace tightrope::daemon
