#include "collectors/request_template.h"

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <ctime>
#include <optional>

#include "collectors/web_address.h"

namespace tightrope::collectors {
namespace {

using std::chrono::milliseconds;

std::string strftime_text(std::string_view format, rules::Timestamp wall_time) {
  const std::time_t seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(wall_time).time_since_epoch().count());
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  std::array<char, 256> text{};
  const std::string terminated(format);
  return {text.data(), std::strftime(text.data(), text.size(), terminated.c_str(), &fields)};
}

std::optional<std::string> instant_text(std::string_view format, rules::Timestamp instant) {
  const auto count = instant.time_since_epoch().count();
  if (format == "unix") return std::to_string(count / 1000);
  if (format == "unix_ms") return std::to_string(count);
  if (format == "rfc3339") return rules::to_rfc3339(instant);
  return std::nullopt;
}

std::string day_text(std::string_view format, rules::Day day, rules::Timestamp instant) {
  if (auto text = instant_text(format, instant)) return *std::move(text);
  return strftime_text(format.empty() ? "%Y-%m-%d" : format, rules::Timestamp(std::chrono::days(day.number)));
}

std::optional<std::string> value_of(std::string_view name, std::string_view format,
                                    const TemplateValues& values) {
  const rules::Calendar& calendar = *values.calendar;
  if (name == "from") return day_text(format, values.days.first, calendar.start_of(values.days.first));
  if (name == "to") {
    const milliseconds step(format == "unix_ms" ? 1 : 1000);
    return day_text(format, values.days.last, calendar.start_of(values.days.last + 1) - step);
  }
  if (name == "now") {
    if (auto text = instant_text(format.empty() ? "rfc3339" : format, values.now)) return text;
    return strftime_text(format, values.now);
  }
  if (!format.empty()) return std::nullopt;
  if (name == "page") return std::to_string(values.page);
  if (name == "offset") return std::to_string(values.offset);
  if (name == "cursor") return values.cursor;
  return std::nullopt;
}

std::string escaped(std::string text, Escaping escaping) {
  if (escaping == Escaping::percent) return percent_encode(text);
  if (escaping == Escaping::none) return text;
  const std::string quoted = boost::json::serialize(boost::json::value(text));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::string fill_template(std::string_view text, const TemplateValues& values, Escaping escaping) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const std::size_t close = text.find_first_of("{}", 1);
    if (close != std::string_view::npos && text[close] == '}') {
      const std::string_view inside = text.substr(1, close - 1);
      const std::size_t colon = inside.find(':');
      const std::string_view format =
          colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1);
      if (auto value = value_of(inside.substr(0, colon), format, values)) {
        out += escaped(*std::move(value), escaping);
        text.remove_prefix(close + 1);
        continue;
      }
    }
    out += '{';
    text.remove_prefix(1);
  }
  return out;
}

bool asks_for_days(std::string_view text) noexcept {
  return text.find("{from}") != std::string_view::npos || text.find("{from:") != std::string_view::npos;
}

}  // namespace tightrope::collectors
