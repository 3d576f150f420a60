// Rows of a query's result become figures, as the source's mapping says.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collectors/sql_query.h"

namespace tightrope::collectors {

// Borrows all that it is given.
class MappedRows final : public SqlRows {
 public:
  static constexpr std::uint64_t kMostRows = 20'000'000;

  MappedRows(const config::FieldMapping& mapping, const rules::Calendar& calendar, std::uint64_t most_bytes,
             FigureTable& table);

  // Columns are found by their names, without regard to case where no other name is alike. Without a
  // date_format the date is what its column's type says: a day; an hour of the source's own zone; or an
  // instant. Text is a day, %Y-%m-%d.
  std::optional<CollectError> columns(std::vector<SqlColumn> columns) override;
  std::optional<CollectError> row(std::span<const FieldValue> values) override;

  std::uint64_t bytes() const noexcept { return bytes_; }  // of all values, those of no field included

 private:
  std::optional<CollectError> find_columns();
  CollectError wrong(std::size_t slot, std::string_view problem) const;

  config::FieldMapping mapping_;
  const rules::Calendar& calendar_;
  const std::uint64_t most_bytes_;
  FigureTable& table_;
  std::optional<FieldMapper> mapper_;
  std::vector<SqlColumn> columns_;
  std::vector<std::size_t> places_;  // of the mapper's fields among the columns
  std::vector<FieldValue> record_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace tightrope::collectors
