#include "collectors/csv_document.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "collectors/cell_text.h"
#include "rules/formula.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);  // the header lacks it, and may
constexpr std::size_t kSampleBytes = 64 << 10;                   // enough to tell the delimiter

bool looks_like_html(std::string_view text) {
  const std::string start = folded(text.substr(0, 200));
  return start.starts_with("<!doctypehtml") || start.starts_with("<html");
}

}  // namespace

CsvDocument::CsvDocument(const config::CsvSource& source, FieldMapper& mapper, FigureTable& table,
                         std::uint64_t most_bytes)
    : source_(source),
      mapper_(mapper),
      table_(table),
      decoder_(most_bytes),
      header_row_(source.header_row),
      spread_scale_(source.spread_scale) {}

std::optional<std::string> CsvDocument::feed(std::string_view bytes) {
  if (auto problem = decoder_.feed(bytes, text_)) return problem;
  if (!reader_) {
    if (text_.size() < kSampleBytes) return std::nullopt;
    return start_reading();
  }
  reader_->feed(text_);
  text_.clear();
  return read_rows();
}

std::optional<std::string> CsvDocument::finish() {
  if (auto problem = decoder_.finish(text_)) return problem;
  if (!reader_) {
    if (auto problem = start_reading()) return problem;
  } else {
    reader_->feed(text_);
  }
  reader_->finish();
  if (auto problem = read_rows()) return problem;
  if (header_.empty()) return fmt::format("there is no header: row {} is missing", header_row_);
  return std::nullopt;
}

std::optional<std::string> CsvDocument::start_reading() {
  if (looks_like_html(text_)) return "an HTML page came instead of CSV: is the sheet private?";
  const char hinted = hinted_delimiter(text_);
  if (hinted != '\0' && header_row_ == 1) header_row_ = 2;
  char delimiter = source_.delimiter.empty() ? ',' : source_.delimiter[0];
  if (source_.delimiter == "auto") delimiter = hinted != '\0' ? hinted : sniff_delimiter(text_, header_row_);
  reader_.emplace(delimiter);
  reader_->feed(text_);
  text_ = std::string();
  return read_rows();
}

std::optional<std::string> CsvDocument::read_rows() {
  for (;;) {
    switch (reader_->next()) {
      case CsvReader::Step::more:
      case CsvReader::Step::end:
        return std::nullopt;
      case CsvReader::Step::error:
        return reader_->error();
      case CsvReader::Step::record:
        break;
    }
    auto problem = header_.empty() ? take_header() : take_row();
    if (problem) return problem;
  }
}

std::optional<std::string> CsvDocument::take_header() {
  if (++rows_ < header_row_) return std::nullopt;
  if (reader_->blank()) return fmt::format("line {}: the header is empty", reader_->line());
  for (const std::string_view name : reader_->fields()) header_.emplace_back(trimmed(name));
  return find_columns();
}

std::optional<std::string> CsvDocument::find_columns() {
  for (const std::string& name : mapper_.names()) {
    std::vector<std::size_t> exact;
    std::vector<std::size_t> alike;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (header_[i] == trimmed(name)) exact.push_back(i);
      if (folded(header_[i]) == folded(name)) alike.push_back(i);
    }
    const auto& found = exact.empty() ? alike : exact;
    if (found.size() > 1)
      return fmt::format("line {}: column {} stands there more than once", reader_->line(), quoted(name));
    if (found.size() == 1) {
      columns_.push_back(found[0]);
      continue;
    }
    if (source_.mapping.may_lack_metrics && name != source_.mapping.bucket_field) {
      columns_.push_back(kNoColumn);
      continue;
    }
    const std::string nearest = rules::nearest_name(name, header_);
    return fmt::format("line {}: no column {}{}; the header has {}{}", reader_->line(), quoted(name),
                       nearest.empty() ? "" : "; did you mean " + quoted(nearest) + "?", header_text(),
                       other_delimiter());
  }
  if (source_.spread_metric.empty()) {
    table_.note_columns(header_);
    return std::nullopt;
  }
  return find_spread_columns();
}

std::optional<std::string> CsvDocument::find_spread_columns() {
  std::vector<std::string> shapes;
  for (std::size_t i = 0; i < header_.size(); ++i) {
    const auto bucket = mapper_.bucket(header_[i]);
    if (!bucket) continue;
    spread_.push_back({i, *bucket});
    shapes.push_back(date_shape(header_[i]));
  }
  if (spread_.empty()) {
    return fmt::format("line {}: no column's name is a date of the format {}; the header has {}",
                       reader_->line(), source_.mapping.date_format, header_text()) +
           other_delimiter();
  }
  // Without this a day that somebody mistyped would be a column like any other, and its figures missing.
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if (mapper_.bucket(header_[i]) || is_mapped(i) || is_total(header_[i])) continue;
    if (std::find(shapes.begin(), shapes.end(), date_shape(header_[i])) == shapes.end()) continue;
    return fmt::format("line {}: column {} looks like the dates beside it, and is none of the format {}",
                       reader_->line(), quoted(header_[i]), source_.mapping.date_format);
  }
  return std::nullopt;
}

bool CsvDocument::is_mapped(std::size_t column) const noexcept {
  return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
}

// Of a row without a date of its own: its first column, or one that a dimension is read from, says so.
bool CsvDocument::is_spread_total() const {
  const auto fields = reader_->fields();
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if ((i == 0 || is_mapped(i)) && is_named_total(fields[i])) return true;
  }
  return false;
}

std::string CsvDocument::other_delimiter() const {
  if (header_.size() != 1) return "";
  const std::string& all = header_.front();
  for (const char delimiter : {'\t', ';', ',', '|'}) {
    if (all.find(delimiter) == std::string::npos) continue;
    return fmt::format("; it seems to be parted by {}: write delimiter: {}, or delimiter: auto",
                       delimiter == '\t' ? "tabs" : fmt::format("\"{}\"", delimiter),
                       delimiter == '\t' ? "tab" : fmt::format("\"{}\"", delimiter));
  }
  return "";
}

std::optional<std::string> CsvDocument::take_row() {
  if (reader_->blank()) return std::nullopt;
  const auto fields = reader_->fields();
  const auto is_blank = [](std::string_view field) { return trimmed(field).empty(); };
  const bool surplus =
      fields.size() > header_.size() &&
      !std::all_of(fields.begin() + static_cast<std::ptrdiff_t>(header_.size()), fields.end(), is_blank);
  if (fields.size() < header_.size() || surplus) {
    return fmt::format("line {}: {} fields, where the header has {}", reader_->line(), fields.size(),
                       header_.size());
  }
  record_.clear();
  for (const std::size_t column : columns_)
    record_.push_back(column == kNoColumn ? FieldValue{}
                                          : FieldValue{FieldValue::Kind::text, fields[column]});
  if (source_.spreadsheet) {
    if (auto problem = check_cells()) return problem;
  }
  if (!source_.spread_metric.empty()) return take_spread_row(record_);
  const auto problem = mapper_.add(record_, table_);
  if (!problem) return std::nullopt;
  if (problem->slot == FieldProblem::kRecord)
    return fmt::format("line {}: {}", reader_->line(), problem->text);
  return column_error(columns_[problem->slot], problem->text);
}

std::optional<std::string> CsvDocument::check_cells() {
  const auto fields = reader_->fields();
  for (const std::size_t column : columns_) {
    if (column == kNoColumn) continue;
    if (auto problem = check_cell(column, fields[column])) return problem;
  }
  for (const SpreadColumn& spread : spread_) {
    if (auto problem = check_cell(spread.column, fields[spread.column])) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> CsvDocument::check_cell(std::size_t column, std::string_view cell) {
  cell = trimmed(cell);
  if (is_not_computed_yet(cell)) {
    half_computed_ = true;
    return column_error(column, "the sheet is still being computed: " + quoted(cell));
  }
  if (!is_formula_error(cell)) return std::nullopt;
  const auto& missing = source_.mapping.missing;
  const auto& dimensions = source_.mapping.dimensions;
  const bool names = std::any_of(dimensions.begin(), dimensions.end(), [&](const auto& dimension) {
    return folded(dimension.second) == folded(header_[column]);
  });
  if (!names && std::find(missing.begin(), missing.end(), cell) != missing.end()) return std::nullopt;
  return column_error(column, fmt::format("a formula failed: {}", quoted(cell)));
}

std::optional<std::string> CsvDocument::take_spread_row(std::span<const FieldValue> record) {
  table_.count_row();
  if (is_spread_total()) return std::nullopt;
  auto about = mapper_.entity(record);
  if (const auto* problem = std::get_if<FieldProblem>(&about))
    return column_error(columns_[problem->slot], problem->text);
  const std::uint32_t entity = table_.entity(std::get<rules::Entity>(about));
  const std::uint32_t metric = table_.metric(source_.spread_metric);
  bool wanted = false;
  for (const auto& [column, bucket] : spread_) {
    if (!table_.wants(bucket.day)) continue;
    wanted = true;
    const auto value = mapper_.figure({FieldValue::Kind::text, reader_->fields()[column]}, spread_scale_,
                                      source_.spread_unit);
    if (const auto* problem = std::get_if<std::string>(&value)) return column_error(column, *problem);
    if (auto full = table_.add(entity, metric, bucket, std::get<rules::Amount>(value)))
      return column_error(column, *full);
  }
  if (!wanted) table_.count_row_outside();
  return std::nullopt;
}

std::string CsvDocument::column_error(std::size_t column, std::string_view problem) const {
  return fmt::format("line {}, column {}: {}", reader_->line(), quoted(header_[column]), problem);
}

std::string CsvDocument::header_text() const {
  constexpr std::size_t kMostShown = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(header_.size(), kMostShown); ++i) {
    text += (i == 0 ? "" : ", ") + quoted(header_[i]);
  }
  return header_.size() > kMostShown ? text + ", ..." : text;
}

boost::asio::awaitable<std::optional<std::string>> feed_whole(CsvDocument& document, std::string_view text) {
  std::optional<std::string> problem;
  while (!problem && !text.empty()) {
    problem = document.feed(text.substr(0, kPieceBytes));
    text.remove_prefix(std::min(text.size(), kPieceBytes));
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  if (!problem) problem = document.finish();
  co_return problem;
}

}  // namespace tightrope::collectors
