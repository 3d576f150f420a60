// How single values are written: durations, sizes, shares, numbers, URLs. Pure; nothing means "not of this
// form".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/units.h"

namespace tightrope::config {

// "30s", "90m", "1h30m", "1d", "1w", "250ms", and "0"; units from large to small, each once; at most a thousand
// years.
std::optional<rules::Duration> parse_duration(std::string_view text) noexcept;
// The shortest text that parses to it: "1h30m", "0s".
std::string format_duration(rules::Duration duration);

// "16MiB", "64kB", "1048576"; in bytes; at most 1 TiB.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
std::string format_size(std::uint64_t bytes);  // "16MiB", "1000B"

// A finite decimal: "45", "-1.5", "2e6". Nothing for "1,5", "0x10", ".inf", " 1".
std::optional<double> parse_number(std::string_view text) noexcept;
// "20%" as 0.2, to the nearest double; nothing without the sign.
std::optional<double> parse_percent(std::string_view text) noexcept;
// The shortest decimal that parses to the same number.
std::string format_number(double number);

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
std::optional<bool> parse_boolean(std::string_view text) noexcept;  // true, false (yes and no are not)

// What is wrong with a URL, as a clause ("has no host"); "" when it is good: http or https, with a host,
// without user and password. Never quotes the URL.
std::string check_url(std::string_view url);
// A name as formulas, labels and columns know it: [A-Za-z_][A-Za-z0-9_]*.
bool is_identifier(std::string_view text) noexcept;
// What is wrong with a strptime format of dates or hours; "" when it is good. Also "unix", "unix_ms",
// "rfc3339".
std::string check_date_format(std::string_view format);
// The same of a part of a date, as requests have it: "%Y", "%-d".
std::string check_date_part(std::string_view format);
// ISO 4217 codes of currencies in use.
bool is_currency(std::string_view code) noexcept;
// All of them, in the order of the alphabet.
std::vector<std::string> currencies();

}  // namespace tightrope::config
