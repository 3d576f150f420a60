// The engine against generated strategies, events and reloads: equal to a naive engine, and equal to itself
// however it is fed, restarted and woken.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/rules/engine_comparison.h"
#include "tests/rules/generated_events.h"
#include "tests/rules/generated_strategies.h"
#include "tests/rules/naive_engine.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace tightrope::rules::testing;

// TIGHTROPE_SEED=N repeats one sequence; TIGHTROPE_SEQUENCES=N runs so many.
unsigned from_environment(const char* name, unsigned fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

constexpr int kSteps = 40;

// As the journal keeps it.
Step journalled(const Step& step) {
  const auto* event = std::get_if<Event>(&step);
  return event == nullptr ? step : Step(*decode(encode(*event)));
}

// A naive engine knows no evidence: only one of both is asked for.
enum class Against { naive_engine, itself_with_evidence };

Strategy with_confidence(Strategy strategy, std::mt19937& random) {
  for (Objective& objective : strategy.objectives) {
    for (Target& target : objective.targets) {
      if (once_in(random, 4)) continue;
      target.confidence = std::array{0.5, 0.75, 0.9, 0.99}[below(random, 4)];
      target.min_miss = std::array{0.0, 0.05, 0.3}[below(random, 3)];
      if (once_in(random, 4)) target.min_stake = below(random, 100);
    }
  }
  return strategy;
}

Strategy with_look_at(Strategy strategy, std::mt19937& random) {
  for (Objective& objective : strategy.objectives) {
    if (!objective.look_at.empty() && !once_in(random, 3)) continue;
    objective.look_at.clear();
    for (unsigned count = below(random, 3); count > 0; --count) {
      Watched watched{std::array{"spend", "cpm", "cpa", "clicks", "efficiency"}[below(random, 5)],
                      {static_cast<int>(below(random, 4))}};
      if (std::find(objective.look_at.begin(), objective.look_at.end(), watched) == objective.look_at.end())
        objective.look_at.push_back(std::move(watched));
    }
  }
  return strategy;
}

// What a campaign did before: by day, and lately by hour, so that what is looked at can be judged soon.
Event history_until(Timestamp learnt, const Calendar& calendar, std::mt19937& random) {
  const Day today = calendar.day_of(learnt);
  const bool by_hour = !once_in(random, 3);
  BatchBuilder builder("history", learnt);
  for (const char* metric : {"spend", "clicks", "impressions"}) {
    const auto entity = builder.entity(campaign("search", "c4"));
    const auto column = builder.metric(metric);
    for (Day day = today - 80; day < today; day = day + 1) {
      const int hours = by_hour && today - day <= 6 ? 24 : 1;
      for (int hour = 0; hour < hours; ++hour) {
        const Bucket bucket{day, hours == 1 ? Bucket::kWholeDay : static_cast<std::int8_t>(hour)};
        builder.add(entity, column, bucket, Amount::from_units(static_cast<int>(10 + below(random, 3))));
      }
    }
  }
  return std::move(builder).take();
}

// And what it does now: as ever, or something else.
Event news_at(Timestamp learnt, const Calendar& calendar, std::mt19937& random) {
  BatchBuilder builder("history", learnt);
  const int usual = once_in(random, 8) ? 900 : 10;
  for (const char* metric : {"spend", "clicks", "impressions"}) {
    for (int back = 0; back < 3; ++back) {
      builder.add(builder.entity(campaign("search", "c4")), builder.metric(metric),
                  calendar.hour_of(learnt - back * std::chrono::hours(1)),
                  Amount::from_units(usual + static_cast<int>(below(random, 3))));
    }
  }
  return std::move(builder).take();
}

// What was told in several steps, in the order of one: findings come after alerts.
std::string alerts_first(const std::string& story) {
  std::string alerts;
  std::string findings;
  for (std::size_t begin = 0; begin < story.size();) {
    const std::size_t end = std::min(story.find('\n', begin), story.size() - 1) + 1;
    const std::string line = story.substr(begin, end - begin);
    (line.starts_with("look ") ? findings : alerts) += line;
    begin = end;
  }
  return alerts + findings;
}

// One sequence through engines that are treated differently.
class Sequence {
 public:
  Sequence(unsigned seed, Against against)
      : against_(against),
        random_(seed),
        watching_(seed),
        has_history_(against == Against::itself_with_evidence && seed % 2 == 0),
        generator_(random_),
        strategy_(judged(generated_strategy(random_, generator_.around()))),
        first_(strategy_),
        live_(strategy_),
        restarted_(strategy_),
        woken_(strategy_),
        naive_(strategy_) {}

  void run(Seen& seen) {
    for (int number = 0; number < kSteps; ++number) {
      SCOPED_TRACE("step " + std::to_string(number));
      const Step next = generator_.next(live_);
      if (has_history_) {
        const Timestamp at = time_of(next);
        ASSERT_NO_FATAL_FAILURE(take(number == 0 ? history_until(at, live_.calendar(), watching_)
                                                 : news_at(at, live_.calendar(), watching_)));
      }
      ASSERT_NO_FATAL_FAILURE(take(next));
      if (auto found = generator_.findings(live_.now())) {
        ASSERT_NO_FATAL_FAILURE(take(*std::move(found)));
      }
      if (once_in(random_, 6)) {
        ASSERT_NO_FATAL_FAILURE(restart());
      }
      if (against_ == Against::itself_with_evidence) {
        note(seen);
      } else if (number % 5 == 4) {
        ASSERT_TRUE(agrees(live_, naive_, seen));
      }
    }
    ASSERT_NO_FATAL_FAILURE(restart());
    Engine replayed(first_);
    std::string story;
    for (const Step& step : steps_) story += everything_told(feed(replayed, step));
    ASSERT_EQ(story, story_);
    ASSERT_TRUE(replayed.snapshot() == live_.snapshot());
  }

 private:
  Strategy judged(Strategy strategy) {
    if (against_ == Against::naive_engine) return strategy;
    return with_look_at(with_confidence(std::move(strategy), random_), watching_);
  }

  void note(Seen& seen) const {
    seen.watched += live_.watched().size();
    seen.anomalies += live_.anomalies().size();
    for (std::size_t i = 0; i < live_.target_count(); ++i) {
      for (const Verdict& verdict : live_.target(i).verdicts) {
        ++seen.states[static_cast<std::size_t>(verdict.state)];
        ++seen.reasons[static_cast<std::size_t>(verdict.reason)];
      }
    }
  }

  void take(Step step) {
    if (auto* reload = std::get_if<Reload>(&step)) reload->strategy = judged(std::move(reload->strategy));
    steps_.push_back(step);
    if (const auto* reload = std::get_if<Reload>(&step)) {
      strategy_ = reload->strategy;
      naive_.adopt(strategy_, reload->at);
    } else {
      naive_.apply(std::get<Event>(step));
    }
    const std::string woken = wake_until(time_of(step));
    const std::string story = everything_told(feed(live_, step));
    story_ += story;
    ASSERT_EQ(everything_told(feed(restarted_, journalled(step))), story);
    ASSERT_EQ(alerts_first(woken + everything_told(feed(woken_, step))), alerts_first(story));
    ASSERT_TRUE(live_.next_wakeup() >= live_.now());
  }

  // Ticks where something falls due, and in between: they only say earlier what would be said anyway.
  std::string wake_until(Timestamp time) {
    std::string story;
    if (steps_.size() < 2) return story;
    for (int ticks = 0; ticks < 12 && woken_.now() < time; ++ticks) {
      Timestamp next = woken_.next_wakeup();
      if (once_in(random_, 4)) next = woken_.now() + (time - woken_.now()) / 2;
      if (next >= time) break;
      story += everything_told(woken_.apply(Tick{next}));
    }
    return story;
  }

  void restart() {
    const std::string bytes = restarted_.snapshot();
    const std::string live = live_.snapshot();
    const auto place = std::mismatch(bytes.begin(), bytes.end(), live.begin(), live.end());
    ASSERT_TRUE(bytes == live) << "live and restarted engines differ at byte " << place.first - bytes.begin()
                               << " of " << bytes.size() << " and " << live.size();
    ASSERT_TRUE(bytes == woken_.snapshot()) << "live and woken engines differ";
    auto restored = Engine::restore(strategy_, bytes);
    ASSERT_TRUE(restored);
    restarted_ = std::move(*restored);
    ASSERT_TRUE(restarted_.snapshot() == bytes) << "a restored engine is another";
    ASSERT_TRUE(same_verdicts(restarted_, live_));
  }

  Against against_;
  std::mt19937 random_;
  std::mt19937 watching_;  // for what is looked at
  bool has_history_;
  EventGenerator generator_;
  Strategy strategy_;
  Strategy first_;
  Engine live_;
  Engine restarted_;
  Engine woken_;
  NaiveEngine naive_;
  std::vector<Step> steps_;
  std::string story_;
};

// So many, from TIGHTROPE_SEED on; stops at the first that fails.
void run(unsigned sequences, unsigned otherwise_from, Against against, Seen& seen) {
  const unsigned first = from_environment("TIGHTROPE_SEED", otherwise_from);
  for (unsigned seed = first; seed < first + sequences; ++seed) {
    SCOPED_TRACE("TIGHTROPE_SEED=" + std::to_string(seed));
    Sequence(seed, against).run(seen);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(EnginePropertyTest, IsEqualToANaiveEngineAndToItselfHoweverFed) {
  const unsigned sequences = from_environment("TIGHTROPE_SEQUENCES", 40);
  Seen seen;
  run(sequences, 1000, Against::naive_engine, seen);
  if (HasFatalFailure()) return;
  if (sequences < 40) return;
  // The input was worth something.
  for (const std::uint64_t count : seen.states) EXPECT_GT(count, sequences);
  for (std::size_t reason = 0; reason < static_cast<std::size_t>(Reason::within_chance); ++reason)
    EXPECT_GT(seen.reasons[reason], 0u) << to_string(static_cast<Reason>(reason));
  for (const Reason reason : {Reason::on_course, Reason::over_its_share})
    EXPECT_GT(seen.reasons[static_cast<std::size_t>(reason)], 0u) << to_string(reason);
  EXPECT_GT(seen.pays, 0u);
  EXPECT_GT(seen.values, 10 * sequences);
}

TEST(EnginePropertyTest, JudgesByEvidenceTheSameHoweverFed) {
  const unsigned sequences = from_environment("TIGHTROPE_SEQUENCES", 40);
  Seen seen;
  run(sequences, 5000, Against::itself_with_evidence, seen);
  if (HasFatalFailure()) return;
  if (sequences < 40) return;
  for (const Reason reason : {Reason::misses_target, Reason::within_chance, Reason::likely_missed,
                              Reason::small_miss, Reason::recovering})
    EXPECT_GT(seen.reasons[static_cast<std::size_t>(reason)], 0u) << to_string(reason);
  EXPECT_GT(seen.watched, sequences);
  EXPECT_GT(seen.anomalies, 0u);
}

}  // namespace
}  // namespace tightrope::rules
