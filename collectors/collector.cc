#include "collectors/collector.h"

#include "collectors/csv_collector.h"
#include "collectors/google_sheets_collector.h"
#include "collectors/http_collector.h"
#include "collectors/icalendar_collector.h"
#include "collectors/prometheus_collector.h"
#include "collectors/rates.h"
#include "collectors/sql_collector.h"

namespace tightrope::collectors {

std::string_view to_string(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::temporary:
      return "temporary";
    case FailureKind::throttled:
      return "throttled";
    case FailureKind::unauthorized:
      return "unauthorized";
    case FailureKind::rejected:
      return "rejected";
    case FailureKind::bad_data:
      return "bad_data";
  }
  return "unknown";
}

namespace {

std::unique_ptr<Collector> make_figures_collector(const config::Source& source, CollectorContext context) {
  if (std::holds_alternative<config::CsvSource>(source.kind)) return make_csv_collector(source, context);
  if (std::holds_alternative<config::HttpSource>(source.kind)) return make_http_collector(source, context);
  if (std::holds_alternative<config::SqlSource>(source.kind)) return make_sql_collector(source, context);
  if (std::holds_alternative<config::PrometheusSource>(source.kind))
    return make_prometheus_collector(source, context);
  if (std::holds_alternative<config::IcalendarSource>(source.kind))
    return make_icalendar_collector(source, context);
  if (std::holds_alternative<config::GoogleSheetsSource>(source.kind))
    return make_google_sheets_collector(source, context);
  return nullptr;  // pushed to
}

}  // namespace

std::unique_ptr<Collector> make_collector(const config::Source& source, CollectorContext context) {
  auto collector = make_figures_collector(source, context);
  if (collector && source.rates) return make_rates_collector(std::move(collector), *source.rates);
  return collector;
}

}  // namespace tightrope::collectors
