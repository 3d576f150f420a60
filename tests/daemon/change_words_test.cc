// Why a KPI changed, as `tightrope explain` and the API tell it.
#include "daemon/change_words.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <cmath>

#include "daemon/http/api/change_json.h"
#include "golden_file.h"
#include "tests/rules/strategies.h"

namespace tightrope::daemon {
namespace {

using namespace rules::testing;
namespace json = boost::json;

const rules::Entity kBrand = campaign("search", "brand");
const rules::Entity kGeneric = campaign("search", "generic");
const rules::Entity kSpring = campaign("social", "spring");

struct Week {
  rules::Entity entity;
  double spend, impressions, clicks, conversions;  // a day
};

rules::Diagnosis diagnosed(const rules::Engine& engine) {
  const auto told = engine.explain("cpa", {});
  EXPECT_TRUE(told);
  return told ? told->why : rules::Diagnosis();
}

rules::Engine dearer_brand() {
  rules::Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 12, {0})})}));
  std::vector<Figure> list;
  const auto add = [&list](const Week& week, rules::Day last) {
    for (int back = 6; back >= 0; --back) {
      list.push_back({week.entity, "spend", last - back, week.spend});
      list.push_back({week.entity, "impressions", last - back, week.impressions});
      list.push_back({week.entity, "clicks", last - back, week.clicks});
      list.push_back({week.entity, "conversions", last - back, week.conversions});
    }
  };
  for (const rules::Entity& entity : {kBrand, kGeneric, kSpring})
    add({entity, 100, 5000, 100, 10}, kToday - 7);
  add({kBrand, 180, 4000, 90, 8}, kToday);
  add({kGeneric, 150, 5500, 120, 11}, kToday);
  add({kSpring, 90, 5100, 95, 9}, kToday);
  engine.apply(figures(kNoon, list));
  return engine;
}

std::string lines(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& line : list) text += line + "\n";
  return text;
}

TEST(ChangeWordsTest, EveryLevelAddsUp) {
  const rules::Engine engine = dearer_brand();
  const rules::Diagnosis why = diagnosed(engine);
  testing::expect_golden("explain_change.txt", why.reason + "\n" +
                                                   lines(factor_sentences(why, engine.strategy())) +
                                                   lines(segment_sentences(why, engine.strategy())));
}

TEST(ChangeWordsTest, JsonHasEveryEffect) {
  const json::object change = http::change_json(diagnosed(dearer_brand()));
  double factors = 0;
  for (const json::value& one : change.at("factors").at(0).at("effects").as_array())
    factors += one.at("effect").to_number<double>();
  EXPECT_NEAR(factors, change.at("effect").to_number<double>(), 1e-9);
  double segments = change.at("segments").at(0).at("othersEffect").to_number<double>();
  for (const json::value& one : change.at("segments").at(0).at("segments").as_array()) {
    segments += one.at("effect").to_number<double>();
    EXPECT_NEAR(one.at("rate").to_number<double>() + one.at("mix").to_number<double>(),
                one.at("effect").to_number<double>(), 1e-9);
  }
  EXPECT_NEAR(segments, change.at("effect").to_number<double>(), 1e-9);
  EXPECT_EQ(change.at("segments").at(1).at("within").as_string(), "search");
}

TEST(ChangeWordsTest, NothingIsSaidOfAChangeThatIsUnknown) {
  rules::Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 12, {0})})}));
  engine.apply(week_of(kNoon, kBrand, 100, 5));
  EXPECT_TRUE(factor_sentences(diagnosed(engine), engine.strategy()).empty());
}

}  // namespace
}  // namespace tightrope::daemon
