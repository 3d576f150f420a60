// The dates of a source, read by a format that its configuration gives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/calendar.h"

namespace tightrope::collectors {

// %Y %y %m %d %e %j %b %B %h %a %A %H %I %p %M %S %z, %F (%Y-%m-%d), %D (%m/%d/%y), %T (%H:%M:%S), %%; a
// space stands for any number of spaces, and everything else for itself ("%Y-%m-%d 00:00:00"). %m, %d and %H
// take one digit or two; names of months and days are English, short or long; %z takes Z, +01:00 and +0100.
// "unix" and "unix_ms" count from 1970 in UTC; "rfc3339" is "2026-11-20T08:00:00+01:00", or a bare day.
class DateFormat {
 public:
  // The error says what is wrong with the format.
  static std::variant<DateFormat, std::string> compile(std::string_view format);

  // A whole day, or the hour when the format tells one: with %H or %I it is the calendar's own, but instants
  // (unix, rfc3339, an hour with %z) go to the calendar's hour that contains them. Nothing when the text is
  // not of the format, or a date that does not exist.
  std::optional<rules::Bucket> parse(std::string_view text, const rules::Calendar& calendar) const;

  // The same. An hour that the clocks skip in spring is the one after it: whoever writes it has counted on
  // with the offset of before (RFC 5545 reads such times so as well).
  struct Date {
    rules::Bucket bucket;
    bool hour_is_skipped = false;
  };
  std::optional<Date> read(std::string_view text, const rules::Calendar& calendar) const;

 private:
  enum class Kind : std::uint8_t { fields, unix_seconds, unix_milliseconds, rfc3339 };
  struct Item {
    char directive;  // 0: the literal
    char literal;
  };
  std::optional<Date> read_fields(std::string_view text, const rules::Calendar& calendar) const;

  Kind kind_ = Kind::fields;
  bool hourly_ = false;
  bool has_offset_ = false;
  std::vector<Item> items_;
};

}  // namespace tightrope::collectors
