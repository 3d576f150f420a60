// What happened one by one: orders, charges, deals, mailings, time entries. Each vendor reads the fields it
// has. Generated from a seed, so that a test that fails fails again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/calendar.h"

namespace tightrope::vendors {

struct Record {
  std::int64_t id = 0;
  rules::Timestamp at;       // whole seconds
  rules::Timestamp updated;  // not before `at`
  std::size_t campaign = 0;
  std::int64_t amount = 0;   // millionths, whole cents
  std::int64_t kept = 0;     // what refunds leave of it
  std::int64_t seconds = 0;  // of work; whole hundredths of an hour
  std::int64_t count = 0;
  std::int64_t opens = 0, clicks = 0, leavers = 0;
  bool good = true;     // paid, won
  bool test = false;    // not real
  bool voided = false;  // cancelled
};

struct RecordShape {
  std::uint64_t seed = 1;
  int per_day = 9;
  rules::DayRange days;  // of the calendar
  std::int64_t first_id = 5'000'000'000'001;
  std::string zone = "UTC";
  bool overnight = false;  // each day's last record lasts beyond midnight
};

class RecordTruth {
 public:
  explicit RecordTruth(RecordShape shape);

  const std::vector<Record>& records() const noexcept { return records_; }  // by id, which is by time
  const rules::Calendar& calendar() const noexcept { return calendar_; }
  rules::Day day_of(const Record& record) const { return calendar_.day_of(record.at); }

  // Refunds, cancellations, edits, more opens: about half of the records of these days change at `now`.
  void restate(rules::DayRange days, rules::Timestamp now);
  // Some records of these days are gone; at least one stays.
  void remove_rows(rules::DayRange days);

 private:
  RecordShape shape_;
  rules::Calendar calendar_;
  std::uint64_t edition_ = 0;
  std::vector<Record> records_;
};

// A time in the form "2025-03-01T23:50:00-05:00", with the zone's offset at that time.
std::string local_rfc3339(rules::Timestamp time, const std::string& zone);

}  // namespace tightrope::vendors
