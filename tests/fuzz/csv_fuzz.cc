// Any bytes as a table: it is read, or refused with a line, in the same way however it is cut into pieces.
#include <cstdint>
#include <cstdlib>

#include "collectors/csv_document.h"

namespace {

using namespace tightrope;

struct Outcome {
  std::string problem;
  rules::ObservationBatch batch;
};

Outcome read(const config::CsvSource& source, const rules::Calendar& calendar, std::string_view bytes,
             std::size_t piece) {
  auto mapper = std::get<collectors::FieldMapper>(collectors::FieldMapper::compile(source.mapping, calendar));
  collectors::FigureTable table("fuzz", {{rules::Day{0}, rules::Day{40'000}}, rules::Timestamp{}});
  table.begin_document();
  collectors::CsvDocument document(source, mapper, table, 1 << 20);
  std::optional<std::string> problem;
  while (!problem && !bytes.empty()) {
    problem = document.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (!problem) problem = document.finish();
  return {problem.value_or(""), std::move(table).take().batch};
}

config::CsvSource make_source(std::uint8_t choice) {
  config::CsvSource source;
  source.delimiter = choice % 2 == 0 ? "," : "auto";
  source.mapping.decimal_comma = choice % 4 >= 2;
  source.mapping.dimensions = {{0, "name"}};
  if (choice % 8 >= 4) {
    source.spread_metric = "spend";
  } else {
    source.mapping.bucket_field = "date";
    config::MetricField spend;
    spend.metric = "spend";
    spend.field = "spend";
    source.mapping.metrics = {spend};
  }
  return source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const auto calendar = *rules::Calendar::open("UTC", std::chrono::Monday);
  const config::CsvSource source = make_source(data[0]);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = read(source, calendar, bytes, bytes.size());
  const Outcome pieces = read(source, calendar, bytes, 1 + data[0] / 8);
  if (whole.problem != pieces.problem || (whole.problem.empty() && !(whole.batch == pieces.batch)))
    std::abort();
  return 0;
}
