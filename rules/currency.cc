#include "rules/currency.h"

namespace tightrope::rules {
namespace {

constexpr char kSeparator = '@';
constexpr std::string_view kRate = "rate";

// Products of two amounts need more than 64 bits.
__extension__ using Wide = __int128;

// The product of value and quotient, to the nearest, halves away from zero. REQUIRES: denominator > 0.
Wide scaled(std::int64_t value, std::int64_t numerator, std::int64_t denominator) noexcept {
  const Wide product = static_cast<Wide>(value) * numerator;
  const Wide half = denominator / 2;
  return product >= 0 ? (product + half) / denominator : (product - half) / denominator;
}

}  // namespace

std::string foreign_metric(std::string_view metric, std::string_view currency) {
  std::string name(metric);
  name += kSeparator;
  name += currency;
  return name;
}

std::string rate_metric(std::string_view base) {
  return foreign_metric(kRate, base);
}

std::optional<ForeignMetric> parse_foreign_metric(std::string_view name) noexcept {
  const std::size_t place = name.find(kSeparator);
  if (place == std::string_view::npos || place == 0 || place + 1 == name.size()) return std::nullopt;
  const ForeignMetric parts{name.substr(0, place), name.substr(place + 1)};
  return parts.metric == kRate ? std::nullopt : std::optional(parts);
}

std::optional<std::string_view> parse_rate_metric(std::string_view name) noexcept {
  if (!name.starts_with(kRate) || name.size() < kRate.size() + 2 || name[kRate.size()] != kSeparator)
    return std::nullopt;
  return name.substr(kRate.size() + 1);
}

bool ExchangeRates::set(std::string_view base, std::string_view currency, Day day, Amount rate) {
  const bool known = !rate.is_missing() && rate.micros() > 0;
  const auto of_base = rates_.find(base);
  if (!known) {
    if (of_base == rates_.end()) return false;
    const auto of_currency = of_base->second.find(currency);
    if (of_currency == of_base->second.end() || of_currency->second.erase(day) == 0) return false;
    if (of_currency->second.empty()) of_base->second.erase(of_currency);
    if (of_base->second.empty()) rates_.erase(of_base);
    return true;
  }
  auto& list = of_base == rates_.end() ? rates_[std::string(base)] : of_base->second;
  auto place = list.find(currency);
  if (place == list.end()) place = list.emplace(std::string(currency), ByDay()).first;
  const auto [entry, is_new] = place->second.try_emplace(day, rate.micros());
  if (!is_new && entry->second == rate.micros()) return false;
  entry->second = rate.micros();
  return true;
}

Amount ExchangeRates::on(std::string_view base, std::string_view currency, Day day) const noexcept {
  const auto of_base = rates_.find(base);
  if (of_base == rates_.end()) return Amount::missing();
  const auto of_currency = of_base->second.find(currency);
  if (of_currency == of_base->second.end()) return Amount::missing();
  const auto entry = of_currency->second.find(day);
  return entry == of_currency->second.end() ? Amount::missing() : Amount::from_micros(entry->second);
}

void ExchangeRates::drop_before(Day first) {
  for (auto& [base, list] : rates_) {
    for (auto& [currency, by_day] : list) {
      // The newest at or before `first` still holds then.
      const auto after = by_day.upper_bound(first);
      if (after == by_day.begin()) continue;
      by_day.erase(by_day.begin(), std::prev(after));
    }
  }
}

std::optional<std::int64_t> ExchangeRates::newest(const std::map<std::string, ByDay, std::less<>>& of_base,
                                                  std::string_view base, std::string_view currency, Day day,
                                                  int hold_days) const noexcept {
  if (currency == base) return Amount::kScale;
  const auto by_day = of_base.find(currency);
  if (by_day == of_base.end()) return std::nullopt;
  const auto after = by_day->second.upper_bound(day);
  if (after == by_day->second.begin()) return std::nullopt;
  const auto last = std::prev(after);
  if (day - last->first > hold_days) return std::nullopt;
  return last->second;
}

std::optional<ExchangeRates::Quotient> ExchangeRates::quotient(std::string_view from, std::string_view to,
                                                               Day day, int hold_days) const noexcept {
  if (from == to) return Quotient{1, 1};
  for (const auto& [base, list] : rates_) {
    const auto of_from = newest(list, base, from, day, hold_days);
    const auto of_to = newest(list, base, to, day, hold_days);
    if (of_from && of_to) return Quotient{*of_to, *of_from};
  }
  return std::nullopt;
}

std::optional<Amount> ExchangeRates::convert(Amount amount, std::string_view from, std::string_view to,
                                             Day day, int hold_days) const noexcept {
  if (amount.is_missing()) return amount;
  const auto factor = quotient(from, to, day, hold_days);
  if (!factor) return std::nullopt;
  const Wide result = scaled(amount.micros(), factor->to, factor->from);
  constexpr Wide kMost = static_cast<Wide>(Amount::kLargestUnits) * Amount::kScale;
  if (result > kMost || result < -kMost) return std::nullopt;
  return Amount::from_micros(static_cast<std::int64_t>(result));
}

std::optional<double> ExchangeRates::rate(std::string_view from, std::string_view to, Day day,
                                          int hold_days) const noexcept {
  const auto factor = quotient(from, to, day, hold_days);
  if (!factor) return std::nullopt;
  return static_cast<double>(factor->to) / static_cast<double>(factor->from);
}

void ExchangeRates::save(ByteWriter& out) const {
  out.varint(rates_.size());
  for (const auto& [base, list] : rates_) {
    out.string(base);
    out.varint(list.size());
    for (const auto& [currency, by_day] : list) {
      out.string(currency);
      out.varint(by_day.size());
      for (const auto& [day, micros] : by_day) {
        out.signed_varint(day.number);
        out.signed_varint(micros);
      }
    }
  }
}

bool ExchangeRates::load(ByteReader& in) {
  rates_.clear();
  const std::size_t bases = in.count(2);
  for (std::size_t i = 0; i < bases && in.ok(); ++i) {
    auto& list = rates_[std::string(in.string())];
    const std::size_t currencies = in.count(2);
    for (std::size_t j = 0; j < currencies && in.ok(); ++j) {
      ByDay& by_day = list[std::string(in.string())];
      const std::size_t days = in.count(2);
      for (std::size_t k = 0; k < days && in.ok(); ++k) {
        const Day day{static_cast<std::int32_t>(in.signed_varint_in(INT32_MIN, INT32_MAX))};
        const std::int64_t micros = in.signed_varint();
        if (micros <= 0) in.fail();
        by_day.emplace(day, micros);
      }
    }
  }
  return in.ok();
}

}  // namespace tightrope::rules
