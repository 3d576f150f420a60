// Targets with a confidence: what is told of a miss, when, and when no more.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

const Entity kBrand = campaign("search", "brand");
const Entity kOther = campaign("search", "other");

// Days that close one after the other: figures come during the day, once, and are final.
class Days {
 public:
  explicit Days(const Strategy& with) : engine(with) {}

  // What was told until the end of the day.
  std::string add(const std::vector<Figure>& list) {
    std::vector<Figure> of_today = list;
    for (Figure& figure : of_today) figure.day = day;
    std::string story = told(engine.apply(figures(noon(), of_today)));
    story += told(engine.apply(Tick{noon() + 11h}));
    day = day + 1;
    story += told(engine.apply(Tick{noon() - 11h}));
    return story;
  }
  // A day of a campaign; of another one too, that is on target with many conversions, so that it is soon
  // known that nothing comes late.
  std::string add(double spend, double conversions) {
    return add({{kBrand, "spend", day, spend},
                {kBrand, "conversions", day, conversions},
                {kOther, "spend", day, 4000},
                {kOther, "conversions", day, static_cast<double>(90 + (day.number * 37) % 21)}});
  }
  Verdict brand(std::string_view target = "cpa") const { return verdict_of(engine, target, kBrand); }
  Timestamp noon() const { return Timestamp(std::chrono::days(day.number)) + 12h; }

  Engine engine;
  Day day = kToday;
};

Target sure(Target target, double confidence) {
  target.confidence = confidence;
  return target;
}

Strategy cpa_of_40(double confidence) {
  return strategy({objective("o", {sure(at_most("cpa", "cpa", 40), confidence)})});
}

TEST(EngineEvidenceTest, AFewUnluckyConversionsAreNoMiss) {
  Days days(cpa_of_40(0.999));
  for (int i = 0; i < 40; ++i) days.add(400, 10);
  EXPECT_EQ(days.add(400, 2), "");
  const Verdict verdict = days.brand();
  EXPECT_GT(verdict.gap_ratio, 0);
  EXPECT_EQ(verdict.state, VerdictState::on_target);
  EXPECT_EQ(verdict.reason, Reason::within_chance);
  EXPECT_EQ(verdict.stake_per_hour, 0);
  EXPECT_LT(verdict.sure, 0.5);
  EXPECT_LT(verdict.value_low, 40);
  EXPECT_GT(verdict.value_high, verdict.value);
}

TEST(EngineEvidenceTest, ARealMissIsWatchedAndThenTold) {
  Days days(cpa_of_40(0.999));
  for (int i = 0; i < 40; ++i) days.add(400, 10);
  const Day began = days.day;
  std::vector<Reason> reasons;
  std::string story;
  for (int i = 0; i < 30 && story.empty(); ++i) {
    story = days.add(400, i % 2 == 0 ? 4 : 5);
    reasons.push_back(days.brand().reason);
  }
  EXPECT_EQ(story, "fired cpa search/brand\n");
  EXPECT_EQ(reasons.front(), Reason::within_chance);
  EXPECT_NE(std::find(reasons.begin(), reasons.end(), Reason::likely_missed), reasons.end());
  EXPECT_EQ(reasons.back(), Reason::misses_target);
  const Verdict verdict = days.brand();
  ASSERT_TRUE(verdict.since);
  EXPECT_LE(std::abs(*verdict.since - began), 1);
  EXPECT_GT(verdict.sure, 0.9);
  EXPECT_GT(verdict.evidence_log10, 2.9);
  EXPECT_GT(verdict.value_low, 40);
}

TEST(EngineEvidenceTest, AMissStaysToldUntilItIsSureThatItIsOver) {
  Days days(cpa_of_40(0.999));
  for (int i = 0; i < 40; ++i) days.add(400, 10);
  std::string story;
  while (story.empty()) story = days.add(400, 4);
  for (int i = 0; i < 10; ++i) days.add(400, 4);
  story.clear();
  int recovering = 0;
  for (int i = 0; i < 40 && story.empty(); ++i) {
    story = days.add(400, 12);
    if (days.brand().reason == Reason::recovering) ++recovering;
  }
  EXPECT_EQ(story, "resolved cpa search/brand\n");
  EXPECT_GT(recovering, 0);
  // And then all begins anew: what was enough before is not enough now.
  EXPECT_EQ(days.add(400, 2), "");
  EXPECT_NE(days.brand().state, VerdictState::off_target);
}

TEST(EngineEvidenceTest, WhatIsSureButSmallIsWatched) {
  Target target = sure(at_most("cpa", "cpa", 40), 0.99);
  target.min_miss = 0.5;
  Days days(strategy({objective("o", {target})}));
  for (int i = 0; i < 80; ++i) ASSERT_EQ(days.add(4000, 70), "");
  EXPECT_EQ(days.brand().state, VerdictState::watch);
  EXPECT_EQ(days.brand().reason, Reason::small_miss);
}

TEST(EngineEvidenceTest, WhatCostsLittleIsWatched) {
  Target target = sure(at_most("cpa", "cpa", 40), 0.99);
  target.min_stake = 1e6;
  Days days(strategy({objective("o", {target})}));
  for (int i = 0; i < 60; ++i) ASSERT_EQ(days.add(4000, 60), "");
  EXPECT_EQ(days.brand().reason, Reason::small_miss);
}

TEST(EngineEvidenceTest, AnotherBoundIsAnotherQuestion) {
  Target target = sure(at_most("cpa", "cpa", 40), 0.999);
  target.bounds.push_back({.from = kToday + 45, .high = 100});
  target.bounds.push_back({.from = kToday + 50, .high = 40});
  Days days(strategy({objective("o", {target})}));
  for (int i = 0; i < 40; ++i) days.add(400, 10);
  std::string story;
  for (int i = 40; i < 50; ++i) story += days.add(400, 5);
  EXPECT_EQ(story, "") << "five days of evidence and five under another bound";
  EXPECT_EQ(days.brand().reason, Reason::within_chance);
  while (story.empty() && days.day < kToday + 80) story = days.add(400, 5);
  EXPECT_EQ(story, "fired cpa search/brand\n");
  EXPECT_GE(*days.brand().since, kToday + 50);
}

// 40 % of the conversions of a day are there at its end, and 20 % more on each of the three days after it.
class LateDays : public Days {
 public:
  using Days::Days;
  std::string add_late(double spend, double conversions) {
    std::vector<Figure> list{{kBrand, "spend", day, spend}, {kBrand, "conversions", day, 0.4 * conversions}};
    history.push_back(conversions);
    for (std::size_t back = 1; back <= 3 && back < history.size(); ++back) {
      const double share = 0.4 + 0.2 * static_cast<double>(back);
      list.push_back(
          {kBrand, "conversions", day - static_cast<int>(back), share * history[history.size() - 1 - back]});
    }
    std::string story = told(engine.apply(figures(noon(), list)));
    day = day + 1;
    return story + told(engine.apply(Tick{noon() - 11h}));
  }
  std::vector<double> history;
};

TEST(EngineEvidenceTest, WhatComesLateIsNotMissed) {
  LateDays days(cpa_of_40(0.999));
  std::string story;
  for (int i = 0; i < 80; ++i) story += days.add_late(400, 10.5);
  EXPECT_EQ(story, "");
  const Verdict verdict = days.brand();
  EXPECT_GT(verdict.value, 40) << "as seen, the last days miss it";
  EXPECT_EQ(verdict.state, VerdictState::on_target);
  EXPECT_NEAR(verdict.maturity, (0.4 + 0.6 + 0.8 + 1 + 1 + 1) / 6, 0.03);
  EXPECT_NEAR(verdict.complete_value, 400 / 10.5, 1);
}

TEST(EngineEvidenceTest, AMissIsSeenThroughTheLag) {
  LateDays days(cpa_of_40(0.999));
  for (int i = 0; i < 60; ++i) days.add_late(400, 10.5);
  std::string story;
  for (int i = 0; i < 30; ++i) story += days.add_late(400, 5);
  EXPECT_TRUE(story.starts_with("fired cpa search/brand\n")) << story;
  EXPECT_EQ(story.find("resolved"), std::string::npos);
}

TEST(EngineEvidenceTest, ADayThatIsRestatedCountsAsItIsNow) {
  Days restated(cpa_of_40(0.999));
  Days plain(cpa_of_40(0.999));
  for (int i = 0; i < 40; ++i) {
    restated.add(400, 10);
    plain.add(400, 10);
  }
  for (int i = 0; i < 5; ++i) {
    restated.add(400, i == 2 ? 2 : 6);
    plain.add(400, 6);
  }
  EXPECT_NE(restated.brand().evidence_log10, plain.brand().evidence_log10);
  restated.engine.apply(figures(restated.noon() - 10h, {{kBrand, "conversions", restated.day - 3, 6}}));
  EXPECT_EQ(restated.brand().evidence_log10, plain.brand().evidence_log10);
}

TEST(EngineEvidenceTest, MoneyIsCountedInOrders) {
  // 10 orders of 100 for 400: a return of 2.5. Then of 6 orders.
  const Strategy with = strategy({objective("o", {sure(at_least("roas", "roas", 2.5), 0.999)})});
  Days days(with);
  const auto add = [&](double orders) {
    return days.add({{kBrand, "spend", days.day, 400},
                     {kBrand, "revenue", days.day, 100 * orders},
                     {kBrand, "conversions", days.day, orders}});
  };
  for (int i = 0; i < 40; ++i) ASSERT_EQ(add(10), "");
  EXPECT_EQ(add(3), "") << "one day is no miss";
  std::string story;
  int needed = 0;
  while (story.empty() && needed < 60) {
    story = add(4);
    ++needed;
  }
  EXPECT_EQ(story, "fired roas search/brand\n");
  EXPECT_GT(needed, 5);
}

TEST(EngineEvidenceTest, APaceBehindIsMissedOnceItCannotBeReached) {
  Target careful = sure(at_least("careful", "conversions", 330), 0.95);
  careful.over = *parse_window("month");
  careful.pace = true;
  Target bare = careful;
  bare.name = "bare";
  bare.confidence.reset();
  Days days(strategy({objective("o", {careful, bare})}));
  days.day = day_from_ymd(std::chrono::year(2026) / 10 / 1);
  // Days vary between 4 and 16, around 10: 300 a month.
  int bare_first = 0;
  int careful_first = 0;
  for (int i = 0; i < 61; ++i) {
    const std::string story = days.add({{kBrand, "conversions", days.day, i % 2 == 0 ? 4.0 : 16.0}});
    if (i < 31) continue;
    if (bare_first == 0 && story.find("fired bare") != std::string::npos) bare_first = i - 30;
    if (careful_first == 0 && story.find("fired careful") != std::string::npos) careful_first = i - 30;
  }
  ASSERT_GT(bare_first, 0);
  ASSERT_GT(careful_first, 0);
  EXPECT_LT(bare_first, careful_first) << "the bare one cries on the first weak day";
  EXPECT_LT(careful_first, 29);
}

TEST(EngineEvidenceTest, WithoutAConfidenceEveryMissIsTold) {
  Days days(strategy({objective("o", {at_most("cpa", "cpa", 40)})}));
  for (int i = 0; i < 10; ++i) days.add(400, 10);
  EXPECT_EQ(days.add(400, 7), "fired cpa search/brand\n");
}

TEST(EngineEvidenceTest, ARangeAndShareHaveNoEvidence) {
  Target between = at_most("between", "cpa", 40);
  between.kind = BoundKind::between;
  between.bounds = {{.low = 10, .high = 40}};
  Days days(strategy({objective("o", {sure(between, 0.999)})}));
  for (int i = 0; i < 10; ++i) days.add(400, 10);
  EXPECT_EQ(days.add(400, 7), "fired between search/brand\n");
}

}  // namespace
}  // namespace tightrope::rules
