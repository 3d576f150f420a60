#include "collectors/translation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;

class TranslationTest : public ::testing::Test {
 protected:
  TranslationTest() {
    client_.timezone = "Europe/Vienna";
    client_.currency = "EUR";
    client_.metrics = {{"spend", rules::Unit::money, true},
                       {"clicks", rules::Unit::count, true},
                       {"cpc", rules::Unit::per_money, true}};
  }
  Translation translation() const { return Translation::between(source_, client_); }
  // Puts a figure of one entity into the batch: "2026-11-20T08" as the source's zone has it.
  void put(std::string_view bucket, std::string_view metric, std::optional<std::int64_t> units) {
    builder_.add(builder_.entity({{"search"}}), builder_.metric(metric),
                 *translation().source_calendar().parse_bucket(bucket),
                 units ? rules::Amount::from_units(*units) : rules::Amount::missing());
  }
  std::vector<std::string> translated(std::optional<rules::Day> first = {}) {
    const Translation all = translation();
    return lines(all.apply(std::move(builder_).take(), first), all.client_calendar());
  }

  config::Source source_;
  rules::Strategy client_;
  rules::BatchBuilder builder_{"ads", kNow};
};

TEST_F(TranslationTest, OneZoneAndOneCurrencyChangeNothing) {
  put("2026-11-20T08", "spend", 3);
  put("2026-11-20", "clicks", 4);
  EXPECT_THAT(translated(), ElementsAre("search 2026-11-20T08 spend 3", "search 2026-11-20 clicks 4"));
  EXPECT_EQ(translation().source_currency(), "EUR");
}

TEST_F(TranslationTest, DaysKeepTheirDateAndHoursMove) {
  source_.timezone = "America/New_York";
  put("2026-11-20", "spend", 3);
  put("2026-11-20T20", "spend", 1);
  EXPECT_THAT(translated(), ElementsAre("search 2026-11-20 spend 3", "search 2026-11-21T02 spend 1"));
  EXPECT_EQ(translation().source_calendar().zone_name(), "America/New_York");
  EXPECT_EQ(translation().client_calendar().zone_name(), "Europe/Vienna");
}

TEST_F(TranslationTest, OnlyMoneyIsNamedWithItsCurrency) {
  source_.currency = "USD";
  put("2026-11-20", "spend", 3);
  put("2026-11-20", "clicks", 4);
  put("2026-11-20", "cpc", 5);
  EXPECT_THAT(translated(), ElementsAre("search 2026-11-20 spend@USD 3", "search 2026-11-20 clicks 4",
                                        "search 2026-11-20 cpc 5"));
}

TEST_F(TranslationTest, ARowsOwnCurrencyStaysAndTheClientsNeedsNoName) {
  source_.currency = "USD";
  put("2026-11-20", "spend", 1);
  put("2026-11-20", "spend@GBP", 2);
  put("2026-11-20", "spend@EUR", 3);
  put("2026-11-20", "rate@EUR", 4);
  EXPECT_THAT(translated(), ElementsAre("search 2026-11-20 spend@USD 1", "search 2026-11-20 spend@GBP 2",
                                        "search 2026-11-20 spend 3", "search 2026-11-20 rate@EUR 4"));
}

TEST_F(TranslationTest, TheSourcesOwnCurrencyMayBeSaidOrLeftOutInOneBatch) {
  source_.currency = "USD";
  put("2026-11-20", "spend", 1);
  put("2026-11-20", "spend@USD", 2);
  put("2026-11-21", "spend@USD", 4);
  EXPECT_THAT(translated(), ElementsAre("search 2026-11-20 spend@USD 3", "search 2026-11-21 spend@USD 4"));
}

TEST_F(TranslationTest, HoursThatFallIntoOneAreAdded) {
  source_.timezone = "Australia/Lord_Howe";
  client_.timezone = "UTC";
  const rules::Calendar lord_howe = calendar_of("Australia/Lord_Howe");
  const rules::Day night = day("2026-04-05");
  const auto entity = builder_.entity({{"search"}});
  const auto spend = builder_.metric("spend");
  const auto clicks = builder_.metric("clicks");
  const auto add = [&](std::uint32_t metric, rules::Bucket bucket, rules::Amount value) {
    builder_.add(entity, metric, bucket, value);
  };
  add(spend, {night, 24}, rules::Amount::from_units(1));
  add(clicks, {night, 24}, rules::Amount::missing());
  add(spend, {night + 1, 0}, rules::Amount::from_units(2));
  add(clicks, {night + 1, 0}, rules::Amount::from_units(7));
  add(spend, {night + 1, 1}, rules::Amount::from_units(4));
  EXPECT_THAT(translated(), ElementsAre("search 2026-04-05T13 spend 3", "search 2026-04-05T13 clicks 7",
                                        "search 2026-04-05T14 spend 4"));
}

TEST_F(TranslationTest, AnHourThatAnEarlierDayHasAPartOfIsLeftOut) {
  source_.timezone = "Australia/Lord_Howe";
  client_.timezone = "UTC";
  const auto entity = builder_.entity({{"search"}});
  const auto spend = builder_.metric("spend");
  const rules::Day asked = day("2026-04-06");
  builder_.add(entity, spend, {asked, 0}, rules::Amount::from_units(2));
  builder_.add(entity, spend, {asked, 1}, rules::Amount::from_units(4));
  EXPECT_THAT(translated(asked), ElementsAre("search 2026-04-05T14 spend 4"));
}

TEST_F(TranslationTest, TheFirstHourAskedForIsKeptWhereHoursAreWhole) {
  source_.timezone = "America/New_York";
  put("2026-11-20T00", "spend", 1);
  EXPECT_THAT(translated(day("2026-11-20")), ElementsAre("search 2026-11-20T06 spend 1"));
}

TEST_F(TranslationTest, IsEqualWhenItDoesTheSame) {
  const Translation before = translation();
  EXPECT_TRUE(before == translation());
  source_.timezone = "Europe/Vienna";  // as the client's
  source_.currency = "EUR";
  EXPECT_TRUE(before == translation());
  source_.currency = "USD";
  const Translation dollars = translation();
  EXPECT_FALSE(before == dollars);
  client_.metrics.push_back({"fees", rules::Unit::money, true});
  EXPECT_FALSE(dollars == translation());
  source_.currency = "EUR";
  source_.timezone = "UTC";
  EXPECT_FALSE(before == translation());
}

}  // namespace
}  // namespace tightrope::collectors
