#include "tests/simulator/model.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace tightrope::simulator {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Day kFirst(std::chrono::year(2026) / 9 / 1);
constexpr Day kMonday(std::chrono::year(2026) / 10 / 5);

Account account(std::string zone = "America/New_York") {
  Campaign boots{.name = "boots", .channel = "search", .impressions_per_day = 40'000};
  boots.ctr = 0.05;
  boots.cpc = 1.2;
  boots.cvr = 0.04;
  boots.aov = 100;
  boots.curve = DayCurve::evening;
  Campaign mail{.name = "newsletter", .channel = "email", .impressions_per_day = 20'000};
  mail.ctr = 0.03;
  mail.cpm = 2;
  mail.cvr = 0.05;
  mail.aov = 60;
  mail.weekday = {0, 3, 0, 3, 1, 0, 0};
  return {.id = "shop", .currency = "USD", .timezone = std::move(zone), .campaigns = {boots, mail}};
}

World world(std::uint64_t seed = 1, std::string zone = "America/New_York") {
  return World(seed, {account(std::move(zone))}, Instant(kFirst));
}

Figures total(const std::vector<Record>& records) {
  Figures sum;
  for (const Record& record : records) sum += record.figures;
  return sum;
}

Figures of_day(const World& world, Day day, Instant as_of, std::size_t campaign = 0) {
  const Account& shop = world.accounts()[0];
  return world.sum(shop, shop.campaigns[campaign], world.start_of(shop, day),
                   world.start_of(shop, day + days(1)), as_of);
}

TEST(ModelTest, EqualSeedsGiveEqualWorldsAndOthersDoNot) {
  const World a = world(1);
  const World b = world(1);
  const World other = world(2);
  EXPECT_EQ(of_day(a, kMonday, kInTheEnd), of_day(b, kMonday, kInTheEnd));
  EXPECT_NE(of_day(a, kMonday, kInTheEnd), of_day(other, kMonday, kInTheEnd));
}

TEST(ModelTest, AWorldDoesNotDependOnWhatWasAskedBefore) {
  const World fresh = world();
  const World asked = world();
  for (int i = 0; i < 5; ++i) of_day(asked, kMonday + days(i), kInTheEnd);
  EXPECT_EQ(of_day(asked, kMonday, kInTheEnd), of_day(fresh, kMonday, kInTheEnd));
}

TEST(ModelTest, AnotherCampaignInTheAccountChangesNoneOfTheFigures) {
  Account more = account();
  Campaign extra = more.campaigns[0];
  extra.name = "tents";
  more.campaigns.insert(more.campaigns.begin(), extra);
  const World wider(1, {more}, Instant(kFirst));
  EXPECT_EQ(of_day(wider, kMonday, kInTheEnd, 1), of_day(world(), kMonday, kInTheEnd, 0));
}

TEST(ModelTest, HoursSumToTheDay) {
  const World shop = world();
  const Instant as_of(kMonday + days(3) + hours(11));
  const auto& the_account = shop.accounts()[0];
  const Figures by_day = total(shop.report(the_account, kMonday, kMonday, Granularity::day, as_of));
  const Figures by_hour = total(shop.report(the_account, kMonday, kMonday, Granularity::hour, as_of));
  EXPECT_GT(by_day.clicks, 0);
  EXPECT_EQ(by_day, by_hour);
}

TEST(ModelTest, AnyTwoPartsOfADaySumToTheDay) {
  const World shop = world();
  const Account& the_account = shop.accounts()[0];
  const Instant begin = shop.start_of(the_account, kMonday);
  const Instant end = shop.start_of(the_account, kMonday + days(1));
  const Figures whole = shop.sum(the_account, the_account.campaigns[0], begin, end, kInTheEnd);
  for (const seconds cut : {seconds(1), seconds(299), seconds(300), seconds(301), seconds(43'215)}) {
    Figures parts = shop.sum(the_account, the_account.campaigns[0], begin, begin + cut, kInTheEnd);
    parts += shop.sum(the_account, the_account.campaigns[0], begin + cut, end, kInTheEnd);
    EXPECT_EQ(parts, whole) << cut.count();
  }
}

struct ZoneCase {
  const char* name;
  const char* zone;
  Day day;
  int length_hours;
};

class DayLengthTest : public ::testing::TestWithParam<ZoneCase> {};

TEST_P(DayLengthTest, DaysFollowTheZoneAndHoursStillSumToThem) {
  const ZoneCase& given = GetParam();
  const World shop = world(1, given.zone);
  const Account& the_account = shop.accounts()[0];
  const Instant begin = shop.start_of(the_account, given.day);
  const Instant end = shop.start_of(the_account, given.day + days(1));
  EXPECT_EQ(end - begin, hours(given.length_hours));
  EXPECT_EQ(shop.day_of(the_account, begin), given.day);
  EXPECT_EQ(shop.day_of(the_account, begin - seconds(1)), given.day - days(1));
  EXPECT_EQ(total(shop.report(the_account, given.day, given.day, Granularity::day, kInTheEnd)),
            total(shop.report(the_account, given.day, given.day, Granularity::hour, kInTheEnd)));
}

INSTANTIATE_TEST_SUITE_P(All, DayLengthTest,
                         ::testing::Values(ZoneCase{"AutumnInNewYork", "America/New_York",
                                                    Day(std::chrono::year(2026) / 11 / 1), 25},
                                           ZoneCase{"SpringInBerlin", "Europe/Berlin",
                                                    Day(std::chrono::year(2027) / 3 / 28), 23},
                                           ZoneCase{"QuartersInKathmandu", "Asia/Kathmandu",
                                                    Day(std::chrono::year(2026) / 10 / 5), 24}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ModelTest, TodayGrowsSlotBySlot) {
  const World shop = world();
  const Instant begin = shop.start_of(shop.accounts()[0], kMonday);
  EXPECT_TRUE(of_day(shop, kMonday, begin + minutes(5) - seconds(1)).empty());
  std::int64_t before = 0;
  for (int hour = 1; hour <= 24; ++hour) {
    const Figures now = of_day(shop, kMonday, begin + hours(hour));
    EXPECT_GT(now.impressions, before) << hour;
    before = now.impressions;
  }
  EXPECT_EQ(before, of_day(shop, kMonday, kInTheEnd).impressions);
}

TEST(ModelTest, InvalidClicksAreChargedAndTakenBackLater) {
  const World shop = world();
  const Instant end = shop.start_of(shop.accounts()[0], kMonday + days(1));
  const Figures fresh = of_day(shop, kMonday, end);
  const Figures truth = of_day(shop, kMonday, kInTheEnd);
  const Figures restated = of_day(shop, kMonday, end + hours(54));
  EXPECT_GT(fresh.clicks, truth.clicks);
  EXPECT_GT(fresh.spend_micros, truth.spend_micros);
  EXPECT_EQ(restated.clicks, truth.clicks);
  EXPECT_EQ(restated.spend_micros, truth.spend_micros);
}

TEST(ModelTest, ConversionsArriveLateAndAreNeverTakenBack) {
  const World shop = world();
  const Instant end = shop.start_of(shop.accounts()[0], kMonday + days(1));
  const std::int64_t truth = of_day(shop, kMonday, kInTheEnd).conversions;
  std::int64_t before = of_day(shop, kMonday, end).conversions;
  EXPECT_LT(before, truth);
  EXPECT_GT(before, truth / 2);
  for (int later = 6; later <= 24 * 14; later += 6) {
    const std::int64_t now = of_day(shop, kMonday, end + hours(later)).conversions;
    EXPECT_GE(now, before);
    before = now;
  }
  EXPECT_EQ(before, truth);
}

TEST(ModelTest, WhatIsReportedConvergesToTheTruth) {
  const World shop = world();
  const Account& the_account = shop.accounts()[0];
  const Instant settled = shop.start_of(the_account, kMonday + days(1)) + days(14) + minutes(5);
  EXPECT_EQ(total(shop.report(the_account, kMonday - days(6), kMonday, Granularity::day, settled)),
            total(shop.report(the_account, kMonday - days(6), kMonday, Granularity::day, kInTheEnd)));
}

TEST(ModelTest, FiguresLieAroundTheMeansOfTheCampaign) {
  const World shop = world();
  Figures month;
  for (int i = 0; i < 28; ++i) month += of_day(shop, kMonday + days(i), kInTheEnd);
  const auto ratio = [](std::int64_t a, std::int64_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  EXPECT_NEAR(ratio(month.impressions, 28 * 40'000), 1, 0.05);
  EXPECT_NEAR(ratio(month.clicks, month.impressions) / 0.05, 1, 0.02);
  EXPECT_NEAR(ratio(month.spend_micros, month.clicks) / 1.2e6, 1, 0.03);
  EXPECT_NEAR(ratio(month.conversions, month.clicks) / 0.04, 1, 0.06);
  EXPECT_NEAR(ratio(month.revenue_micros, month.conversions) / 100e6, 1, 0.06);
}

TEST(ModelTest, WeekdaysFollowTheirProfileAndEmptyDaysAreLeftOut) {
  const World shop = world();
  const Account& the_account = shop.accounts()[0];
  std::map<Day, std::int64_t> mails;
  for (const Record& record :
       shop.report(the_account, kMonday, kMonday + days(6), Granularity::day, kInTheEnd)) {
    if (record.campaign->name == "newsletter") mails[record.day] = record.figures.impressions;
  }
  EXPECT_EQ(mails.size(), 3U);
  EXPECT_NEAR(static_cast<double>(mails[kMonday + days(1)]) / static_cast<double>(mails[kMonday + days(4)]),
              3, 0.8);
}

TEST(ModelTest, NothingIsReportedBeforeTheHistoryBegins) {
  const World shop = world();
  const Account& the_account = shop.accounts()[0];
  EXPECT_TRUE(
      shop.report(the_account, kFirst - days(9), kFirst - days(2), Granularity::day, kInTheEnd).empty());
}

// What an incident that begins at 10:00 UTC on Tuesday does to that day, figure by figure.
struct IncidentCase {
  const char* name;
  IncidentKind kind;
  double factor;
  double clicks, spend, conversions;  // after it began, as a share of the figures without it
  double tolerance;
};

class IncidentTest : public ::testing::TestWithParam<IncidentCase> {};

TEST_P(IncidentTest, ChangesWhatItIsAboutFromItsStartOnAndNothingElse) {
  const IncidentCase& given = GetParam();
  const World calm = world();
  World shop = world();
  const Instant start(kMonday + days(1) + hours(10));
  shop.incidents().add({.id = 0,
                        .kind = given.kind,
                        .account = "shop",
                        .campaign = "boots",
                        .factor = given.factor,
                        .from = start,
                        .until = std::nullopt});
  const Account& the_account = shop.accounts()[0];
  const Campaign& boots = the_account.campaigns[0];
  const Account& calm_account = calm.accounts()[0];
  EXPECT_EQ(shop.sum(the_account, boots, start - days(1), start, kInTheEnd),
            calm.sum(calm_account, calm_account.campaigns[0], start - days(1), start, kInTheEnd));
  EXPECT_EQ(of_day(shop, kMonday + days(2), kInTheEnd, 1), of_day(calm, kMonday + days(2), kInTheEnd, 1));
  const Figures with = shop.sum(the_account, boots, start, start + days(7), kInTheEnd);
  const Figures without =
      calm.sum(calm_account, calm_account.campaigns[0], start, start + days(7), kInTheEnd);
  const auto share = [](std::int64_t a, std::int64_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  EXPECT_NEAR(share(with.clicks, without.clicks), given.clicks, given.tolerance);
  EXPECT_NEAR(share(with.spend_micros, without.spend_micros), given.spend, given.tolerance);
  EXPECT_NEAR(share(with.conversions, without.conversions), given.conversions, given.tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    All, IncidentTest,
    ::testing::Values(IncidentCase{"CpcJump", IncidentKind::cpc_jump, 1.6, 1, 1.6, 1, 1e-5},
                      IncidentCase{"CvrDrop", IncidentKind::cvr_drop, 0.5, 1, 1, 0.5, 0.1},
                      IncidentCase{"TrackingBreak", IncidentKind::tracking_break, 1, 1, 1, 0, 1e-9},
                      IncidentCase{"SpendStop", IncidentKind::spend_stop, 1, 0, 0, 0, 1e-9}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(IncidentTest, RecoveryEndsWhatIsInForceAndCancelsWhatLiesAhead) {
  Incidents incidents;
  const Instant start(kMonday);
  const auto add = [&](Instant from) {
    incidents.add({.id = 0,
                   .kind = IncidentKind::cpc_jump,
                   .account = "shop",
                   .campaign = "boots",
                   .factor = 2,
                   .from = from,
                   .until = std::nullopt});
  };
  add(start);
  add(start + days(3));
  EXPECT_EQ(incidents.at("shop", "boots", start + days(4)).cpc_factor, 4);
  EXPECT_EQ(incidents.recover("shop", "boots", start + days(1)), 2);
  EXPECT_EQ(incidents.at("shop", "boots", start + hours(23)).cpc_factor, 2);
  EXPECT_EQ(incidents.at("shop", "boots", start + days(1)).cpc_factor, 1);
  EXPECT_EQ(incidents.at("shop", "boots", start + days(4)).cpc_factor, 1);
  EXPECT_EQ(incidents.recover("shop", "boots", start + days(5)), 0);
}

}  // namespace
}  // namespace tightrope::simulator
