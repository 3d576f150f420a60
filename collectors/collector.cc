#include "collectors/collector.h"

#include "collectors/csv_collector.h"
#include "collectors/http_json_collector.h"

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

std::unique_ptr<Collector> make_collector(const config::Source& source, CollectorContext context) {
  if (std::holds_alternative<config::CsvSource>(source.kind)) return make_csv_collector(source, context);
  if (std::holds_alternative<config::HttpJsonSource>(source.kind))
    return make_http_json_collector(source, context);
  return nullptr;  // pushed to
}

}  // namespace tightrope::collectors
