#include "collectors/date_format.h"

#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

std::string read(std::string_view format, std::string_view text, std::string_view zone = "UTC") {
  const auto compiled = DateFormat::compile(format);
  if (const auto* problem = std::get_if<std::string>(&compiled)) return *problem;
  const auto calendar = calendar_of(zone);
  const auto bucket = std::get<DateFormat>(compiled).parse(text, calendar);
  return bucket ? calendar.format(*bucket) : "none";
}

struct DateCase {
  const char* format;
  const char* text;
  const char* bucket;
};
class DateFormatTest : public ::testing::TestWithParam<DateCase> {};

TEST_P(DateFormatTest, IsRead) {
  EXPECT_EQ(read(GetParam().format, GetParam().text), GetParam().bucket) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Dates, DateFormatTest,
                         ::testing::ValuesIn(std::vector<DateCase>{
                             {"%Y-%m-%d", "2026-11-20", "2026-11-20"},
                             {"%F", " 2026-11-20 ", "2026-11-20"},
                             {"%d-%m-%Y", "01-10-2015", "2015-10-01"},
                             {"%Y%m%d", "20261120", "2026-11-20"},
                             {"%d.%m.%y", "1.3.26", "2026-03-01"},
                             {"%m/%d/%Y", "11/20/2026", "2026-11-20"},
                             {"%D", "11/20/26", "2026-11-20"},
                             {"%b %e, %Y", "Nov  3, 2026", "2026-11-03"},
                             {"%d %B %Y", "20 november 2026", "2026-11-20"},
                             {"%A, %B %d, %Y", "Friday, November 20, 2026", "2026-11-20"},
                             {"%Y-%j", "2024-366", "2024-12-31"},
                             {"%Y-%m-%d 00:00:00", "2026-11-20 00:00:00", "2026-11-20"},
                             {"%Y%%%m%%%d", "2026%11%20", "2026-11-20"},
                             {"%Y-%m-%d %H", "2026-11-20 08", "2026-11-20T08"},
                             {"%Y-%m-%dT%T", "2026-11-20T08:59:59", "2026-11-20T08"},
                             {"%Y%m%d%H", "2026112023", "2026-11-20T23"},
                             {"%m/%d/%Y %I:%M %p", "11/20/2026 12:05 am", "2026-11-20T00"},
                             {"%m/%d/%Y %I %p", "11/20/2026 1 PM", "2026-11-20T13"},
                             {"%F %T %z", "2026-11-20 23:30:00 -0200", "2026-11-21T01"},
                             {"unix", "1763596800", "2025-11-20T00"},
                             {"unix", "1763600400.75", "2025-11-20T01"},
                             {"unix_ms", "1763600400999", "2025-11-20T01"},
                             {"rfc3339", "2026-11-20T08:15:00+01:00", "2026-11-20T07"},
                             {"rfc3339", "2026-11-20", "2026-11-20"}}));

INSTANTIATE_TEST_SUITE_P(NoDates, DateFormatTest,
                         ::testing::ValuesIn(std::vector<DateCase>{{"%Y-%m-%d", "", "none"},
                                                                   {"%Y-%m-%d", "2026-02-29", "none"},
                                                                   {"%Y-%m-%d", "2026-13-01", "none"},
                                                                   {"%Y-%m-%d", "2026-11-20x", "none"},
                                                                   {"%Y-%m-%d", "26-11-20", "none"},
                                                                   {"%d-%m-%Y", "2026-11-20", "none"},
                                                                   {"%Y-%j", "2026-366", "none"},
                                                                   {"%Y-%j", "2026-000", "none"},
                                                                   {"%F %T", "2026-11-20 24:00:00", "none"},
                                                                   {"%F %T", "2026-11-20 08:60:00", "none"},
                                                                   {"%F %I %p", "2026-11-20 13 pm", "none"},
                                                                   {"%d %b %Y", "20 Nox 2026", "none"},
                                                                   {"unix", "-1", "none"},
                                                                   {"unix", "99999999999999", "none"},
                                                                   {"unix", "12a", "none"},
                                                                   {"rfc3339", "yesterday", "none"}}));

TEST(DateFormatTest, AnHourIsTheCalendarsOwn) {
  EXPECT_EQ(read("%F %H", "2026-11-20 08", "America/New_York"), "2026-11-20T08");
  EXPECT_EQ(read("rfc3339", "2026-11-20T03:00:00Z", "America/New_York"), "2026-11-19T22");
}

TEST(DateFormatTest, AnHourThatTheClocksSkipIsTheOneThatFollows) {
  EXPECT_EQ(read("%F %H", "2026-03-08 02", "America/New_York"), "2026-03-08T03");
  EXPECT_EQ(read("%F %T", "2026-03-29 02:59:00", "Europe/Berlin"), "2026-03-29T03");
  EXPECT_EQ(read("%F %H", "2026-03-29 02", "UTC"), "2026-03-29T02");
  EXPECT_EQ(read("%F %H", "2011-12-30 08", "Pacific/Apia"), "none") << "a whole day is no hour";
  const auto format = std::get<DateFormat>(DateFormat::compile("%F %H"));
  const auto berlin = calendar_of("Europe/Berlin");
  EXPECT_TRUE(format.read("2026-03-29 02", berlin)->hour_is_skipped);
  EXPECT_FALSE(format.read("2026-03-29 03", berlin)->hour_is_skipped);
}

TEST(DateFormatTest, AFormatHasToTellADay) {
  EXPECT_EQ(read("%Y-%m", "2026-11"), "\"%Y-%m\" is not a date format: it has to tell year, month and day");
  EXPECT_NE(read("%Q", "x").find("is not a date format"), std::string::npos);
  EXPECT_NE(read("%Y-%m-%", "x").find("is not a date format"), std::string::npos);
}

}  // namespace
}  // namespace tightrope::collectors
