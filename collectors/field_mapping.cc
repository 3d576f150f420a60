#include "collectors/field_mapping.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "collectors/cell_text.h"
#include "collectors/utf8.h"

namespace tightrope::collectors {
namespace {

using Kind = FieldValue::Kind;

// Of what is given in a currency's smallest unit (ISO 4217): hundredths, but for those without one and those
// with thousandths.
const Scale& minor_scale(std::string_view currency) noexcept {
  static const Scale kWhole(1), kHundredths(0.01), kThousandths(0.001);
  constexpr std::array<std::string_view, 16> kNone{"@BIF", "@CLP", "@DJF", "@GNF", "@ISK", "@JPY",
                                                   "@KMF", "@KRW", "@PYG", "@RWF", "@UGX", "@VND",
                                                   "@VUV", "@XAF", "@XOF", "@XPF"};
  constexpr std::array<std::string_view, 7> kThree{"@BHD", "@IQD", "@JOD", "@KWD", "@LYD", "@OMR", "@TND"};
  if (std::find(kNone.begin(), kNone.end(), currency) != kNone.end()) return kWhole;
  if (std::find(kThree.begin(), kThree.end(), currency) != kThree.end()) return kThousandths;
  return kHundredths;
}

std::string kind_text(Kind kind) {
  return kind == Kind::truth ? "true or false, where a number is expected"
                             : "an object or array, where a number is expected";
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 60;
  return fmt::format("\"{}\"", printable(text, kMost));
}

std::variant<FieldMapper, std::string> FieldMapper::compile(const config::FieldMapping& mapping,
                                                            const rules::Calendar& calendar) {
  for (const config::MetricField& field : mapping.metrics) {
    if (field.counts_records) continue;
    if (field.computed ? field.computed->inputs().empty() : field.field.empty())
      return field.metric + " names no field";
  }
  if (mapping.bucket_field.empty() && !mapping.bucket_is_asked && !mapping.metrics.empty())
    return "the mapping names no field for the date";
  auto format = DateFormat::compile(mapping.date_format);
  if (auto* problem = std::get_if<std::string>(&format)) return std::move(*problem);
  return FieldMapper(mapping, calendar, std::get<DateFormat>(std::move(format)));
}

FieldMapper::FieldMapper(const config::FieldMapping& mapping, const rules::Calendar& calendar,
                         DateFormat date_format)
    : mapping_(mapping), calendar_(calendar), date_format_(std::move(date_format)) {
  if (!mapping.bucket_field.empty()) bucket_slot_ = slot(mapping.bucket_field);
  if (!mapping.currency_field.empty()) currency_slot_ = slot(mapping.currency_field);
  for (const auto& [dimension, field] : mapping.dimensions) dimensions_.push_back({dimension, slot(field)});
  for (const config::MetricField& field : mapping.metrics) {
    Metric metric{&field, Scale(field.scale), {}};
    if (field.counts_records) {
      // No field: it is 1.
    } else if (field.computed) {
      for (const rules::Input& input : field.computed->inputs()) metric.slots.push_back(slot(input.name));
    } else {
      metric.slots.push_back(slot(field.field));
    }
    metrics_.push_back(std::move(metric));
  }
}

std::size_t FieldMapper::slot(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
  names_.push_back(name);
  return names_.size() - 1;
}

std::optional<rules::Bucket> FieldMapper::bucket(std::string_view text) const {
  const auto read = read_date(text);
  return read ? std::optional(read->bucket) : std::nullopt;
}

std::optional<DateFormat::Date> FieldMapper::read_date(std::string_view text) const {
  auto date = date_format_.read(text, calendar_);
  if (date && mapping_.whole_days) date = DateFormat::Date{rules::Bucket{date->bucket.day}};
  return date;
}

std::optional<FieldProblem> FieldMapper::add(std::span<const FieldValue> record, FigureTable& table) {
  std::optional<rules::Bucket> when;
  if (mapping_.bucket_is_asked) {
    table.count_row();
    note_kinds(record, table);
    when = asked_;
  } else {
    auto dated = date(record, table);
    if (auto* problem = std::get_if<FieldProblem>(&dated)) return std::move(*problem);
    when = std::get<std::optional<rules::Bucket>>(dated);
  }
  if (!when) return std::nullopt;
  if (!table.wants(when->day)) {
    table.count_row_outside();
    return std::nullopt;
  }
  auto about = entity(record);
  if (auto* problem = std::get_if<FieldProblem>(&about)) return std::move(*problem);
  auto money = currency(record);
  if (auto* problem = std::get_if<FieldProblem>(&money)) return std::move(*problem);
  const std::string& in_currency = std::get<std::string>(money);
  const bool lacks_currency = currency_slot_ != FieldProblem::kRecord && in_currency.empty();
  const std::uint32_t entity_index = table.entity(std::get<rules::Entity>(about));
  number_metrics(table, in_currency);
  table.begin_row(entity_index, *when);
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    if (mapping_.may_lack_metrics && is_lacking(metrics_[i], record)) continue;
    auto value = metric(metrics_[i], record, in_currency);
    if (auto* problem = std::get_if<FieldProblem>(&value)) return std::move(*problem);
    // Neither money nor currency: nothing is said of money in any currency.
    if (lacks_currency && metrics_[i].field->unit == rules::Unit::money &&
        std::get<rules::Amount>(value).is_missing())
      continue;
    auto full = table.add(entity_index, numbers_[i], *when, std::get<rules::Amount>(value));
    const auto& slots = metrics_[i].slots;
    if (full) return FieldProblem{slots.empty() ? FieldProblem::kRecord : slots.front(), *std::move(full)};
  }
  table.end_row();
  return std::nullopt;
}

FieldMapper::Dated FieldMapper::date(std::span<const FieldValue> record, FigureTable& table) {
  if (bucket_slot_ == FieldProblem::kRecord)
    return FieldProblem{FieldProblem::kRecord, "no field tells the date"};
  const FieldValue& date = record[bucket_slot_];
  if (date.kind == Kind::nested || date.kind == Kind::truth) return FieldProblem{bucket_slot_, "not a date"};
  if (date.kind == Kind::absent) return FieldProblem{bucket_slot_, "is missing"};
  const std::string_view text = trimmed(date.text);
  if (text.empty() && !has_figures(record)) return std::nullopt;
  if (text.empty()) return FieldProblem{bucket_slot_, "no date in a record that has figures"};
  table.count_row();
  note_kinds(record, table);
  if (!last_bucket_ || text != last_date_) {
    const auto read = read_date(text);
    last_bucket_ = read ? std::optional(read->bucket) : std::nullopt;
    last_is_skipped_ = read && read->hour_is_skipped;
    last_date_ = text;
  }
  // Its zeros are no statement about the hour that follows.
  if (last_is_skipped_ && is_all_zero(record)) return std::nullopt;
  if (last_bucket_) return last_bucket_;
  if (is_total(text)) return std::nullopt;
  return FieldProblem{bucket_slot_,
                      fmt::format("{} is not a date of the format {}", quoted(text), mapping_.date_format)};
}

void FieldMapper::note_kinds(std::span<const FieldValue> record, FigureTable& table) const {
  std::vector<FieldFact>& facts = table.fields(names_);
  for (std::size_t i = 0; i < record.size(); ++i) {
    switch (record[i].kind) {
      case Kind::absent:
        facts[i].seen |= FieldFact::kAbsent;
        break;
      case Kind::number:
        facts[i].seen |= FieldFact::kNumber;
        break;
      case Kind::text:
      case Kind::truth:
        if (!record[i].text.empty()) facts[i].seen |= FieldFact::kText;
        break;
      case Kind::null:
      case Kind::nested:
        break;
    }
  }
}

std::variant<std::string, FieldProblem> FieldMapper::currency(std::span<const FieldValue> record) const {
  if (currency_slot_ == FieldProblem::kRecord) return std::string();
  const FieldValue& value = record[currency_slot_];
  const std::string_view text = trimmed(value.text);
  if (value.kind == Kind::absent || value.kind == Kind::null || is_missing(text)) return std::string();
  std::string code = "@";
  for (const char c : text) code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const bool letters = std::all_of(code.begin() + 1, code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (value.kind != Kind::text || code.size() != 4 || !letters)
    return FieldProblem{currency_slot_, quoted(text) + " is not a currency"};
  return code;
}

void FieldMapper::number_metrics(FigureTable& table, const std::string& currency) {
  if (numbered_for_ == &table && numbered_currency_ == currency) return;
  numbered_for_ = &table;
  numbered_currency_ = currency;
  numbers_.clear();
  for (const Metric& metric : metrics_) {
    const bool money = metric.field->unit == rules::Unit::money;
    numbers_.push_back(table.metric(money ? metric.field->metric + currency : metric.field->metric));
  }
}

std::variant<rules::Entity, FieldProblem> FieldMapper::entity(std::span<const FieldValue> record) const {
  rules::Entity entity;
  for (const auto& [dimension, value] : mapping_.constants) entity.set(dimension, value);
  for (const auto& [dimension, slot] : dimensions_) {
    const FieldValue& value = record[slot];
    if (value.kind == Kind::absent && mapping_.may_lack_dimensions) continue;
    if (value.kind == Kind::absent) return FieldProblem{slot, "is missing"};
    if (value.kind == Kind::nested) return FieldProblem{slot, "an object or array, where a name is expected"};
    const std::string_view name = trimmed(value.text);
    if (value.kind == Kind::null || name.empty()) continue;
    if (name.size() > kLongestName)
      return FieldProblem{slot, fmt::format("longer than {} bytes", kLongestName)};
    if (!is_utf8(name)) return FieldProblem{slot, "not UTF-8: save the file as UTF-8"};
    entity.set(dimension, std::string(name));
  }
  return entity;
}

FieldMapper::Read FieldMapper::read(const FieldValue& value) const {
  switch (value.kind) {
    case Kind::absent:
    case Kind::null:
      return std::nullopt;
    case Kind::truth:
    case Kind::nested:
      return kind_text(value.kind);
    case Kind::number:
      return parse_json_number(value.text);
    case Kind::text:
      break;
  }
  const std::string_view text = trimmed(value.text);
  if (is_missing(text)) return std::nullopt;
  const DecimalMark mark = mapping_.decimal_comma ? DecimalMark::comma : DecimalMark::point;
  auto number = parse_figure(text, mark);
  if (number) return number;
  const DecimalMark other = mapping_.decimal_comma ? DecimalMark::point : DecimalMark::comma;
  if (!parse_figure(text, other)) return quoted(text) + " is not a number";
  return fmt::format("{} is not a number when decimal_comma is {}", quoted(text), mapping_.decimal_comma);
}

std::variant<rules::Amount, std::string> FieldMapper::figure(const FieldValue& value, const Scale& scale,
                                                             rules::Unit unit) const {
  auto number = read(value);
  if (auto* problem = std::get_if<std::string>(&number)) return std::move(*problem);
  const auto& decimal = std::get<std::optional<DecimalNumber>>(number);
  if (!decimal) return rules::Amount::missing();
  if (unit == rules::Unit::money && value.text.find('%') != std::string_view::npos)
    return quoted(value.text) + " is a share, where money is expected: is it another column?";
  const auto amount = decimal->amount(scale);
  if (!amount) return quoted(value.text) + " is too large";
  return *amount;
}

std::variant<rules::Amount, FieldProblem> FieldMapper::metric(const Metric& metric,
                                                              std::span<const FieldValue> record,
                                                              const std::string& currency) const {
  if (metric.field->counts_records) return rules::Amount::from_micros(rules::Amount::kScale);
  if (metric.field->zero_if_absent && is_lacking(metric, record)) return rules::Amount::from_micros(0);
  const Scale& scale = metric.field->minor_units && !currency.empty() ? minor_scale(currency) : metric.scale;
  if (!metric.field->computed && !metric.field->inverse) {
    auto value = figure(record[metric.slots[0]], scale, metric.field->unit);
    if (auto* problem = std::get_if<std::string>(&value))
      return FieldProblem{metric.slots[0], std::move(*problem)};
    return std::get<rules::Amount>(value);
  }
  std::vector<double> inputs;
  for (const std::size_t slot : metric.slots) {
    auto number = read(record[slot]);
    if (auto* problem = std::get_if<std::string>(&number)) return FieldProblem{slot, std::move(*problem)};
    const auto& decimal = std::get<std::optional<DecimalNumber>>(number);
    inputs.push_back(decimal ? decimal->to_double() : std::numeric_limits<double>::quiet_NaN());
  }
  const auto& formula = metric.field->computed;
  double result = (formula ? formula->evaluate(inputs) : inputs.front()) * scale.factor();
  if (std::isnan(result)) return rules::Amount::missing();
  if (metric.field->inverse) result = 1 / result;
  const auto amount = rules::Amount::from_double(result);
  if (!amount)
    return FieldProblem{metric.slots.front(), (metric.field->inverse ? "one over " : "") +
                                                  (formula ? formula->text() : metric.field->field) +
                                                  " is too large"};
  return *amount;
}

bool FieldMapper::is_lacking(const Metric& metric, std::span<const FieldValue> record) {
  return !metric.slots.empty() &&
         std::all_of(metric.slots.begin(), metric.slots.end(),
                     [&](std::size_t slot) { return record[slot].kind == Kind::absent; });
}

bool FieldMapper::is_missing(std::string_view text) const noexcept {
  return text.empty() ||
         std::find(mapping_.missing.begin(), mapping_.missing.end(), text) != mapping_.missing.end();
}

bool FieldMapper::is_all_zero(std::span<const FieldValue> record) const {
  return std::all_of(metrics_.begin(), metrics_.end(), [&](const Metric& metric) {
    return !metric.field->counts_records &&
           std::all_of(metric.slots.begin(), metric.slots.end(), [&](std::size_t slot) {
             const Read number = read(record[slot]);
             const auto* decimal = std::get_if<std::optional<DecimalNumber>>(&number);
             return decimal != nullptr && (!*decimal || (*decimal)->to_double() == 0);
           });
  });
}

bool FieldMapper::has_figures(std::span<const FieldValue> record) const noexcept {
  return std::any_of(metrics_.begin(), metrics_.end(), [&](const Metric& metric) {
    return std::any_of(metric.slots.begin(), metric.slots.end(), [&](std::size_t slot) {
      const FieldValue& value = record[slot];
      return value.kind != Kind::absent && value.kind != Kind::null && !is_missing(trimmed(value.text));
    });
  });
}

}  // namespace tightrope::collectors
