#include "collectors/figure_table.h"

#include <fmt/core.h>

#include <algorithm>

namespace tightrope::collectors {
namespace {

constexpr std::int64_t kLargestMicros = rules::Amount::kLargestUnits * rules::Amount::kScale;

}  // namespace

FigureTable::FigureTable(std::string source, CollectRequest request, Repeated repeated)
    : request_(request), repeated_(repeated), builder_(std::move(source), request.now) {}

std::optional<std::string> FigureTable::add(std::uint32_t entity, std::uint32_t metric, rules::Bucket bucket,
                                            rules::Amount value) {
  const FigureKey key(entity, metric, bucket);
  const auto [found, is_new] = places_.try_emplace(key, static_cast<std::uint32_t>(figures_.size()));
  if (is_new) {
    if (figures_.size() == kMostFigures) return fmt::format("more than {} figures in one read", kMostFigures);
    figures_.push_back({{entity, metric, bucket, value}, document_});
    rows_.add(metric, nullptr, value);
    return std::nullopt;
  }
  Figure& figure = figures_[found->second];
  rows_.add(metric, figure.document == document_ ? &figure.row.value : nullptr, value);
  if (repeated_ == Repeated::replaces || figure.document != document_ || figure.row.value.is_missing()) {
    figure.document = document_;
    figure.row.value = value;
    return std::nullopt;
  }
  if (value.is_missing()) return std::nullopt;
  const std::int64_t sum = figure.row.value.micros() + value.micros();  // each within 1e17: no overflow
  if (sum > kLargestMicros || sum < -kLargestMicros) return "the sum of rows of one figure is too large";
  figure.row.value = rules::Amount::from_micros(sum);
  return std::nullopt;
}

Collected FigureTable::take() && {
  Collected collected;
  collected.rows_read = rows_read_;
  collected.rows_outside = rows_outside_;
  for (const Figure& figure : figures_) {
    const auto& row = figure.row;
    builder_.add(row.entity, row.metric, row.bucket, row.value);
    if (!collected.complete) collected.complete = {row.bucket.day, row.bucket.day};
    collected.complete->first = std::min(collected.complete->first, row.bucket.day);
    collected.complete->last = std::max(collected.complete->last, row.bucket.day);
    if (row.value.is_missing()) continue;
    if (!collected.newest || *collected.newest < row.bucket.day) collected.newest = row.bucket.day;
  }
  collected.batch = std::move(builder_).take();
  const RepeatedRows::Found twice = rows_.found();
  collected.facts.columns = std::move(columns_);
  collected.facts.fields = std::move(fields_);
  if (twice.count > 0)
    collected.facts.duplicates = {twice.count, twice.days, collected.batch.entities[twice.example]};
  return collected;
}

}  // namespace tightrope::collectors
