#include "rules/cube.h"

#include <algorithm>
#include <cassert>

namespace tightrope::rules {
namespace {

constexpr std::int64_t kMissing = Amount::kMissing;

std::int64_t at(const std::vector<std::int64_t>& row, EntityIndex entity) noexcept {
  return entity < row.size() ? row[entity] : kMissing;
}

std::size_t modulo(std::int64_t number, std::int64_t size) noexcept {
  const std::int64_t rest = number % size;
  return static_cast<std::size_t>(rest < 0 ? rest + size : rest);
}

}  // namespace

std::size_t Cube::day_slot(Day day) noexcept {
  return modulo(day.number, kDays);
}

std::size_t Cube::hour_slot(Bucket bucket) noexcept {
  return modulo(bucket.day.number, kHourDays) * kHoursPerDay + static_cast<std::size_t>(bucket.hour);
}

std::size_t Cube::given_slot(Day day) noexcept {
  return modulo(day.number, kHourDays);
}

bool Cube::given(const Column& column, EntityIndex entity, Day day) noexcept {
  const auto& row = column.given[given_slot(day)];
  return entity < row.size() && row[entity] != 0;
}

void Cube::give(Column& column, EntityIndex entity, Day day, bool as_day) {
  if (!holds_hours(day)) return;
  auto& row = column.given[given_slot(day)];
  if (entity >= row.size()) {
    if (!as_day) return;
    row.resize(static_cast<std::size_t>(entity) + 1, 0);
  }
  row[entity] = as_day ? 1 : 0;
}

void Cube::drop_row(std::vector<std::int64_t>& row) {
  cells_ -= static_cast<std::uint64_t>(
      std::count_if(row.begin(), row.end(), [](std::int64_t value) { return value != kMissing; }));
  std::vector<std::int64_t>().swap(row);
}

void Cube::advance(Day head) {
  if (head <= head_) return;
  const int days = std::min(head - head_, kDays);
  const int hour_days = std::min(days, kHourDays);
  for (Column& column : metrics_) {
    for (int i = 0; i < days; ++i) drop_row(column.days[day_slot(head - i)]);
    for (int i = 0; i < hour_days; ++i) {
      std::vector<std::uint8_t>().swap(column.given[given_slot(head - i)]);
      const std::size_t first = hour_slot({head - i, 0});
      for (int hour = 0; hour < kHoursPerDay; ++hour)
        drop_row(column.hours[first + static_cast<std::size_t>(hour)]);
    }
  }
  head_ = head;
}

MetricIndex Cube::intern_metric(const std::string& name) {
  const auto [place, is_new] = metric_indices_.try_emplace(name, static_cast<MetricIndex>(metrics_.size()));
  if (is_new) {
    assert(metrics_.size() < kNoMetric);
    Column& column = metrics_.emplace_back();
    column.name = name;
    column.days.resize(kDays);
    column.hours.resize(static_cast<std::size_t>(kHourDays) * kHoursPerDay);
    column.given.resize(kHourDays);
  }
  return place->second;
}

MetricIndex Cube::find_metric(std::string_view name) const {
  const auto place = metric_indices_.find(std::string(name));
  return place == metric_indices_.end() ? kNoMetric : place->second;
}

// Rows grow by an eighth, not twofold: their memory is most of the daemon's.
std::int64_t& Cube::cell(std::vector<std::int64_t>& row, EntityIndex entity) {
  if (entity >= row.size()) {
    const std::size_t size = static_cast<std::size_t>(entity) + 1;
    if (size > row.capacity()) row.reserve(std::max(size, row.size() + row.size() / 8 + 16));
    row.resize(size, kMissing);
  }
  return row[entity];
}

void Cube::put(std::int64_t& cell, std::int64_t value) noexcept {
  if (cell == kMissing && value != kMissing) ++cells_;
  if (cell != kMissing && value == kMissing) --cells_;
  cell = value;
}

std::int64_t Cube::sum_of_hours(const Column& column, EntityIndex entity, Day day) const noexcept {
  if (!column.any_hours || !holds_hours(day)) return kMissing;
  std::int64_t sum = kMissing;
  const std::size_t first = hour_slot({day, 0});
  for (std::size_t hour = 0; hour < kHoursPerDay; ++hour) {
    const std::int64_t value = at(column.hours[first + hour], entity);
    if (value == kMissing) continue;
    if (value == Amount::kUnconverted) return value;  // part of the day is not known
    sum = sum == kMissing ? value : sum + value;
  }
  return sum;
}

CellChange Cube::set_raw(MetricIndex metric, EntityIndex entity, Bucket bucket, std::int64_t value) {
  CellChange change;
  Column& column = metrics_[metric];
  const bool held =
      bucket.whole_day() ? holds(bucket.day) : holds_hours(bucket.day) && bucket.hour < kHoursPerDay;
  if (!held) {
    change.kind = CellChange::Kind::outside;
    return change;
  }
  std::int64_t& day = cell(column.days[day_slot(bucket.day)], entity);
  change.day_before = change.day_after = day;
  if (bucket.whole_day()) {
    // A day's own figure taken back leaves the sum of its hours, if it has any.
    const std::int64_t next = value == kMissing ? sum_of_hours(column, entity, bucket.day) : value;
    give(column, entity, bucket.day, value != kMissing);
    if (next == day) return change;
    put(day, next);
  } else {
    std::int64_t& hour = cell(column.hours[hour_slot(bucket)], entity);
    if (hour == value) return change;
    change.hour_before = hour;
    change.hour_after = value;
    put(hour, value);
    column.any_hours = true;
    // What was given for the day stays as it was given.
    if (!given(column, entity, bucket.day)) put(day, sum_of_hours(column, entity, bucket.day));
  }
  change.day_after = day;
  const std::int64_t before = bucket.whole_day() ? change.day_before : change.hour_before;
  change.kind = before == kMissing ? CellChange::Kind::arrived : CellChange::Kind::restated;
  return change;
}

Amount Cube::get(MetricIndex metric, EntityIndex entity, Bucket bucket) const noexcept {
  const auto row = bucket.whole_day() ? day_row(metric, bucket.day) : hour_row(metric, bucket);
  if (entity >= row.size() || row[entity] <= Amount::kUnconverted) return Amount::missing();
  return Amount::from_micros(row[entity]);
}

std::span<const std::int64_t> Cube::day_row(MetricIndex metric, Day day) const noexcept {
  if (metric == kNoMetric || !holds(day)) return {};
  return metrics_[metric].days[day_slot(day)];
}

std::span<const std::int64_t> Cube::hour_row(MetricIndex metric, Bucket bucket) const noexcept {
  if (metric == kNoMetric || !holds_hours(bucket.day) || bucket.hour >= kHoursPerDay) return {};
  return metrics_[metric].hours[hour_slot(bucket)];
}

bool Cube::is_sum_of_hours(MetricIndex metric, EntityIndex entity, Day day) const noexcept {
  const Column& column = metrics_[metric];
  return column.any_hours && holds_hours(day) && !given(column, entity, day) &&
         sum_of_hours(column, entity, day) != kMissing;
}

void Cube::copy_column(MetricIndex from, MetricIndex to) {
  for (auto* rows : {&metrics_[to].days, &metrics_[to].hours}) {
    for (auto& row : *rows) drop_row(row);
  }
  const std::string name = metrics_[to].name;
  metrics_[to] = metrics_[from];
  metrics_[to].name = name;
  for (const auto* rows : {&metrics_[to].days, &metrics_[to].hours}) {
    for (const auto& row : *rows)
      cells_ += static_cast<std::uint64_t>(
          std::count_if(row.begin(), row.end(), [](std::int64_t value) { return value != kMissing; }));
  }
}

std::uint64_t Cube::bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const Column& column : metrics_) {
    for (const auto& row : column.days) bytes += row.capacity() * sizeof(std::int64_t);
    for (const auto& row : column.hours) bytes += row.capacity() * sizeof(std::int64_t);
  }
  return bytes;
}

namespace {

// A row is its length, then for each cell 0 for missing, else the figure; runs of rows without any are
// skipped by number.
void save_rows(const std::vector<std::vector<std::int64_t>>& rows, ByteWriter& out) {
  out.varint(static_cast<std::uint64_t>(
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.empty(); })));
  for (std::size_t slot = 0; slot < rows.size(); ++slot) {
    if (rows[slot].empty()) continue;
    out.varint(slot);
    out.varint(rows[slot].size());
    for (const std::int64_t value : rows[slot]) {
      if (value == kMissing) {
        out.varint(0);
      } else {
        out.signed_varint(value >= 0 ? value + 1 : value);
      }
    }
  }
}

bool load_rows(std::vector<std::vector<std::int64_t>>& rows, ByteReader& in, std::uint64_t& cells) {
  const std::size_t count = in.count(2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t slot = in.varint_up_to(rows.size() - 1);
    const std::size_t length = in.count(1);
    if (!in.ok()) return false;
    auto& row = rows[slot];
    row.resize(length);
    for (std::int64_t& value : row) {
      const std::int64_t stored = in.signed_varint();
      value = stored == 0 ? kMissing : stored > 0 ? stored - 1 : stored;
      if (stored != 0) ++cells;
    }
  }
  return in.ok();
}

}  // namespace

void Cube::infer_given(Column& column) {
  for (Day day = head_ - (kHourDays - 1); day <= head_; day = day + 1) {
    const auto& row = column.days[day_slot(day)];
    for (EntityIndex entity = 0; entity < row.size(); ++entity) {
      if (row[entity] != kMissing && row[entity] != sum_of_hours(column, entity, day))
        give(column, entity, day, true);
    }
  }
}

void Cube::save(ByteWriter& out) const {
  out.signed_varint(head_.number);
  out.varint(metrics_.size());
  for (const Column& column : metrics_) {
    out.string(column.name);
    out.boolean(column.any_hours);
    save_rows(column.days, out);
    save_rows(column.hours, out);
    for (const auto& row : column.given)
      out.string(std::string_view(reinterpret_cast<const char*>(row.data()), row.size()));
  }
}

bool Cube::load(ByteReader& in, Saved saved) {
  *this = Cube();
  head_ = {static_cast<std::int32_t>(in.signed_varint_in(INT32_MIN, INT32_MAX))};
  const std::size_t count = in.count(4);
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    const std::string name(in.string());
    if (find_metric(name) != kNoMetric || metrics_.size() + 1 >= kNoMetric) return false;
    Column& column = metrics_[intern_metric(name)];
    column.any_hours = in.boolean();
    if (!load_rows(column.days, in, cells_) || !load_rows(column.hours, in, cells_)) return false;
    for (int slot = 0; slot < kHourDays && saved == Saved::whole; ++slot) {
      const std::string_view row = in.string();
      column.given[static_cast<std::size_t>(slot)].assign(row.begin(), row.end());
    }
    if (saved == Saved::without_given) infer_given(column);
  }
  return in.ok();
}

}  // namespace tightrope::rules
