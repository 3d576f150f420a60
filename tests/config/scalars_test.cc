#include "config/scalars.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, UnitsAddUpFromLargeToSmall) {
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("90m"), 90min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1w2d"), 9 * 24h);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1s500ms"), 1500ms);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(DurationTest, AnythingElseIsNone) {
  for (const char* text : {"", "5", "5x", "-5m", "1.5h", "5 m", "m", "1m1h", "1h1h", "1h ", "99999w",
                           "9223372036854775807w", "1hm"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(DurationTest, WhatIsWrittenIsReadAgain) {
  for (const rules::Duration duration :
       {rules::Duration(0), rules::Duration(1), rules::Duration(90min), rules::Duration(30 * 24h),
        rules::Duration(8 * 24h + 61s + 7ms), rules::Duration(14 * 24h)}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(30 * 24h), "30d");
}

TEST(SizeTest, UnitsAreBinaryOrDecimalByName) {
  EXPECT_EQ(parse_size("16MiB"), 16u << 20);
  EXPECT_EQ(parse_size("64kB"), 64'000u);
  EXPECT_EQ(parse_size("1048576"), 1u << 20);
  for (const char* text : {"", "16MB ", "16 MiB", "-1", "1.5MiB", "99999999GiB", "MiB", "16mib"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
  EXPECT_EQ(format_size(16u << 20), "16MiB");
  EXPECT_EQ(format_size(1000), "1000B");
}

TEST(NumberTest, OnlyFinitePlainDecimalsAreNumbers) {
  EXPECT_EQ(parse_number("45"), 45.0);
  EXPECT_EQ(parse_number("-1.5"), -1.5);
  EXPECT_EQ(parse_number("2e6"), 2e6);
  for (const char* text :
       {"", " 1", "1 ", "1,5", "0x10", ".inf", "inf", "nan", "1e999", "+1", "45%", "1_000"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(NumberTest, PercentIsTheNearestDouble) {
  EXPECT_EQ(parse_percent("20%"), 0.2);
  EXPECT_EQ(parse_percent("2.9%"), 0.029);
  EXPECT_EQ(parse_percent("0.7 %"), 0.007);
  for (const char* text : {"", "%", "20", "a%", "1e2%", "111111111111111111111111111111111111%"}) {
    EXPECT_EQ(parse_percent(text), std::nullopt) << text;
  }
}

TEST(NumberTest, WhatIsWrittenIsReadAgain) {
  for (const double number : {0.1, 1.0 / 3, 45.0, 1e-300, 123456789.125, 0.029}) {
    EXPECT_EQ(parse_number(format_number(number)), number);
  }
}

TEST(UrlTest, OnlyHttpWithAHostIsAccepted) {
  for (const char* good :
       {"http://127.0.0.1:9093", "https://example.com", "HTTPS://example.com/a?b=c#d", "http://[::1]:80/x"}) {
    EXPECT_EQ(check_url(good), "") << good;
  }
  for (const char* bad : {"", "example.com", "ftp://example.com", "file:///etc/passwd", "http://",
                          "http:///a", "http://a b/", "http://a\n/", "http://user@example.com",
                          "http://example.com:0", "http://example.com:99999", "http://[::1", "http://:80/"}) {
    EXPECT_NE(check_url(bad), "") << bad;
  }
}

TEST(UrlTest, WhatIsWrongNeverShowsTheAddress) {
  EXPECT_EQ(check_url("https://ann:pa55@example.com").find("pa55"), std::string::npos);
}

TEST(DateFormatTest, NeedsYearMonthAndDay) {
  for (const char* good :
       {"%Y-%m-%d", "%d.%m.%y", "%Y%m%d", "%F", "%Y-%jT%H", "%e %b %Y", "unix", "unix_ms", "rfc3339"}) {
    EXPECT_EQ(check_date_format(good), "") << good;
  }
  for (const char* bad : {"", "%m-%d", "%Y-%m", "%Y-%d", "%Y-%m-%d%", "%Y-%m-%q", "DD-MM-YYYY"}) {
    EXPECT_NE(check_date_format(bad), "") << bad;
  }
}

TEST(CurrencyTest, TheListHasEachCodeOnceAndNoOther) {
  const auto codes = currencies();
  EXPECT_GT(codes.size(), 150u);
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
  for (const auto& code : codes) EXPECT_TRUE(is_currency(code)) << code;
}

TEST(CurrencyTest, CodesAreThreeLettersInUse) {
  EXPECT_TRUE(is_currency("EUR"));
  EXPECT_TRUE(is_currency("ZWL"));
  for (const char* text : {"", "EU", "EURO", "eur", "XYZ", "R U", "UR "})
    EXPECT_FALSE(is_currency(text)) << text;
}

}  // namespace
}  // namespace tightrope::config
