// Turns the fields of one record into figures, as a source's mapping says. What csv and http_json share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/date_format.h"
#include "collectors/figure_table.h"
#include "collectors/figure_text.h"
#include "config/sources.h"

namespace tightrope::collectors {

// A field as its document has it.
struct FieldValue {
  enum class Kind : std::uint8_t { absent, null, text, number, truth, nested };
  Kind kind = Kind::absent;
  std::string_view text;  // of text, number (JSON's grammar) and truth
};

// What is wrong with a record, and with which of its fields.
struct FieldProblem {
  static constexpr std::size_t kRecord = static_cast<std::size_t>(-1);
  std::size_t slot = kRecord;
  std::string text;
};

// Borrows the mapping and the calendar. Fields are numbered: slot i of a record is the field names()[i].
class FieldMapper {
 public:
  static constexpr std::size_t kLongestName = 1024;  // of a dimension's value, in bytes

  // The error says what is wrong with the mapping.
  static std::variant<FieldMapper, std::string> compile(const config::FieldMapping& mapping,
                                                        const rules::Calendar& calendar);

  const std::vector<std::string>& names() const noexcept { return names_; }

  // Puts the record's figures into the table, unless its day is not wanted. Skipped without a word are
  // records without a date and without any figure (trailing rows), and those with a word such as "Total" or
  // "Gesamt" in the date's place: the sum of other records; and those of an hour that the clocks skip whose
  // figures are all zero or missing: exports with 24 hours to a day write them. A dimension that is null or
  // "" is "not reported", and so is a metric that is null, absent or one of the mapping's `missing` texts; a
  // computed metric is missing when one of its inputs is, or when it divides by zero. An inverse is rounded
  // once, from all digits of the field. REQUIRES: record.size() == names().size().
  std::optional<FieldProblem> add(std::span<const FieldValue> record, FigureTable& table);

  // The day of records whose mapping says that it is the one asked for (bucket_is_asked).
  void set_asked_day(rules::Day day) noexcept { asked_ = rules::Bucket{day}; }

  // The parts, for documents in which dates are not a field of the record.
  std::variant<rules::Entity, FieldProblem> entity(std::span<const FieldValue> record) const;
  std::optional<rules::Bucket> bucket(std::string_view text) const;
  // The amount (perhaps missing), or what is wrong with it. A share ("12 %") is no money.
  std::variant<rules::Amount, std::string> figure(const FieldValue& value, const Scale& scale,
                                                  rules::Unit unit) const;

 private:
  struct Dimension {
    std::size_t dimension;
    std::size_t slot;
  };
  struct Metric {
    const config::MetricField* field;
    Scale scale;
    std::vector<std::size_t> slots;  // one, or the formula's inputs
  };
  // Nothing is a missing figure.
  using Read = std::variant<std::optional<DecimalNumber>, std::string>;

  FieldMapper(const config::FieldMapping& mapping, const rules::Calendar& calendar, DateFormat date_format);
  std::size_t slot(const std::string& name);
  using Dated = std::variant<std::optional<rules::Bucket>, FieldProblem>;
  // Nothing for rows that are skipped: totals, and trailing ones.
  Dated date(std::span<const FieldValue> record, FigureTable& table);
  // What the record's currency adds to the names of its money ("@EUR"), or nothing; ISO 4217 in any case.
  std::variant<std::string, FieldProblem> currency(std::span<const FieldValue> record) const;
  std::optional<DateFormat::Date> read_date(std::string_view text) const;
  void number_metrics(FigureTable& table, const std::string& currency);
  void note_kinds(std::span<const FieldValue> record, FigureTable& table) const;
  Read read(const FieldValue& value) const;
  std::variant<rules::Amount, FieldProblem> metric(const Metric& metric, std::span<const FieldValue> record,
                                                   const std::string& currency) const;
  static bool is_lacking(const Metric& metric, std::span<const FieldValue> record);
  bool is_missing(std::string_view text) const noexcept;
  bool has_figures(std::span<const FieldValue> record) const noexcept;
  bool is_all_zero(std::span<const FieldValue> record) const;

  const config::FieldMapping& mapping_;
  const rules::Calendar& calendar_;
  DateFormat date_format_;
  std::vector<std::string> names_;
  std::size_t bucket_slot_ = FieldProblem::kRecord;
  std::size_t currency_slot_ = FieldProblem::kRecord;
  std::optional<rules::Bucket> asked_;
  std::vector<Dimension> dimensions_;
  std::vector<Metric> metrics_;
  // The table's numbers of metrics_, in their order; looked up once per table and currency.
  const FigureTable* numbered_for_ = nullptr;
  std::string numbered_currency_;
  std::vector<std::uint32_t> numbers_;
  // Records of one day tend to follow each other.
  std::string last_date_;
  std::optional<rules::Bucket> last_bucket_;
  bool last_is_skipped_ = false;  // an hour that the clocks skip
};

// The text without spaces at its ends.
std::string_view trimmed(std::string_view text) noexcept;
// For an error: what a person typed, cut short, with quotes and without control characters.
std::string quoted(std::string_view text);

}  // namespace tightrope::collectors
