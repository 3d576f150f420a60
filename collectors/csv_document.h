// One document of comma-separated values, from its bytes to its figures.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/csv_reader.h"
#include "collectors/field_mapping.h"
#include "collectors/text_decoder.h"

namespace tightrope::collectors {

// Usage: feed any number of times, then finish. An error names line and column ("line 14, column \"date\":
// ..."), and nothing is to be fed after one. Blank rows are skipped. A row has as many fields as the header;
// surplus ones must be empty. A first line "sep=;" says the delimiter, as spreadsheets take it: it is no
// header, and is heeded where the source's delimiter is auto. Columns are found by name, without regard to
// case and spaces.
class CsvDocument {
 public:
  // Borrows all of it. `most_bytes` bounds the text after unpacking.
  CsvDocument(const config::CsvSource& source, FieldMapper& mapper, FigureTable& table,
              std::uint64_t most_bytes);

  std::optional<std::string> feed(std::string_view bytes);
  std::optional<std::string> finish();
  // After an error: whether it is that a formula of the spreadsheet has not been computed yet.
  bool is_half_computed() const noexcept { return half_computed_; }

 private:
  struct SpreadColumn {
    std::size_t column;
    rules::Bucket bucket;
  };
  std::optional<std::string> start_reading();
  std::optional<std::string> read_rows();
  std::optional<std::string> take_header();
  std::optional<std::string> find_columns();
  std::optional<std::string> find_spread_columns();
  bool is_mapped(std::size_t column) const noexcept;
  bool is_spread_total() const;
  std::optional<std::string> take_row();
  std::optional<std::string> take_spread_row(std::span<const FieldValue> record);
  // Of a spreadsheet: what a cell that is read has instead of a value. Nothing for a figure that is missing.
  std::optional<std::string> check_cell(std::size_t column, std::string_view cell);
  std::optional<std::string> check_cells();
  std::string column_error(std::size_t column, std::string_view problem) const;
  std::string header_text() const;
  // What to write where the header is in one piece because something else parts it; else "".
  std::string other_delimiter() const;

  const config::CsvSource& source_;
  FieldMapper& mapper_;
  FigureTable& table_;
  TextDecoder decoder_;
  std::string text_;  // decoded, not yet read
  std::optional<CsvReader> reader_;
  int rows_ = 0;  // up to the header
  int header_row_;
  std::vector<std::string> header_;
  std::vector<std::size_t> columns_;  // of the mapper's fields
  std::vector<SpreadColumn> spread_;
  Scale spread_scale_;
  std::vector<FieldValue> record_;
  bool half_computed_ = false;
};

// How much of a document is read before others have their turn.
inline constexpr std::size_t kPieceBytes = 1 << 20;

// A whole text, piece by piece, so that others have their turn between two of them. Borrows both.
boost::asio::awaitable<std::optional<std::string>> feed_whole(CsvDocument& document, std::string_view text);

}  // namespace tightrope::collectors
