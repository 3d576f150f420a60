// What takes place when, by RFC 5545. Expected times are written by hand.
#include "collectors/icalendar_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// With the line ends that the format asks for.
std::string calendar_text(std::string_view body) {
  std::string text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n";
  for (const char c : body) {
    if (c == '\n') text += '\r';
    text += c;
  }
  return text + "END:VCALENDAR\r\n";
}

std::string event_text(std::string_view lines) {
  return "BEGIN:VEVENT\nDTSTAMP:20250101T000000Z\nSUMMARY:Plan\n" + std::string(lines) + "END:VEVENT\n";
}

// "2025-03-03T08:00:00Z 1h30m", or "2025-03-03..2025-03-05" of an all-day event; in the order of time.
std::vector<std::string> shown(const CalendarDocument& document) {
  std::vector<std::string> lines;
  for (const CalendarOccurrence& occurrence : document.occurrences) {
    if (occurrence.all_day) {
      lines.push_back(to_string(occurrence.days.first) + ".." + to_string(occurrence.days.last));
      continue;
    }
    const auto minutes = std::chrono::floor<std::chrono::minutes>(occurrence.end - occurrence.begin).count();
    lines.push_back(rules::to_rfc3339(occurrence.begin) + ' ' + std::to_string(minutes / 60) + 'h' +
                    std::to_string(minutes % 60) + 'm');
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> expand(std::string_view text, std::string_view first, std::string_view last,
                                std::string_view zone = "Europe/Vienna") {
  const auto read = read_calendar_document(text, calendar_of(zone), days(first, last));
  if (const auto* problem = std::get_if<std::string>(&read)) return {*problem};
  return shown(std::get<CalendarDocument>(read));
}

struct RecurrenceCase {
  const char* name;
  const char* event;  // its lines
  const char* first;  // the days asked for
  const char* last;
  std::vector<std::string> expected;
};

class RecurrenceTest : public ::testing::TestWithParam<RecurrenceCase> {};

TEST_P(RecurrenceTest, IsExpandedWithinTheDays) {
  const RecurrenceCase& row = GetParam();
  EXPECT_EQ(expand(calendar_text(event_text(row.event)), row.first, row.last), row.expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, RecurrenceTest,
    ::testing::ValuesIn(std::vector<RecurrenceCase>{
        {"OnceInUtc",
         "UID:1\nDTSTART:20250303T080000Z\nDTEND:20250303T093000Z\n",
         "2025-03-03",
         "2025-03-03",
         {"2025-03-03T08:00:00Z 1h30m"}},
        {"OnceOutsideTheDays",
         "UID:1\nDTSTART:20250302T080000Z\nDTEND:20250302T093000Z\n",
         "2025-03-03",
         "2025-03-03",
         {}},
        // 09:00 stays 09:00 when clocks are put forward on the 30th.
        {"WeeklyOverTheBeginningOfSummerTime",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250317T090000\nDTEND;TZID=Europe/Vienna:20250317T103000\n"
         "RRULE:FREQ=WEEKLY;BYDAY=MO\n",
         "2025-03-17",
         "2025-04-07",
         {"2025-03-17T08:00:00Z 1h30m", "2025-03-24T08:00:00Z 1h30m", "2025-03-31T07:00:00Z 1h30m",
          "2025-04-07T07:00:00Z 1h30m"}},
        {"WeeklyOverTheEndOfSummerTime",
         "UID:1\nDTSTART;TZID=America/New_York:20251020T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\n",
         "2025-10-20",
         "2025-11-10",
         {"2025-10-20T13:00:00Z 1h0m", "2025-10-27T13:00:00Z 1h0m", "2025-11-03T14:00:00Z 1h0m",
          "2025-11-10T14:00:00Z 1h0m"}},
        {"LastFridayOfEachMonth",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250131T150000\nDURATION:PT2H\n"
         "RRULE:FREQ=MONTHLY;BYDAY=-1FR\n",
         "2025-02-01",
         "2025-05-31",
         {"2025-02-28T14:00:00Z 2h0m", "2025-03-28T14:00:00Z 2h0m", "2025-04-25T13:00:00Z 2h0m",
          "2025-05-30T13:00:00Z 2h0m"}},
        {"SecondTuesdayEveryOtherMonth",
         "UID:1\nDTSTART:20250114T100000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU\n",
         "2025-01-01",
         "2025-06-30",
         {"2025-01-14T10:00:00Z 1h0m", "2025-03-11T10:00:00Z 1h0m", "2025-05-13T10:00:00Z 1h0m"}},
        {"LastWorkdayOfTheMonthBySetPosition",
         "UID:1\nDTSTART:20250131T100000Z\nDURATION:PT1H\n"
         "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1\n",
         "2025-02-01",
         "2025-05-31",
         {"2025-02-28T10:00:00Z 1h0m", "2025-03-31T10:00:00Z 1h0m", "2025-04-30T10:00:00Z 1h0m",
          "2025-05-30T10:00:00Z 1h0m"}},
        {"ThirtyFirstOfMonthsThatHaveOne",
         "UID:1\nDTSTART:20250131T100000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY\n",
         "2025-02-01",
         "2025-05-31",
         {"2025-03-31T10:00:00Z 1h0m", "2025-05-31T10:00:00Z 1h0m"}},
        {"YearlyOnALeapDay",
         "UID:1\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY\n",
         "2025-01-01",
         "2028-12-31",
         {"2028-02-29..2028-02-29"}},
        {"CountIsCountedFromTheFirst",
         "UID:1\nDTSTART:20250301T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\n",
         "2025-03-04",
         "2025-03-31",
         {"2025-03-04T10:00:00Z 1h0m", "2025-03-05T10:00:00Z 1h0m"}},
        {"UntilInUtcIsIncluded",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250301T100000\nDURATION:PT1H\n"
         "RRULE:FREQ=DAILY;UNTIL=20250303T090000Z\n",
         "2025-03-01",
         "2025-03-31",
         {"2025-03-01T09:00:00Z 1h0m", "2025-03-02T09:00:00Z 1h0m", "2025-03-03T09:00:00Z 1h0m"}},
        {"UntilASecondEarlierIsNot",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250301T100000\nDURATION:PT1H\n"
         "RRULE:FREQ=DAILY;UNTIL=20250303T085959Z\n",
         "2025-03-01",
         "2025-03-31",
         {"2025-03-01T09:00:00Z 1h0m", "2025-03-02T09:00:00Z 1h0m"}},
        {"UntilADateIsTheWholeDay",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250301T230000\nDURATION:PT1H\n"
         "RRULE:FREQ=DAILY;UNTIL=20250302\n",
         "2025-03-01",
         "2025-03-31",
         {"2025-03-01T22:00:00Z 1h0m", "2025-03-02T22:00:00Z 1h0m"}},
        {"ExceptionsInAnotherZoneAndInAList",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250303T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY\n"
         "EXDATE:20250304T080000Z\nEXDATE;TZID=Europe/Vienna:20250305T090000,20250306T090000\n",
         "2025-03-03",
         "2025-03-07",
         {"2025-03-03T08:00:00Z 1h0m", "2025-03-07T08:00:00Z 1h0m"}},
        {"AnExceptionOfADayMeansWhateverIsOnIt",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250303T003000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n"
         "EXDATE;VALUE=DATE:20250304\n",
         "2025-03-03",
         "2025-03-31",
         {"2025-03-02T23:30:00Z 1h0m", "2025-03-04T23:30:00Z 1h0m"}},
        {"MoreDates",
         "UID:1\nDTSTART:20250303T090000Z\nDURATION:PT1H\nRDATE:20250305T090000Z,20250303T090000Z\n"
         "RDATE;VALUE=PERIOD:20250306T090000Z/PT3H,20250307T090000Z/20250307T110000Z\n",
         "2025-03-03",
         "2025-03-31",
         {"2025-03-03T09:00:00Z 1h0m", "2025-03-05T09:00:00Z 1h0m", "2025-03-06T09:00:00Z 3h0m",
          "2025-03-07T09:00:00Z 2h0m"}},
        {"EveryOtherWeekKeepsItsPhaseLongAfterwards",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20150105T090000\nDURATION:PT1H\n"
         "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE\n",
         "2025-03-01",
         "2025-03-31",
         {"2025-03-03T08:00:00Z 1h0m", "2025-03-05T08:00:00Z 1h0m", "2025-03-17T08:00:00Z 1h0m",
          "2025-03-19T08:00:00Z 1h0m", "2025-03-31T07:00:00Z 1h0m"}},
        {"EveryFifthHourKeepsItsPhaseLongAfterwards",
         "UID:1\nDTSTART:20220408T040000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;INTERVAL=5\n",
         "2025-09-24",
         "2025-09-24",
         {"2025-09-23T23:00:00Z 1h0m", "2025-09-24T04:00:00Z 1h0m", "2025-09-24T09:00:00Z 1h0m",
          "2025-09-24T14:00:00Z 1h0m", "2025-09-24T19:00:00Z 1h0m"}},
        {"EveryThirdDayKeepsItsPhaseLongAfterwards",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20240101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=3\n",
         "2025-03-01",
         "2025-03-07",
         {"2025-03-02T08:00:00Z 1h0m", "2025-03-05T08:00:00Z 1h0m"}},
        {"AllDayOverSeveralDaysHasItsEndExcluded",
         "UID:1\nDTSTART;VALUE=DATE:20251128\nDTEND;VALUE=DATE:20251201\n",
         "2025-11-30",
         "2025-12-31",
         {"2025-11-28..2025-11-30"}},
        {"AllDayThatEndedTheDayBefore",
         "UID:1\nDTSTART;VALUE=DATE:20251128\nDTEND;VALUE=DATE:20251201\n",
         "2025-12-01",
         "2025-12-31",
         {}},
        {"AllDayWithoutAnEndIsOneDay",
         "UID:1\nDTSTART;VALUE=DATE:20251128\nRRULE:FREQ=YEARLY\n",
         "2026-01-01",
         "2027-12-31",
         {"2026-11-28..2026-11-28", "2027-11-28..2027-11-28"}},
        {"AllDayForAWeek",
         "UID:1\nDTSTART;VALUE=DATE:20251128\nDURATION:P1W\n",
         "2025-12-01",
         "2025-12-01",
         {"2025-11-28..2025-12-04"}},
        // Of the source's zone, Vienna: 09:00 is 08:00 UTC in winter and 07:00 in summer.
        {"FloatingTimesAreOfTheSourcesZone",
         "UID:1\nDTSTART:20250329T090000\nDTEND:20250329T100000\nRRULE:FREQ=DAILY;COUNT=2\n",
         "2025-03-29",
         "2025-03-31",
         {"2025-03-29T08:00:00Z 1h0m", "2025-03-30T07:00:00Z 1h0m"}},
        {"OverMidnightOfTheDayBeforeTheDays",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250302T220000\nDURATION:PT4H\n",
         "2025-03-03",
         "2025-03-03",
         {"2025-03-02T21:00:00Z 4h0m"}},
        {"ThatEndsAtMidnightIsNotOnTheNextDay",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250302T220000\nDURATION:PT2H\n",
         "2025-03-03",
         "2025-03-03",
         {}},
        // Each takes 24 elapsed hours, as the first did.
        {"WithAnEndEachTakesAsLongAsTheFirst",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250328T120000\nDTEND;TZID=Europe/Vienna:20250329T120000\n"
         "RRULE:FREQ=DAILY;COUNT=2\n",
         "2025-03-28",
         "2025-03-31",
         {"2025-03-28T11:00:00Z 24h0m", "2025-03-29T11:00:00Z 24h0m"}},
        // A day of the calendar, which has 23 hours then.
        {"ADurationOfDaysIsByTheCalendar",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250328T120000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2\n",
         "2025-03-28",
         "2025-03-31",
         {"2025-03-28T11:00:00Z 24h0m", "2025-03-29T11:00:00Z 23h0m"}},
        {"EndInAnotherZone",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250303T090000\nDTEND;TZID=America/New_York:20250303T090000\n",
         "2025-03-03",
         "2025-03-03",
         {"2025-03-03T08:00:00Z 6h0m"}},
        {"AtATimeThatClocksSkip",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250330T023000\nDURATION:PT1H\n",
         "2025-03-30",
         "2025-03-30",
         {"2025-03-30T01:30:00Z 1h0m"}},
        {"AtATimeThatClocksShowTwice",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20251026T023000\nDURATION:PT1H\n",
         "2025-10-26",
         "2025-10-26",
         {"2025-10-26T00:30:00Z 1h0m"}},
        {"WithoutALength",
         "UID:1\nDTSTART;TZID=Europe/Vienna:20250303T090000\n",
         "2025-03-03",
         "2025-03-03",
         {"2025-03-03T08:00:00Z 0h0m"}},
        {"ThatEndsBeforeItBegins",
         "UID:1\nDTSTART:20250303T090000Z\nDTEND:20250303T080000Z\n",
         "2025-03-03",
         "2025-03-03",
         {"2025-03-03T09:00:00Z 0h0m"}},
        {"ZoneWithAPrefix",
         "UID:1\nDTSTART;TZID=/mozilla.org/20050126_1/America/Argentina/Salta:20250303T090000\n"
         "DURATION:PT1H\n",
         "2025-03-03",
         "2025-03-03",
         {"2025-03-03T12:00:00Z 1h0m"}},
        {"Cancelled",
         "UID:1\nDTSTART:20250303T080000Z\nDTEND:20250303T093000Z\nSTATUS:CANCELLED\n",
         "2025-03-03",
         "2025-03-03",
         {}},
        {"NeverBecauseThereIsNoSuchDay",
         "UID:1\nDTSTART:20250303T080000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n",
         "2025-03-04",
         "2025-12-31",
         {}},
    }),
    [](const auto& each) { return std::string(each.param.name); });

const char* const kSeries =
    "UID:series\nDTSTART;TZID=Europe/Vienna:20250303T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\n";

TEST(ChangedInstanceTest, IsMovedToAnotherDayAndLength) {
  const std::string changed =
      "UID:series\nRECURRENCE-ID;TZID=Europe/Vienna:20250310T090000\n"
      "DTSTART;TZID=Europe/Vienna:20250311T140000\nDURATION:PT2H\n";
  EXPECT_THAT(expand(calendar_text(event_text(kSeries) + event_text(changed)), "2025-03-01", "2025-03-31"),
              ElementsAre("2025-03-03T08:00:00Z 1h0m", "2025-03-11T13:00:00Z 2h0m",
                          "2025-03-17T08:00:00Z 1h0m", "2025-03-24T08:00:00Z 1h0m"));
}

TEST(ChangedInstanceTest, MayStandBeforeItsSeriesAndInUtc) {
  const std::string changed =
      "UID:series\nRECURRENCE-ID:20250310T080000Z\nDTSTART:20250310T100000Z\nDURATION:PT1H\n";
  EXPECT_THAT(expand(calendar_text(event_text(changed) + event_text(kSeries)), "2025-03-10", "2025-03-10"),
              ElementsAre("2025-03-10T10:00:00Z 1h0m"));
}

TEST(ChangedInstanceTest, IsGoneWhenCancelled) {
  const std::string cancelled =
      "UID:series\nRECURRENCE-ID;TZID=Europe/Vienna:20250310T090000\n"
      "DTSTART;TZID=Europe/Vienna:20250310T090000\nDURATION:PT1H\nSTATUS:CANCELLED\n";
  EXPECT_THAT(expand(calendar_text(event_text(kSeries) + event_text(cancelled)), "2025-03-01", "2025-03-17"),
              ElementsAre("2025-03-03T08:00:00Z 1h0m", "2025-03-17T08:00:00Z 1h0m"));
}

TEST(ChangedInstanceTest, IsMovedIntoTheDaysFromOutside) {
  const std::string changed =
      "UID:series\nRECURRENCE-ID;TZID=Europe/Vienna:20250324T090000\n"
      "DTSTART;TZID=Europe/Vienna:20250305T090000\nDURATION:PT1H\n";
  EXPECT_THAT(expand(calendar_text(event_text(kSeries) + event_text(changed)), "2025-03-04", "2025-03-06"),
              ElementsAre("2025-03-05T08:00:00Z 1h0m"));
}

TEST(ChangedInstanceTest, OfAnAllDaySeries) {
  const std::string series = "UID:s\nDTSTART;VALUE=DATE:20250303\nRRULE:FREQ=DAILY;COUNT=3\n";
  const std::string changed =
      "UID:s\nRECURRENCE-ID;VALUE=DATE:20250304\nDTSTART;VALUE=DATE:20250310\nDTEND;VALUE=DATE:20250312\n";
  EXPECT_THAT(expand(calendar_text(event_text(series) + event_text(changed)), "2025-03-01", "2025-03-31"),
              ElementsAre("2025-03-03..2025-03-03", "2025-03-05..2025-03-05", "2025-03-10..2025-03-11"));
}

TEST(ChangedInstanceTest, OfOneThatStandsThereTwiceTheHigherSequenceHolds) {
  const std::string first =
      "UID:a\nSEQUENCE:2\nDTSTART:20250303T080000Z\nDURATION:PT1H\nLAST-MODIFIED:20250101T000000Z\n";
  const std::string second =
      "UID:a\nSEQUENCE:1\nDTSTART:20250304T080000Z\nDURATION:PT1H\nLAST-MODIFIED:20250201T000000Z\n";
  EXPECT_THAT(expand(calendar_text(event_text(first) + event_text(second)), "2025-03-01", "2025-03-31"),
              ElementsAre("2025-03-03T08:00:00Z 1h0m"));
}

TEST(ChangedInstanceTest, OfAllFollowingIsRefused) {
  const std::string changed =
      "UID:series\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Vienna:20250310T090000\n"
      "DTSTART;TZID=Europe/Vienna:20250311T140000\nDURATION:PT2H\n";
  EXPECT_THAT(
      expand(calendar_text(event_text(kSeries) + event_text(changed)), "2025-03-01", "2025-03-31"),
      ElementsAre("event \"Plan\": it changes this and all following (RANGE), which is not supported"));
}

const char* const kViennaByAnotherName =
    "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\n"
    "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n"
    "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";

TEST(CalendarZoneTest, IsDescribedByTheDocumentWhereItsNameIsNotKnown) {
  const std::string event =
      "UID:1\nDTSTART;TZID=W. Europe Standard Time:20250329T090000\nDURATION:PT1H\n"
      "RRULE:FREQ=DAILY;COUNT=2\n";
  EXPECT_THAT(expand(calendar_text(kViennaByAnotherName + event_text(event)), "2025-03-01", "2025-03-31"),
              ElementsAre("2025-03-29T08:00:00Z 1h0m", "2025-03-30T07:00:00Z 1h0m"));
}

TEST(CalendarZoneTest, OfTheSystemGoesBeforeOneOfThatNameInTheDocument) {
  const std::string wrong =
      "BEGIN:VTIMEZONE\nTZID:Europe/Vienna\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0500\n"
      "TZOFFSETTO:+0500\nEND:STANDARD\nEND:VTIMEZONE\n";
  const std::string event = "UID:1\nDTSTART;TZID=Europe/Vienna:20250303T090000\nDURATION:PT1H\n";
  EXPECT_THAT(expand(calendar_text(wrong + event_text(event)), "2025-03-01", "2025-03-31"),
              ElementsAre("2025-03-03T08:00:00Z 1h0m"));
}

TEST(CalendarZoneTest, ThatNobodyKnowsIsAnError) {
  const std::string event = "UID:1\nDTSTART;TZID=Customized Time Zone:20250303T090000\n";
  EXPECT_THAT(expand(calendar_text(event_text(event)), "2025-03-01", "2025-03-31"),
              ElementsAre("event \"Plan\": its zone \"Customized Time Zone\" is not known, and there is no "
                          "VTIMEZONE of that name"));
}

TEST(CalendarZoneTest, ThatChangesClocksBySecondsIsRefused) {
  std::string zone = kViennaByAnotherName;
  zone.replace(zone.find("FREQ=YEARLY"), 11, "FREQ=SECONDLY");
  const std::string event = "UID:1\nDTSTART;TZID=W. Europe Standard Time:20250303T090000\n";
  EXPECT_THAT(expand(calendar_text(zone + event_text(event)), "2025-03-01", "2025-03-31"),
              ElementsAre("event \"Plan\": its VTIMEZONE changes clocks more often than by the month"));
}

TEST(CalendarTextTest, LinesAreUnfoldedBeforeTheyAreDecoded) {
  // The fold parts the two bytes of an umlaut; names of properties are in any case; parameters are quoted.
  const std::string event =
      "BEGIN:VEVENT\nuid:1\ndtstart;tzid=\"Europe/Vienna\":20250303T090000\nDURATION:PT1H\n"
      "SUMMARY:Fr\xc3\n \xbchling\\, Q2\\nall\nCATEGORIES:strategy,Launch\nCATEGORIES:Q2\n"
      "TRANSP:TRANSPARENT\nSTATUS:TENTATIVE\nEND:VEVENT\n";
  const auto read =
      read_calendar_document(calendar_text(event), calendar_of("UTC"), days("2025-03-03", "2025-03-03"));
  ASSERT_TRUE(std::holds_alternative<CalendarDocument>(read)) << std::get<std::string>(read);
  const auto& document = std::get<CalendarDocument>(read);
  ASSERT_EQ(document.events.size(), 1u);
  EXPECT_EQ(document.events[0].summary, "Fr\xc3\xbchling, Q2\nall");
  EXPECT_THAT(document.events[0].categories, ElementsAre("strategy", "Launch", "Q2"));
  EXPECT_TRUE(document.events[0].transparent);
  EXPECT_TRUE(document.events[0].tentative);
  EXPECT_THAT(shown(document), ElementsAre("2025-03-03T08:00:00Z 1h0m"));
}

TEST(CalendarTextTest, OtherPartsAndWhatNobodyNeedsArePassedOver) {
  const std::string text =
      "X-WR-CALNAME:Plan\nBEGIN:VTODO\nUID:t\nDTSTART:20250303T080000Z\nEND:VTODO\n"
      "BEGIN:VEVENT\nUID:1\nDTSTART:20250303T080000Z\nDURATION:PT1H\nLOCATION:\nURL:\n"
      "ATTENDEE;PARTSTAT=DECLINED:mailto:a@example.com\n"
      "BEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY\nDURATION:PT5M\nREPEAT:1\nEND:VALARM\nEND:VEVENT\n";
  EXPECT_THAT(expand(calendar_text(text), "2025-03-03", "2025-03-03"),
              ElementsAre("2025-03-03T08:00:00Z 1h0m"));
}

TEST(CalendarTextTest, MayBeSeveralCalendarsWithAMarkBefore) {
  const std::string one = calendar_text(event_text("UID:1\nDTSTART:20250303T080000Z\nDURATION:PT1H\n"));
  const std::string two = calendar_text(event_text("UID:2\nDTSTART:20250303T090000Z\nDURATION:PT1H\n"));
  EXPECT_THAT(expand("\xef\xbb\xbf" + one + two + "\r\n\r\n", "2025-03-03", "2025-03-03"),
              ElementsAre("2025-03-03T08:00:00Z 1h0m", "2025-03-03T09:00:00Z 1h0m"));
}

struct BrokenCase {
  const char* name;
  std::string text;
  const char* problem;
};

class BrokenCalendarTest : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenCalendarTest, IsToldAndGivesNothing) {
  EXPECT_THAT(expand(GetParam().text, "2025-03-01", "2025-03-31"), ElementsAre(GetParam().problem));
}

const std::string kWhole = calendar_text(event_text("UID:1\nDTSTART:20250303T080000Z\nDURATION:PT1H\n"));

INSTANTIATE_TEST_SUITE_P(
    All, BrokenCalendarTest,
    ::testing::ValuesIn(std::vector<BrokenCase>{
        {"Empty", "", "it is empty"},
        {"SomethingElse", "date,hours\n", "it does not begin with BEGIN:VCALENDAR"},
        {"CutShortAfterAnEvent", kWhole.substr(0, kWhole.find("END:VCALENDAR")),
         "it does not end with END:VCALENDAR: VCALENDAR is still open"},
        {"CutShortWithinAnEvent", kWhole.substr(0, kWhole.find("DURATION")),
         "it does not end with END:VCALENDAR: VEVENT is still open"},
        {"CutShortAndClosed", kWhole.substr(0, kWhole.find("DURATION")) + "END:VCALENDAR\r\n",
         "line 9: END:\"VCALENDAR\" where END:VEVENT belongs"},
        {"SomethingAfterIt", kWhole + "<html>", "line 12: text after END:VCALENDAR"},
        {"AByteZero", kWhole.substr(0, 20) + std::string(1, '\0') + kWhole.substr(20),
         "it has a byte 0 in it"},
        {"NoBeginning", calendar_text(event_text("UID:1\nDURATION:PT1H\n")),
         "event \"Plan\": it has no DTSTART"},
        {"ABeginningThatIsNoTime", calendar_text(event_text("UID:1\nDTSTART:tomorrow\n")),
         "event \"Plan\": its DTSTART cannot be read"},
        {"ARuleThatIsNone", calendar_text(event_text("UID:1\nDTSTART:20250303T080000Z\nRRULE:FREQ=OFTEN\n")),
         "event \"Plan\": its RRULE cannot be read"},
        {"ARuleByTheSecond",
         calendar_text(event_text("UID:1\nDTSTART:20250303T080000Z\nRRULE:FREQ=SECONDLY\n")),
         "event \"Plan\": it repeats by the minute or second"},
        {"ARuleByTheHourOfSomeMonths",
         calendar_text(
             event_text("UID:1\nDTSTART:20250303T080000Z\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30\n")),
         "event \"Plan\": it repeats by the hour, and only in some months, days or hours"},
        {"ARuleByAnotherCalendar",
         calendar_text(event_text("UID:1\nDTSTART:20250303T080000Z\nRRULE:RSCALE=CHINESE;FREQ=YEARLY\n")),
         "event \"Plan\": it repeats by another calendar (RSCALE)"},
        {"ADayThatIsNone", calendar_text(event_text("UID:1\nDTSTART;VALUE=DATE:20250230\n")),
         "event \"Plan\": 2025-2-30 is no date, or too far away"},
        {"ATimeWithTheEndOfADay",
         calendar_text(event_text("UID:1\nDTSTART:20250303T080000Z\nDTEND;VALUE=DATE:20250304\n")),
         "event \"Plan\": its DTEND is of another kind than its DTSTART"},
    }),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace tightrope::collectors
