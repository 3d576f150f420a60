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
  for (const char* pointer : {"", "/rows", "/*/rows"}) {
    const auto found = collectors::find_records((*tree)->root(), pointer);
    const auto* records = std::get_if<std::vector<collectors::JsonValue>>(&found);
    if (records == nullptr) continue;
    for (const collectors::JsonValue record : *records) {
      if (record.is_scalar()) continue;
      std::vector<collectors::FieldValue> values;
      for (const std::string& name : mapper.names()) values.push_back(collectors::field_value(record, name));
      mapper.add(values, table);
      collectors::known_fields(record, "name");
    }
  }
  for (const auto& row : std::move(table).take().batch.rows) {
    const auto micros = row.value.is_missing() ? 0 : row.value.micros();
    if (std::llabs(micros) > rules::Amount::kLargestUnits * rules::Amount::kScale) std::abort();
  }
  return 0;
}
