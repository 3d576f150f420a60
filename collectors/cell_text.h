// What the text of a cell says besides figures and dates.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::collectors {

// As people compare column names: "Avg. Cost " is "avg.cost".
std::string folded(std::string_view name);

// What stands in a cell while its formula waits for data from elsewhere, in the language of the sheet.
bool is_not_computed_yet(std::string_view cell);
bool is_formula_error(std::string_view cell);

// Whether what stands where a date is expected begins with "Total", "Gesamtsumme" and the like: the row is
// the sum of others.
bool is_total(std::string_view text) noexcept;
// Whether a name is nothing but such a word. Stricter, for campaigns are called "Summer sale".
bool is_named_total(std::string_view name);

// What dates of one format have in common: the places of digits, how many at most stand together, and the
// lengths of words. "20 Nov 2026" and "7 Dec 2026" are "#4 aaa #4".
std::string date_shape(std::string_view text);

}  // namespace tightrope::collectors
