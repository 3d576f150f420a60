// Records of comma-separated values (RFC 4180, and what programs make of it), read piece by piece.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::collectors {

struct CsvLimits {
  std::size_t most_record_bytes = 4 << 20;
  std::size_t most_fields = 20'000;
};

// Lines end in CR LF, LF or CR. A field in double quotes may hold delimiters, line breaks and doubled quotes;
// spaces after its closing quote are dropped. A quote within a field that does not begin with one is a
// character like any other (19" rims). Every line is a record, an empty one has one empty field. Usage: feed,
// then next until `more`; at the end finish, then next until `end`.
class CsvReader {
 public:
  enum class Step { record, more, end, error };

  explicit CsvReader(char delimiter, CsvLimits limits = {}) : delimiter_(delimiter), limits_(limits) {}

  void feed(std::string_view text);
  void finish() noexcept { finished_ = true; }
  Step next();

  // Of the record that `next` gave last; valid until the next call of anything.
  std::span<const std::string_view> fields() const noexcept { return fields_; }
  std::uint64_t line() const noexcept { return record_line_; }  // where it begins; from 1
  bool blank() const noexcept;                                  // nothing but empty fields
  const std::string& error() const noexcept { return error_; }  // "line 14: ..."

 private:
  enum class Scan { done, more, failed };
  struct Piece {
    std::size_t begin;
    std::size_t length;
    bool unescaped;  // in unescaped_, else in text_
  };
  Scan scan_record(std::size_t& at);
  Scan scan_quoted(std::size_t& at);
  void scan_plain(std::size_t& at);
  // At the byte after a field: true when the record ends here, having stepped over the line break.
  Scan scan_line_break(std::size_t& at, bool& ended);
  Scan fail(std::uint64_t line, std::string_view problem);

  char delimiter_;
  CsvLimits limits_;
  std::string text_;
  std::size_t position_ = 0;  // where the next record begins
  bool finished_ = false;
  bool failed_ = false;
  std::uint64_t next_line_ = 1;
  std::uint64_t record_line_ = 0;
  std::uint64_t breaks_ = 0;  // line breaks in the record so far
  std::string unescaped_;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> fields_;
  std::string error_;
};

// The delimiter of ',', ';', tab and '|' that makes the header row and the rows below it equally long, and
// longest. Comma when none does. `sample` is the beginning of the text; `header_row` counts from 1.
char sniff_delimiter(std::string_view sample, int header_row);

// What a first line "sep=;" says, which spreadsheets write for each other; '\0' where there is none.
char hinted_delimiter(std::string_view text) noexcept;

}  // namespace tightrope::collectors
