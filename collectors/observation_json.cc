#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "collectors/collector.h"
#include "rules/currency.h"

namespace tightrope::collectors {
namespace {

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

// Rates belong to no entity of a client: the currency is theirs.
std::string rate_json(std::string_view client, std::string_view base, const rules::ObservationBatch& batch,
                      const rules::ObservationBatch::Row& row) {
  std::string line = client.empty() ? "{" : "{\"client\":" + json_text(client) + ",";
  line += "\"source\":" + json_text(batch.source) + ",\"bucket\":" + json_text(to_string(row.bucket.day)) +
          ",\"metric\":\"rate\",\"base\":" + json_text(base) +
          ",\"currency\":" + json_text(batch.entities[row.entity].at(0)) + ",\"value\":";
  return line + (row.value.is_missing() ? "null" : rules::to_string(row.value)) + '}';
}

}  // namespace

std::string observation_json(std::string_view client, const rules::ObservationBatch& batch,
                             const rules::ObservationBatch::Row& row, const rules::Calendar& calendar,
                             const rules::Strategy& strategy) {
  if (const auto base = rules::parse_rate_metric(batch.metrics[row.metric]))
    return rate_json(client, *base, batch, row);
  std::string line =
      "{\"client\":" + json_text(client) + ",\"source\":" + json_text(batch.source) + ",\"entity\":{";
  const rules::Entity& entity = batch.entities[row.entity];
  bool first = true;
  for (std::size_t i = 0; i < entity.path.size() && i < strategy.dimensions.names.size(); ++i) {
    if (entity.path[i].empty()) continue;
    line += (first ? "" : ",") + json_text(strategy.dimensions.names[i]) + ':' + json_text(entity.path[i]);
    first = false;
  }
  std::string_view metric = batch.metrics[row.metric];
  std::string_view currency = strategy.currency;
  if (const auto foreign = rules::parse_foreign_metric(metric)) {
    metric = foreign->metric;
    currency = foreign->currency;
  }
  line += "},\"bucket\":" + json_text(calendar.format(row.bucket)) + ",\"metric\":" + json_text(metric) +
          ",\"value\":";
  line += row.value.is_missing() ? "null" : rules::to_string(row.value);  // exact: no double on the way
  const rules::Metric* known = strategy.find_metric(metric);
  if (known != nullptr && known->unit == rules::Unit::money) line += ",\"currency\":" + json_text(currency);
  return line + '}';
}

}  // namespace tightrope::collectors
