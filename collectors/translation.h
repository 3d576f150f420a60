// What a source's figures become for its client: in the buckets of the client's zone, and money under the
// name of its currency. One way for all figures, whether they were polled, pushed or imported.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/sources.h"
#include "rules/calendar.h"
#include "rules/coverage.h"
#include "rules/event.h"
#include "rules/target.h"

namespace tightrope::collectors {

// A value; any thread.
class Translation {
 public:
  // REQUIRES: the zones of both are known, which a loaded configuration has checked.
  static Translation between(const config::Source& source, const rules::Strategy& client);

  // For a source that belongs to no client: rates, in its own zone or in UTC.
  static Translation alone(const config::Source& source);

  // Whose days a source is asked for, and whose dates and hours its answers have.
  const rules::Calendar& source_calendar() const noexcept { return source_; }
  const rules::Calendar& client_calendar() const noexcept { return client_ ? *client_ : source_; }
  // ISO 4217: of the source's money where it says nothing else.
  const std::string& source_currency() const noexcept { return source_currency_; }

  // Days stay the day of that date. Hours become those of the client that contain their start (see
  // rules/rebucket.h); where several become one, their figures are added, and the sum is missing only if
  // every part is. Money in another currency than the client's is named `spend@USD`; money that the batch
  // names so already, for rows with a currency of their own, keeps that name, or loses it where it is the
  // client's.
  //
  // `first` is the first day that was asked for. The client's hour that an earlier day has a part of is left
  // out then: it was whole when that day was read.
  rules::ObservationBatch apply(rules::ObservationBatch batch, std::optional<rules::Day> first = {}) const;

  // What an answer that is complete for these days of the source covers for the client.
  rules::Coverage coverage(rules::DayRange days) const noexcept;

  // Whether they do the same to every batch.
  friend bool operator==(const Translation& a, const Translation& b);

 private:
  Translation(rules::Calendar source, std::optional<rules::Calendar> client, std::string source_currency,
              std::string client_currency, std::vector<std::string> money);
  std::string name_of(const std::string& metric) const;
  rules::ObservationBatch rebucketed(const rules::ObservationBatch& batch,
                                     std::optional<rules::Day> first) const;

  rules::Calendar source_;
  std::optional<rules::Calendar> client_;  // nothing: it is the source's
  std::string source_currency_, client_currency_;
  std::vector<std::string> money_;  // metrics measured in it, sorted; empty when the currency is one
};

}  // namespace tightrope::collectors
