// The engine against generated input: equal to a naive one, and equal to itself however it is fed and
// restarted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "tests/rules/naive_engine.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

// TIGHTROPE_SEED=N repeats one sequence; TIGHTROPE_SEQUENCES=N runs so many.
unsigned from_environment(const char* name, unsigned fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

Strategy busy_strategy(std::mt19937& random) {
  const auto windowed = [](Target target, std::string_view window) {
    target.over = *parse_window(window);
    return target;
  };
  Target held = at_most("cpa_held", "cpa", 25);
  held.hold = 3h;
  held.keep_firing_for = 5h;
  Target paced = windowed(at_least("revenue_month", "revenue", 20000, {0}), "month");
  paced.pace = true;
  Target loud = windowed(at_least("clicks_today", "clicks", 5, {1}), "today");
  loud.no_data = NoData::alert;
  loud.hold = 30min;
  Objective search = objective("search", {at_most("cpa", "cpa", 20), held,
                                          windowed(at_least("roas_yesterday", "roas", 2), "yesterday")});
  search.match = {{0, {"search", "s*l"}}};
  search.budget = Budget{10000, *parse_window("month")};
  Objective all = objective("all", {paced, loud, windowed(at_most("cpc_24h", "cpc", 1.2, {1}), "24h"),
                                    windowed(at_least("ctr_3h", "ctr", 0.1), "3h"),
                                    windowed(at_most("cpm_quarter", "cpm", 9, {0}), "quarter")});
  Strategy result = strategy({search, all}, {playbook("bids", "cpa", "cpc", "", "Lower bids by {step:.0%}."),
                                             playbook("look", "", "", "", "Look at {entity}: {value}.")});
  const char* const zones[] = {"UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"};
  result.timezone = zones[random() % 4];
  return result;
}

class Generator {
 public:
  Generator(unsigned seed, const Strategy& strategy)
      : random_(seed),
        calendar_(*Calendar::open(strategy.timezone, strategy.week_start)),
        now_(kNoon + 1h * (random_() % 9000)) {}

  Event next(const Engine& engine) {
    now_ += 1s * (random_() % 3 == 0 ? random_() % 200000 : random_() % 7200);
    const unsigned kind = random_() % 10;
    const auto alerts = engine.alerts();
    if (kind == 0) return Tick{now_};
    if (kind == 1 && !alerts.empty())
      return Acknowledgement{now_, alerts[random_() % alerts.size()].id, "ann"};
    if (kind == 2 && !alerts.empty()) {
      const Alert& alert = alerts[random_() % alerts.size()];
      if (alert.recommendations.empty()) return Tick{now_};
      Decision decision;
      decision.at = now_;
      decision.recommendation = alert.recommendations[random_() % alert.recommendations.size()].id;
      decision.kind = static_cast<DecisionKind>(random_() % 3);
      decision.by = "bob";
      if (decision.kind == DecisionKind::later) decision.until = now_ + 4h;
      return decision;
    }
    return observations();
  }
  std::mt19937& random() { return random_; }

 private:
  ObservationBatch observations() {
    const char* const channels[] = {"search", "social", "mail"};
    const char* const metrics[] = {"spend", "impressions", "clicks", "conversions", "revenue"};
    std::vector<Figure> list;
    const Day today = calendar_.day_of(now_);
    const std::size_t rows = 1 + random_() % 30;
    for (std::size_t i = 0; i < rows; ++i) {
      // One campaign of each channel reports by the hour, the others by the day.
      const unsigned number = random_() % 4;
      const bool hourly = number == 0;
      const unsigned metric = random_() % 5;
      Figure figure{campaign(channels[random_() % 3], "c" + std::to_string(number)), metrics[metric], today,
                    0};
      if (hourly) {
        const Bucket bucket = calendar_.hour_of(now_ - 1h * (random_() % 60));
        figure.day = bucket.day;
        figure.hour = bucket.hour;
      } else {
        figure.day = today - static_cast<int>(random_() % 45);
      }
      figure.value = random_() % 25 == 0
                         ? kUndefined
                         : static_cast<double>(random_() % 100000) / (metric == 0 ? 1000 : 100);
      list.push_back(figure);
    }
    return figures(now_, list);
  }

  std::mt19937 random_;
  Calendar calendar_;
  Timestamp now_;
};

std::string everything_told(const Effects& effects) {
  std::string text = told(effects);
  for (const AlertChange& change : effects.alerts) {
    text += change.alert.id + " " + to_rfc3339(change.at) + " " + std::to_string(change.alert.revision) +
            " " + change.alert.reason;
    for (const Recommendation& recommendation : change.alert.recommendations)
      text += recommendation.id + recommendation.text;
  }
  return text + effects.refused;
}

void expect_equal(const Engine& engine, const NaiveEngine& naive) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const TargetView view = engine.target(i);
    const auto nodes = naive.nodes(*view.target, *view.objective);
    for (const Entity& node : nodes) {
      const Verdict verdict = verdict_of(engine, view.target->name, node);
      const double expected = naive.value(*view.target, *view.objective, node, engine.now());
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(verdict.value))
            << view.target->name << " " << to_string(node) << " " << verdict.value;
        continue;
      }
      ASSERT_EQ(verdict.value, expected) << view.target->name << " " << to_string(node);
      const bool misses = expected > verdict.high || expected < verdict.low;
      ASSERT_EQ(verdict.state == VerdictState::off_target, misses && verdict.reason != Reason::needs_hours)
          << view.target->name << " " << to_string(node);
    }
    ASSERT_GE(view.entities.size(), nodes.size());
  }
}

class EnginePropertyTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(EnginePropertyTest, IsEqualToANaiveEngineAndToItselfRestored) {
  const unsigned sequences = from_environment("TIGHTROPE_SEQUENCES", 4);
  const unsigned first = from_environment("TIGHTROPE_SEED", GetParam() * 1000);
  for (unsigned seed = first; seed < first + sequences; ++seed) {
    SCOPED_TRACE("TIGHTROPE_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const Strategy strategy = busy_strategy(random);
    Generator generator(seed, strategy);
    Engine engine(strategy);
    Engine restarted(strategy);
    NaiveEngine naive(strategy);
    std::vector<Event> events;
    std::string live_story;
    for (int step = 0; step < 60; ++step) {
      const Event event = generator.next(engine);
      events.push_back(event);
      if (const auto* batch = std::get_if<ObservationBatch>(&event)) naive.learn(*batch);
      const std::string story = everything_told(engine.apply(event));
      live_story += story;
      ASSERT_EQ(everything_told(restarted.apply(*decode(encode(event)))), story);
      if (generator.random()() % 6 == 0) {
        const std::string bytes = restarted.snapshot();
        ASSERT_TRUE(bytes == engine.snapshot());
        auto restored = Engine::restore(strategy, bytes);
        ASSERT_TRUE(restored);
        restarted = std::move(*restored);
        ASSERT_TRUE(restarted.snapshot() == bytes);
      }
      if (step % 10 == 9) {
        expect_equal(engine, naive);
        expect_equal(restarted, naive);
      }
      if (HasFatalFailure()) return;
    }
    Engine replayed(strategy);
    std::string replayed_story;
    for (const Event& event : events) replayed_story += everything_told(replayed.apply(event));
    ASSERT_EQ(replayed_story, live_story);
    ASSERT_TRUE(replayed.snapshot() == engine.snapshot());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EnginePropertyTest, ::testing::Range(1u, 9u));

TEST(EngineOrderTest, AnyOrderOfObservationsGivesTheSameSums) {
  std::mt19937 random(7);
  const Strategy strategy = busy_strategy(random);
  Generator generator(7, strategy);
  Engine scratch(strategy);
  std::vector<ObservationBatch> batches;
  while (batches.size() < 40) {
    const Event event = generator.next(scratch);
    if (const auto* batch = std::get_if<ObservationBatch>(&event)) batches.push_back(*batch);
  }
  const Timestamp end = batches.back().learnt;
  // Each figure once, with its last value; then in any order, all learnt at the end.
  std::map<std::tuple<Entity, std::string, Bucket>, Amount> last;
  for (const auto& batch : batches) {
    for (const auto& row : batch.rows)
      last[{batch.entities[row.entity], batch.metrics[row.metric], row.bucket}] = row.value;
  }
  std::vector<std::pair<std::tuple<Entity, std::string, Bucket>, Amount>> list(last.begin(), last.end());
  std::map<std::string, double> reference;
  for (int turn = 0; turn < 5; ++turn) {
    Engine engine(strategy);
    BatchBuilder builder("test", end);
    for (const auto& [key, amount] : list) {
      const auto& [entity, metric, bucket] = key;
      builder.add(builder.entity(entity), builder.metric(metric), bucket, amount);
    }
    engine.apply(std::move(builder).take());
    std::map<std::string, double> values;
    for (std::size_t i = 0; i < engine.target_count(); ++i) {
      const TargetView view = engine.target(i);
      for (std::size_t node = 0; node < view.entities.size(); ++node) {
        const double value = view.verdicts[node].value;
        values[view.target->name + "/" + to_string(view.entities[node])] = std::isnan(value) ? -1 : value;
      }
    }
    if (turn == 0) reference = values;
    EXPECT_EQ(values, reference);
    std::shuffle(list.begin(), list.end(), random);
  }
  EXPECT_GT(reference.size(), 20u);
}

TEST(EngineSnapshotTest, NoDamagedSnapshotIsRestoredAsAnotherState) {
  std::mt19937 random(3);
  const Strategy strategy = busy_strategy(random);
  Generator generator(3, strategy);
  Engine engine(strategy);
  for (int i = 0; i < 30; ++i) engine.apply(generator.next(engine));
  const std::string bytes = engine.snapshot();
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 50) {
    EXPECT_FALSE(Engine::restore(strategy, bytes.substr(0, length))) << length;
  }
  EXPECT_FALSE(Engine::restore(strategy, bytes + "x"));
  EXPECT_TRUE(Engine::restore(strategy, bytes));
}

}  // namespace
}  // namespace tightrope::rules
