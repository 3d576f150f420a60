#include "collectors/request_template.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <ctime>
#include <optional>
#include <utility>

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

std::optional<std::string> plain_value_of(std::string_view name, std::string_view format,
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
  if (name == "job") return values.job;
  if (values.source == nullptr) return std::nullopt;
  if (const auto found = values.source->parameters.find(name); found != values.source->parameters.end())
    return found->second;
  if (const auto found = values.source->secrets.find(name); found != values.source->secrets.end())
    return found->second.reveal();
  return std::nullopt;
}

// As plain_value_of; where the format is "number", or ends with ":number", without leading zeros.
std::optional<std::string> value_of(std::string_view name, std::string_view format,
                                    const TemplateValues& values) {
  constexpr std::string_view kNumber = "number";
  const bool number = format.ends_with(kNumber) && (format == kNumber || format.ends_with(":number"));
  if (!number) return plain_value_of(name, format, values);
  format.remove_suffix(std::min(format.size(), kNumber.size() + 1));
  auto value = plain_value_of(name, format, values);
  if (value) value->erase(0, std::min(value->find_first_not_of('0'), value->empty() ? 0 : value->size() - 1));
  return value;
}

std::string escaped(std::string text, Escaping escaping) {
  if (escaping == Escaping::percent) return percent_encode(text);
  if (escaping == Escaping::none) return text;
  const std::string quoted = boost::json::serialize(boost::json::value(text));
  return quoted.substr(1, quoted.size() - 2);
}

// The next name in braces of a text, and what stands before it. A brace that begins none is text.
struct Piece {
  std::string_view before, name, format;
  bool named = false;
};
Piece take_piece(std::string_view& text, std::size_t& looked) {
  Piece piece;
  for (;;) {
    const std::size_t open = text.find('{', looked);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find_first_of("{}", open + 1);
    if (close == std::string_view::npos) break;
    looked = close;
    if (text[close] != '}') continue;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    piece.before = text.substr(0, open);
    piece.name = inside.substr(0, colon);
    if (colon != std::string_view::npos) piece.format = inside.substr(colon + 1);
    piece.named = true;
    text.remove_prefix(close + 1);
    looked = 0;
    return piece;
  }
  piece.before = std::exchange(text, {});
  return piece;
}

// `{name}` and nothing else, with a format of "number".
bool is_number_name(std::string_view text) {
  return text.starts_with('{') && text.ends_with(":number}") && text.find('{', 1) == std::string_view::npos;
}

// Nothing: left out.
std::optional<boost::json::value> filled_json(const boost::json::value& json, const TemplateValues& values) {
  if (const auto* text = json.if_string()) {
    const std::string_view written(text->data(), text->size());
    std::string out = fill_template(written, values, Escaping::none);
    if (out.empty() && is_names_alone(written, values)) return std::nullopt;
    std::int64_t number = 0;
    if (is_number_name(written)) {
      const auto read = std::from_chars(out.data(), out.data() + out.size(), number);
      if (read.ec == std::errc() && read.ptr == out.data() + out.size()) return boost::json::value(number);
    }
    return boost::json::value(out);
  }
  if (const auto* array = json.if_array()) {
    boost::json::array out;
    for (const auto& element : *array) {
      if (auto value = filled_json(element, values)) out.push_back(*std::move(value));
    }
    return out;
  }
  if (const auto* object = json.if_object()) {
    boost::json::object out;
    for (const auto& member : *object) {
      if (auto value = filled_json(member.value(), values)) out[member.key()] = *std::move(value);
    }
    if (out.empty() && !object->empty()) return std::nullopt;
    return out;
  }
  return json;
}

}  // namespace

std::string fill_template(std::string_view text, const TemplateValues& values, Escaping escaping) {
  std::string out;
  std::size_t looked = 0;
  while (!text.empty()) {
    const Piece piece = take_piece(text, looked);
    out += piece.before;
    if (!piece.named) break;
    if (auto value = value_of(piece.name, piece.format, values)) {
      out += escaped(*std::move(value), escaping);
    } else {
      out += '{';
      out += piece.name;
      if (!piece.format.empty()) (out += ':') += piece.format;
      out += '}';
    }
  }
  return out;
}

bool is_names_alone(std::string_view text, const TemplateValues& values) {
  if (text.empty()) return false;
  std::size_t looked = 0;
  while (!text.empty()) {
    const Piece piece = take_piece(text, looked);
    if (!piece.named || !piece.before.empty() || !value_of(piece.name, piece.format, values)) return false;
  }
  return true;
}

bool has_secret(std::string_view text, const config::HttpSource& source) {
  std::size_t looked = 0;
  while (!text.empty()) {
    const Piece piece = take_piece(text, looked);
    if (piece.named && source.secrets.find(piece.name) != source.secrets.end()) return true;
  }
  return false;
}

std::string fill_json(const boost::json::value& json, const TemplateValues& values) {
  const auto filled = filled_json(json, values);
  return filled ? boost::json::serialize(*filled) : "{}";
}

bool asks_for_days(std::string_view text) noexcept {
  return text.find("{from}") != std::string_view::npos || text.find("{from:") != std::string_view::npos;
}

}  // namespace tightrope::collectors
