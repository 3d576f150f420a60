// Exchange rates, from what a mapping or a push gives to what engines take.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "collectors/collector.h"
#include "collectors/figure_table.h"
#include "config/sources.h"
#include "rules/event.h"

namespace tightrope::collectors {

// How rows of one figure go together in a document of this source.
inline Repeated repeated(const config::Source& source) {
  return source.rates ? Repeated::replaces : Repeated::adds;
}

// The batch as rates: metric `rate@EUR`, entity ["USD"], whole days. What comes in names the currency by the
// entity's first dimension, or by the metric of the entity [] (see config::Rates). Of several hours of a day
// the latest stands for the day. Currencies that are not in use, such as those that the euro replaced, and
// the base itself are left out; missing rates stay, and take back what was known.
//
// Rates are amounts: six decimals, and nothing finer. For a pair such as IDR in USD, that is two digits; give
// rates against a base of which one unit buys more than a few of the other currency. Those given per unit of
// currency are turned round before they are rounded, to the nearest, halves away from zero.
//
// Or what is wrong: a rate that is not more than 0 at six decimals, or a batch without any currency.
std::variant<rules::ObservationBatch, std::string> as_rates(const rules::ObservationBatch& batch,
                                                            const config::Rates& rates);

// Collects what `figures` reads, as rates. Nothing of the days asked for is an error when there were records
// of those days.
std::unique_ptr<Collector> make_rates_collector(std::unique_ptr<Collector> figures, config::Rates rates);

}  // namespace tightrope::collectors
