#include "daemon/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "rules/entity.h"

namespace tightrope::daemon {
namespace {

struct StoredEvent {
  rules::Timestamp at;
  Sequence sequence;
  std::string payload;
};

JournalError unreadable(std::string_view client, Sequence sequence) {
  return {.kind = JournalFailure::corrupt,
          .text = fmt::format("client {}: event {} of the journal is not of a version known here", client,
                              sequence)};
}

// What was learnt and decided, in the order it became known. Ticks are left out: the engine steps over every
// instant at which something falls due by itself.
std::optional<JournalError> read_as_known_then(Journal& journal, std::string_view client,
                                               rules::Timestamp end, std::vector<StoredEvent>& events) {
  std::optional<JournalError> broken;
  auto error = journal.read_events(client, 0, [&](const JournalEvent& stored) {
    const auto event = rules::decode(stored.payload);
    if (!event) {
      broken = unreadable(client, stored.sequence);
      return false;
    }
    const bool of_time =
        std::holds_alternative<rules::Tick>(*event) || std::holds_alternative<rules::StrategyChange>(*event);
    if (!of_time && stored.at < end) events.push_back({stored.at, stored.sequence, stored.payload});
    return true;
  });
  if (error) return error;
  if (broken) return broken;
  const auto order = [](const StoredEvent& a, const StoredEvent& b) {
    return std::pair(a.at, a.sequence) < std::pair(b.at, b.sequence);
  };
  std::ranges::sort(events, order);
  return std::nullopt;
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
  std::vector<rules::ObservationBatch> as_learnt_at_end(const rules::Calendar& calendar) const {
    std::map<rules::Timestamp, rules::BatchBuilder> builders;
    for (const auto& [bucket, figures] : buckets_) {
      const rules::Timestamp end = calendar.end_of(bucket) - rules::Duration(1);
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

// Follows the alerts of an engine.
class Follower {
 public:
  Follower(const rules::Strategy& strategy, rules::DayRange days)
      : engine_(strategy),
        begin_(engine_.calendar().start_of(days.first)),
        end_(engine_.calendar().start_of(days.last + 1)) {}

  rules::Timestamp end() const noexcept { return end_; }
  const rules::Calendar& calendar() const noexcept { return engine_.calendar(); }

  void apply(const rules::Event& event) {
    const rules::Timestamp at = rules::time_of(event);
    ++result_.events;
    if (!result_.first) result_.first = at;
    result_.last = at;
    follow(engine_.apply(event));
  }

  Backtest finish() && {
    // The last moment of the last day: at the next one another day begins.
    follow(engine_.apply(rules::Tick{.at = end_ - rules::Duration(1)}));
    result_.end = end_;
    return std::move(result_);
  }

 private:
  void follow(const rules::Effects& effects) {
    using Kind = rules::AlertChange::Kind;
    for (const rules::AlertChange& change : effects.alerts) {
      if (change.kind == Kind::fired && change.at >= begin_ && change.at < end_) {
        places_[change.alert.id] = result_.fired.size();
        result_.fired.push_back({.alert = change.alert});
        continue;
      }
      const auto found = places_.find(change.alert.id);
      if (found == places_.end()) continue;
      BacktestAlert& known = result_.fired[found->second];
      known.alert = change.alert;
      if (change.kind == Kind::amended) ++known.amended;
    }
  }

  rules::Engine engine_;
  rules::Timestamp begin_, end_;
  Backtest result_;
  std::unordered_map<std::string, std::size_t> places_;  // alert id -> index into result_.fired
};

}  // namespace

std::variant<Backtest, JournalError> backtest(Journal& journal, const rules::Strategy& strategy,
                                              rules::DayRange days, AsKnown as_known) {
  Follower follower(strategy, days);
  if (as_known == AsKnown::then) {
    std::vector<StoredEvent> events;
    if (auto error = read_as_known_then(journal, strategy.client, follower.end(), events))
      return std::move(*error);
    for (const StoredEvent& stored : events) {
      const auto event = rules::decode(stored.payload);
      if (!event) return unreadable(strategy.client, stored.sequence);
      follower.apply(*event);
    }
    return std::move(follower).finish();
  }
  LastFigures figures;
  std::optional<JournalError> broken;
  auto error = journal.read_events(strategy.client, 0, [&](const JournalEvent& stored) {
    const auto event = rules::decode(stored.payload);
    if (!event) {
      broken = unreadable(strategy.client, stored.sequence);
      return false;
    }
    if (const auto* batch = std::get_if<rules::ObservationBatch>(&*event)) figures.take(*batch);
    return true;
  });
  if (error) return std::move(*error);
  if (broken) return std::move(*broken);
  for (auto& batch : figures.as_learnt_at_end(follower.calendar())) {
    if (batch.learnt >= follower.end()) break;
    follower.apply(std::move(batch));
  }
  return std::move(follower).finish();
}

}  // namespace tightrope::daemon
