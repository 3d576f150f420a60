// Sums do not depend on how figures came: in any order, a million times, or only where they changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>

#include "tests/rules/engine_comparison.h"
#include "tests/rules/generated_events.h"
#include "tests/rules/generated_strategies.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

using Cell = std::tuple<Entity, std::string, Bucket>;

std::vector<ObservationBatch> batches_of(EventGenerator& generator, const Strategy& strategy,
                                         std::size_t count) {
  Engine scratch(strategy);
  std::vector<ObservationBatch> batches;
  while (batches.size() < count) {
    const Step step = generator.next(scratch);
    const auto* event = std::get_if<Event>(&step);
    if (event == nullptr) continue;
    if (const auto* batch = std::get_if<ObservationBatch>(event)) batches.push_back(*batch);
    scratch.apply(*event);
  }
  return batches;
}

ObservationBatch batch_of(const std::vector<std::pair<Cell, Amount>>& list, Timestamp learnt) {
  BatchBuilder builder("test", learnt);
  for (const auto& [cell, amount] : list) {
    const auto& [entity, metric, bucket] = cell;
    builder.add(builder.entity(entity), builder.metric(metric), bucket, amount);
  }
  return std::move(builder).take();
}

std::map<std::string, double> values_of(const Engine& engine) {
  std::map<std::string, double> values;
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const TargetView view = engine.target(i);
    for (std::size_t node = 0; node < view.entities.size(); ++node) {
      const double value = view.verdicts[node].value;
      if (!std::isnan(value)) values[view.target->name + "/" + to_string(view.entities[node])] = value;
    }
  }
  return values;
}

class EngineOrderTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(EngineOrderTest, AnyOrderOfObservationsGivesTheSameValues) {
  std::mt19937 random(GetParam());
  EventGenerator generator(random);
  const Strategy strategy = generated_strategy(random, generator.around());
  // Each figure once, with its last value; then in any order, all learnt at the end.
  std::map<Cell, Amount> last;
  Timestamp end{};
  for (const auto& batch : batches_of(generator, strategy, 25)) {
    end = std::max(end, batch.learnt);
    for (const auto& row : batch.rows)
      last[{batch.entities[row.entity], batch.metrics[row.metric], row.bucket}] = row.value;
  }
  std::vector<std::pair<Cell, Amount>> list(last.begin(), last.end());
  std::map<std::string, double> reference;
  for (int turn = 0; turn < 4; ++turn) {
    // In two batches: foreign figures and others apart, see OneBatchMayBringTheFirstForeignFigureAndOthers.
    Engine engine(strategy);
    const auto middle = std::stable_partition(list.begin(), list.end(), [](const auto& figure) {
      return std::get<1>(figure.first).find('@') == std::string::npos;
    });
    engine.apply(batch_of({list.begin(), middle}, end));
    for (auto foreign = middle; foreign != list.end(); ++foreign) engine.apply(batch_of({*foreign}, end));
    if (turn == 0) reference = values_of(engine);
    ASSERT_EQ(values_of(engine), reference);
    std::shuffle(list.begin(), list.end(), random);
  }
  EXPECT_FALSE(reference.empty());
}

TEST_P(EngineOrderTest, OnlyWhatChangedHasToBeFed) {
  std::mt19937 random(GetParam());
  EventGenerator generator(random);
  const Strategy strategy = generated_strategy(random, generator.around());
  Engine whole(strategy);
  Engine sparse(strategy);
  for (const ObservationBatch& batch : batches_of(generator, strategy, 25)) {
    const ObservationBatch changed = sparse.changed(batch);
    ASSERT_LE(changed.rows.size(), batch.rows.size());
    whole.apply(batch);
    sparse.apply(changed);
    ASSERT_TRUE(sparse.changed(changed).rows.size() <= changed.rows.size());
    ASSERT_EQ(values_of(sparse), values_of(whole));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineOrderTest, ::testing::Range(1u, 6u));

TEST(EngineRestatementTest, AMillionRestatementsLeaveNoDrift) {
  const auto summed = [](const char* name, const char* kpi, const char* window, Level per) {
    Target target = at_most(name, kpi, 1000, per);
    target.over = *parse_window(window);
    return target;
  };
  const Strategy strategy = testing::strategy(
      {objective("o", {summed("spend", "spend", "28d", {0}), summed("cpa", "cpa", "7d", {1}),
                       summed("hours", "spend", "24h", {2}), summed("month", "revenue", "month", {2})})});
  Engine engine(strategy);
  std::mt19937 random(11);
  std::uint64_t restated = 0;
  Timestamp now = kNoon;
  const char* const metrics[] = {"spend", "conversions", "revenue"};
  for (int turn = 0; turn < 230; ++turn) {
    now += 20min;
    const Day today = engine.calendar().day_of(now);
    BatchBuilder builder("test", now);
    std::vector<std::uint32_t> entities;
    for (int i = 0; i < 20; ++i)
      entities.push_back(builder.entity(campaign(i % 2 == 0 ? "search" : "social", "c" + std::to_string(i))));
    std::vector<std::uint32_t> named;
    for (const char* metric : metrics) named.push_back(builder.metric(metric));
    for (int row = 0; row < 4500; ++row) {
      const std::uint32_t about = below(random, 20);
      const bool hourly = about % 4 == 0;
      Bucket bucket{today - static_cast<int>(below(random, 30))};
      if (hourly) bucket = engine.calendar().hour_of(now - 1h * below(random, 30));
      // Amounts that no sum of doubles would give back.
      const auto micros = static_cast<std::int64_t>(random()) * (row % 50 == 0 ? 20'000 : 1) + 1;
      builder.add(entities[about], named[below(random, 3)], bucket, Amount::from_micros(micros));
    }
    restated += engine.apply(std::move(builder).take()).cells_changed;
  }
  ASSERT_GT(restated, 1'000'000u);
  const auto afresh = Engine::restore(strategy, engine.snapshot());
  ASSERT_TRUE(afresh);
  EXPECT_TRUE(same_verdicts(engine, *afresh));
  EXPECT_GT(values_of(engine).size(), 25u);
  const std::string before = engine.snapshot();
  EXPECT_EQ(engine.recheck(), 1u + 2u + 20u + 20u);
  EXPECT_TRUE(engine.snapshot() == before);
  EXPECT_TRUE(same_verdicts(engine, *afresh));
}

TEST(EngineSnapshotTest, NoDamagedSnapshotIsRestoredAsAnotherState) {
  std::mt19937 random(3);
  EventGenerator generator(random);
  const Strategy strategy = generated_strategy(random, generator.around());
  Engine engine(strategy);
  for (const ObservationBatch& batch : batches_of(generator, strategy, 12)) engine.apply(batch);
  const std::string bytes = engine.snapshot();
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 50) {
    EXPECT_FALSE(Engine::restore(strategy, bytes.substr(0, length))) << length;
  }
  EXPECT_FALSE(Engine::restore(strategy, bytes + "x"));
  EXPECT_TRUE(Engine::restore(strategy, bytes));
}

}  // namespace
}  // namespace tightrope::rules
