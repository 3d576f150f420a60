#include "rules/format.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

struct FormatCase {
  double value;
  Unit unit;
  const char* text;
};

class FormatTest : public ::testing::TestWithParam<FormatCase> {};

TEST_P(FormatTest, ReadsAsPeopleWriteIt) {
  EXPECT_EQ(format_value(GetParam().value, GetParam().unit, "EUR"), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(All, FormatTest,
                         ::testing::ValuesIn(std::vector<FormatCase>{
                             {45.1, Unit::money, "45.10 EUR"},
                             {0, Unit::money, "0.00 EUR"},
                             {-0.0, Unit::money, "0.00 EUR"},
                             {-45.1, Unit::money, "-45.10 EUR"},
                             {0.5, Unit::money, "0.50 EUR"},
                             {0.05, Unit::money, "0.05 EUR"},
                             {0.0042, Unit::money, "0.0042 EUR"},
                             {999.999, Unit::money, "1 000.00 EUR"},
                             {1234.5, Unit::money, "1 234.50 EUR"},
                             {9999.994, Unit::money, "9 999.99 EUR"},
                             {9999.996, Unit::money, "10 000 EUR"},
                             {12340.4, Unit::money, "12 340 EUR"},
                             {-1234567.8, Unit::money, "-1 234 568 EUR"},
                             {0.034, Unit::ratio, "3.4 %"},
                             {0.03, Unit::ratio, "3 %"},
                             {0.0012, Unit::ratio, "0.12 %"},
                             {0.00012345, Unit::ratio, "0.012 %"},
                             {0.456, Unit::ratio, "45.6 %"},
                             {0, Unit::ratio, "0 %"},
                             {1, Unit::ratio, "100 %"},
                             {1.25, Unit::ratio, "125 %"},
                             {-0.2, Unit::ratio, "-20 %"},
                             {1.5, Unit::ratio, "1.50"},
                             {3.4, Unit::ratio, "3.40"},
                             {-3.4, Unit::ratio, "-3.40"},
                             {1204, Unit::count, "1 204"},
                             {3, Unit::count, "3"},
                             {12.5, Unit::count, "12.5"},
                             {0.04, Unit::count, "0.04"},
                             {1234567, Unit::count, "1 234 567"},
                             {2.5, Unit::duration, "2.5 h"},
                             {36, Unit::duration, "36 h"},
                             {0.0222, Unit::per_money, "0.022 per EUR"},
                             {3.25, Unit::number, "3.25"},
                             {1e18, Unit::count, "1e+18"},
                             {1, Unit::truth, "yes"},
                             {0, Unit::truth, "no"},
                             {std::numeric_limits<double>::quiet_NaN(), Unit::money, "n/a"},
                             {std::numeric_limits<double>::infinity(), Unit::ratio, "n/a"},
                         }));

TEST(FormatTest, WithoutACurrencyMoneyIsANumber) {
  EXPECT_EQ(format_value(45.1, Unit::money, ""), "45.10");
}

TEST(FormatTest, FixedHasTheDecimalsAskedFor) {
  EXPECT_EQ(format_fixed(1234.5, 2), "1234.50");
  EXPECT_EQ(format_fixed(-0.001, 2), "0.00");
  EXPECT_EQ(format_fixed(-0.006, 2), "-0.01");
  EXPECT_EQ(format_fixed(std::numeric_limits<double>::quiet_NaN(), 2), "n/a");
}

}  // namespace
}  // namespace tightrope::rules
