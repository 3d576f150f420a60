#include "rules/rebucket.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Calendar calendar_of(std::string_view zone) {
  return *Calendar::open(zone, std::chrono::Monday);
}

constexpr Day kFirst = day_from_ymd(std::chrono::year(2025) / 1 / 1);
constexpr Day kLast = day_from_ymd(std::chrono::year(2026) / 12 / 31);

// Every hour of the days around each change of clocks in either zone, and of two plain weeks.
std::vector<Bucket> hours_to_try(const Calendar& from, const Calendar& to) {
  std::vector<Bucket> buckets;
  for (Day day = kFirst; day <= kLast; day = day + 1) {
    const bool plain_week =
        (day >= kFirst + 10 && day < kFirst + 17) || (day >= kFirst + 200 && day < kFirst + 207);
    bool changes = false;
    for (int around = -2; around <= 2; ++around) {
      const Day near = day + around;
      changes = changes || from.start_of(near + 1) - from.start_of(near) != hours(24) ||
                to.start_of(near + 1) - to.start_of(near) != hours(24);
    }
    if (!plain_week && !changes) continue;
    for (int hour = 0; hour < from.hours_in(day); ++hour)
      buckets.push_back({day, static_cast<std::int8_t>(hour)});
  }
  return buckets;
}

// Every day has a whole number of hours: whole hours follow whole hours.
bool has_whole_hours(const Calendar& calendar) {
  for (Day day = kFirst; day <= kLast; day = day + 1) {
    if ((calendar.start_of(day + 1) - calendar.start_of(day)) % hours(1) != Duration(0)) return false;
  }
  return true;
}

// How far into an hour of `to` the hours of `from` begin.
Duration part_of_an_hour(const Calendar& from, const Calendar& to) {
  const Timestamp start = from.start_of(kFirst);
  return start - to.start_of(to.hour_of(start));
}

TEST(RebucketTest, ADayStaysTheDayOfItsDate) {
  const Calendar vienna = calendar_of("Europe/Vienna");
  for (const char* zone : {"Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu", "UTC"}) {
    const Bucket day{*parse_day("2026-03-29")};
    EXPECT_EQ(rebucket(calendar_of(zone), vienna, day), day) << zone;
  }
}

TEST(RebucketTest, AnHourBecomesTheOneThatContainsItsStart) {
  struct Case {
    const char* from;
    const char* hour;
    const char* to;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"America/New_York", "2026-11-20T20", "Europe/Vienna", "2026-11-21T02"},
      {"Europe/Vienna", "2026-11-21T02", "America/New_York", "2026-11-20T20"},
      {"UTC", "2026-11-20T08", "Asia/Kolkata", "2026-11-20T13"},         // begins at 13:30
      {"Asia/Kolkata", "2026-11-20T13", "UTC", "2026-11-20T07"},         // begins at 07:30
      {"UTC", "2026-11-20T18", "Asia/Kathmandu", "2026-11-20T23"},       // begins at 23:45
      {"UTC", "2026-10-25T00", "Europe/Vienna", "2026-10-25T02+02:00"},  // the night of 25 hours
      {"UTC", "2026-10-25T01", "Europe/Vienna", "2026-10-25T02+01:00"},  // and its hour again
      {"Europe/Vienna", "2026-03-29T03", "UTC", "2026-03-29T01"},        // after the hour that is left out
      {"UTC", "2026-11-01T05", "America/New_York", "2026-11-01T01-04:00"},
  };
  for (const Case& each : cases) {
    const Calendar from = calendar_of(each.from);
    const Calendar to = calendar_of(each.to);
    EXPECT_EQ(to.format(rebucket(from, to, *from.parse_bucket(each.hour))), each.expected)
        << each.from << ' ' << each.hour;
  }
}

TEST(RebucketTest, TheEndOfLordHowesSummerPutsTwoHoursIntoOne) {
  const Calendar lord_howe = calendar_of("Australia/Lord_Howe");
  const Calendar utc = calendar_of("UTC");
  const Day night = *parse_day("2026-04-05");  // 24.5 hours
  ASSERT_EQ(lord_howe.hours_in(night), 25);
  const Bucket last = rebucket(lord_howe, utc, {night, 24});
  EXPECT_EQ(rebucket(lord_howe, utc, {night + 1, 0}), last);
  EXPECT_LT(rebucket(lord_howe, utc, {night, 23}), last);
  EXPECT_LT(last, rebucket(lord_howe, utc, {night + 1, 1}));
}

// From every zone there is, to zones of whole, half and quarter hours, with and without summer time.
TEST(RebucketPropertyTest, HoursStayInOrderAndEachLiesWhereItBegins) {
  std::size_t tried = 0;
  std::map<std::int64_t, int> pairs_by_part;  // minutes
  for (const char* to_name : {"UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata",
                              "Australia/Adelaide", "Asia/Kathmandu", "Australia/Lord_Howe"}) {
    const Calendar to = calendar_of(to_name);
    const bool to_whole = has_whole_hours(to);
    for (const std::string& from_name : Calendar::zone_names()) {
      const Calendar from = calendar_of(from_name);
      const bool one_to_one = to_whole && has_whole_hours(from);
      const Duration part = part_of_an_hour(from, to);
      ++pairs_by_part[std::chrono::floor<minutes>(part).count()];
      std::optional<Bucket> before;
      Timestamp begun_before;
      for (const Bucket bucket : hours_to_try(from, to)) {
        ++tried;
        const Timestamp start = from.start_of(bucket);
        const Bucket found = rebucket(from, to, bucket);
        const std::string where = from_name + " " + from.format(bucket) + " in " + to_name;
        ASSERT_LE(to.start_of(found), start) << where;
        ASSERT_LT(start, to.end_of(found)) << where;
        if (one_to_one && part == Duration(0)) {
          ASSERT_EQ(to.start_of(found), start) << where;
          ASSERT_EQ(to.end_of(found), from.end_of(bucket)) << where;
          ASSERT_EQ(rebucket(to, from, found), bucket) << where;
        }
        if (before && begun_before < start) {
          ASSERT_LE(*before, found) << where;
          if (one_to_one) {
            ASSERT_LT(*before, found) << where;
          }
        }
        before = found;
        begun_before = start;
      }
    }
  }
  EXPECT_GT(tried, 500'000u);
  EXPECT_GT(pairs_by_part[0], 1000);
  EXPECT_GT(pairs_by_part[30], 500);
}

TEST(RebucketPropertyTest, WithinOneZoneNothingMoves) {
  for (const std::string& name : Calendar::zone_names()) {
    const Calendar calendar = calendar_of(name);
    for (const Bucket bucket : hours_to_try(calendar, calendar))
      ASSERT_EQ(rebucket(calendar, calendar, bucket), bucket) << name << ' ' << calendar.format(bucket);
  }
}

}  // namespace
}  // namespace tightrope::rules
