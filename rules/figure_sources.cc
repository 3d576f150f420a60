#include "rules/figure_sources.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tightrope::rules {
namespace {

constexpr std::size_t kDayRows = Cube::kDays;
constexpr std::size_t kHourRows = static_cast<std::size_t>(Cube::kHourDays) * Cube::kHoursPerDay;

std::size_t modulo(std::int64_t number, std::int64_t size) noexcept {
  const std::int64_t rest = number % size;
  return static_cast<std::size_t>(rest < 0 ? rest + size : rest);
}

std::size_t place_of(Bucket bucket) noexcept {
  if (bucket.whole_day()) return modulo(bucket.day.number, Cube::kDays);
  return modulo(bucket.day.number, Cube::kHourDays) * Cube::kHoursPerDay +
         static_cast<std::size_t>(bucket.hour);
}

}  // namespace

FigureSources::Source FigureSources::find(std::string_view name) const noexcept {
  const auto place = std::find(names_.begin(), names_.end(), name);
  return place == names_.end() ? kUnknown : static_cast<Source>(place - names_.begin() + 1);
}

FigureSources::Source FigureSources::intern(std::string_view name) {
  const Source known = find(name);
  if (known != kUnknown || names_.size() == kMost) return known;
  names_.emplace_back(name);
  return static_cast<Source>(names_.size());
}

void FigureSources::advance(Day head) {
  if (head <= head_) return;
  const int days = std::min(head - head_, Cube::kDays);
  for (Column& column : columns_) {
    for (int i = 0; i < days && !column.days.empty(); ++i) column.days[place_of({head - i})] = {};
    for (int i = 0; i < std::min(days, Cube::kHourDays) && !column.hours.empty(); ++i) {
      for (std::int8_t hour = 0; hour < Cube::kHoursPerDay; ++hour)
        column.hours[place_of({head - i, hour})] = {};
    }
  }
  head_ = head;
}

bool FigureSources::give(Source source, MetricIndex metric, EntityIndex entity, Bucket bucket) {
  if (metric >= columns_.size()) columns_.resize(metric + std::size_t{1});
  Column& column = columns_[metric];
  auto& rows = bucket.whole_day() ? column.days : column.hours;
  if (rows.empty()) rows.resize(bucket.whole_day() ? kDayRows : kHourRows);
  Row& row = rows[place_of(bucket)];
  const bool is_first = row.all == kNone && row.each.empty();
  if (is_first) row.all = source;
  if (entity >= row.each.size()) {
    if (row.all == source) return is_first;
    row.each.resize(entity + std::size_t{1}, row.all);
  }
  row.each[entity] = source;
  return is_first;
}

const FigureSources::Row* FigureSources::find_row(MetricIndex metric, Bucket bucket) const noexcept {
  if (metric >= columns_.size()) return nullptr;
  const Column& column = columns_[metric];
  const auto& rows = bucket.whole_day() ? column.days : column.hours;
  return rows.empty() ? nullptr : &rows[place_of(bucket)];
}

bool FigureSources::gave(Source source, MetricIndex metric, EntityIndex entity,
                         Bucket bucket) const noexcept {
  const Row* row = find_row(metric, bucket);
  return row != nullptr && (entity < row->each.size() ? row->each[entity] : row->all) == source;
}

FigureSources::Source FigureSources::source_of(MetricIndex metric, EntityIndex entity,
                                               Day day) const noexcept {
  const auto in = [&](Bucket bucket) {
    const Row* row = find_row(metric, bucket);
    return row == nullptr ? kNone : entity < row->each.size() ? row->each[entity] : row->all;
  };
  if (const Source source = in({day}); source != kNone) return source;
  if (head_ - day >= Cube::kHourDays) return kUnknown;
  for (std::int8_t hour = 0; hour < Cube::kHoursPerDay; ++hour) {
    if (const Source source = in({day, hour}); source != kNone) return source;
  }
  return kUnknown;
}

bool FigureSources::gave_any(Source source, MetricIndex metric, Bucket bucket) const noexcept {
  const Row* row = find_row(metric, bucket);
  return row != nullptr &&
         (row->all == source || std::find(row->each.begin(), row->each.end(), source) != row->each.end());
}

void FigureSources::move_column(MetricIndex from, MetricIndex to) {
  assert(from != to);
  const std::size_t least = std::max(from, to) + std::size_t{1};
  if (columns_.size() < least) columns_.resize(least);
  columns_[to] = std::exchange(columns_[from], {});
}

void FigureSources::forget(Day head, std::size_t metrics) {
  *this = FigureSources();
  head_ = head;
  columns_.resize(metrics);
  const Row nobody{.all = kUnknown, .each = {}};
  for (Column& column : columns_) {
    column.days.assign(kDayRows, nobody);
    column.hours.assign(kHourRows, nobody);
  }
}

namespace {

// Runs of rows that nobody gave are skipped by number, as in the cube.
template <class Row>
void save_rows(const std::vector<Row>& rows, std::uint8_t none, ByteWriter& out) {
  out.varint(static_cast<std::uint64_t>(
      std::count_if(rows.begin(), rows.end(), [none](const Row& row) { return row.all != none; })));
  for (std::size_t place = 0; place < rows.size(); ++place) {
    const Row& row = rows[place];
    if (row.all == none) continue;
    out.varint(place);
    out.byte(row.all);
    out.varint(row.each.size());
    for (const std::uint8_t source : row.each) out.byte(source);
  }
}

template <class Row>
bool load_rows(std::vector<Row>& rows, std::size_t size, std::size_t sources, ByteReader& in) {
  const std::size_t count = in.count(3);
  if (count > 0) rows.resize(size);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = in.varint_up_to(size - 1);
    const std::uint8_t all = in.byte();
    const std::size_t length = in.count(1);
    if (!in.ok() || all > sources) return false;
    Row& row = rows[place];
    row.all = all;
    row.each.resize(length);
    for (std::uint8_t& source : row.each) {
      source = in.byte();
      if (source > sources) return false;
    }
  }
  return in.ok();
}

}  // namespace

void FigureSources::save(ByteWriter& out) const {
  out.varint(names_.size());
  for (const std::string& name : names_) out.string(name);
  out.varint(columns_.size());
  for (const Column& column : columns_) {
    save_rows(column.days, kNone, out);
    save_rows(column.hours, kNone, out);
  }
}

bool FigureSources::load(ByteReader& in, Day head) {
  *this = FigureSources();
  head_ = head;
  const std::size_t names = in.count(1);
  if (names > kMost) return false;
  for (std::size_t i = 0; i < names; ++i) names_.emplace_back(in.string());
  const std::size_t columns = in.count(2);
  for (std::size_t i = 0; in.ok() && i < columns; ++i) {
    Column& column = columns_.emplace_back();
    if (!load_rows(column.days, kDayRows, names_.size(), in) ||
        !load_rows(column.hours, kHourRows, names_.size(), in)) {
      return false;
    }
  }
  return in.ok();
}

}  // namespace tightrope::rules
