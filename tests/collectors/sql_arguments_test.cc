#include "collectors/sql_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> arguments(std::string_view query, std::string_view zone, std::string_view now,
                                   std::string_view offset = "") {
  const auto parsed =
      std::get<config::SqlTemplate>(config::parse_sql_template(query, config::Database::postgresql));
  const auto calendar = calendar_of(zone);
  std::vector<std::string> texts;
  for (const SqlArgument& argument : sql_arguments(
           parsed, {days("2026-11-01", "2026-11-30"), *rules::parse_timestamp(now)}, calendar, offset))
    texts.push_back(argument.text + (argument.is_number ? " as a number" : ""));
  return texts;
}

TEST(SqlArgumentsTest, ComeInTheQuerysOrder) {
  EXPECT_THAT(arguments("{to} {from} {to:%Y%m%d} {now}", "UTC", "2026-11-22T12:30:15Z"),
              ElementsAre("2026-11-30", "2026-11-01", "20261130", "2026-11-22 12:30:15"));
}

TEST(SqlArgumentsTest, InstantsAreThoseOfTheSourcesDays) {
  EXPECT_THAT(arguments("{from:unix} {to:unix} {to:unix_ms}", "Europe/Berlin", "2026-11-22T12:30:15Z"),
              ElementsAre("1793487600 as a number", "1796079599 as a number", "1796079599999 as a number"));
}

TEST(SqlArgumentsTest, NowIsWhatTheWallClockOfTheSessionShows) {
  EXPECT_THAT(arguments("{now} {now:%d.%m.%Y %H} {now:unix}", "Europe/Berlin", "2026-11-22T23:30:15Z"),
              ElementsAre("2026-11-23 00:30:15", "23.11.2026 00", "1795390215 as a number"));
  // The hour that comes twice.
  EXPECT_THAT(arguments("{now}", "Europe/Berlin", "2026-10-25T00:10:00Z"),
              ElementsAre("2026-10-25 02:10:00"));
  EXPECT_THAT(arguments("{now}", "Europe/Berlin", "2026-10-25T01:10:00Z"),
              ElementsAre("2026-10-25 02:10:00"));
  EXPECT_THAT(arguments("{now}", "Asia/Kolkata", "2026-11-22T12:00:00Z"), ElementsAre("2026-11-22 17:30:00"));
  EXPECT_THAT(arguments("{now}", "Europe/Berlin", "2026-11-22T12:00:00Z", "-05:30"),
              ElementsAre("2026-11-22 06:30:00"));
}

}  // namespace
}  // namespace tightrope::collectors
