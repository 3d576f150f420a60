// A backtest lists the alerts that later figures would have changed.
#include "daemon/restatements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <random>
#include <sstream>

#include "daemon/backtest.h"
#include "daemon/commands/restatements_text.h"
#include "memory_journal.h"
#include "tests/rules/strategies.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using namespace rules::testing;

const rules::Entity kBrand = campaign("search", "brand");
const rules::Timestamp kMidnight = kNoon + 12h;  // the end of kToday

class RestatementsTest : public ::testing::Test {
 protected:
  void append(const rules::Event& event) {
    journal_.append(
        {.sequence = 0, .client = "acme", .at = rules::time_of(event), .payload = rules::encode(event)},
        [](std::optional<JournalError> error, Sequence) { ASSERT_FALSE(error); });
  }
  // Learnt in the last moment of the day, or so much later.
  void day(rules::Day day, double spend, double conversions, rules::Duration later = 0ms) {
    const rules::Timestamp learnt = kMidnight + 24h * (day - kToday) - 1ms + later;
    append(figures(learnt, {{kBrand, "spend", day, spend}, {kBrand, "conversions", day, conversions}}));
  }
  // Six days at 30 each: on target.
  void good_days(rules::Duration later = 0ms) {
    for (int back = 6; back >= 1; --back) day(kToday - back, 30, 1, later);
  }
  BacktestComparison compare(int days_after = 6) {
    auto outcome = compare_backtests(journal_, strategy_, {kToday - 3, kToday + days_after});
    EXPECT_TRUE(std::holds_alternative<BacktestComparison>(outcome));
    return std::move(std::get<BacktestComparison>(outcome));
  }
  std::string text(const Restatements& restatements) {
    std::ostringstream out;
    commands::print_restatements(*strategy_.open_calendar(), restatements, out);
    return out.str();
  }

  testing::MemoryJournal journal_;
  rules::Strategy strategy_ = strategy({objective("trials", {at_most("cpa", "cpa", 40)})});
};

TEST_F(RestatementsTest, AnAlertOnAFigureSinceRestatedWouldNotHaveFired) {
  good_days();
  day(kToday, 200, 1);
  append(figures(kMidnight + 36h, {{kBrand, "conversions", kToday, 10}}));
  const Restatements found = compare().restatements;
  ASSERT_EQ(found.would_not_have_fired.size(), 1u);
  EXPECT_TRUE(found.would_have_fired.empty());
  EXPECT_TRUE(found.changed.empty());
  const RestatedAlert& alert = found.would_not_have_fired[0];
  // By hand: 380 over 7, and over 16.
  EXPECT_DOUBLE_EQ(alert.value_then, 380.0 / 7);
  EXPECT_DOUBLE_EQ(alert.value_now, 380.0 / 16);
  EXPECT_EQ(alert.alert.fired_at, kMidnight - 1ms);
  EXPECT_FALSE(alert.fires_now);
  ASSERT_EQ(alert.figures.size(), 1u);
  EXPECT_EQ(alert.figures[0].kind, LaterFigure::Kind::restated);
  EXPECT_EQ(alert.figures[0].metric, "conversions");
  EXPECT_EQ(alert.figures[0].bucket.day, kToday);
  EXPECT_EQ(alert.figures[0].then, 1);
  EXPECT_EQ(alert.figures[0].now, 10);
  EXPECT_EQ(alert.figures[0].learnt, kMidnight + 36h);
  const std::string shown = text(found);
  EXPECT_NE(
      shown.find("fired, and would not have on the figures known today: 1\n"
                 "  2026-11-20 23:59  cpa  search/brand  54.29 EUR then, 23.75 EUR now, at most 40.00 EUR; "
                 "does not fire on today's figures\n"
                 "    conversions 2026-11-20: 1 restated to 10, learnt 2026-11-22 12:00\n"),
      std::string::npos)
      << shown;
}

TEST_F(RestatementsTest, AMissHiddenByAWrongFigureWouldHaveFired) {
  good_days();
  day(kToday, 200, 10);
  append(figures(kMidnight + 24h * 9, {{kBrand, "conversions", kToday, 1}}));
  const Restatements found = compare().restatements;
  ASSERT_EQ(found.would_have_fired.size(), 1u);
  EXPECT_TRUE(found.would_not_have_fired.empty());
  const RestatedAlert& alert = found.would_have_fired[0];
  EXPECT_DOUBLE_EQ(alert.value_then, 380.0 / 16);
  EXPECT_DOUBLE_EQ(alert.value_now, 380.0 / 7);
  EXPECT_EQ(alert.fired_at_now, kMidnight - 1ms);
  ASSERT_EQ(alert.figures.size(), 1u);
  EXPECT_EQ(alert.figures[0].then, 10);
  EXPECT_EQ(alert.figures[0].now, 1);
  EXPECT_EQ(alert.figures[0].learnt, kMidnight + 24h * 9);
}

TEST_F(RestatementsTest, FiguresThatCameDaysLateMoveTheDayOfFiring) {
  good_days();
  day(kToday, 200, 1, 72h);
  const Restatements found = compare().restatements;
  ASSERT_EQ(found.changed.size(), 1u) << text(found);
  const RestatedAlert& alert = found.changed[0];
  EXPECT_EQ(alert.alert.fired_at, kMidnight + 72h - 1ms);
  EXPECT_EQ(alert.fired_at_now, kMidnight - 1ms);
  ASSERT_EQ(alert.figures.size(), 2u);
  for (const LaterFigure& figure : alert.figures) {
    EXPECT_EQ(figure.kind, LaterFigure::Kind::late);
    EXPECT_TRUE(std::isnan(figure.then));
    EXPECT_EQ(figure.late_by, 72h - 1ms);
  }
}

TEST_F(RestatementsTest, FiguresThatComeTheNextMorningAreAsUsual) {
  good_days(6h);
  day(kToday, 200, 1, 6h);
  day(kToday + 1, 30, 1, 6h);
  const BacktestComparison both = compare();
  EXPECT_EQ(both.then.fired.size(), 1u);
  EXPECT_EQ(both.now.fired.size(), 1u);
  EXPECT_TRUE(both.restatements.empty()) << text(both.restatements);
}

TEST_F(RestatementsTest, AMissOfTheLastDayThatIsLearntTheDayAfterIsNotOneThatNeverFired) {
  good_days();
  day(kToday, 200, 1, 6h);
  EXPECT_TRUE(compare(0).restatements.would_have_fired.empty());
}

TEST_F(RestatementsTest, AValueThatMovedByMoreThanATenthIsListedAndALesserOneIsNot) {
  good_days();
  day(kToday, 200, 1);
  append(figures(kMidnight + 36h, {{kBrand, "spend", kToday, 210}}));
  EXPECT_TRUE(compare().restatements.empty());
  append(figures(kMidnight + 40h, {{kBrand, "spend", kToday, 300}}));
  const Restatements found = compare().restatements;
  ASSERT_EQ(found.changed.size(), 1u);
  EXPECT_DOUBLE_EQ(found.changed[0].value_then, 380.0 / 7);
  EXPECT_DOUBLE_EQ(found.changed[0].value_now, 480.0 / 7);
  EXPECT_EQ(found.changed[0].figures.at(0).then, 200);
}

TEST_F(RestatementsTest, ADayThatHadNotEndedIsSaidToHaveGrown) {
  good_days();
  append(figures(kNoon, {{kBrand, "spend", kToday, 200}, {kBrand, "conversions", kToday, 1}}));
  day(kToday, 200, 10);
  const Restatements found = compare().restatements;
  ASSERT_EQ(found.would_not_have_fired.size(), 1u);
  ASSERT_EQ(found.would_not_have_fired[0].figures.size(), 1u);
  EXPECT_EQ(found.would_not_have_fired[0].figures[0].kind, LaterFigure::Kind::grown);
  // Its growth is no restatement of what it fired on.
  EXPECT_DOUBLE_EQ(found.would_not_have_fired[0].value_now, 380.0 / 7);
}

TEST_F(RestatementsTest, HoursOfADayAreItsFigure) {
  good_days();
  append(figures(kMidnight - 1ms, {{kBrand, "spend", kToday, 150, 8},
                                   {kBrand, "spend", kToday, 50, 9},
                                   {kBrand, "conversions", kToday, 1}}));
  append(figures(kMidnight + 36h, {{kBrand, "spend", kToday, 5, 9}, {kBrand, "spend", kToday, 20, 8}}));
  const Restatements found = compare().restatements;
  ASSERT_EQ(found.would_not_have_fired.size(), 1u);
  ASSERT_EQ(found.would_not_have_fired[0].figures.size(), 1u);
  EXPECT_EQ(found.would_not_have_fired[0].figures[0].then, 200);
  EXPECT_EQ(found.would_not_have_fired[0].figures[0].now, 25);
}

TEST_F(RestatementsTest, JsonHasTheThreeLists) {
  good_days();
  day(kToday, 200, 1);
  append(figures(kMidnight + 36h, {{kBrand, "conversions", kToday, 10}}));
  const BacktestComparison both = compare();
  commands::RestatementsJson lists;
  commands::add_restatements_json("acme", *strategy_.open_calendar(), both.restatements, lists);
  const boost::json::object shown = std::move(lists).take();
  EXPECT_TRUE(shown.at("wouldHaveFired").as_array().empty());
  EXPECT_TRUE(shown.at("changed").as_array().empty());
  EXPECT_EQ(boost::json::serialize(shown.at("wouldNotHaveFired").at(0).at("figures")),
            R"([{"metric":"conversions","bucket":"2026-11-20","kind":"restated","then":1E0,"now":1E1,)"
            R"("learnt":"2026-11-22T12:00:00Z","lateBySeconds":null,"figures":1}])");
  EXPECT_TRUE(shown.at("wouldNotHaveFired").at(0).at("firedAtNow").is_null());
}

std::string told(const Backtest& backtest) {
  std::string text;
  for (const BacktestAlert& fired : backtest.fired) {
    text +=
        fired.alert.id + " " + rules::to_rfc3339(*fired.alert.fired_at) + " " +
        rules::to_string(rules::Amount::from_double(fired.alert.fired_on.value).value_or(rules::Amount())) +
        " " + std::to_string(fired.amended) + "\n";
  }
  return text + std::to_string(backtest.events);
}

// A journal out of order, as after an import of history, is replayed in order of time like any other.
TEST_F(RestatementsTest, TheOrderOfTheJournalDoesNotMatterToWhatWasKnownThen) {
  strategy_ = strategy({objective("trials", {at_most("cpa", "cpa", 1)})});
  std::size_t fired = 0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    std::vector<rules::Event> events;
    for (int i = 0; i < 40; ++i) {
      events.push_back(
          figures(kNoon + 1h * (5 * i) - 72h,
                  {{campaign("search", std::string(1, "ab"[random() % 2])),
                    random() % 2 == 0 ? "spend" : "conversions", kToday - 3 + static_cast<int>(i / 5),
                    static_cast<double>(random() % 60 + 1)}}));
    }
    const auto replayed = [&] {
      journal_ = testing::MemoryJournal();
      for (const auto& event : events) append(event);
      return told(compare().then);
    };
    const std::string in_order = replayed();
    std::shuffle(events.begin(), events.end(), random);
    EXPECT_EQ(replayed(), in_order) << seed;
    fired += static_cast<std::size_t>(std::ranges::count(in_order, '\n'));
  }
  EXPECT_GT(fired, 10u);
}

// Whatever is learnt in the last moment of its day and never again changes nothing afterwards.
TEST_F(RestatementsTest, WithoutLaterFiguresNoAlertIsListed) {
  strategy_ = strategy({objective("trials", {at_most("cpa", "cpa", 22)})});
  std::mt19937 random(7);
  for (int back = 12; back >= -6; --back) {
    // One after the other: compilers differ in which argument they work out first.
    const auto spend = static_cast<double>(random() % 90 + 1);
    const auto conversions = static_cast<double>(random() % 3 + 1);
    day(kToday - back, spend, conversions);
  }
  const BacktestComparison both = compare();
  EXPECT_GT(both.then.fired.size(), 0u);
  EXPECT_EQ(told(both.then), told(both.now));
  EXPECT_TRUE(both.restatements.empty()) << text(both.restatements);
}

}  // namespace
}  // namespace tightrope::daemon
