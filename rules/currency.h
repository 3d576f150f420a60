// Money in other currencies than the client's: how such figures are named in events, and the dated rates that
// convert them.
//
// A figure of money in another currency arrives as the metric `spend@USD`. An exchange rate arrives as the
// metric `rate@EUR` of the entity ["USD"]: how many USD one EUR bought on that day. Both are observations
// like any other: journalled, dated, restatable. Neither can be named in a formula, for no name there has an
// `@`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "rules/codec.h"
#include "rules/units.h"

namespace tightrope::rules {

// "spend@USD"
std::string foreign_metric(std::string_view metric, std::string_view currency);
// "rate@EUR": rates against one unit of EUR.
std::string rate_metric(std::string_view base);

struct ForeignMetric {
  std::string_view metric;
  std::string_view currency;
};
// The parts of `spend@USD`, borrowed; nothing for other names, rates among them.
std::optional<ForeignMetric> parse_foreign_metric(std::string_view name) noexcept;
// "EUR" of `rate@EUR`; nothing for other names.
std::optional<std::string_view> parse_rate_metric(std::string_view name) noexcept;

// The daily rates that one client knows, against one or several bases. A value.
class ExchangeRates {
 public:
  // How many units of `currency` one unit of `base` bought on the day; missing or not positive takes it back.
  // False when it was known so.
  bool set(std::string_view base, std::string_view currency, Day day, Amount rate);
  // As it was set for that very day; missing where it was not.
  Amount on(std::string_view base, std::string_view currency, Day day) const noexcept;
  // Days before `first` are dropped, but for what they still say of `first`.
  void drop_before(Day first);

  // The amount in `to`, at the newest rates of that day or of at most `hold_days` before it; to the nearest
  // millionth, halves away from zero. Through any base that knows both currencies (the first by name).
  // Nothing where no such rates are known, or where the amount would be beyond what an Amount can hold.
  std::optional<Amount> convert(Amount amount, std::string_view from, std::string_view to, Day day,
                                int hold_days) const noexcept;
  // Units of `to` for one of `from`, for people.
  std::optional<double> rate(std::string_view from, std::string_view to, Day day,
                             int hold_days) const noexcept;

  bool empty() const noexcept { return rates_.empty(); }
  void save(ByteWriter& out) const;
  bool load(ByteReader& in);  // false: not saved rates

 private:
  using ByDay = std::map<Day, std::int64_t>;  // millionths, positive
  // Two sides of a quotient: units of `to` over units of `from`.
  struct Quotient {
    std::int64_t to;
    std::int64_t from;
  };
  std::optional<std::int64_t> newest(const std::map<std::string, ByDay, std::less<>>& of_base,
                                     std::string_view base, std::string_view currency, Day day,
                                     int hold_days) const noexcept;
  std::optional<Quotient> quotient(std::string_view from, std::string_view to, Day day,
                                   int hold_days) const noexcept;

  std::map<std::string, std::map<std::string, ByDay, std::less<>>, std::less<>> rates_;  // base, currency
};

}  // namespace tightrope::rules
