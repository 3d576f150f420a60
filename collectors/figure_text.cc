#include "collectors/figure_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tightrope::collectors {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Spaces of all widths that spreadsheets put between digits.
constexpr std::array<std::string_view, 6> kSpaces{
    " ", "\t", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89", "\xe2\x80\x87"};
constexpr std::array<std::string_view, 2> kApostrophes{"'", "\xe2\x80\x99"};
constexpr std::string_view kMinusSign = "\xe2\x88\x92";
// Longer ones first where one begins with another. Codes of three capital letters need no entry.
constexpr std::array<std::string_view, 25> kCurrencySigns{
    "US$", "CA$", "AU$", "NZ$", "HK$", "R$", "A$", "C$", "S$", "$",  "€",  "£",  "¥",
    "₹",   "₽", "₺",   "₩",   "₪",   "₴",  "₫",  "฿",  "₱",  "zł", "Kč", "kr",
};

// What stands at the front of the text, of the given choices; 0 when none.
template <class Choices>
std::size_t match_front(std::string_view text, const Choices& choices) noexcept {
  for (const std::string_view choice : choices) {
    if (text.starts_with(choice)) return choice.size();
  }
  return 0;
}
template <class Choices>
std::size_t match_back(std::string_view text, const Choices& choices) noexcept {
  for (const std::string_view choice : choices) {
    if (text.ends_with(choice)) return choice.size();
  }
  return 0;
}

void trim(std::string_view& text) noexcept {
  while (const std::size_t n = match_front(text, kSpaces)) text.remove_prefix(n);
  while (const std::size_t n = match_back(text, kSpaces)) text.remove_suffix(n);
}

constexpr bool is_capital(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

bool is_code(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_capital);
}

std::size_t currency_in_front(std::string_view text) noexcept {
  if (const std::size_t n = match_front(text, kCurrencySigns)) return n;
  const bool code = text.size() > 3 && is_code(text.substr(0, 3)) && !is_capital(text[3]);
  return code ? 3 : 0;
}

std::size_t currency_at_back(std::string_view text) noexcept {
  if (const std::size_t n = match_back(text, kCurrencySigns)) return n;
  const bool code =
      text.size() > 3 && is_code(text.substr(text.size() - 3)) && !is_capital(text[text.size() - 4]);
  return code ? 3 : 0;
}

// "e-05" at the front of the text: moves the point and is removed. False when it is no exponent.
bool read_exponent(std::string_view& text, DecimalNumber& number) noexcept {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return true;
  text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    exponent = std::min(exponent * 10 + (text[digits] - '0'), 10'000);
  }
  text.remove_prefix(digits);
  number.move_point(negative ? -exponent : exponent);
  return digits > 0;
}

// The kind of separator in front of a digit, so that one number uses one kind.
enum class Separator : std::uint8_t { none, mark, space, apostrophe };

Separator separator_in_front(std::string_view text, DecimalMark mark, std::size_t& length) noexcept {
  if (text.starts_with(mark == DecimalMark::point ? ',' : '.')) {
    length = 1;
    return Separator::mark;
  }
  length = match_front(text, kSpaces);
  if (length > 0) return Separator::space;
  length = match_front(text, kApostrophes);
  return length > 0 ? Separator::apostrophe : Separator::none;
}

// Digits in groups, up to whatever follows. The count of digits, or nothing when the groups are no groups.
std::optional<std::size_t> read_whole_part(std::string_view& text, DecimalMark mark,
                                           DecimalNumber& number) noexcept {
  Separator used = Separator::none;
  std::size_t in_group = 0;
  std::size_t total = 0;
  const char leading = text.empty() ? ' ' : text[0];
  while (!text.empty()) {
    if (is_digit(text[0])) {
      number.push_digit(text[0]);
      text.remove_prefix(1);
      ++in_group;
      ++total;
      continue;
    }
    std::size_t length = 0;
    const Separator separator = separator_in_front(text, mark, length);
    if (separator == Separator::none) break;
    const bool first = used == Separator::none;
    if (!first && separator != used) return std::nullopt;
    // "0,123" is no thousand with its separator: it is a fraction, from a file of another locale.
    if (first && leading == '0') return std::nullopt;
    if (first ? (in_group < 1 || in_group > 3) : (in_group < 2 || in_group > 3)) return std::nullopt;
    used = separator;
    in_group = 0;
    text.remove_prefix(length);
  }
  if (used != Separator::none && in_group != 3) return std::nullopt;
  return total;
}

// Sign and currency may come in either order, each once.
bool read_front(std::string_view& text, DecimalNumber& number) noexcept {
  bool signed_already = false;
  bool priced_already = false;
  for (;;) {
    trim(text);
    const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1
                             : text.starts_with(kMinusSign)                 ? kMinusSign.size()
                                                                            : 0;
    if (sign > 0) {
      if (signed_already) return false;
      if (text[0] != '+') number.negate();
      signed_already = true;
      text.remove_prefix(sign);
      continue;
    }
    const std::size_t currency = currency_in_front(text);
    if (currency == 0) return true;
    if (priced_already) return false;
    priced_already = true;
    text.remove_prefix(currency);
  }
}

}  // namespace

Scale::Scale(double factor) noexcept : factor_(factor) {
  constexpr std::array kPowers{1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0,
                               1e1,   1e2,   1e3,   1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12};
  const auto found = std::find(kPowers.begin(), kPowers.end(), factor);
  if (found == kPowers.end()) return;
  exact_ = true;
  places_ = static_cast<int>(found - kPowers.begin()) - 12;
}

void DecimalNumber::push_digit(char digit) noexcept {
  if (count_ == 0 && digit == '0') return;
  if (count_ == kMostDigits) {
    exponent_ = std::min(exponent_ + 1, 1'000'000);
    return;
  }
  digits_[count_++] = digit;
}

void DecimalNumber::push_fraction_digit(char digit) noexcept {
  if (count_ == kMostDigits) return;
  if (exponent_ > -1'000'000) --exponent_;
  push_digit(digit);
}

// "-12.5": at most 20 digits before the point and 20 after it. Nothing when it is larger.
std::optional<std::string> DecimalNumber::plain(int exponent) const {
  constexpr int kMostPlaces = 20;
  const int count = static_cast<int>(count_);
  if (count == 0 || count + exponent < -kMostPlaces) return "0";
  if (count + exponent > kMostPlaces) return std::nullopt;
  std::string text(negative_ ? "-" : "");
  const int whole = count + exponent;  // digits before the point
  if (whole <= 0) text += '0';
  for (int i = 0; i < whole; ++i) text += i < count ? digits_[static_cast<std::size_t>(i)] : '0';
  if (exponent >= 0) return text;
  text += '.';
  for (int i = std::min(whole, 0); i < 0; ++i) text += '0';
  for (int i = std::max(whole, 0); i < count && i - whole < kMostPlaces; ++i)
    text += digits_[static_cast<std::size_t>(i)];
  return text;
}

std::optional<rules::Amount> DecimalNumber::amount(const Scale& scale) const {
  if (!scale.moves_point()) return rules::Amount::from_double(to_double() * scale.factor());
  const auto text = plain(exponent_ + scale.places());
  if (!text) return std::nullopt;
  return rules::parse_amount(*text);
}

double DecimalNumber::to_double() const {
  std::array<char, kMostDigits + 32> text{};
  char* end = text.data();
  if (negative_) *end++ = '-';
  if (count_ == 0) *end++ = '0';
  end = std::copy_n(digits_.data(), count_, end);
  *end++ = 'e';
  end = std::to_chars(end, text.data() + text.size(), exponent_).ptr;
  double value = 0;
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc::result_out_of_range) return value;
  if (exponent_ < 0) return 0.0;
  const double infinite = std::numeric_limits<double>::infinity();
  return negative_ ? -infinite : infinite;
}

std::optional<DecimalNumber> parse_figure(std::string_view text, DecimalMark mark) {
  DecimalNumber number;
  trim(text);
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    number.negate();
    text = text.substr(1, text.size() - 2);
  }
  if (!read_front(text, number)) return std::nullopt;
  if (text.ends_with('%')) {
    number.move_point(-2);
    text.remove_suffix(1);
  } else {
    text.remove_suffix(currency_at_back(text));
  }
  trim(text);
  const auto whole = read_whole_part(text, mark, number);
  if (!whole) return std::nullopt;
  std::size_t digits = *whole;
  if (text.starts_with(mark == DecimalMark::point ? '.' : ',')) {
    text.remove_prefix(1);
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits)
      number.push_fraction_digit(text[0]);
  }
  if (digits == 0 || !read_exponent(text, number) || !text.empty()) return std::nullopt;
  return number;
}

std::optional<DecimalNumber> parse_json_number(std::string_view token) {
  DecimalNumber number;
  if (token.starts_with('-')) {
    number.negate();
    token.remove_prefix(1);
  }
  if (token.empty() || !is_digit(token[0])) return std::nullopt;
  if (token.size() > 1 && token[0] == '0' && is_digit(token[1])) return std::nullopt;
  for (; !token.empty() && is_digit(token[0]); token.remove_prefix(1)) number.push_digit(token[0]);
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (token.empty() || !is_digit(token[0])) return std::nullopt;
    for (; !token.empty() && is_digit(token[0]); token.remove_prefix(1)) number.push_fraction_digit(token[0]);
  }
  if (!read_exponent(token, number) || !token.empty()) return std::nullopt;
  return number;
}

}  // namespace tightrope::collectors
