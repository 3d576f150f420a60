#include "collectors/sql_rows.h"

#include <fmt/core.h>

#include <algorithm>

#include "rules/formula.h"

namespace tightrope::collectors {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

CollectError bad_data(std::string text) {
  return {FailureKind::bad_data, std::move(text), std::nullopt};
}

std::string_view format_of(SqlColumn::Time time) noexcept {
  switch (time) {
    case SqlColumn::Time::wall:
      return "%Y-%m-%d %H:%M:%S";
    case SqlColumn::Time::instant:
      return "%Y-%m-%d %H:%M:%S%z";
    case SqlColumn::Time::none:
    case SqlColumn::Time::day:
      break;
  }
  return "%Y-%m-%d";
}

bool same_but_for_case(std::string_view one, std::string_view other) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [lower](char a, char b) { return lower(a) == lower(b); });
}

std::vector<std::size_t> named(std::string_view name, const std::vector<SqlColumn>& columns) {
  std::vector<std::size_t> exact;
  std::vector<std::size_t> alike;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) exact.push_back(i);
    if (same_but_for_case(columns[i].name, name)) alike.push_back(i);
  }
  return exact.empty() ? alike : exact;
}

std::string listed(const std::vector<SqlColumn>& columns) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(columns.size(), kMost); ++i)
    text += (i == 0 ? "" : ", ") + quoted(columns[i].name);
  return columns.size() > kMost ? text + ", ..." : text;
}

}  // namespace

MappedRows::MappedRows(const config::FieldMapping& mapping, const rules::Calendar& calendar,
                       std::uint64_t most_bytes, FigureTable& table)
    : mapping_(mapping), calendar_(calendar), most_bytes_(most_bytes), table_(table) {}

std::optional<CollectError> MappedRows::columns(std::vector<SqlColumn> columns) {
  columns_ = std::move(columns);
  if (mapping_.date_format.empty()) {
    const auto dates = named(mapping_.bucket_field, columns_);
    mapping_.date_format = format_of(dates.size() == 1 ? columns_[dates[0]].time : SqlColumn::Time::none);
  }
  auto compiled = FieldMapper::compile(mapping_, calendar_);
  if (auto* problem = std::get_if<std::string>(&compiled)) return bad_data(std::move(*problem));
  mapper_.emplace(std::get<FieldMapper>(std::move(compiled)));
  table_.begin_document();
  return find_columns();
}

std::optional<CollectError> MappedRows::find_columns() {
  for (const std::string& name : mapper_->names()) {
    const auto found = named(name, columns_);
    if (found.size() > 1)
      return bad_data(fmt::format("the result has column {} more than once; name one of them anew, with as",
                                  quoted(name)));
    if (found.size() == 1) {
      places_.push_back(found[0]);
      continue;
    }
    if (mapping_.may_lack_metrics && name != mapping_.bucket_field) {
      places_.push_back(kNoColumn);
      continue;
    }
    std::vector<std::string> names;
    for (const SqlColumn& column : columns_) names.push_back(column.name);
    const std::string nearest = rules::nearest_name(name, names);
    return bad_data(fmt::format("the result has no column {}{}; it has {}", quoted(name),
                                nearest.empty() ? "" : "; did you mean " + quoted(nearest) + "?",
                                listed(columns_)));
  }
  return std::nullopt;
}

std::optional<CollectError> MappedRows::row(std::span<const FieldValue> values) {
  ++rows_;
  if (rows_ > kMostRows) return bad_data(fmt::format("more than {} rows", kMostRows));
  for (const FieldValue& value : values) bytes_ += value.text.size();
  if (bytes_ > most_bytes_) return bad_data(fmt::format("the result is larger than {} bytes", most_bytes_));
  record_.clear();
  for (std::size_t slot = 0; slot < places_.size(); ++slot) {
    FieldValue value = places_[slot] == kNoColumn ? FieldValue{} : values[places_[slot]];
    if (value.kind == FieldValue::Kind::nested) return wrong(slot, "binary data");
    if (value.kind == FieldValue::Kind::number && !parse_json_number(value.text))
      value.kind = FieldValue::Kind::text;
    record_.push_back(value);
  }
  const auto problem = mapper_->add(record_, table_);
  if (!problem) return std::nullopt;
  if (problem->slot == FieldProblem::kRecord)
    return bad_data(fmt::format("row {}: {}", rows_, problem->text));
  return wrong(problem->slot, problem->text);
}

CollectError MappedRows::wrong(std::size_t slot, std::string_view problem) const {
  return bad_data(fmt::format("row {}, column {}: {}", rows_, quoted(mapper_->names()[slot]), problem));
}

}  // namespace tightrope::collectors
