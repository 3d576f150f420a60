#include "rules/calendar.h"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Calendar open(std::string_view zone, std::chrono::weekday week_start = std::chrono::Monday) {
  std::optional<Calendar> calendar = Calendar::open(zone, week_start);
  if (!calendar) throw std::runtime_error("the zone database has no " + std::string(zone));
  return *std::move(calendar);
}

Day day(std::string_view text) {
  return parse_day(text).value();
}

Timestamp at(std::string_view text) {
  return parse_timestamp(text).value();
}

// Windows.

TEST(WindowTest, TextsAreReadAndWritten) {
  using enum Window::Kind;
  EXPECT_EQ(parse_window("24h"), (Window{hours, 24}));
  EXPECT_EQ(parse_window("1h"), (Window{hours, 1}));
  EXPECT_EQ(parse_window("72h"), (Window{hours, 72}));
  EXPECT_EQ(parse_window("7d"), (Window{days, 7}));
  EXPECT_EQ(parse_window("92d"), (Window{days, 92}));
  EXPECT_EQ(parse_window("yesterday"), (Window{yesterday, 1}));
  EXPECT_EQ(parse_window("today"), (Window{today, 1}));
  EXPECT_EQ(parse_window("week"), (Window{week, 1}));
  EXPECT_EQ(parse_window("month"), (Window{month, 1}));
  EXPECT_EQ(parse_window("quarter"), (Window{quarter, 1}));
  for (const char* text : {"1h", "72h", "1d", "92d", "yesterday", "today", "week", "month", "quarter"}) {
    EXPECT_EQ(to_string(*parse_window(text)), text);
  }
}

TEST(WindowTest, NothingElseIsAWindow) {
  for (const char* text : {"",    "d",   "h",   "7",    "0d",   "0h",    "07d",
                           "-7d", "+7d", "73h", "93d",  "999d", "9999d", "7D",
                           "7 d", "7d ", "7w",  "1.5d", "Week", "year",  "77777777777777777777d"}) {
    EXPECT_EQ(parse_window(text), std::nullopt) << text;
  }
}

TEST(WindowTest, DaysAreThoseThatEndWithToday) {
  const Calendar calendar = open("UTC");
  const Day today = day("2026-11-20");  // a Friday
  EXPECT_EQ(calendar.days_of(*parse_window("7d"), today), (DayRange{day("2026-11-14"), today}));
  EXPECT_EQ(calendar.days_of(*parse_window("1d"), today), (DayRange{today, today}));
  EXPECT_EQ(calendar.days_of(*parse_window("today"), today), (DayRange{today, today}));
  EXPECT_EQ(calendar.days_of(*parse_window("yesterday"), today), (DayRange{today - 1, today - 1}));
  EXPECT_EQ(calendar.days_of(*parse_window("month"), today), (DayRange{day("2026-11-01"), today}));
  EXPECT_EQ(calendar.days_of(*parse_window("quarter"), today), (DayRange{day("2026-10-01"), today}));
  EXPECT_EQ(calendar.days_of(*parse_window("week"), today), (DayRange{day("2026-11-16"), today}));
}

TEST(WindowTest, WeeksBeginOnTheClientsDay) {
  const Day today = day("2026-11-20");
  const Window week = *parse_window("week");
  EXPECT_EQ(open("UTC", std::chrono::Sunday).days_of(week, today).first, day("2026-11-15"));
  EXPECT_EQ(open("UTC", std::chrono::Saturday).days_of(week, today).first, day("2026-11-14"));
  EXPECT_EQ(open("UTC", std::chrono::Friday).days_of(week, today).first, today);
}

TEST(WindowTest, PeriodsReachToTheirEnd) {
  const Calendar calendar = open("UTC");
  EXPECT_EQ(calendar.period_of(*parse_window("week"), day("2026-11-20")),
            (DayRange{day("2026-11-16"), day("2026-11-22")}));
  EXPECT_EQ(calendar.period_of(*parse_window("month"), day("2028-02-03")),
            (DayRange{day("2028-02-01"), day("2028-02-29")}));
  EXPECT_EQ(calendar.period_of(*parse_window("quarter"), day("2026-12-31")),
            (DayRange{day("2026-10-01"), day("2026-12-31")}));
  EXPECT_EQ(calendar.period_of(*parse_window("7d"), day("2026-11-20")),
            (DayRange{day("2026-11-14"), day("2026-11-20")}));
}

TEST(WindowTest, HoursTouchTheDaysTheyCanReachBackTo) {
  const Calendar calendar = open("America/New_York");
  const Day today = day("2026-11-20");
  EXPECT_EQ(calendar.days_of(*parse_window("1h"), today), (DayRange{today, today}));
  EXPECT_EQ(calendar.days_of(*parse_window("24h"), today), (DayRange{today - 1, today}));
  EXPECT_EQ(calendar.days_of(*parse_window("25h"), today), (DayRange{today - 1, today}));
  EXPECT_EQ(calendar.days_of(*parse_window("26h"), today), (DayRange{today - 2, today}));
  // The day of 25 hours holds one more.
  EXPECT_EQ(calendar.days_of(*parse_window("26h"), day("2026-11-02")).first, day("2026-11-01"));
  EXPECT_EQ(calendar.days_of(*parse_window("72h"), today), (DayRange{today - 3, today}));
}

// Days and hours.

TEST(CalendarTest, UnknownZonesAreNotOpened) {
  for (const char* zone : {"", "Nowhere", "America/Gotham", "../etc/passwd", "localtime", "utc+1"}) {
    EXPECT_FALSE(Calendar::open(zone, std::chrono::Monday).has_value()) << zone;
  }
}

TEST(CalendarTest, ZoneNamesCanAllBeOpened) {
  const std::vector<std::string> names = Calendar::zone_names();
  EXPECT_GT(names.size(), 300u);
  EXPECT_NE(std::find(names.begin(), names.end(), "Europe/Berlin"), names.end());
  for (const std::string& name : names) {
    EXPECT_TRUE(Calendar::open(name, std::chrono::Monday).has_value()) << name;
  }
}

TEST(CalendarTest, SpringDayInNewYorkHas23Hours) {
  const Calendar calendar = open("America/New_York");
  const Day spring = day("2026-03-08");
  EXPECT_EQ(calendar.start_of(spring), at("2026-03-08T05:00:00Z"));
  EXPECT_EQ(calendar.start_of(spring + 1), at("2026-03-09T04:00:00Z"));
  EXPECT_EQ(calendar.hours_in(spring), 23);
  EXPECT_EQ(calendar.parse_bucket("2026-03-08T01"), (Bucket{spring, 1}));
  EXPECT_EQ(calendar.parse_bucket("2026-03-08T02"), std::nullopt) << "clocks go from 02:00 to 03:00";
  EXPECT_EQ(calendar.parse_bucket("2026-03-08T03"), (Bucket{spring, 2}));
  EXPECT_EQ(calendar.parse_bucket("2026-03-08T23"), (Bucket{spring, 22}));
  EXPECT_EQ(calendar.format({spring, 2}), "2026-03-08T03");
}

TEST(CalendarTest, AutumnDayInNewYorkHas25Hours) {
  const Calendar calendar = open("America/New_York");
  const Day autumn = day("2026-11-01");
  EXPECT_EQ(calendar.hours_in(autumn), 25);
  EXPECT_EQ(calendar.hour_of(at("2026-11-01T05:30:00Z")), (Bucket{autumn, 1}));
  EXPECT_EQ(calendar.hour_of(at("2026-11-01T06:30:00Z")), (Bucket{autumn, 2}));
  EXPECT_EQ(calendar.hour_of(at("2026-11-02T04:59:59.999Z")), (Bucket{autumn, 24}));
  EXPECT_EQ(calendar.hour_of(at("2026-11-02T05:00:00Z")), (Bucket{autumn + 1, 0}));
  EXPECT_EQ(calendar.format({autumn, 1}), "2026-11-01T01-04:00");
  EXPECT_EQ(calendar.format({autumn, 2}), "2026-11-01T01-05:00");
  EXPECT_EQ(calendar.format({autumn, 3}), "2026-11-01T02");
  EXPECT_EQ(calendar.parse_bucket("2026-11-01T01"), (Bucket{autumn, 1})) << "the first of the two";
  EXPECT_EQ(calendar.parse_bucket("2026-11-01T01-04:00"), (Bucket{autumn, 1}));
  EXPECT_EQ(calendar.parse_bucket("2026-11-01T01-05:00"), (Bucket{autumn, 2}));
  EXPECT_EQ(calendar.parse_bucket("2026-11-01T01-06:00"), std::nullopt);
}

TEST(CalendarTest, HalfAnHourIsPutBackOnLordHowe) {
  const Calendar calendar = open("Australia/Lord_Howe");
  const Day autumn = day("2026-04-05");  // 24.5 hours
  EXPECT_EQ(calendar.start_of(autumn + 1) - calendar.start_of(autumn), hours(24) + minutes(30));
  EXPECT_EQ(calendar.hours_in(autumn), 25);
  EXPECT_EQ(calendar.end_of({autumn, 24}) - calendar.start_of(Bucket{autumn, 24}), minutes(30));
  EXPECT_EQ(calendar.format({autumn, 1}), "2026-04-05T01+11:00");
  EXPECT_EQ(calendar.format({autumn, 2}), "2026-04-05T01+10:30");
  const Day spring = day("2026-10-04");  // 23.5 hours
  EXPECT_EQ(calendar.hours_in(spring), 24);
  EXPECT_EQ(calendar.end_of({spring, 23}) - calendar.start_of(Bucket{spring, 23}), minutes(30));
}

TEST(CalendarTest, HoursOfIndiaBeginOnTheHalfHourOfUtc) {
  const Calendar calendar = open("Asia/Kolkata");
  EXPECT_EQ(calendar.start_of(day("2026-11-20")), at("2026-11-19T18:30:00Z"));
  EXPECT_EQ(calendar.hour_of(at("2026-11-20T00:00:00Z")), (Bucket{day("2026-11-20"), 5}));
  EXPECT_EQ(calendar.next_hour(at("2026-11-20T00:00:00Z")), at("2026-11-20T00:30:00Z"));
}

TEST(CalendarTest, ADayWithoutMidnightBeginsAtItsFirstMoment) {
  const Calendar calendar = open("America/Sao_Paulo");
  const Day spring = day("2017-10-15");  // clocks go from 00:00 to 01:00
  EXPECT_EQ(calendar.start_of(spring), at("2017-10-15T03:00:00Z"));
  EXPECT_EQ(calendar.hours_in(spring), 23);
  EXPECT_EQ(calendar.parse_bucket("2017-10-15T00"), std::nullopt);
  EXPECT_EQ(calendar.format({spring, 0}), "2017-10-15T01");
  EXPECT_EQ(calendar.day_of(at("2017-10-15T02:59:59.999Z")), spring - 1);
  EXPECT_EQ(calendar.day_of(at("2017-10-15T03:00:00Z")), spring);
  const Day autumn = day("2018-02-17");  // clocks go from 24:00 back to 23:00
  EXPECT_EQ(calendar.hours_in(autumn), 25);
  EXPECT_EQ(calendar.format({autumn, 24}), "2018-02-17T23-03:00");
}

TEST(CalendarTest, ADayThatSamoaLeftOutHasNoHours) {
  const Calendar calendar = open("Pacific/Apia");
  const Day left_out = day("2011-12-30");
  EXPECT_EQ(calendar.hours_in(left_out), 0);
  EXPECT_EQ(calendar.start_of(left_out), calendar.start_of(left_out + 1));
  EXPECT_EQ(calendar.end_of(Bucket{left_out}), calendar.start_of(left_out));
  EXPECT_EQ(calendar.day_of(calendar.start_of(left_out) - Duration(1)), left_out - 1);
  EXPECT_EQ(calendar.day_of(calendar.start_of(left_out)), left_out + 1);
  EXPECT_EQ(calendar.parse_bucket("2011-12-30"), std::nullopt);
  EXPECT_EQ(calendar.parse_bucket("2011-12-30T08"), std::nullopt);
  EXPECT_EQ(calendar.hours_in(left_out - 1), 24);
  EXPECT_EQ(calendar.hours_in(left_out + 1), 24);
}

TEST(CalendarTest, ClocksPutBackAcrossMidnightDoNotPutBackTheDay) {
  const Calendar calendar = open("America/St_Johns");
  const Timestamp back = at("2009-11-01T02:31:00Z");  // 00:01 becomes 23:01 of the day before
  EXPECT_EQ(calendar.day_of(back - minutes(2)), day("2009-10-31"));
  EXPECT_EQ(calendar.day_of(back - minutes(1)), day("2009-11-01"));
  EXPECT_EQ(calendar.day_of(back + minutes(10)), day("2009-11-01"));
  EXPECT_EQ(calendar.hours_in(day("2009-11-01")), 25);
}

TEST(CalendarTest, HoursShownAgainByClocksPutBackAcrossMidnightAreToldApart) {
  const Calendar calendar = open("Antarctica/Casey");
  const Day march_5 = day("2010-03-05");  // at 02:00 clocks go back to 23:00 of the day before
  EXPECT_EQ(calendar.hours_in(march_5), 27);
  EXPECT_EQ(calendar.format({march_5 - 1, 23}), "2010-03-04T23+11:00");
  EXPECT_EQ(calendar.format({march_5, 2}), "2010-03-04T23+08:00");
  EXPECT_EQ(calendar.format({march_5, 3}), "2010-03-05T00+08:00");
  EXPECT_EQ(calendar.format({march_5, 26}), "2010-03-05T23");
  EXPECT_EQ(calendar.parse_bucket("2010-03-04T23+08:00"), (Bucket{march_5, 2}));
  EXPECT_EQ(calendar.parse_bucket("2010-03-04T23"), (Bucket{march_5 - 1, 23}));
}

TEST(CalendarTest, BucketsAreReadOnlyInTheOneFormat) {
  const Calendar calendar = open("America/New_York");
  EXPECT_EQ(calendar.parse_bucket("2026-11-20"), Bucket{day("2026-11-20")});
  EXPECT_EQ(calendar.parse_bucket("2026-11-20T08"), (Bucket{day("2026-11-20"), 8}));
  EXPECT_EQ(calendar.parse_bucket("2026-11-20T08-05:00"), (Bucket{day("2026-11-20"), 8}));
  for (const char* text :
       {"", "2026-11", "2026-11-20T", "2026-11-20T8", "2026-11-20T24", "2026-11-20T-1", "2026-11-20T08:00",
        "2026-11-20T08Z", "2026-11-20T08-04:00", "2026-11-20T08-5:00", "2026-11-20T08-05:00x",
        "2026-11-20 08", "2026-11-31", "2026-11-20T+8", "2026-11-20T08-05:60"}) {
    EXPECT_EQ(calendar.parse_bucket(text), std::nullopt) << text;
  }
}

TEST(CalendarTest, TheNextHourIsAfterTheTimeAndBeginsABucket) {
  const Calendar calendar = open("America/New_York");
  EXPECT_EQ(calendar.next_hour(at("2026-11-20T08:00:00Z")), at("2026-11-20T09:00:00Z"));
  EXPECT_EQ(calendar.next_hour(at("2026-11-20T08:59:59.999Z")), at("2026-11-20T09:00:00Z"));
  // The last half hour of a day of 24.5 hours ends with the day.
  EXPECT_EQ(open("Australia/Lord_Howe").next_hour(at("2026-04-05T13:10:00Z")), at("2026-04-05T13:30:00Z"));
}

TEST(CalendarTest, LocalTextIsForPeople) {
  EXPECT_EQ(open("America/New_York").format_local(at("2026-11-21T02:04:59Z")), "Fri 20 Nov 21:04");
  EXPECT_EQ(open("UTC").format_local(at("2026-03-01T00:00:00Z")), "Sun 1 Mar 00:00");
  EXPECT_EQ(open("America/New_York").format_with_zone(at("2026-11-21T02:04:59Z")),
            "Fri 20 Nov 21:04, New York time");
  EXPECT_EQ(open("Etc/UTC").format_with_zone(at("2026-03-01T00:00:00Z")), "Sun 1 Mar 00:00, UTC");
}

TEST(CalendarTest, TheEndsOfTimeDoNotOverflow) {
  const Calendar calendar = open("Pacific/Apia");
  EXPECT_LT(calendar.day_of(Timestamp::min()), Day{-1'000'000'000});
  EXPECT_GT(calendar.day_of(Timestamp::max()), Day{1'000'000'000});
  EXPECT_LT(calendar.start_of(kFirstDay), calendar.start_of(Day{0}));
  EXPECT_GT(calendar.next_hour(Timestamp::max()), calendar.start_of(Day{0}));
}

// Against the library's own conversions, at random times; none of these zones puts clocks back across
// midnight.
TEST(CalendarTest, DaysAgreeWithTheZoneDatabaseAtRandomTimes) {
  std::mt19937_64 random(20261120);
  std::uniform_int_distribution<std::int64_t> seconds(0, at("2037-12-31").time_since_epoch().count() / 1000);
  for (const char* name : {"UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
                           "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Pacific/Chatham",
                           "Asia/Kathmandu", "Africa/Casablanca", "Antarctica/Troll"}) {
    const Calendar calendar = open(name);
    const date::time_zone* zone = date::locate_zone(name);
    for (int i = 0; i < 3000; ++i) {
      const date::sys_seconds time{std::chrono::seconds(seconds(random))};
      const auto local_day =
          std::chrono::floor<std::chrono::days>(zone->to_local(time).time_since_epoch()).count();
      ASSERT_EQ(calendar.day_of(time), Day{static_cast<std::int32_t>(local_day)})
          << name << " " << to_rfc3339(time);
    }
  }
}

void expect_sound_day(const Calendar& calendar, Day today) {
  const Timestamp start = calendar.start_of(today);
  const Timestamp end = calendar.start_of(today + 1);
  const std::string where = calendar.zone_name() + " " + to_string(today);
  ASSERT_LE(start, end) << where;
  ASSERT_EQ(calendar.end_of(Bucket{today}), end) << where;
  if (start == end) return;
  ASSERT_EQ(calendar.day_of(start), today) << where;
  ASSERT_EQ(calendar.day_of(end - Duration(1)), today) << where;
  std::set<std::string> names;
  Timestamp reached = start;
  for (int i = 0; i < calendar.hours_in(today); ++i) {
    const Bucket hour{today, static_cast<std::int8_t>(i)};
    ASSERT_EQ(calendar.start_of(hour), reached) << where;
    reached = calendar.end_of(hour);
    ASSERT_GT(reached, calendar.start_of(hour)) << where;
    ASSERT_EQ(calendar.hour_of(calendar.start_of(hour)), hour) << where;
    ASSERT_EQ(calendar.hour_of(reached - Duration(1)), hour) << where;
    ASSERT_EQ(calendar.next_hour(calendar.start_of(hour)), reached) << where;
    const std::string name = calendar.format(hour);
    ASSERT_EQ(calendar.parse_bucket(name), hour) << where << " " << name;
    ASSERT_TRUE(names.insert(name).second) << where << " " << name;
  }
  ASSERT_EQ(reached, end) << where;
}

// Around every change of clocks, in every zone: days follow each other, hours fill them, names tell hours
// apart.
TEST(CalendarTest, HoursFillTheDaysAroundEveryChangeOfClocks) {
  int changes = 0;
  std::mt19937 random(5);
  for (const std::string& name : Calendar::zone_names()) {
    const Calendar calendar = open(name);
    const date::time_zone* zone = date::locate_zone(name);
    date::sys_seconds time{};
    while (true) {
      const date::sys_info info = zone->get_info(time);
      if (info.end <= time || info.end > date::sys_days(date::year(2037) / 1 / 1)) break;
      time = info.end;
      // One in thirty, and all of the zones that change in unusual ways.
      const bool unusual = name == "Pacific/Apia" || name == "Antarctica/Casey" || name == "Asia/Pyongyang";
      if (!unusual && random() % 30 != 0) continue;
      ++changes;
      const Day today = calendar.day_of(time);
      for (int offset = -2; offset <= 1; ++offset) {
        ASSERT_NO_FATAL_FAILURE(expect_sound_day(calendar, today + offset));
      }
    }
  }
  EXPECT_GT(changes, 1000);
}

// Months from the 26th, years from April: the first quarter of the books runs from 26 April to 25 July.
TEST(CalendarTest, FiscalMonthsAndQuartersBeginWhereTheBooksDo) {
  const auto calendar =
      Calendar::open("UTC", std::chrono::Monday, {.month_starts_on = 26, .year_starts_in = 4});
  ASSERT_TRUE(calendar);
  const auto period = [&](const char* window, const char* day) {
    const DayRange range = calendar->period_of(*parse_window(window), *parse_day(day));
    return to_string(range.first) + " " + to_string(range.last);
  };
  EXPECT_EQ(period("month", "2026-03-25"), "2026-02-26 2026-03-25");
  EXPECT_EQ(period("month", "2026-03-26"), "2026-03-26 2026-04-25");
  EXPECT_EQ(period("month", "2026-01-02"), "2025-12-26 2026-01-25");
  EXPECT_EQ(period("quarter", "2026-04-26"), "2026-04-26 2026-07-25");
  EXPECT_EQ(period("quarter", "2026-07-25"), "2026-04-26 2026-07-25");
  EXPECT_EQ(period("quarter", "2026-04-25"), "2026-01-26 2026-04-25");
  EXPECT_EQ(period("quarter", "2026-01-25"), "2025-10-26 2026-01-25");
}

TEST(CalendarTest, FiscalPeriodsFollowEachOtherWithoutGapAndHoldTheirDays) {
  for (int starts_on = 1; starts_on <= 28; starts_on += 9) {
    for (int year_in = 1; year_in <= 12; ++year_in) {
      const auto calendar = Calendar::open("UTC", std::chrono::Monday, {starts_on, year_in});
      for (const char* window : {"month", "quarter"}) {
        for (Day day = *parse_day("2027-11-01"); day < *parse_day("2029-03-01"); day = day + 1) {
          const DayRange period = calendar->period_of(*parse_window(window), day);
          ASSERT_TRUE(period.contains(day)) << to_string(day);
          ASSERT_EQ(calendar->period_of(*parse_window(window), period.last + 1).first, period.last + 1);
          ASSERT_EQ(calendar->period_of(*parse_window(window), period.first), period);
        }
      }
    }
  }
}

TEST(CalendarTest, AFlightRunsFromItsFirstDayToTodayOrItsLast) {
  const Calendar calendar = open("UTC");
  const auto flight = parse_window("2026-11-10..2026-12-24");
  ASSERT_TRUE(flight);
  EXPECT_EQ(to_string(*flight), "2026-11-10..2026-12-24");
  const auto days = [&](const char* day) { return calendar.days_of(*flight, *parse_day(day)).length(); };
  EXPECT_EQ(days("2026-11-09"), 0);
  EXPECT_EQ(days("2026-11-10"), 1);
  EXPECT_EQ(days("2027-01-30"), 45);
  EXPECT_EQ(calendar.period_of(*flight, *parse_day("2026-11-12")).length(), 45);
  for (const char* wrong : {"2026-11-10..", "2026-11-10..2026-11-09", "2026-01-01..2026-12-31", "..", "a..b"})
    EXPECT_FALSE(parse_window(wrong)) << wrong;
}

}  // namespace
}  // namespace tightrope::rules
