// Numbers as people and programs write them, read exactly: digits stay digits until they are an amount.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/units.h"

namespace tightrope::collectors {

enum class DecimalMark : std::uint8_t { point, comma };

// What a figure is multiplied by. Powers of ten from 1e-12 to 1e12 only move the decimal point, so they are
// exact.
class Scale {
 public:
  explicit Scale(double factor) noexcept;
  bool moves_point() const noexcept { return exact_; }
  int places() const noexcept { return places_; }
  double factor() const noexcept { return factor_; }

 private:
  double factor_;
  int places_ = 0;
  bool exact_ = false;
};

// A decimal number of at most kMostDigits significant digits; further ones are cut off.
class DecimalNumber {
 public:
  static constexpr std::size_t kMostDigits = 48;

  void push_digit(char digit) noexcept;
  void push_fraction_digit(char digit) noexcept;
  void negate() noexcept { negative_ = !negative_; }
  void move_point(int places) noexcept { exponent_ += places; }  // to the right

  // Rounded to millionths, halves away from zero; nothing beyond rules::Amount::kLargestUnits.
  std::optional<rules::Amount> amount(const Scale& scale) const;
  double to_double() const;  // infinite when too large

 private:
  std::optional<std::string> plain(int exponent) const;
  std::array<char, kMostDigits> digits_{};
  std::size_t count_ = 0;
  int exponent_ = 0;  // the value is the digits times ten to the power of this
  bool negative_ = false;
};

// A cell of a table: "1,234.56", "€ 1.200,50", "1 234 kr", "12.3%" (0.123), "(1,200.00)" (negative),
// "1.2e-05". Thousands may be parted by a comma (a point when the comma is the decimal mark), a space or an
// apostrophe, and then must come in groups of three (Indian groups of two as well). Nothing for anything
// else.
std::optional<DecimalNumber> parse_figure(std::string_view text, DecimalMark mark);

// A number of JSON's grammar, and nothing else.
std::optional<DecimalNumber> parse_json_number(std::string_view token);

}  // namespace tightrope::collectors
