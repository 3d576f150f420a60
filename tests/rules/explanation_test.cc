// An explanation works every number out anew from the cells: it has to come to what the engine judged.
#include "rules/explanation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

// Equal, or both unknown.
void expect_equal(double told, double judged, const std::string& what) {
  if (std::isnan(judged)) {
    EXPECT_TRUE(std::isnan(told)) << what << " is " << told;
    return;
  }
  EXPECT_NEAR(told, judged, 1e-9 * std::max(1.0, std::abs(judged))) << what;
}

Target over(Target target, std::string_view window) {
  target.over = *parse_window(window);
  return target;
}

// A target of each kind of stake and evidence.
Strategy many_kinds() {
  Target paced = over(at_least("revenue_month", "revenue", 40000, {0}), "month");
  paced.pace = true;
  Target careful = at_most("cpa_careful", "cpa", 20);
  careful.min_volume = {{"conversions", 8}, {"impressions", 100}};
  Target band = at_most("ctr_band", "ctr", 0.5);
  band.kind = BoundKind::between;
  band.bounds = {{.from = kFirstDay, .low = 0.1, .high = 0.5}};
  return strategy({objective("search", {at_most("cpa", "cpa", 20), careful, band, at_least("roas", "roas", 3),
                                        at_least("aov", "aov", 60), at_most("spend", "spend", 500, {0}),
                                        over(at_least("cvr", "cvr", 0.2, {1}), "24h"),
                                        over(at_least("yesterday", "conversions", 6), "yesterday"), paced})});
}

void expect_explained(const Engine& engine, int& missed, int& with_evidence) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const TargetView view = engine.target(i);
    for (std::size_t node = 0; node < view.verdicts.size(); ++node) {
      const auto told = engine.explain(view.target->name, view.entities[node]);
      ASSERT_TRUE(told);
      const Verdict& verdict = told->verdict;
      const std::string what = view.target->name + " " + to_string(view.entities[node]);
      expect_equal(told->input.value, verdict.value, what + " value");
      expect_equal(told->stake.per_hour, verdict.stake_per_hour, what + " stake");
      expect_equal(told->evidence.log10, verdict.evidence_log10, what + " evidence");
      EXPECT_EQ(verdict.reason == Reason::little_volume && !std::isnan(verdict.value),
                verdict.gap_ratio > 0 && !std::isnan(verdict.value) && !told->input.volume_reached)
          << what;
      ASSERT_TRUE(told->bound) << what;
      ASSERT_EQ(told->expected.has_value(), told->target->pace) << what;
      const double low = told->expected ? told->expected->allowed_low : told->bound->low;
      const double high = told->expected ? told->expected->allowed_high : told->bound->high;
      if (!std::isnan(verdict.high)) expect_equal(high, verdict.high, what + " high");
      if (!std::isnan(verdict.low)) expect_equal(low, verdict.low, what + " low");
      for (const ExplainedInput& input : told->inputs) {
        double sum = 0;
        for (const ExplainedCell& cell : input.cells) sum += cell.value.to_double();
        expect_equal(input.cells.empty() ? kUndefined : sum, input.sum, what + " " + input.metric);
      }
      missed += verdict.missed() ? 1 : 0;
      with_evidence += told->evidence.days.empty() ? 0 : 1;
    }
  }
}

TEST(ExplanationTest, ComesToWhatWasJudgedOnGeneratedFigures) {
  int missed = 0;
  int with_evidence = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Engine engine(many_kinds());
    Timestamp now = kNoon;
    for (int batch = 0; batch < 12; ++batch) {
      now += 1min * (random() % 2000);
      const Day today = engine.calendar().day_of(now);
      std::vector<Figure> list;
      for (int row = 0; row < 60; ++row) {
        const Entity about =
            campaign(random() % 2 == 0 ? "search" : "social", std::string(1, "abc"[random() % 3]));
        static constexpr const char* kMetrics[] = {"spend", "conversions", "revenue", "clicks",
                                                   "impressions"};
        const double value = random() % 20 == 0 ? kUndefined : static_cast<double>(random() % 40);
        const int hour = random() % 3 == 0 ? static_cast<int>(random() % 12) : -1;
        list.push_back({about, kMetrics[random() % 5],
                        today - static_cast<int>(random() % (hour < 0 ? 40 : 2)), value, hour});
      }
      engine.apply(figures(now, list));
      expect_explained(engine, missed, with_evidence);
    }
  }
  EXPECT_GT(missed, 100);
  EXPECT_GT(with_evidence, 100);
}

TEST(ExplanationTest, NamesTheBoundThatHoldsAndTheNextOne) {
  Target target = at_most("cpa", "cpa", 20);
  target.bounds = {
      {.from = kFirstDay, .high = 30}, {.from = kToday - 3, .high = 20}, {.from = kToday + 5, .high = 10}};
  Engine engine(strategy({objective("search", {target})}));
  engine.apply(week_of(kNoon, campaign("search", "brand"), 100, 4));
  const auto told = engine.explain("cpa", campaign("search", "brand"));
  ASSERT_TRUE(told && told->bound && told->next_bound);
  EXPECT_EQ(told->bound->from, kToday - 3);
  EXPECT_EQ(told->bound->high, 20);
  EXPECT_EQ(told->next_bound->high, 10);
  EXPECT_FALSE(told->excepted);
  EXPECT_EQ(told->stake.kind, ExplainedStake::Kind::overspent);
  // By hand: 700 spent for 28 at 25 each, 5 too much of each 25.
  EXPECT_DOUBLE_EQ(told->stake.money, 140);
  ASSERT_EQ(told->alerts.size(), 1u);
  EXPECT_EQ(told->alerts[0].fired_at, kNoon);
}

TEST(ExplanationTest, TheFirstExceptionThatMatchesHolds) {
  Target target = at_most("cpa", "cpa", 20);
  target.exceptions = {{.match = {{1, {"brand*"}}}, .bounds = {{.from = kFirstDay, .high = 5}}},
                       {.match = {{0, {"search"}}}, .bounds = {{.from = kFirstDay, .high = 50}}}};
  EXPECT_EQ(bounds_at(target, campaign("search", "brand")).front().high, 5);
  EXPECT_EQ(bounds_at(target, campaign("search", "generic")).front().high, 50);
  EXPECT_EQ(bounds_at(target, campaign("social", "generic")).front().high, 20);
}

}  // namespace
}  // namespace tightrope::rules
