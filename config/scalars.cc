#include "config/scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

namespace tightrope::config {
namespace {

struct DurationUnit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<DurationUnit, 6> kDurationUnits{
    {{"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t kLongest = 365'250 * 86'400'000LL;  // a thousand years

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 8> kSizeUnits{{{"GiB", 1u << 30},
                                              {"MiB", 1u << 20},
                                              {"KiB", 1u << 10},
                                              {"GB", 1'000'000'000},
                                              {"MB", 1'000'000},
                                              {"kB", 1'000},
                                              {"B", 1},
                                              {"", 1}}};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Codes of three letters, each with one blank after it but the last.
constexpr std::string_view kCurrencies =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD "
    "HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD "
    "MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
    "TZS UAH UGX "
    "USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL";

}  // namespace

std::optional<rules::Duration> parse_duration(std::string_view text) noexcept {
  if (text == "0") return rules::Duration(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units may only become smaller
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failure != std::errc() || !is_digit(text.front())) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto length =
        std::min(text.size(),
                 static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_digit) - text.begin()));
    const auto unit =
        std::find_if(kDurationUnits.begin() + static_cast<std::ptrdiff_t>(next_unit), kDurationUnits.end(),
                     [&](const DurationUnit& u) { return u.name == text.substr(0, length); });
    if (unit == kDurationUnits.end() || count > kLongest / unit->milliseconds) return std::nullopt;
    text.remove_prefix(length);
    next_unit = static_cast<std::size_t>(unit - kDurationUnits.begin()) + 1;
    total += count * unit->milliseconds;
    if (total > kLongest) return std::nullopt;
  }
  return rules::Duration(total);
}

std::string format_duration(rules::Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  for (const auto& unit : kDurationUnits) {
    // "30d", not "4w2d": weeks only where they are whole.
    if (unit.name == "w" && rest % unit.milliseconds != 0) continue;
    if (rest >= unit.milliseconds) out += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return out;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  constexpr std::uint64_t kLargest = 1ull << 40;
  std::uint64_t count = 0;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto unit =
      std::find_if(kSizeUnits.begin(), kSizeUnits.end(), [&](const SizeUnit& u) { return u.name == text; });
  if (unit == kSizeUnits.end() || count > kLargest / unit->bytes) return std::nullopt;
  return count * unit->bytes;
}

std::string format_size(std::uint64_t bytes) {
  for (const auto& unit : {kSizeUnits[0], kSizeUnits[1], kSizeUnits[2]}) {
    if (bytes > 0 && bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  }
  return fmt::format("{}B", bytes);
}

std::optional<double> parse_number(std::string_view text) noexcept {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<double> parse_percent(std::string_view text) noexcept {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  if (text.ends_with(' ')) text.remove_suffix(1);
  // "2.9%" must be the double nearest to 0.029, which 2.9 / 100 is not. So the decimal point moves, in the
  // text.
  constexpr std::size_t kMostDigits = 32;
  if (text.empty() || text.size() > kMostDigits || text.find_first_of("eE") != std::string_view::npos)
    return std::nullopt;
  if (!parse_number(text)) return std::nullopt;
  std::array<char, kMostDigits + 3> moved{};
  auto* const end = std::copy(text.begin(), text.end(), moved.begin());
  std::copy_n("e-2", 3, end);
  return parse_number(std::string_view(moved.data(), text.size() + 3));
}

std::string format_number(double number) {
  return fmt::format("{}", number);
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) noexcept {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::string check_url(std::string_view url) {
  const auto separator = url.find("://");
  std::string scheme(url.substr(0, separator == std::string_view::npos ? 0 : separator));
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (scheme != "http" && scheme != "https") return "must begin with http:// or https://";
  if (std::any_of(url.begin(), url.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; })) {
    return "has a space or a control character in it";
  }
  url.remove_prefix(separator + 3);
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)
    return "has a user in it; credentials belong under secrets";
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto closing = authority.find(']');
    if (closing == std::string_view::npos) return "has a [ without its ]";
    host = authority.substr(1, closing - 1);
    port = authority.substr(closing + 1);
  } else if (const auto colon = authority.rfind(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (host.empty()) return "has no host";
  if (!port.empty()) {
    const auto number = parse_integer(port.substr(1));
    if (port.front() != ':' || !number || *number < 1 || *number > 65535)
      return "has a port that is not 1 to 65535";
  }
  return "";
}

bool is_identifier(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

std::string check_date_part(std::string_view format) {
  std::string plain(format);
  for (std::size_t at = plain.find("%-"); at != std::string::npos; at = plain.find("%-"))
    plain.erase(at + 1, 1);
  std::string problem = check_date_format(plain);
  if (problem.starts_with("has no ")) return plain.find('%') == std::string::npos ? "has no %" : "";
  return problem;
}

std::string check_date_format(std::string_view format) {
  if (format == "unix" || format == "unix_ms" || format == "rfc3339") return "";
  bool year = false;
  bool month = false;
  bool day = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size()) return "ends in a lone %";
    const char field = format[i];
    constexpr std::string_view kKnown = "YymdeHMSTFDjbBhzIpaA%";
    if (kKnown.find(field) == std::string_view::npos) {
      return fmt::format(
          "has %{}, which is not known; known are %Y %y %m %d %e %H %M %S %T %F %D %j %b %B %z %I %p %a %A",
          field);
    }
    constexpr std::string_view kYears = "YyFD";
    constexpr std::string_view kMonths = "mbBhFDj";
    constexpr std::string_view kDays = "deFDj";
    year = year || kYears.find(field) != std::string_view::npos;
    month = month || kMonths.find(field) != std::string_view::npos;
    day = day || kDays.find(field) != std::string_view::npos;
  }
  if (!year) return "has no year; write %Y";
  if (!month) return "has no month; write %m";
  if (!day) return "has no day; write %d";
  return "";
}

bool is_currency(std::string_view code) noexcept {
  if (code.size() != 3 || code.find(' ') != std::string_view::npos) return false;
  return kCurrencies.find(code) != std::string_view::npos;
}

std::vector<std::string> currencies() {
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < kCurrencies.size(); i += 4) codes.emplace_back(kCurrencies.substr(i, 3));
  return codes;
}

}  // namespace tightrope::config
