// How columns of a table, or fields of a record, become dates, dimensions and figures.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/rare.h"
#include "rules/formula.h"
#include "rules/units.h"

namespace tightrope::config {

// How a column or a field becomes a figure.
struct MetricField {
  std::string metric;
  rules::Unit unit = rules::Unit::count;
  bool inverse = false;  // and the figure is one over that: exchange rates per unit of currency
  // Either a field as it stands ...
  std::string field;  // csv: a column; http_json: a JSON pointer relative to the record ("/metrics/spend") or
                      // a bare key
  double scale = 1;   // the figure is the field times this: 0.000001 for micros, 0.01 for cents
  // ... or computed from fields: `clicked * avg_cost_per_click`. The formula's inputs are field names.
  Rare<rules::Formula> computed;
  // ... or 1 for each record, with an empty `field`.
  bool counts_records = false;
  bool minor_units = false;     // in the smallest unit of the record's currency: cents, but whole yen
  bool zero_if_absent = false;  // a record that lacks the field says zero
  friend bool operator==(const MetricField&, const MetricField&) = default;
};

struct FieldMapping {
  std::string bucket_field;      // the field with the day or hour; "" when dates stand in the header (csv)
  bool bucket_is_asked = false;  // the day is the one that was asked for (http with most_days 1)
  bool whole_days = false;  // of instants and hours only the day counts
  std::string date_format = "%Y-%m-%d";  // strptime's; "%d-%m-%Y", "%Y%m%d", "unix", "unix_ms", "rfc3339"
  std::vector<std::pair<std::size_t, std::string>> dimensions;  // dimension -> field
  std::vector<std::pair<std::size_t, std::string>> constants;   // dimension -> fixed value
  std::string currency_field;  // "" or the field with the record's currency (ISO 4217, in any case)
  std::vector<MetricField> metrics;
  bool decimal_comma = false;  // "1.234,56"
  // Texts that mean: not reported. Spreadsheets turn hyphens into dashes.
  std::vector<std::string> missing{"", "-", "--", "\u2013", "\u2014", "null", "NULL", "n/a", "N/A"};
  // A metric whose field a record lacks says nothing there. False: in a table that is a mistake, and in JSON
  // the figure is missing.
  bool may_lack_metrics = false;
  bool may_lack_dimensions = false;  // a dimension whose field a record lacks is not reported; else a mistake
  friend bool operator==(const FieldMapping&, const FieldMapping&) = default;
};

}  // namespace tightrope::config
