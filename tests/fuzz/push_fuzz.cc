// Any bytes as the body of a push.
#include <cstdint>
#include <cstdlib>

#include "collectors/collector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tightrope;
  static const auto calendar = *rules::Calendar::open("Europe/Vienna", std::chrono::Monday);
  static const auto now = *rules::parse_timestamp("2026-11-22T12:00:00Z");
  static const rules::Dimensions dimensions;
  static const rules::Strategy strategy = [] {
    rules::Strategy some;
    some.metrics = {{"spend", rules::Unit::money, true}, {"clicks", rules::Unit::count, true}};
    return some;
  }();
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto source = collectors::pushed_source(body);
  const auto parsed = collectors::parse_push(body, calendar, {&dimensions, &strategy}, "EUR", now);
  static const rules::Dimensions none{.names = {}};
  static const config::Rates rates{"EUR", config::Rates::Direction::per_currency};
  const auto of_rates = collectors::parse_push(body, calendar, {&none, nullptr, &rates}, "", now);
  if (const auto* taken = std::get_if<collectors::PushedBatch>(&of_rates)) {
    for (const auto& row : taken->batch.rows)
      if (!row.bucket.whole_day() || (!row.value.is_missing() && row.value.micros() <= 0)) std::abort();
  }
  const auto* pushed = std::get_if<collectors::PushedBatch>(&parsed);
  if (pushed == nullptr) {
    if (std::get<collectors::PushError>(parsed).text.empty()) std::abort();
    return 0;
  }
  // What is taken whole was found by its source before, and can be printed.
  if (!std::holds_alternative<std::string>(source) || std::get<std::string>(source) != pushed->source)
    std::abort();
  for (const auto& row : pushed->batch.rows)
    collectors::observation_json("c", pushed->batch, row, calendar, strategy);
  return 0;
}
