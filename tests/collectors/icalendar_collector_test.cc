#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What one event is: a time and a title, and lines of its own.
std::string event(std::string_view title, std::string_view lines) {
  static int number = 0;
  return "BEGIN:VEVENT\r\nUID:" + std::to_string(++number) + "\r\nSUMMARY:" + std::string(title) + "\r\n" +
         std::string(lines) + "END:VEVENT\r\n";
}
std::string calendar(std::string_view events) {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + std::string(events) + "END:VCALENDAR\r\n";
}

config::CalendarRule rule(std::string summary, std::string metric, config::CalendarMeasure measure) {
  config::CalendarRule rule;
  if (!summary.empty()) rule.summaries = {std::move(summary)};
  rule.metric = std::move(metric);
  rule.measure = measure;
  rule.transparent = measure == config::CalendarMeasure::days;
  rule.constants = {{0, "time"}};
  return rule;
}

class IcalendarCollectorTest : public ::testing::Test {
 protected:
  IcalendarCollectorTest() {
    collecting.calendar = calendar_of("Europe/Vienna");
    collecting.asked = days("2025-03-29", "2025-03-31");
    source.name = "plan";
    feed.url = config::Secret("https://calendar.example/private/s3cr3t-address/basic.ics");
    feed.events = {rule("Plan*", "strategy_hours", config::CalendarMeasure::hours)};
  }
  std::vector<std::string> figures(std::string text) {
    collecting.transfer.will_answer(200, std::move(text), {{"content-type", "text/calendar"}});
    source.kind = feed;
    return collecting.figures(source);
  }
  config::Source source;
  config::IcalendarSource feed;
  Collecting collecting;
};

TEST_F(IcalendarCollectorTest, HoursAreElapsedAndDaysWithoutAnEventAreZero) {
  EXPECT_THAT(figures(calendar(event("Planning", "DTSTART:20250329T080000Z\r\nDURATION:PT1H30M\r\n") +
                               event("plan B", "DTSTART:20250329T080000Z\r\nDURATION:PT20M\r\n") +
                               event("Lunch", "DTSTART:20250330T080000Z\r\nDURATION:PT1H\r\n"))),
              ElementsAre("time 2025-03-29 strategy_hours 1.833333", "time 2025-03-30 strategy_hours 0",
                          "time 2025-03-31 strategy_hours 0"));
}

TEST_F(IcalendarCollectorTest, AnEventOverMidnightIsPartedAndClocksThatAreChangedAreSeen) {
  // From Saturday 22:00 to Sunday 06:00, when clocks went from 02:00 to 03:00: two hours, and five.
  EXPECT_THAT(figures(calendar(event("Plan",
                                     "DTSTART;TZID=Europe/Vienna:20250329T220000\r\n"
                                     "DTEND;TZID=Europe/Vienna:20250330T060000\r\n"))),
              ElementsAre("time 2025-03-29 strategy_hours 2", "time 2025-03-30 strategy_hours 5",
                          "time 2025-03-31 strategy_hours 0"));
}

TEST_F(IcalendarCollectorTest, AnAllDayEventCountsTheDayOrWhatOneSays) {
  const std::string text =
      calendar(event("Plan", "DTSTART;VALUE=DATE:20250328\r\nDTEND;VALUE=DATE:20250331\r\n"));
  EXPECT_THAT(figures(text),
              ElementsAre("time 2025-03-29 strategy_hours 24", "time 2025-03-30 strategy_hours 23",
                          "time 2025-03-31 strategy_hours 0"));
  feed.events[0].all_day = std::chrono::hours(8);
  EXPECT_THAT(figures(text),
              ElementsAre("time 2025-03-29 strategy_hours 8", "time 2025-03-30 strategy_hours 8",
                          "time 2025-03-31 strategy_hours 0"));
}

TEST_F(IcalendarCollectorTest, ADayIsCountedOnceHoweverManyEventsAreOnIt) {
  feed.events = {rule("*", "promotion_days", config::CalendarMeasure::days)};
  EXPECT_THAT(figures(calendar(event("Sale",
                                     "DTSTART;VALUE=DATE:20250329\r\nDTEND;VALUE=DATE:20250331\r\n"
                                     "TRANSP:TRANSPARENT\r\n") +
                               event("Fair", "DTSTART:20250330T080000Z\r\nDURATION:PT1H\r\n"))),
              ElementsAre("time 2025-03-29 promotion_days 1", "time 2025-03-30 promotion_days 1",
                          "time 2025-03-31 promotion_days 0"));
  EXPECT_THAT(figures(calendar(event("Launch", "DTSTART:20250331T080000Z\r\n"))),
              ElementsAre("time 2025-03-29 promotion_days 0", "time 2025-03-30 promotion_days 0",
                          "time 2025-03-31 promotion_days 1"));
}

TEST_F(IcalendarCollectorTest, FreeAndUnsettledTimeIsNotCountedUnlessAskedFor) {
  collecting.asked = days("2025-03-31", "2025-03-31");
  const std::string text =
      calendar(event("Plan", "DTSTART:20250331T080000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT\r\n") +
               event("Plan", "DTSTART:20250331T080000Z\r\nDURATION:PT2H\r\nSTATUS:TENTATIVE\r\n") +
               event("Plan", "DTSTART:20250331T080000Z\r\nDURATION:PT4H\r\nSTATUS:CANCELLED\r\n"));
  EXPECT_THAT(figures(text), ElementsAre("time 2025-03-31 strategy_hours 0"));
  feed.events[0].transparent = true;
  EXPECT_THAT(figures(text), ElementsAre("time 2025-03-31 strategy_hours 1"));
  feed.events[0].tentative = true;
  EXPECT_THAT(figures(text), ElementsAre("time 2025-03-31 strategy_hours 3"));
}

TEST_F(IcalendarCollectorTest, TheFirstRuleThatFitsTakesAnEvent) {
  collecting.asked = days("2025-03-31", "2025-03-31");
  auto strategy = rule("", "strategy_hours", config::CalendarMeasure::hours);
  strategy.categories = {"strategy"};
  feed.events.insert(feed.events.begin(), strategy);
  feed.events[1].metric = "planning_hours";
  feed.unmatched = rule("", "other_hours", config::CalendarMeasure::hours);
  EXPECT_THAT(figures(calendar(
                  event("Plan", "DTSTART:20250331T080000Z\r\nDURATION:PT1H\r\nCATEGORIES:Q2,Strategy\r\n") +
                  event("Plan", "DTSTART:20250331T080000Z\r\nDURATION:PT2H\r\nCATEGORIES:Q2\r\n") +
                  event("Lunch", "DTSTART:20250331T080000Z\r\nDURATION:PT4H\r\n"))),
              ElementsAre("time 2025-03-31 strategy_hours 1", "time 2025-03-31 planning_hours 2",
                          "time 2025-03-31 other_hours 4"));
}

TEST_F(IcalendarCollectorTest, ADimensionIsTakenFromTheEventAndHasNoZeros) {
  feed.events[0].dimensions = {{1, config::CalendarText::category}};
  feed.events[0].categories = {"c-*"};
  EXPECT_THAT(
      figures(
          calendar(event("Plan", "DTSTART:20250331T080000Z\r\nDURATION:PT1H\r\nCATEGORIES:Q2,c-brand\r\n") +
                   event("Plan", "DTSTART:20250330T080000Z\r\nDURATION:PT2H\r\nCATEGORIES:C-shoes\r\n"))),
      ElementsAre("time/c-brand 2025-03-31 strategy_hours 1", "time/C-shoes 2025-03-30 strategy_hours 2"));
}

TEST_F(IcalendarCollectorTest, EveryDayAskedForIsCompleteUnlessThereIsNoEventAtAll) {
  source.kind = feed;
  collecting.transfer.will_answer(200, calendar(event("Lunch", "DTSTART:19990331T080000Z\r\n")));
  auto result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->complete, collecting.asked);
  EXPECT_EQ(result->batch.rows.size(), 3u);
  // Perhaps it is shared no longer.
  collecting.transfer.will_answer(200, calendar(""));
  result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->complete, std::nullopt);
  EXPECT_THAT(result->batch.rows, IsEmpty());
}

TEST_F(IcalendarCollectorTest, ReadsAFile) {
  const TemporaryFolder folder;
  folder.write("plan.ics", calendar(event("Plan", "DTSTART:20250329T080000Z\r\nDURATION:PT1H\r\n")));
  feed.url = config::Secret();
  feed.path = "plan.ics";
  source.file_dir = folder.path();
  source.kind = feed;
  EXPECT_THAT(collecting.figures(source),
              ElementsAre("time 2025-03-29 strategy_hours 1", "time 2025-03-30 strategy_hours 0",
                          "time 2025-03-31 strategy_hours 0"));
  feed.path = "other.ics";
  source.kind = feed;
  EXPECT_THAT(collecting.figures(source).front(), HasSubstr("error temporary: "));
}

TEST_F(IcalendarCollectorTest, AsksWithAPasswordAndNeverShowsItsAddress) {
  feed.login = {"ann", config::Secret("swordfish")};
  source.kind = feed;
  collecting.transfer.will_answer(404, "no calendar s3cr3t-address/basic.ics here",
                                  {{"content-type", "text/plain"}});
  const auto shown = collecting.figures(source);
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_THAT(shown[0], HasSubstr("error rejected: HTTP 404"));
  EXPECT_THAT(shown[0], HasSubstr("has the calendar's address been renewed?"));
  ASSERT_EQ(collecting.transfer.requests().size(), 1u);
  const auto& request = collecting.transfer.requests()[0];
  EXPECT_EQ(request.url, "https://calendar.example/private/s3cr3t-address/basic.ics");
  ASSERT_EQ(request.secret_headers.size(), 1u);
  EXPECT_EQ(request.secret_headers[0].second.reveal(), "Basic YW5uOnN3b3JkZmlzaA==");
  collecting.transfer.will_answer(403, "private/s3cr3t-address/basic.ics", {{"content-type", "text/plain"}});
  EXPECT_THAT(collecting.figures(source)[0], Not(HasSubstr("s3cr3t")));
}

TEST_F(IcalendarCollectorTest, WhatIsNoCalendarIsAnError) {
  collecting.transfer.will_answer(200, "<!DOCTYPE html><title>Sign in</title>",
                                  {{"content-type", "text/html"}});
  source.kind = feed;
  EXPECT_THAT(collecting.figures(source),
              ElementsAre("error unauthorized: an HTML page came instead of a calendar: has its address "
                          "expired, or who has to sign in?"));
  EXPECT_THAT(figures("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"),
              ElementsAre("error bad_data: the calendar: it does not end with END:VCALENDAR: VEVENT is still "
                          "open"));
}

}  // namespace
}  // namespace tightrope::collectors
