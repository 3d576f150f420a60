// Where an hour of one zone stands in the calendar of another.
#pragma once

#include "rules/calendar.h"
#include "rules/units.h"

namespace tightrope::rules {

// The bucket of `to` for a bucket of `from`.
//
// A whole day stays the day of that date, for it cannot be split: the 20th of an account in New York is shown
// as the 20th in Vienna, six hours late. An hour becomes the hour of `to` that contains its start. Between
// zones that differ by whole hours that is the same hour under another name, and this function undoes itself;
// between those that differ by a part of an hour it is the hour that began up to 59 minutes before.
//
// In order of time, and one to one but for the nights in which either zone has a part of an hour (Lord Howe
// puts its clocks back by 30 minutes): there two hours may fall into one, and their figures belong together.
Bucket rebucket(const Calendar& from, const Calendar& to, Bucket bucket) noexcept;

}  // namespace tightrope::rules
