#include "collectors/repeated_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "collectors/hash_mix.h"

namespace tightrope::collectors {
namespace {

// Two figures of two digits, and together one in 4096 or rarer: 523 impressions and 12 clicks.
constexpr std::int64_t kTwoDigits = 10;
constexpr int kLeastLarge = 2;
constexpr double kLeastBits = 12;
// Of a table that was pasted twice, half of the rows are one too many.
constexpr double kNearlyHalf = 0.45;
constexpr std::uint64_t kLeastOfADay = 5;

std::uint64_t with_figure(std::uint64_t hash, std::uint32_t metric, rules::Amount value) noexcept {
  return mixed(mixed(hash, metric + 1ull), static_cast<std::uint64_t>(value.micros()));
}

bool is_nothing(rules::Amount value) noexcept {
  return value.is_missing() || value.micros() == 0;
}

bool tells_apart(const std::vector<rules::Amount>& values) noexcept {
  int large = 0;
  double bits = 0;
  for (const rules::Amount value : values) {
    if (value.is_missing()) continue;
    const double size = std::abs(value.to_double());
    large += size >= kTwoDigits;
    bits += std::log2(1 + size);
  }
  return large >= kLeastLarge && bits >= kLeastBits;
}

}  // namespace

void RepeatedRows::begin(std::uint32_t entity, rules::Bucket bucket) {
  if (day_ == nullptr || bucket_.day != bucket.day) day_ = &days_[bucket.day];
  ++day_->rows;
  bucket_ = bucket;
  entity_ = entity;
  open_ = kept_.size() < kMostKept;
  is_new_ = false;
  first_ = this_ = 0;
  values_.clear();
}

void RepeatedRows::note(std::uint32_t metric, rules::Amount before, rules::Amount value) {
  first_ = with_figure(first_, metric, before);
  this_ = with_figure(this_, metric, value);
  values_.push_back(value);
}

void RepeatedRows::end() {
  if (!std::exchange(open_, false) || is_new_ || values_.empty()) return;
  const std::uint64_t about =
      mixed(mixed(0x7f4a7c15, entity_),
            (static_cast<std::uint64_t>(static_cast<std::uint32_t>(bucket_.day.number)) << 8) |
                static_cast<std::uint8_t>(bucket_.hour));
  // With the second row, what stands is still the first one's.
  if (kept_.insert(about).second) kept_.insert(mixed(about, first_));
  if (kept_.insert(mixed(about, this_)).second) return;
  if (std::all_of(values_.begin(), values_.end(), is_nothing)) return;
  const bool told = tells_apart(values_);
  if (day_->twice == 0 || (told && day_->told == 0)) day_->example = entity_;
  ++day_->twice;
  day_->told += told;
}

RepeatedRows::Found RepeatedRows::found() const {
  Found found;
  for (const auto& [day, rows] : days_) {
    const bool pasted = rows.twice >= kLeastOfADay &&
                        static_cast<double>(rows.twice) >= kNearlyHalf * static_cast<double>(rows.rows);
    const std::uint64_t count = pasted ? rows.twice : rows.told;
    if (count == 0) continue;
    if (found.count == 0) {
      found.days.first = day;
      found.example = rows.example;
    }
    found.days.last = day;
    found.count += count;
  }
  return found;
}

}  // namespace tightrope::collectors
