// Any bytes as a JSON answer, mapped to figures.
#include <cstdint>
#include <cstdlib>

#include "collectors/json_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tightrope;
  static const auto calendar = *rules::Calendar::open("UTC", std::chrono::Monday);
  static const config::FieldMapping mapping = [] {
    config::FieldMapping fields;
    fields.bucket_field = "/d/0";
    fields.dimensions = {{0, "name"}};
    config::MetricField spend;
    spend.metric = "spend";
    spend.field = "spend";
    spend.scale = 1e-6;
    fields.metrics = {spend};
    return fields;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = collectors::JsonTree::parse(text);
  const auto* tree = std::get_if<std::unique_ptr<collectors::JsonTree>>(&parsed);
  if (tree == nullptr) return 0;
  auto mapper = std::get<collectors::FieldMapper>(collectors::FieldMapper::compile(mapping, calendar));
  collectors::FigureTable table("fuzz", {{rules::Day{0}, rules::Day{40'000}}, rules::Timestamp{}});
  for (const char* pointer : {"", "/rows", "/*/rows", "/rows/*/a[b=c]"}) {
    const auto path = std::get<collectors::FieldPath>(collectors::FieldPath::compile(pointer));
    const auto found =
        collectors::find_records((*tree)->root(), path, pointer, collectors::AbsentList::is_an_error);
    const auto* records = std::get_if<std::vector<collectors::JsonRecord>>(&found);
    if (records == nullptr) continue;
    for (const collectors::JsonRecord& record : *records) {
      if (record.value.is_scalar()) continue;
      std::vector<collectors::FieldValue> values;
      std::vector<std::string> dates(mapper.names().size());
      for (std::size_t i = 0; i < mapper.names().size(); ++i) {
        const auto field = collectors::FieldPath::compile(mapper.names()[i]);
        const auto& place = std::get<collectors::FieldPath>(field);
        values.push_back(collectors::field_value(place.find(record.value), dates[i]));
      }
      mapper.add(values, table);
      collectors::known_fields(record.value, "name");
    }
  }
  for (const auto& row : std::move(table).take().batch.rows) {
    const auto micros = row.value.is_missing() ? 0 : row.value.micros();
    if (std::llabs(micros) > rules::Amount::kLargestUnits * rules::Amount::kScale) std::abort();
  }
  return 0;
}
