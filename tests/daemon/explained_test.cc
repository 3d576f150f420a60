// A verdict explained: as known at a time, down to the figures, in text and as JSON.
#include "daemon/explained.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <random>
#include <sstream>

#include "daemon/commands/explanation_text.h"
#include "daemon/evidence_words.h"
#include "daemon/explanation_words.h"
#include "daemon/http/api/explanation_json.h"
#include "golden_file.h"
#include "memory_journal.h"
#include "tests/rules/strategies.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using namespace rules::testing;
namespace json = boost::json;

const rules::Entity kBrand = campaign("search", "brand");

void append(testing::MemoryJournal& journal, const rules::Event& event) {
  journal.append(
      {.sequence = 0, .client = "acme", .at = rules::time_of(event), .payload = rules::encode(event)},
      [](std::optional<JournalError> error, Sequence) { ASSERT_FALSE(error); });
}

rules::Engine as_of(Journal& journal, const rules::Strategy& strategy, rules::Timestamp time) {
  auto replayed = replay_as_of(journal, "acme", strategy, time, nullptr, nullptr);
  EXPECT_TRUE(std::holds_alternative<AsOf>(replayed));
  EXPECT_TRUE(std::get<AsOf>(replayed).engine);
  return std::move(*std::get<AsOf>(replayed).engine);
}

Explained explain(Journal& journal, const rules::Engine& engine, std::string_view target,
                  const rules::Entity& entity) {
  auto explained = explained_by(engine, target, entity);
  EXPECT_TRUE(explained);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(read_history(journal, *explained, nullptr)));
  return std::move(*explained);
}

std::string text_of(const Explained& explained, commands::CellsShown cells = commands::CellsShown::few) {
  std::ostringstream out;
  commands::print_explanation(explained, cells, out);
  return out.str();
}

// How far the journal reaches is no part of what was known.
std::string known_json(const Explained& explained) {
  json::object told = http::explanation_json(explained, 100000);
  told.erase("journal");
  return json::serialize(told);
}

rules::Strategy trials() {
  rules::Target target = at_most("trial_cpa", "cpa", 32);
  target.bounds = {{.from = rules::kFirstDay, .high = 40},
                   {.from = kToday - 20, .high = 32},
                   {.from = kToday + 11, .high = 30}};
  target.min_volume = {{"conversions", 20}};
  return strategy({objective("trials", {target, at_least("trial_roas", "roas", 3, {0})})});
}

// A week of the campaign, with a day missing, and one day's conversions restated two days later.
void write_week(testing::MemoryJournal& journal) {
  const double spend[] = {180, 175.5, 0, 181.25, 190, 179.75, 95};
  const double conversions[] = {5, 4, 0, 6, 3, 5, 2};
  for (int i = 0; i < 7; ++i) {
    if (i == 2) continue;
    const rules::Day day = kToday - (6 - i);
    const rules::Timestamp learnt = kNoon + 24h * (i - 6) + (i < 6 ? 18h : 0h);
    append(journal,
           figures(learnt, {{kBrand, "spend", day, spend[i]}, {kBrand, "conversions", day, conversions[i]}}));
  }
  append(journal, figures(kNoon + 1h, {{kBrand, "conversions", kToday - 2, 5}}));
}

class ExplainedTest : public ::testing::Test {
 protected:
  ExplainedTest() { write_week(journal_); }
  testing::MemoryJournal journal_;
};

TEST_F(ExplainedTest, TextIsAsPeopleReadIt) {
  const rules::Engine engine = as_of(journal_, trials(), kNoon + 2h);
  testing::expect_golden("explain.txt", text_of(explain(journal_, engine, "trial_cpa", kBrand)));
}

TEST_F(ExplainedTest, JsonHasEveryNumber) {
  const rules::Engine engine = as_of(journal_, trials(), kNoon + 2h);
  const Explained explained = explain(journal_, engine, "trial_cpa", kBrand);
  testing::expect_golden("explain.json",
                         testing::pretty_json(json::serialize(http::explanation_json(explained, 100000))));
}

TEST_F(ExplainedTest, BeforeTheRestatementTheOldFigureStands) {
  const Explained then = explain(journal_, as_of(journal_, trials(), kNoon), "trial_cpa", kBrand);
  const Explained now = explain(journal_, as_of(journal_, trials(), kNoon + 1h), "trial_cpa", kBrand);
  // By hand: 1 001.50 over 25, then over 27.
  EXPECT_DOUBLE_EQ(then.explanation.verdict.value, 1001.5 / 25);
  EXPECT_DOUBLE_EQ(now.explanation.verdict.value, 1001.5 / 27);
  const auto cell = [](const Explained& explained) {
    for (const PlacedCell& placed : learnt_cells(explained, explained.explanation.inputs.at(1))) {
      if (placed.bucket.day == kToday - 2) return placed.cell;
    }
    return LearntCell();
  };
  EXPECT_FALSE(cell(then).restated);
  EXPECT_TRUE(cell(then).before.empty());
  ASSERT_TRUE(cell(now).restated);
  EXPECT_EQ(cell(now).learnt->learnt, kNoon + 1h);
  EXPECT_EQ(cell(now).before.at(0).value, rules::Amount::from_units(3));
  EXPECT_EQ(cell(now).before.at(0).learnt, kNoon - 30h);
}

TEST_F(ExplainedTest, AMissingDayIsNeitherZeroNorLearnt) {
  const Explained told = explain(journal_, as_of(journal_, trials(), kNoon), "trial_cpa", kBrand);
  EXPECT_TRUE(told.explanation.inputs.at(0).buckets.at(2).second.is_missing());
  EXPECT_NE(text_of(told).find("2026-11-16  missing   missing      unknown    -                 -\n"),
            std::string::npos)
      << text_of(told);
  EXPECT_EQ(learnt_cells(told, told.explanation.inputs.at(0)).size(), 6u);
}

TEST_F(ExplainedTest, NothingIsKnownBeforeTheFirstFigure) {
  auto replayed = replay_as_of(journal_, "acme", trials(), kNoon - 24h * 30, nullptr, nullptr);
  ASSERT_TRUE(std::holds_alternative<AsOf>(replayed));
  EXPECT_FALSE(std::get<AsOf>(replayed).engine);
}

TEST_F(ExplainedTest, ReadingEndsWhenItIsGivenUp) {
  for (int i = 0; i < 200; ++i) append(journal_, rules::Tick{kNoon + i * 1min});
  const GiveUp at_once = [] { return true; };
  EXPECT_TRUE(std::holds_alternative<GivenUp>(
      replay_as_of(journal_, "acme", trials(), kNoon + 24h, nullptr, at_once)));
  auto explained = explained_by(as_of(journal_, trials(), kNoon), "trial_cpa", kBrand);
  ASSERT_TRUE(explained);
  EXPECT_TRUE(std::holds_alternative<GivenUp>(read_history(journal_, *explained, at_once)));
}

TEST_F(ExplainedTest, ADaysFigureFromHoursNamesThem) {
  testing::MemoryJournal journal;
  append(journal, figures(kNoon, {{kBrand, "spend", kToday, 10, 8}, {kBrand, "spend", kToday, 20, 9}}));
  append(journal, figures(kNoon + 1h, {{kBrand, "spend", kToday, 25, 9}}));
  const Explained told = explain(journal, as_of(journal, trials(), kNoon + 2h), "trial_cpa", kBrand);
  const auto cells = learnt_cells(told, told.explanation.inputs.at(0));
  ASSERT_EQ(cells.size(), 1u);
  EXPECT_EQ(cells[0].cell.value, rules::Amount::from_units(35));
  ASSERT_EQ(cells[0].cell.hours.size(), 2u);
  EXPECT_EQ(cells[0].cell.learnt->learnt, kNoon + 1h);
  EXPECT_TRUE(cells[0].cell.restated);
}

TEST(AsOfMeantTest, ADayMeansItsEndAndTodayMeansNow) {
  const auto calendar = *rules::Calendar::open("America/New_York", std::chrono::Monday);
  const auto meant = [&](const std::string& text) { return as_of_meant(text, calendar, kNoon); };
  EXPECT_EQ(std::get<rules::Timestamp>(meant("2026-11-20")), kNoon);
  EXPECT_EQ(rules::to_rfc3339(std::get<rules::Timestamp>(meant("2026-11-18"))), "2026-11-19T04:59:59.999Z");
  EXPECT_EQ(rules::to_rfc3339(std::get<rules::Timestamp>(meant("2026-11-18T08:00:00+01:00"))),
            "2026-11-18T07:00:00Z");
  EXPECT_EQ(std::get<std::string>(meant("2026-11-21")), "lies in the future");
  EXPECT_EQ(std::get<std::string>(meant("2026-11-20T12:00:01Z")), "lies in the future");
  EXPECT_TRUE(std::holds_alternative<std::string>(meant("Tuesday")));
}

TEST(ExplanationWordsTest, NumbersKeepEveryDigit) {
  using rules::Unit;
  EXPECT_EQ(exact_text(1243.5, Unit::money), "1 243.50");
  EXPECT_EQ(exact_text(1234567, Unit::money), "1 234 567.00");
  EXPECT_EQ(exact_text(0.123456, Unit::money), "0.123456");
  EXPECT_EQ(exact_text(1204, Unit::count), "1 204");
  EXPECT_EQ(exact_text(-1204.5, Unit::count), "-1 204.5");
  EXPECT_EQ(exact_text(rules::kUndefined, Unit::count), "missing");
}

// One target of each kind that is told in words of its own.
rules::Strategy every_kind() {
  const auto over = [](rules::Target target, std::string_view window) {
    target.over = *rules::parse_window(window);
    return target;
  };
  rules::Target paced = over(at_least("volume_on_pace", "conversions", 900, {0}), "month");
  paced.pace = true;
  rules::Target sure = at_most("cpa_sure", "cpa", 20);
  sure.confidence = 0.999;
  rules::Target hardly = at_most("cpa_hardly", "cpa", 38);
  hardly.confidence = 0.99;
  rules::Target careful = at_most("cpa_on_little", "cpa", 20);
  careful.min_volume = {{"conversions", 500}};
  rules::Target band = at_most("ctr_band", "ctr", 0.04);
  band.kind = rules::BoundKind::between;
  band.bounds = {{.from = rules::kFirstDay, .low = 0.03, .high = 0.04}};
  rules::Target later = at_most("not_yet", "cpa", 20);
  later.bounds = {{.from = kToday + 30, .high = 20}};
  return strategy(
      {objective("all", {at_most("cpa", "cpa", 20), careful, at_least("roas", "roas", 4, {0}),
                         at_least("aov", "aov", 60), at_most("spend", "spend", 500, {0}),
                         over(at_least("cvr_24h", "cvr", 0.2, {1}), "24h"), band, paced, later, sure, hardly,
                         at_most("met", "cpa", 100), at_least("no_reviews", "average_rating", 4)})});
}

TEST(ExplanationWordsTest, EveryKindOfTargetIsToldInWords) {
  testing::MemoryJournal journal;
  std::vector<Figure> rows;
  for (int back = 0; back < 30; ++back) {
    for (const auto& [metric, value] :
         {std::pair("spend", 120.0), std::pair("conversions", back % 3 + 2.0),
          std::pair("revenue", 150.0 + back), std::pair("clicks", 50.0), std::pair("impressions", 1000.0)}) {
      rows.push_back({kBrand, metric, kToday - back, value});
    }
    for (const char* metric : {"spend", "clicks"})
      rows.push_back({campaign("social", "new"), metric, kToday - back, 40});
    rows.push_back({campaign("social", "new"), "conversions", kToday - back, 0});
  }
  for (int hour = 0; hour < 12; ++hour) {
    rows.push_back({campaign("search", "hourly"), "clicks", kToday, 10, hour});
    rows.push_back({campaign("search", "hourly"), "conversions", kToday, 1, hour});
  }
  append(journal, figures(kNoon, rows));
  const rules::Engine engine = as_of(journal, every_kind(), kNoon + 1h);
  std::string text;
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    const auto view = engine.target(i);
    for (const rules::Entity& entity : view.entities) {
      const Explained told = explain(journal, engine, view.target->name, entity);
      text += view.target->name + " " + entity_text(entity) + ": " +
              std::string(to_string(told.explanation.verdict.state)) + "\n";
      for (const std::string& step : value_steps(told)) text += "  value     " + step + "\n";
      text += "  bound     " + bound_sentence(told) + "\n  pace      " + pace_sentence(told) +
              "\n  gap       " + gap_sentence(told) + "\n  stake     " + stake_sentence(told) + "\n";
      for (const std::string& volume : volume_sentences(told)) text += "  volume    " + volume + "\n";
      text += "  evidence  " + evidence_sentence(told) + "\n";
      for (const std::string& line : {scatter_sentence(told), confidence_sentence(told), sure_sentence(told),
                                      since_sentence(told), range_sentence(told), arrival_sentence(told)}) {
        if (!line.empty()) text += "            " + line + "\n";
      }
    }
  }
  testing::expect_golden("explain_words.txt", text);
}

// What is explained of a time is what an engine says that was fed only with what was learnt until then.
TEST(ExplainedPropertyTest, AsOfATimeIsWhatWasLearntUntilThen) {
  rules::Target held = at_most("held", "cpa", 25);
  held.hold = 3h;
  rules::Target hourly = at_least("ctr_24h", "ctr", 0.2, {1});
  hourly.over = *rules::parse_window("24h");
  rules::Target paced = at_least("volume", "conversions", 900, {0});
  paced.over = *rules::parse_window("month");
  paced.pace = true;
  const rules::Strategy strategy =
      rules::testing::strategy({objective("all", {held, hourly, paced, at_most("cpa", "cpa", 20)})});
  static constexpr const char* kMetrics[] = {"spend", "conversions", "clicks", "impressions"};
  int compared = 0;
  int restated = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<rules::Event> events;
    rules::Timestamp now = kNoon;
    for (int i = 0; i < 30; ++i) {
      now += 1min * (random() % 900);
      if (random() % 5 == 0) events.push_back(rules::Tick{now});
      // Some are imported: learnt earlier than what is in the journal already.
      const rules::Timestamp learnt = now - 1min * (random() % 6 == 0 ? random() % 6000 : 0);
      const rules::Day today{
          static_cast<int>(std::chrono::floor<std::chrono::days>(learnt).time_since_epoch().count())};
      std::vector<Figure> rows;
      for (int row = 0; row < 15; ++row) {
        rows.push_back({campaign(random() % 2 == 0 ? "search" : "social", std::string(1, "ab"[random() % 2])),
                        kMetrics[random() % 4], today - static_cast<int>(random() % 6),
                        random() % 12 == 0 ? rules::kUndefined : static_cast<double>(random() % 50),
                        random() % 4 == 0 ? static_cast<int>(random() % 24) : -1});
      }
      events.push_back(figures(learnt, rows));
    }
    testing::MemoryJournal journal;
    for (const auto& event : events) append(journal, event);
    for (int i = 0; i < 6; ++i) {
      const rules::Timestamp time = kNoon + (now - kNoon) * (random() % 100 + 1) / 100;
      testing::MemoryJournal until;
      rules::Engine fed(strategy);
      for (const auto& event : events) {
        if (rules::time_of(event) > time) continue;
        append(until, event);
        fed.apply(event);
      }
      if (until.events.empty()) continue;
      fed.apply(rules::Tick{time});
      for (std::size_t target = 0; target < fed.target_count(); ++target) {
        const std::string name = fed.target(target).target->name;
        const rules::Engine replayed = as_of(journal, strategy_for(strategy, name), time);
        const auto view = fed.target(target);
        for (const rules::Entity& entity : view.entities) {
          const Explained expected = explain(until, fed, name, entity);
          ASSERT_EQ(known_json(explain(journal, replayed, name, entity)), known_json(expected))
              << name << " " << to_string(entity) << " " << rules::to_rfc3339(time);
          ++compared;
          for (const auto& input : expected.explanation.inputs) {
            for (const PlacedCell& placed : learnt_cells(expected, input)) {
              restated += placed.cell.restated ? 1 : 0;
              EXPECT_TRUE(placed.cell.value.is_missing() || placed.cell.learnt) << "learnt, but not when";
            }
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 300);
  EXPECT_GT(restated, 300);
}

}  // namespace
}  // namespace tightrope::daemon
