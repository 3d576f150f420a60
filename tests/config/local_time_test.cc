#include "config/local_time.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tightrope::config {
namespace {

struct TimeCase {
  const char* name;
  const char* text;
  const char* utc;  // "" where it is none
};

class LocalTimeTest : public ::testing::TestWithParam<TimeCase> {};

TEST_P(LocalTimeTest, IsReadInTheZone) {
  const auto calendar = rules::Calendar::open("America/New_York", std::chrono::Monday);
  ASSERT_TRUE(calendar);
  const auto time = parse_local_time(GetParam().text, *calendar, DayMeans::last_moment);
  EXPECT_EQ(time ? rules::to_rfc3339(*time) : "", GetParam().utc);
}

INSTANTIATE_TEST_SUITE_P(All, LocalTimeTest,
                         ::testing::ValuesIn(std::vector<TimeCase>{
                             {"DayIsItsLastMoment", "2026-11-20", "2026-11-21T04:59:59.999Z"},
                             {"Minutes", "2026-11-20T21:04", "2026-11-21T02:04:00Z"},
                             {"Seconds", "2026-11-20T21:04:30", "2026-11-21T02:04:30Z"},
                             {"BlankForT", "2026-11-20 21:04", "2026-11-21T02:04:00Z"},
                             {"Utc", "2026-11-20T21:04Z", "2026-11-20T21:04:00Z"},
                             {"Offset", "2026-11-20T21:04:05+01:00", "2026-11-20T20:04:05Z"},
                             {"Summer", "2026-07-01T08:00", "2026-07-01T12:00:00Z"},
                             {"ShownTwiceIsTheFirst", "2026-11-01T01:30", "2026-11-01T05:30:00Z"},
                             {"ShownTwiceWithOffset", "2026-11-01T01:30-05:00", "2026-11-01T06:30:00Z"},
                             {"LeftOut", "2026-03-08T02:30", ""},
                             {"HourAlone", "2026-11-20T21", ""},
                             {"MinuteBeyondItsHour", "2026-11-20T21:60", ""},
                             {"HourBeyondItsDay", "2026-11-20T24:00", ""},
                             {"NoSuchDay", "2026-11-31T10:00", ""},
                             {"TrailingText", "2026-11-20T21:04x", ""},
                             {"Word", "yesterday", ""},
                             {"Empty", "", ""},
                         }),
                         [](const auto& time) { return std::string(time.param.name); });

TEST(LocalTimeTest, AStartIsTheBeginningOfItsDay) {
  const auto calendar = rules::Calendar::open("Europe/Berlin", std::chrono::Monday);
  ASSERT_TRUE(calendar);
  const auto time = parse_local_time("2026-11-20", *calendar, DayMeans::beginning);
  ASSERT_TRUE(time);
  EXPECT_EQ(rules::to_rfc3339(*time), "2026-11-19T23:00:00Z");
}

}  // namespace
}  // namespace tightrope::config
