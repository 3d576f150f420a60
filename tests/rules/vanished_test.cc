// What a source gave and gives no more.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rules/coverage.h"
#include "rules/engine.h"
#include "rules/figure_sources.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

const Entity kBrand = campaign("search", "brand");
const Entity kGeneric = campaign("search", "generic");

Coverage covered(Day first, Day last) {
  const Calendar utc = *Calendar::open("UTC", std::chrono::Monday);
  return coverage(utc, utc, {first, last});
}
const Coverage kThreeDays = covered(kToday - 2, kToday);

class VanishedTest : public ::testing::Test {
 protected:
  VanishedTest() : engine_(strategy({objective("growth", {at_most("cpa", "cpa", 40)})})) {
    engine_.apply(Tick{kNoon});
  }

  // What a source answers or sends, as the daemon takes it. Gives the rows that were journalled.
  ObservationBatch gives(const std::string& source, const std::vector<Figure>& list,
                         const std::optional<Coverage>& coverage = kThreeDays) {
    ObservationBatch batch = figures(kNoon, list);
    batch.source = source;
    batch = engine_.changed(batch, coverage);
    journal_.push_back(batch);
    engine_.apply(batch);
    return batch;
  }
  // NaN: missing. A figure is known when saying it again would change nothing.
  bool knows(const Figure& figure) const { return engine_.changed(figures(kNoon, {figure})).rows.empty(); }
  double day_of(const Entity& entity, const std::string& metric, Day day) const {
    return engine_.series(metric, entity, "", "", {day, day}).at(0).value;
  }
  bool is_missing(const Entity& entity, const std::string& metric, Day day, int hour = -1) const {
    return knows({entity, metric, day, NAN, hour});
  }
  void restart() {
    auto restored = Engine::restore(engine_.strategy(), engine_.snapshot());
    ASSERT_TRUE(restored);
    engine_ = *std::move(restored);
  }

  Engine engine_;
  std::vector<ObservationBatch> journal_;
};

TEST_F(VanishedTest, ARowThatVanishesFromARestatedReportIsTakenBackAndIsNotZero) {
  gives("ads", {{kBrand, "spend", kToday - 1, 2837.2}, {kGeneric, "spend", kToday - 1, 5}});
  gives("ads", {{kGeneric, "spend", kToday - 1, 5}});
  EXPECT_TRUE(is_missing(kBrand, "spend", kToday - 1));
  EXPECT_TRUE(knows({kGeneric, "spend", kToday - 1, 5}));
}

TEST_F(VanishedTest, ItIsTakenBackOnceAndComesBackWhenItIsGivenAgain) {
  const std::vector<Figure> both{{kBrand, "spend", kToday, 10}, {kGeneric, "spend", kToday, 5}};
  gives("ads", both);
  EXPECT_EQ(gives("ads", {both[1]}).rows.size(), 1u);
  EXPECT_TRUE(gives("ads", {both[1]}).rows.empty());
  EXPECT_EQ(gives("ads", both).rows.size(), 1u);
  EXPECT_TRUE(knows(both[0]));
}

TEST_F(VanishedTest, OnlyTheDaysThatTheAnswerCoversAreReplaced) {
  gives("ads", {{kBrand, "spend", kToday - 3, 10}, {kBrand, "spend", kToday - 2, 10}},
        covered(kToday - 9, kToday));
  gives("ads", {{kGeneric, "spend", kToday, 5}});
  EXPECT_TRUE(knows({kBrand, "spend", kToday - 3, 10})) << "before the lookback";
  EXPECT_TRUE(is_missing(kBrand, "spend", kToday - 2));
}

TEST_F(VanishedTest, FiguresOfAnotherSourceAreNotTakenBack) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kGeneric, "conversions", kToday, 1}});
  gives("shop", {{kBrand, "conversions", kToday, 3}});
  gives("ads", {{kGeneric, "conversions", kToday, 1}, {kGeneric, "spend", kToday, 2}});
  EXPECT_TRUE(is_missing(kBrand, "spend", kToday));
  EXPECT_TRUE(knows({kBrand, "conversions", kToday, 3}));
}

TEST_F(VanishedTest, WhoeverGaveAFigureLastHasIt) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kGeneric, "spend", kToday, 5}});
  gives("shop", {{kBrand, "spend", kToday, 20}}, std::nullopt);
  gives("ads", {{kGeneric, "spend", kToday, 5}});
  EXPECT_TRUE(knows({kBrand, "spend", kToday, 20}));
}

TEST_F(VanishedTest, AnAnswerThatIsNotCompleteTakesNothingBack) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kGeneric, "spend", kToday, 5}});
  EXPECT_TRUE(gives("ads", {{kGeneric, "spend", kToday, 5}}, std::nullopt).rows.empty());
  EXPECT_TRUE(knows({kBrand, "spend", kToday, 10}));
}

TEST_F(VanishedTest, AnAnswerWithoutAnyRowTakesNothingBack) {
  gives("ads", {{kBrand, "spend", kToday, 10}});
  EXPECT_TRUE(gives("ads", {}).rows.empty());
  EXPECT_TRUE(knows({kBrand, "spend", kToday, 10}));
}

TEST_F(VanishedTest, AMetricThatTheAnswerHasNowhereIsNotTakenBack) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kBrand, "revenue", kToday, 30}});
  gives("ads", {{kBrand, "spend", kToday, 20}});
  EXPECT_TRUE(knows({kBrand, "revenue", kToday, 30})) << "its mapping has changed, not its figures";
}

TEST_F(VanishedTest, WhoGaveWhatSurvivesARestart) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kGeneric, "spend", kToday, 5}});
  gives("shop", {{campaign("search", "third"), "spend", kToday, 30}}, std::nullopt);
  restart();
  gives("ads", {{kGeneric, "spend", kToday, 5}});
  EXPECT_TRUE(is_missing(kBrand, "spend", kToday));
  EXPECT_TRUE(knows({campaign("search", "third"), "spend", kToday, 30}));
}

TEST_F(VanishedTest, AReplayOfTheJournalKnowsItTooToTheLastByte) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kGeneric, "spend", kToday, 5}});
  gives("shop", {{kBrand, "conversions", kToday, 3}}, std::nullopt);
  gives("ads", {{kGeneric, "spend", kToday, 20}});
  Engine replayed(engine_.strategy());
  replayed.apply(Tick{kNoon});
  for (const ObservationBatch& batch : journal_) replayed.apply(batch);
  EXPECT_TRUE(replayed.snapshot() == engine_.snapshot());
}

TEST_F(VanishedTest, ItIsForgottenWithItsDay) {
  gives("ads", {{kBrand, "spend", kToday, 10}});
  engine_.apply(Tick{kNoon + std::chrono::days(Cube::kDays + 1)});
  EXPECT_TRUE(gives("ads", {{kGeneric, "spend", kToday + Cube::kDays, 5}}, covered(kToday, kToday + 101))
                  .rows.size() == 1);
}

TEST_F(VanishedTest, AnAlertStaysWhereItsFiguresVanish) {
  ObservationBatch week = week_of(kNoon, kBrand, 100, 2);
  week.source = "ads";
  EXPECT_EQ(told(engine_.apply(week)), "fired cpa search/brand\n");
  ObservationBatch other = week_of(kNoon, kGeneric, 100, 5);
  other.source = "ads";
  EXPECT_EQ(told(engine_.apply(engine_.changed(other, covered(kToday - 6, kToday)))), "");
  EXPECT_EQ(verdict_of(engine_, "cpa", kBrand).reason, Reason::no_figures);
  EXPECT_EQ(engine_.alerts().front().phase, AlertPhase::firing);
}

TEST_F(VanishedTest, HoursVanishToo) {
  gives("ads", {{kBrand, "spend", kToday, 10, 8}, {kBrand, "spend", kToday, 5, 9}});
  gives("ads", {{kBrand, "spend", kToday, 5, 9}});
  EXPECT_TRUE(is_missing(kBrand, "spend", kToday, 8));
  EXPECT_EQ(day_of(kBrand, "spend", kToday), 5) << "the day is the sum of its hours";
}

TEST_F(VanishedTest, DaysInPlaceOfHoursAreKeptThoughTheyAreTheirSum) {
  gives("ads", {{kBrand, "spend", kToday, 10, 8}, {kBrand, "spend", kToday, 20, 9}});
  gives("ads", {{kBrand, "spend", kToday, 30}});
  EXPECT_TRUE(is_missing(kBrand, "spend", kToday, 8));
  EXPECT_TRUE(knows({kBrand, "spend", kToday, 30}));
  EXPECT_TRUE(gives("ads", {{kBrand, "spend", kToday, 30}}).rows.empty());
}

TEST_F(VanishedTest, HoursInPlaceOfADayMakeTheDay) {
  gives("ads", {{kBrand, "spend", kToday, 10}});
  gives("ads", {{kBrand, "spend", kToday, 5, 9}});
  EXPECT_EQ(day_of(kBrand, "spend", kToday), 5);
}

TEST_F(VanishedTest, AFigureThatComesInAnotherCurrencyIsNotCountedTwice) {
  gives("ads", {{kBrand, "spend", kToday, 10}, {kGeneric, "spend", kToday, 5}});
  gives("ads", {{kBrand, "spend@USD", kToday, 20}, {kGeneric, "spend@USD", kToday, 5}});
  EXPECT_TRUE(is_missing(kBrand, "spend@EUR", kToday));
  EXPECT_TRUE(knows({kBrand, "spend@USD", kToday, 20}));
  gives("ads", {{kGeneric, "spend@USD", kToday, 5}});
  EXPECT_TRUE(is_missing(kBrand, "spend@USD", kToday));
}

TEST(CoverageTest, DaysStayAndHoursAreThoseOfTheClient) {
  const Calendar utc = *Calendar::open("UTC", std::chrono::Monday);
  const Calendar vienna = *Calendar::open("Europe/Vienna", std::chrono::Monday);
  const Coverage answer = coverage(utc, vienna, {kToday - 1, kToday});
  EXPECT_TRUE(answer.contains({kToday - 1}));
  EXPECT_FALSE(answer.contains({kToday + 1}));
  EXPECT_FALSE(answer.contains({kToday - 1, 0})) << "it is the 18th still in UTC";
  EXPECT_TRUE(answer.contains({kToday - 1, 1}));
  EXPECT_TRUE(answer.contains({kToday + 1, 0}));
  EXPECT_FALSE(answer.contains({kToday + 1, 1}));
}

TEST(CoverageTest, AnHourThatTheDayBeforeHasAPartOfIsNotCovered) {
  const Calendar kolkata = *Calendar::open("Asia/Kolkata", std::chrono::Monday);
  const Calendar utc = *Calendar::open("UTC", std::chrono::Monday);
  const Coverage answer = coverage(kolkata, utc, {kToday, kToday});
  EXPECT_TRUE(answer.contains({kToday - 1, 18}));  // 00:00 in India is 18:30 in UTC
  EXPECT_FALSE(answer.contains({kToday - 1, 17}));
  EXPECT_TRUE(answer.contains({kToday, 17}));
  EXPECT_FALSE(answer.contains({kToday, 18}));
}

TEST(FigureSourcesTest, WhatIsSavedIsLoaded) {
  FigureSources sources;
  sources.advance(kToday + 1);
  const auto ads = sources.intern("ads");
  const auto shop = sources.intern("shop");
  for (EntityIndex entity = 0; entity < 9; ++entity) sources.give(ads, 0, entity, {kToday});
  sources.give(shop, 0, 4, {kToday});
  sources.give(shop, 2, 1, {kToday, 7});
  ByteWriter out;
  sources.save(out);
  FigureSources loaded;
  ByteReader in(out.bytes());
  ASSERT_TRUE(loaded.load(in, kToday + 1));
  EXPECT_TRUE(in.finished());
  EXPECT_EQ(loaded.find("shop"), shop);
  EXPECT_TRUE(loaded.gave(ads, 0, 3, {kToday}));
  EXPECT_TRUE(loaded.gave(shop, 0, 4, {kToday}));
  EXPECT_FALSE(loaded.gave(ads, 0, 4, {kToday}));
  EXPECT_TRUE(loaded.gave(ads, 0, 8, {kToday}));
  EXPECT_TRUE(loaded.gave(shop, 2, 1, {kToday, 7}));
  EXPECT_FALSE(loaded.gave_any(shop, 2, {kToday, 8}));
  loaded.advance(kToday + 1 + Cube::kDays);
  EXPECT_FALSE(loaded.gave_any(ads, 0, {kToday}));
}

TEST(FigureSourcesTest, WhoeverIsOneTooManyIsNotTakenForAnother) {
  FigureSources sources;
  for (std::size_t i = 0; i < FigureSources::kMost; ++i)
    EXPECT_EQ(sources.intern(std::to_string(i)), static_cast<FigureSources::Source>(i + 1));
  EXPECT_EQ(sources.intern("one more"), FigureSources::kUnknown);
  EXPECT_EQ(sources.find("one more"), FigureSources::kUnknown);
}

TEST(FigureSourcesTest, BytesThatAreNoSourcesAreRefused) {
  FigureSources sources;
  sources.give(sources.intern("ads"), 0, 0, {kToday});
  ByteWriter out;
  sources.save(out);
  for (std::size_t length = 0; length < out.bytes().size(); ++length) {
    ByteReader in(std::string_view(out.bytes()).substr(0, length));
    FigureSources loaded;
    EXPECT_FALSE(loaded.load(in, kToday)) << length;
  }
}

}  // namespace
}  // namespace tightrope::rules
