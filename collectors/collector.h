// Fetches one source's figures for some days and translates them. No schedule and no retry policy of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "collectors/arrival_facts.h"
#include "collectors/clock.h"
#include "collectors/collect_error.h"
#include "collectors/transfer.h"
#include "config/sources.h"
#include "rules/calendar.h"
#include "rules/event.h"
#include "rules/target.h"

namespace tightrope::collectors {

class RateGates;
class Tokens;

struct CollectRequest {
  rules::DayRange days;  // what to read; figures of other days are dropped
  rules::Timestamp now;  // becomes `learnt`
  // By when an answer is wanted: a wait that would end later is reported instead of waited for.
  rules::Timestamp deadline = rules::Timestamp::max();
};

// What went well and is worth telling.
struct Collected {
  rules::ObservationBatch batch;
  std::uint64_t rows_read = 0;       // records seen
  std::uint64_t rows_outside = 0;    // of days not asked for
  std::optional<rules::Day> newest;  // the latest day with a figure: the data's age
  // The days, in the source's zone, of which it has every figure there is: those asked for where the request
  // says so, else those from its first row to its last. Nothing without rows: an outage looks the same.
  std::optional<rules::DayRange> complete;
  // Why it may lack figures although it was answered, as the source itself said; `complete` is nothing then.
  // "" otherwise.
  std::string partial;
  std::uint64_t bytes = 0;  // of files as they are, of answers after decompression
  int requests = 0;         // answered HTTP requests; a redirect belongs to its request
  ArrivalFacts facts = {};  // for the checks on arrival
};

using CollectResult = boost::system::result<Collected, CollectError>;

class Collector {
 public:
  virtual ~Collector() = default;
  // All or nothing: a page that fails voids the whole. One call at a time.
  virtual asio::awaitable<CollectResult> collect(CollectRequest request) = 0;
};

// What a collector needs besides its configuration. Borrowed; must outlive the collector.
struct CollectorContext {
  Transfer& transfer;
  const rules::Calendar& calendar;  // of the source's zone
  const rules::Dimensions& dimensions;
  // What sources share. Without them (null), OAuth2 and waiting are errors, and nothing is limited.
  Clock* clock = nullptr;
  Tokens* tokens = nullptr;
  RateGates* gates = nullptr;
};

// Nothing for sources that are pushed to.
std::unique_ptr<Collector> make_collector(const config::Source& source, CollectorContext context);

// Parses the body of POST /api/v1/observations. Either all of it, or the first mistake:
// "observations[3].metrics.spend: ...".
struct PushedBatch {
  std::string source;
  rules::ObservationBatch batch;  // `learnt` is `now`
};
struct PushError {
  std::string text;
};
// `accepts` says whether the client's strategy or any source knows a metric of that name: an unknown one is
// an error that names the nearest.
struct PushVocabulary {
  const rules::Dimensions* dimensions;
  const rules::Strategy* strategy;       // null where there are rates
  const config::Rates* rates = nullptr;  // the source has rates: metrics are currencies' codes
};
// The name in the body's "source", so that the caller can find its client; an error when it is not JSON or
// has none.
std::variant<std::string, PushError> pushed_source(std::string_view body);
// A later row of the same entity, bucket and metric replaces an earlier one; a metric that is null takes its
// figure back. Days lie at most 97 days back (hours: 5) and a day ahead of `now`; at most 1 000 000 figures.
// Money is in the row's "currency", else in the body's, else in `source_currency`; in another than the
// source's its metric is named `spend@USD`, and figures of one entity and bucket in two currencies stand side
// by side. Of rates, rows have a bucket and metrics such as {"USD": 1.08, "GBP": 0.85} and nothing else; what
// comes back are as_rates(). Buckets are those of `calendar`, the source's: a Translation makes them the
// client's.
std::variant<PushedBatch, PushError> parse_push(std::string_view body, const rules::Calendar& calendar,
                                                const PushVocabulary& vocabulary,
                                                std::string_view source_currency, rules::Timestamp now);

// One observation, as the client's engine takes it, as a JSON line: what `tightrope poll` prints. `calendar`
// is the client's. Money has its currency beside it, under the metric's own name. Of a rate, `client` is left
// out where it is "", and `strategy` is not asked.
std::string observation_json(std::string_view client, const rules::ObservationBatch& batch,
                             const rules::ObservationBatch::Row& row, const rules::Calendar& calendar,
                             const rules::Strategy& strategy);

}  // namespace tightrope::collectors
