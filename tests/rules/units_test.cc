#include "rules/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

TEST(DayTest, TextAndNumberAgree) {
  EXPECT_EQ(parse_day("1970-01-01"), Day{0});
  EXPECT_EQ(parse_day("1970-01-02"), Day{1});
  EXPECT_EQ(parse_day("2000-02-29"), Day{11016});
  EXPECT_EQ(to_string(Day{11016}), "2000-02-29");
  EXPECT_EQ(to_string(*parse_day("9999-12-31")), "9999-12-31");
}

TEST(DayTest, EveryDayOfManyYearsComesBack) {
  for (Day day = *parse_day("1999-12-25"); day < *parse_day("2032-01-05"); day = day + 1) {
    ASSERT_EQ(parse_day(to_string(day)), day);
  }
}

TEST(DayTest, OnlyExistingDatesInTheOneFormatAreRead) {
  for (const char* text :
       {"", "2026", "2026-11", "2026-11-2", "2026-11-020", "2026-13-01", "2026-00-01", "2026-01-00",
        "2026-02-29", "2026-04-31", "1969-12-31", "0001-01-01", "2026/11/20", " 2026-11-20", "2026-11-20 ",
        "2026-11-20T08", "+026-11-20", "-026-11-20", "20261120"}) {
    EXPECT_EQ(parse_day(text), std::nullopt) << text;
  }
}

struct RoundingCase {
  double value;
  std::int64_t micros;
};

class AmountFromDoubleTest : public ::testing::TestWithParam<RoundingCase> {};

TEST_P(AmountFromDoubleTest, IsTheNearestMillionth) {
  const auto amount = Amount::from_double(GetParam().value);
  ASSERT_TRUE(amount.has_value());
  EXPECT_EQ(amount->micros(), GetParam().micros);
  const auto negative = Amount::from_double(-GetParam().value);
  ASSERT_TRUE(negative.has_value());
  EXPECT_EQ(negative->micros(), -GetParam().micros);
}

INSTANTIATE_TEST_SUITE_P(All, AmountFromDoubleTest,
                         ::testing::ValuesIn(std::vector<RoundingCase>{
                             {0, 0},
                             {1, 1'000'000},
                             {1.25, 1'250'000},
                             {0.1, 100'000},
                             {0.1 + 0.2, 300'000},
                             {4.9e-7, 0},
                             {5.1e-7, 1},
                             {0x1p-21, 0},               // 0.476... millionths
                             {0x1p-6, 15'625},           // exact
                             {0x1p-7, 7'813},            // 7812.5 exactly: away from zero
                             {0x1p-7 - 0x1p-59, 7'812},  // a hair less than the half
                             {99'999'999'999.25, 99'999'999'999'250'000},
                             {100'000'000'000.0, 100'000'000'000'000'000},
                             {std::numeric_limits<double>::denorm_min(), 0},
                         }));

TEST(AmountTest, FromDoubleRefusesWhatIsNoAmount) {
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), 100'000'000'000.1, -1e12, 1e300}) {
    EXPECT_EQ(Amount::from_double(value), std::nullopt) << value;
  }
}

// The same by exact integers: the double is mantissa * 2^exponent.
std::int64_t nearest_millionth(double value) {
  __extension__ using Wide = __int128;
  int exponent = 0;
  const double mantissa = std::frexp(std::fabs(value), &exponent);
  const Wide scaled = static_cast<Wide>(static_cast<std::int64_t>(std::ldexp(mantissa, 53))) * 1'000'000;
  const int shift = 53 - exponent;  // the amount is scaled / 2^shift
  Wide rounded = 0;
  if (shift <= 0) {
    rounded = scaled << -shift;
  } else if (shift < 100) {
    rounded = (scaled + (static_cast<Wide>(1) << (shift - 1))) >> shift;
  }
  const auto micros = static_cast<std::int64_t>(rounded);
  return value < 0 ? -micros : micros;
}

TEST(AmountTest, FromDoubleAgreesWithExactIntegers) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> magnitude(-8, 11);
  std::uniform_int_distribution<std::int64_t> halves(-200'000'000'000, 200'000'000'000);
  for (int i = 0; i < 200'000; ++i) {
    const double value = std::pow(10.0, magnitude(random)) * (i % 2 == 0 ? 1 : -1);
    ASSERT_EQ(Amount::from_double(value)->micros(), nearest_millionth(value)) << value;
    // Near the halves, where a product rounded to double misleads.
    const double near_half = static_cast<double>(halves(random)) / 2'000'000.0;
    ASSERT_EQ(Amount::from_double(near_half)->micros(), nearest_millionth(near_half)) << near_half;
  }
}

TEST(AmountTest, MissingIsNotZero) {
  EXPECT_TRUE(Amount().is_missing());
  EXPECT_NE(Amount::missing(), Amount::from_units(0));
  EXPECT_TRUE(std::isnan(Amount::missing().to_double()));
  EXPECT_EQ(Amount::from_units(3).to_double(), 3.0);
  EXPECT_EQ(to_string(Amount::missing()), "missing");
}

struct AmountText {
  const char* text;
  std::int64_t micros;
};

class ParseAmountTest : public ::testing::TestWithParam<AmountText> {};

TEST_P(ParseAmountTest, IsExact) {
  const auto amount = parse_amount(GetParam().text);
  ASSERT_TRUE(amount.has_value());
  EXPECT_EQ(amount->micros(), GetParam().micros);
}

INSTANTIATE_TEST_SUITE_P(All, ParseAmountTest,
                         ::testing::ValuesIn(std::vector<AmountText>{
                             {"0", 0},
                             {"-0", 0},
                             {"12", 12'000'000},
                             {"012", 12'000'000},
                             {"-1234.56", -1'234'560'000},
                             {"0.000001", 1},
                             {"0.0000005", 1},
                             {"-0.0000005", -1},
                             {"0.00000049999999999999999999999", 0},
                             {"1.9999995", 2'000'000},
                             {"1.9999994", 1'999'999},
                             {"0.10", 100'000},
                             {"100000000000", 100'000'000'000'000'000},
                             {"-100000000000", -100'000'000'000'000'000},
                             {"99999999999.999999", 99'999'999'999'999'999},
                         }));

TEST(AmountTest, ParseRefusesWhatIsNoPlainDecimal) {
  for (const char* text : {"",
                           "-",
                           ".",
                           ".5",
                           "5.",
                           "1e3",
                           "1,5",
                           "0x1",
                           " 1",
                           "1 ",
                           "+1",
                           "--1",
                           "1.2.3",
                           "nan",
                           "inf",
                           "1_000",
                           "1.-5",
                           "100000000000.000001",
                           "99999999999.9999999x",
                           "100000000001",
                           "999999999999999999999999999"}) {
    EXPECT_EQ(parse_amount(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_amount(std::string_view("1\0", 2)), std::nullopt);
}

TEST(AmountTest, RoundingUpToTheLimitIsWithinIt) {
  EXPECT_EQ(parse_amount("99999999999.9999999")->micros(), 100'000'000'000'000'000);
  EXPECT_EQ(parse_amount("100000000000.0000005"), std::nullopt);
}

TEST(AmountTest, TextIsTheShortestThatParsesBack) {
  EXPECT_EQ(to_string(Amount::from_micros(12'500'000)), "12.5");
  EXPECT_EQ(to_string(Amount::from_units(3)), "3");
  EXPECT_EQ(to_string(Amount::from_units(-1200)), "-1200");
  EXPECT_EQ(to_string(Amount::from_micros(-1)), "-0.000001");
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto micros = static_cast<std::int64_t>(random() % 100'000'000'000'000'000) >> (random() % 50);
    const Amount amount = Amount::from_micros(i % 2 == 0 ? micros : -micros);
    ASSERT_EQ(parse_amount(to_string(amount)), amount) << to_string(amount);
  }
}

TEST(TimestampTest, IsWrittenInUtcWithMillisecondsOnlyWhereThereAreAny) {
  const Timestamp time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(8)};
  EXPECT_EQ(to_rfc3339(time), "2026-11-20T08:00:00Z");
  EXPECT_EQ(to_rfc3339(time + std::chrono::milliseconds(50)), "2026-11-20T08:00:00.050Z");
  EXPECT_EQ(to_rfc3339(Timestamp(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

struct TimeText {
  const char* text;
  const char* in_utc;
};

class ParseTimestampTest : public ::testing::TestWithParam<TimeText> {};

TEST_P(ParseTimestampTest, IsTheInstant) {
  const auto time = parse_timestamp(GetParam().text);
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(to_rfc3339(*time), GetParam().in_utc);
}

INSTANTIATE_TEST_SUITE_P(All, ParseTimestampTest,
                         ::testing::ValuesIn(std::vector<TimeText>{
                             {"2026-11-20", "2026-11-20T00:00:00Z"},
                             {"2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"},
                             {"2026-11-20t08:00:00z", "2026-11-20T08:00:00Z"},
                             {"2026-11-20 08:00:00Z", "2026-11-20T08:00:00Z"},
                             {"2026-11-20T08:00:00-05:00", "2026-11-20T13:00:00Z"},
                             {"2026-11-20T01:00:00+05:30", "2026-11-19T19:30:00Z"},
                             {"2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00.500Z"},
                             {"2026-11-20T08:00:00.123999999Z", "2026-11-20T08:00:00.123Z"},
                             {"1970-01-01T00:00:00+00:01", "1969-12-31T23:59:00Z"},
                         }));

TEST(TimestampTest, ParseRefusesWhatIsNotRfc3339) {
  for (const char* text :
       {"", "2026-11-20T", "2026-11-20T08", "2026-11-20T08:00", "2026-11-20T08:00:00", "now",
        "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z", "2026-11-20T08:00:60Z", "2026-11-20T08:00:00.Z",
        "2026-11-20T08:00:00+5:30", "2026-11-20T08:00:00+0530", "2026-11-20T08:00:00+24:00",
        "2026-11-20T08:00:00Zx", "2026-02-30T08:00:00Z", "2026-11-20T8:00:00Z"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tightrope::rules
