// Which figures were learnt when, from which source, and what they were before.
#include "daemon/figure_history.h"

#include <gtest/gtest.h>

#include "tests/rules/strategies.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using namespace rules::testing;
using rules::Amount;
using rules::Bucket;

const rules::Entity kBrand = campaign("search", "brand");

FigureQuestion question() {
  return {.match = {{0, {"search"}}},
          .under = kBrand,
          .depth = 2,
          .metrics = {"spend", "conversions"},
          .days = {kToday - 1, kToday}};
}

TEST(FigureHistoryTest, KeepsEveryValueWithItsTimeAndSource) {
  FigureHistory history(question());
  rules::ObservationBatch later = figures(kNoon + 2h, {{kBrand, "conversions", kToday, 5}});
  later.source = "corrections";
  history.take(figures(kNoon, {{kBrand, "conversions", kToday, 3}}));
  history.take(later);
  const FigureLife* life = history.find(kBrand, "conversions", {.day = kToday});
  ASSERT_TRUE(life);
  ASSERT_EQ(life->known.size(), 2u);
  EXPECT_EQ(life->known[0].value, Amount::from_units(3));
  EXPECT_EQ(life->known[0].learnt, kNoon);
  EXPECT_EQ(life->known[1].value, Amount::from_units(5));
  EXPECT_EQ(life->known[1].learnt, kNoon + 2h);
  EXPECT_EQ(history.source_name(life->known[1].source), "corrections");
  EXPECT_NE(life->known[0].source, life->known[1].source);
}

TEST(FigureHistoryTest, KeepsNothingThatWasNotAskedFor) {
  FigureHistory history(question());
  history.take(figures(kNoon, {{campaign("search", "generic"), "spend", kToday, 1},
                               {campaign("social", "brand"), "spend", kToday, 1},
                               {kBrand, "clicks", kToday, 1},
                               {kBrand, "spend", kToday - 2, 1},
                               {kBrand, "spend", kToday + 1, 1}}));
  EXPECT_EQ(history.size(), 0u);
  EXPECT_FALSE(history.find(kBrand, "clicks", {.day = kToday}));
  EXPECT_FALSE(history.find(campaign("search", "generic"), "spend", {.day = kToday}));
}

TEST(FigureHistoryTest, AFigureSaidAgainIsNoNewOne) {
  FigureHistory history(question());
  history.take(figures(kNoon, {{kBrand, "spend", kToday, 3}}));
  history.take(figures(kNoon + 1h, {{kBrand, "spend", kToday, 3}}));
  EXPECT_EQ(history.find(kBrand, "spend", {.day = kToday})->known.size(), 1u);
}

TEST(FigureHistoryTest, AFigureTakenBackIsMissingAndNotZero) {
  FigureHistory history(question());
  history.take(figures(kNoon, {{kBrand, "spend", kToday, 3}}));
  history.take(figures(kNoon + 1h, {{kBrand, "spend", kToday, rules::kUndefined}}));
  EXPECT_TRUE(history.find(kBrand, "spend", {.day = kToday})->known.back().value.is_missing());
}

TEST(FigureHistoryTest, ADaysHoursAreFoundInOrder) {
  FigureHistory history(question());
  history.take(figures(kNoon, {{kBrand, "spend", kToday, 3, 9},
                               {kBrand, "spend", kToday, 2, 8},
                               {kBrand, "spend", kToday - 1, 7, 23},
                               {kBrand, "spend", kToday, 50}}));
  const auto hours = history.hours_of(kBrand, "spend", kToday);
  ASSERT_EQ(hours.size(), 2u);
  EXPECT_EQ(hours[0].first, (Bucket{kToday, 8}));
  EXPECT_EQ(hours[1].first, (Bucket{kToday, 9}));
  EXPECT_EQ(hours[1].second->known.back().value, Amount::from_units(3));
}

TEST(FigureHistoryTest, OfAFigureThatChangesEveryMinuteTheNewestAreKeptAndTheRestCounted) {
  FigureHistory history(question());
  for (int i = 0; i < 100; ++i) history.take(figures(kNoon + i * 1min, {{kBrand, "spend", kToday, i + 1.0}}));
  const FigureLife* life = history.find(kBrand, "spend", {.day = kToday});
  EXPECT_EQ(life->known.size(), FigureHistory::kMostKept);
  EXPECT_EQ(life->left_out, 100 - FigureHistory::kMostKept);
  EXPECT_EQ(life->known.back().value, Amount::from_units(100));
}

}  // namespace
}  // namespace tightrope::daemon
