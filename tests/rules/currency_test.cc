#include "rules/currency.h"

#include <gtest/gtest.h>

namespace tightrope::rules {
namespace {

constexpr Day kFriday{20000};

Amount units(double value) {
  return *Amount::from_double(value);
}

ExchangeRates european() {
  ExchangeRates rates;
  rates.set("EUR", "USD", kFriday, units(1.25));
  rates.set("EUR", "GBP", kFriday, units(0.8));
  return rates;
}

TEST(CurrencyNamesTest, AForeignMetricComesApartAgain) {
  const std::string name = foreign_metric("spend", "USD");
  EXPECT_EQ(name, "spend@USD");
  const auto parts = parse_foreign_metric(name);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->metric, "spend");
  EXPECT_EQ(parts->currency, "USD");
  EXPECT_FALSE(parse_rate_metric(name));
}

TEST(CurrencyNamesTest, ARateIsNoFigureOfMoney) {
  EXPECT_EQ(parse_rate_metric(rate_metric("EUR")), "EUR");
  EXPECT_FALSE(parse_foreign_metric(rate_metric("EUR")));
  for (const char* name : {"spend", "@USD", "spend@", ""}) EXPECT_FALSE(parse_foreign_metric(name)) << name;
}

TEST(ExchangeRatesTest, ConvertsFromToAndAcrossTheBase) {
  const ExchangeRates rates = european();
  EXPECT_EQ(rates.convert(units(10), "USD", "EUR", kFriday, 5), units(8));
  EXPECT_EQ(rates.convert(units(8), "EUR", "USD", kFriday, 5), units(10));
  EXPECT_EQ(rates.convert(units(10), "USD", "GBP", kFriday, 5), units(6.4));
  EXPECT_EQ(rates.convert(units(10), "EUR", "EUR", kFriday, 5), units(10));
  EXPECT_EQ(rates.rate("USD", "EUR", kFriday, 5), 0.8);
}

TEST(ExchangeRatesTest, HoldsOverAWeekendAndNoLonger) {
  const ExchangeRates rates = european();
  EXPECT_EQ(rates.convert(units(10), "USD", "EUR", kFriday + 3, 3), units(8));
  EXPECT_FALSE(rates.convert(units(10), "USD", "EUR", kFriday + 4, 3));
  EXPECT_FALSE(rates.convert(units(10), "USD", "EUR", kFriday - 1, 3));
  EXPECT_FALSE(rates.convert(units(10), "CHF", "EUR", kFriday, 3));
}

TEST(ExchangeRatesTest, RoundsToTheNearestMillionthHalvesAwayFromZero) {
  ExchangeRates rates;
  rates.set("EUR", "USD", kFriday, units(2));
  EXPECT_EQ(rates.convert(Amount::from_micros(3), "USD", "EUR", kFriday, 0), Amount::from_micros(2));
  EXPECT_EQ(rates.convert(Amount::from_micros(-3), "USD", "EUR", kFriday, 0), Amount::from_micros(-2));
  EXPECT_EQ(rates.convert(Amount::missing(), "USD", "EUR", kFriday, 0), Amount::missing());
}

TEST(ExchangeRatesTest, AConversionThatWouldNotFitIsNone) {
  ExchangeRates rates;
  rates.set("EUR", "XXX", kFriday, units(0.000001));
  EXPECT_FALSE(rates.convert(Amount::from_units(Amount::kLargestUnits), "XXX", "EUR", kFriday, 0));
}

TEST(ExchangeRatesTest, SayWhetherTheyChangedAndCanBeTakenBack) {
  ExchangeRates rates = european();
  EXPECT_FALSE(rates.set("EUR", "USD", kFriday, units(1.25)));
  EXPECT_TRUE(rates.set("EUR", "USD", kFriday, units(1.3)));
  EXPECT_TRUE(rates.set("EUR", "USD", kFriday, Amount::missing()));
  EXPECT_FALSE(rates.set("EUR", "USD", kFriday, Amount::missing()));
  EXPECT_FALSE(rates.convert(units(10), "USD", "EUR", kFriday, 5));
}

TEST(ExchangeRatesTest, DroppingOldOnesKeepsWhatStillHolds) {
  ExchangeRates rates = european();
  rates.set("EUR", "USD", kFriday - 10, units(2));
  rates.drop_before(kFriday + 2);
  EXPECT_EQ(rates.convert(units(10), "USD", "EUR", kFriday + 2, 5), units(8));
  EXPECT_FALSE(rates.convert(units(10), "USD", "EUR", kFriday - 10, 5));
}

TEST(ExchangeRatesTest, AreTheSameAfterBeingSaved) {
  ByteWriter out;
  european().save(out);
  const std::string bytes = std::move(out).take();
  ByteReader in(bytes);
  ExchangeRates loaded;
  ASSERT_TRUE(loaded.load(in));
  EXPECT_TRUE(in.finished());
  EXPECT_EQ(loaded.convert(units(10), "USD", "GBP", kFriday, 5), units(6.4));
}

}  // namespace
}  // namespace tightrope::rules
