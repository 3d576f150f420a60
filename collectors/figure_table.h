// The figures of one read, one per entity, bucket and metric.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/figure_key.h"
#include "collectors/repeated_rows.h"

namespace tightrope::collectors {

// What rows of one document that speak of the same figure are: parts of it, for platforms split by device,
// network or hour; or, where there is nothing to add, such as rates, each better than the one before.
enum class Repeated { adds, replaces };

// With Repeated::adds, a part that is missing adds nothing, and a figure is missing only when all its parts
// are. A later document (the next file of a glob) restates: its figure replaces that of an earlier one.
class FigureTable {
 public:
  static constexpr std::size_t kMostFigures = 10'000'000;

  FigureTable(std::string source, CollectRequest request, Repeated repeated = Repeated::adds);

  void begin_document() noexcept { ++document_; }
  bool wants(rules::Day day) const noexcept { return request_.days.contains(day); }
  std::uint32_t entity(const rules::Entity& entity) { return builder_.entity(entity); }
  std::uint32_t metric(std::string_view metric) { return builder_.metric(metric); }
  // What is wrong, or nothing. REQUIRES: wants(bucket.day).
  std::optional<std::string> add(std::uint32_t entity, std::uint32_t metric, rules::Bucket bucket,
                                 rules::Amount value);

  // Around the figures of one row, where rows are whole: those that came twice are told (ArrivalFacts).
  // Neither is needed.
  void begin_row(std::uint32_t entity, rules::Bucket bucket) {
    if (repeated_ == Repeated::adds) rows_.begin(entity, bucket);
  }
  void end_row() {
    if (repeated_ == Repeated::adds) rows_.end();
  }
  // What was seen of the fields that a mapping names: for whoever maps the records to note it. `names` are
  // always the same.
  std::vector<FieldFact>& fields(const std::vector<std::string>& names) {
    if (fields_.empty()) {
      for (const std::string& name : names) fields_.push_back({name, 0});
    }
    return fields_;
  }
  // The names of a document's columns, mapped or not. Of several documents, the last one's count.
  void note_columns(std::vector<std::string> names) { columns_ = std::move(names); }

  void count_row() noexcept { ++rows_read_; }
  void count_row_outside() noexcept { ++rows_outside_; }
  std::uint64_t rows_read() const noexcept { return rows_read_; }

  // Figures in the order in which they were first met. `bytes` and `requests` are left at 0.
  Collected take() &&;

 private:
  struct Figure {
    rules::ObservationBatch::Row row;
    std::uint32_t document;
  };

  CollectRequest request_;
  Repeated repeated_;
  rules::BatchBuilder builder_;
  std::vector<Figure> figures_;
  boost::unordered_flat_map<FigureKey, std::uint32_t> places_;  // into figures_
  RepeatedRows rows_;
  std::vector<FieldFact> fields_;
  std::vector<std::string> columns_;
  std::uint32_t document_ = 0;
  std::uint64_t rows_read_ = 0;
  std::uint64_t rows_outside_ = 0;
};

}  // namespace tightrope::collectors
