#include "rules/format.h"

#include <gtest/gtest.h>

#include <cmath>
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

TEST(FormatTest, ComparedFiguresTakeTheFormOfTheBound) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const auto both = [](Unit unit, double value, double low, double high) {
    const ComparedFigures figures(unit, "EUR", value, low, high);
    return figures.text(value) + " | " + figures.text(std::isnan(low) ? high : low);
  };
  EXPECT_EQ(both(Unit::ratio, 0.2, 3, none), "0.20 | 3.00");
  EXPECT_EQ(both(Unit::ratio, 1.8, none, 0.3), "180 % | 30 %");
  EXPECT_EQ(both(Unit::ratio, 0.084, none, 0.03), "8.4 % | 3.0 %");
  EXPECT_EQ(both(Unit::ratio, 0.4, 0.5, none), "40 % | 50 %");
  EXPECT_EQ(both(Unit::ratio, 1.8, none, none), "1.80 | n/a");
  EXPECT_EQ(both(Unit::number, 3.25, 4, none), "3.25 | 4.00");
  EXPECT_EQ(both(Unit::money, 12340, none, 9800), "12 340 EUR | 9 800 EUR");
  EXPECT_EQ(both(Unit::count, 412, 600, none), "412 | 600");
  EXPECT_EQ(both(Unit::ratio, 0.03, 0.05, none), "3 % | 5 %");
  EXPECT_EQ(both(Unit::ratio, 0.00997, 0.01, none), "0.997 % | 1.000 %");
  EXPECT_EQ(both(Unit::money, 45.004, none, 45), "45.004 EUR | 45.000 EUR");
  EXPECT_EQ(both(Unit::money, 12000.4, none, 12000), "12 000.4 EUR | 12 000.0 EUR");
  EXPECT_EQ(both(Unit::money, 45 + 1e-9, none, 45), "45.00 EUR | 45.00 EUR");
}

TEST(FormatTest, NumbersWithUnitsDoNotBreakOverLines) {
  EXPECT_EQ(unbroken("about 1 204 567 EUR a day, 12.5 % in 3 h 20 min over 7 days"),
            "about 1\xe2\x80\xaf"
            "204\xe2\x80\xaf"
            "567\xc2\xa0"
            "EUR a day, 12.5\xc2\xa0% in 3\xc2\xa0h 20\xc2\xa0min over 7\xc2\xa0"
            "days");
  EXPECT_EQ(unbroken("Fri 20 Nov 2026, brand 7 of 12, 3 heads"), "Fri 20 Nov 2026, brand 7 of 12, 3 heads");
  EXPECT_EQ(with_plain_spaces(unbroken("1 204 EUR")), "1 204 EUR");
}

TEST(FormatTest, FixedHasTheDecimalsAskedFor) {
  EXPECT_EQ(format_fixed(1234.5, 2), "1234.50");
  EXPECT_EQ(format_fixed(-0.001, 2), "0.00");
  EXPECT_EQ(format_fixed(-0.006, 2), "-0.01");
  EXPECT_EQ(format_fixed(std::numeric_limits<double>::quiet_NaN(), 2), "n/a");
}

}  // namespace
}  // namespace tightrope::rules
