// What `look_at:` finds in days and hours that are over, and what it leaves alone.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;

const Entity kBrand = campaign("search", "brand");

Strategy looking_at(std::vector<Watched> look_at) {
  Objective watched = objective("o", {});
  watched.look_at = std::move(look_at);
  return strategy({std::move(watched)});
}

const Watched kCpm{"cpm", {2}};

// Days that close one after the other: their figures come during the day.
class Days {
 public:
  explicit Days(const Strategy& with) : engine(with) {}

  // Money for each 1000 impressions on one day; NaN: nothing is reported. What was found by the next noon.
  void add(double cpm) {
    std::vector<Figure> list;
    if (!std::isnan(cpm)) list = {{kBrand, "spend", day, cpm * 20}, {kBrand, "impressions", day, 20'000}};
    note(engine.apply(figures(noon(), list)));
    day = day + 1;
    note(engine.apply(Tick{noon() - 1h}));
  }
  void note(const Effects& effects) {
    found.insert(found.end(), effects.anomalies.begin(), effects.anomalies.end());
  }
  Timestamp noon() const { return Timestamp(std::chrono::days(day.number)) + 12h; }

  Engine engine;
  Day day = kToday;
  std::vector<Anomaly> found;
};

// As every week.
double usual_cpm(int i) {
  return 6 + 0.5 * (i % 7);
}

TEST(EngineWatchTest, ADayThatIsUnlikeAllOthersIsFoundOnce) {
  Days days(looking_at({kCpm}));
  for (int i = 0; i < 91; ++i) days.add(usual_cpm(i));
  EXPECT_TRUE(days.found.empty());
  const Day strange = days.day;
  days.add(30);
  ASSERT_EQ(days.found.size(), 1u);
  const Anomaly& anomaly = days.found.front();
  EXPECT_EQ(anomaly.objective, "o");
  EXPECT_EQ(anomaly.kpi, "cpm");
  EXPECT_EQ(anomaly.unit, Unit::money);
  EXPECT_EQ(anomaly.currency, "EUR");
  EXPECT_EQ(anomaly.entity, kBrand);
  EXPECT_EQ(anomaly.bucket, Bucket{strange});
  EXPECT_EQ(anomaly.found_at, Timestamp(std::chrono::days((strange + 1).number)) + 6h);
  EXPECT_EQ(anomaly.value, 30);
  EXPECT_EQ(anomaly.usual, 6);  // the same weekday of the four weeks before
  EXPECT_GE(anomaly.score, AnomalyDetector::kRecord);
  EXPECT_EQ(describe(anomaly), "cpm of search/brand was 30.00 EUR on Fri 19 Feb, usually about 6.00 EUR");
  for (int i = 92; i < 110; ++i) days.add(usual_cpm(i));
  EXPECT_EQ(days.found.size(), 1u);
  EXPECT_EQ(days.engine.anomalies().size(), 1u);
  EXPECT_TRUE(days.engine.alerts().empty());
}

TEST(EngineWatchTest, ConstantAndSeasonalSeriesAreLeftAlone) {
  for (const auto& shape : std::vector<std::function<double(int)>>{
           [](int) { return 5.0; }, [](int i) { return i % 7 < 5 ? 5.0 : 9.0; }}) {
    Days days(looking_at({kCpm}));
    for (int i = 0; i < 150; ++i) days.add(shape(i));
    EXPECT_TRUE(days.found.empty());
    ASSERT_EQ(days.engine.watched().size(), 1u);
    EXPECT_LT(days.engine.watched().front().score, AnomalyDetector::kRecord);
  }
}

TEST(EngineWatchTest, DaysWithoutFiguresAreNoZeroes) {
  Days days(looking_at({kCpm}));
  for (int i = 0; i < 130; ++i) days.add(i % 9 == 4 || (i > 100 && i < 103) ? kUndefined : usual_cpm(i));
  EXPECT_TRUE(days.found.empty());
  EXPECT_EQ(days.engine.watched().size(), 1u);
}

TEST(EngineWatchTest, BeginsWithTheDaysInMemoryAndFindsNothingInThem) {
  Days days(looking_at({kCpm}));
  std::vector<Figure> history;
  for (int i = 0; i < 90; ++i) {
    const Day day = kToday - 91 + i;
    history.push_back({kBrand, "spend", day, 20 * (i == 80 ? 40 : usual_cpm(i))});
    history.push_back({kBrand, "impressions", day, 20'000});
  }
  days.engine.apply(figures(kNoon, history));
  EXPECT_TRUE(days.engine.watched().empty());
  days.note(days.engine.apply(Tick{kNoon + 1h}));
  EXPECT_TRUE(days.found.empty());
  EXPECT_EQ(days.engine.watched().size(), 1u);
}

TEST(EngineWatchTest, HistoryThatComesAfterTheFirstDaysIsTakenToo) {
  Days days(looking_at({kCpm}));
  for (int i = 85; i < 90; ++i) days.add(usual_cpm(i));
  EXPECT_TRUE(days.engine.watched().empty());
  std::vector<Figure> history;
  for (int i = 0; i < 85; ++i) {
    history.push_back({kBrand, "spend", kToday - 85 + i, 20 * usual_cpm(i)});
    history.push_back({kBrand, "impressions", kToday - 85 + i, 20'000});
  }
  days.engine.apply(figures(days.noon(), history));
  days.add(usual_cpm(90));
  EXPECT_EQ(days.engine.watched().size(), 1u);
}

TEST(EngineWatchTest, LateFiguresAreTakenInOrderAndRestatedOnesAreNot) {
  Days days(looking_at({kCpm}));
  for (int i = 0; i < 91; ++i) days.add(usual_cpm(i));
  const Day late = days.day;
  days.add(kUndefined);
  days.note(days.engine.apply(
      figures(days.noon(), {{kBrand, "spend", late, 600}, {kBrand, "impressions", late, 20'000}})));
  EXPECT_TRUE(days.found.empty());
  days.note(days.engine.apply(Tick{days.noon() + 1h}));
  ASSERT_EQ(days.found.size(), 1u);
  EXPECT_EQ(days.found.front().bucket, Bucket{late});
  days.note(days.engine.apply(figures(days.noon() + 2h, {{kBrand, "spend", late, 2000}})));
  days.note(days.engine.apply(Tick{days.noon() + 4h}));
  EXPECT_EQ(days.found.size(), 1u);
  EXPECT_EQ(days.engine.anomalies().front().value, 30);
}

TEST(EngineWatchTest, AWatchOverHoursTakesEachAnHourAfterItsEnd) {
  Engine engine(looking_at({{"clicks", {2}}}));
  const auto usual = [](int i) { return 100 + 10 * (i % 24) + (i * 5) % 11; };
  std::vector<Figure> history;
  const Day first = kToday - 6;
  for (int i = 0; i < 6 * 24; ++i)
    history.push_back({kBrand, "clicks", first + i / 24, static_cast<double>(usual(i)), i % 24});
  const Timestamp midnight = Timestamp(std::chrono::days(kToday.number));
  engine.apply(figures(midnight, history));
  std::vector<Anomaly> found;
  for (int hour = 0; hour < 12; ++hour) {
    const double clicks = hour == 9 ? 2000 : usual(6 * 24 + hour);
    for (const Anomaly& anomaly :
         engine.apply(figures(midnight + hour * 1h + 30min, {{kBrand, "clicks", kToday, clicks, hour}}))
             .anomalies)
      found.push_back(anomaly);
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().bucket, (Bucket{kToday, 9}));
  EXPECT_EQ(found.front().found_at, midnight + 11h);
  EXPECT_EQ(found.front().value, 2000);
  EXPECT_NEAR(found.front().usual, 195, 6);
  EXPECT_EQ(found.front().when, "on Fri 20 Nov at 09:00");
}

TEST(EngineWatchTest, ARestartInTheMiddleIsNotNoticed) {
  Days days(looking_at({kCpm, {"spend", {0}}}));
  for (int i = 0; i < 60; ++i) days.add(usual_cpm(i));
  auto restored = Engine::restore(days.engine.strategy(), days.engine.snapshot());
  ASSERT_TRUE(restored);
  Days again(days.engine.strategy());
  again.engine = std::move(*restored);
  again.day = days.day;
  for (int i = 60; i < 90; ++i) {
    days.add(i == 85 ? 30 : usual_cpm(i));
    again.add(i == 85 ? 30 : usual_cpm(i));
  }
  EXPECT_EQ(days.found.size(), 2u);
  EXPECT_EQ(again.found.size(), 2u);
  EXPECT_TRUE(days.engine.snapshot() == again.engine.snapshot());
  const auto reread = Engine::restore(days.engine.strategy(), days.engine.snapshot());
  ASSERT_TRUE(reread);
  EXPECT_EQ(reread->anomalies().size(), 2u);
}

TEST(EngineWatchTest, AnotherStrategyKeepsWhatIsStillLookedAt) {
  Days days(looking_at({kCpm}));
  for (int i = 0; i < 120; ++i) days.add(usual_cpm(i));
  days.add(30);
  ASSERT_EQ(days.found.size(), 1u);
  const double score = days.engine.watched().front().score;
  Strategy next = looking_at({{"ctr", {2}}, kCpm});
  next.objectives.insert(next.objectives.begin(), objective("other", {}));
  days.engine.adopt(next, days.noon());
  ASSERT_EQ(days.engine.watched().size(), 1u);
  EXPECT_EQ(days.engine.watched().front().kpi->name, "cpm");
  EXPECT_EQ(days.engine.watched().front().score, score);
  EXPECT_EQ(days.engine.anomalies().size(), 1u);
  // What was found once stays said, also of what is looked at no more.
  days.engine.adopt(looking_at({{"spend", {0}}}), days.noon());
  EXPECT_TRUE(days.engine.watched().empty());
  EXPECT_EQ(days.engine.anomalies().size(), 1u);
  days.note(days.engine.apply(Tick{days.noon() + 1h}));
  EXPECT_EQ(days.engine.watched().size(), 1u);
  EXPECT_EQ(days.found.size(), 1u);
}

TEST(EngineWatchTest, NoMoreThanSoManySeriesAreWatchedAndTheRestIsCounted) {
  Engine engine(looking_at({{"spend", {2}}}));
  std::vector<Figure> list;
  for (std::size_t i = 0; i < Engine::kMostWatched + 3; ++i) {
    for (int day = 1; day < 60; ++day)
      list.push_back({campaign("search", std::to_string(i)), "spend", kToday - day, 5});
  }
  engine.apply(figures(kNoon, list));
  EXPECT_EQ(engine.left_unwatched(), 0u);
  engine.apply(Tick{kNoon + 1h});
  EXPECT_EQ(engine.watched().size(), Engine::kMostWatched);
  EXPECT_EQ(engine.left_unwatched(), 3u);
}

TEST(EngineWatchTest, KpisOfOtherFiguresThanTheirOwnCannotBeWatched) {
  KpiLibrary library;
  const auto why = [&](const char* formula) {
    EXPECT_FALSE(library.add_kpi(std::string("kpi_") + std::to_string(library.kpis().size()), formula,
                                 std::nullopt, Better::neither, ""))
        << formula;
    return why_unwatchable(library.kpis().back()).value_or("");
  };
  EXPECT_EQ(why("spend / clicks"), "");
  EXPECT_EQ(why("change(spend, 7d)"), "looks at windows of its own");
  EXPECT_EQ(why("share(spend)"), "sets an entity's figures against those of others");
  EXPECT_EQ(why("spend / budget"), "needs the budget of a target");
  EXPECT_EQ(why("1 + 2"), "is made of no figures");
}

}  // namespace
}  // namespace tightrope::rules
