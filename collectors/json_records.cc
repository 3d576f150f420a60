#include "collectors/json_records.h"

#include <fmt/core.h>

#include <charconv>

#include "collectors/utf8.h"
#include "rules/formula.h"

namespace tightrope::collectors {
namespace {

bool says_something(JsonValue value) {
  if (!value || value.kind() == JsonKind::null) return false;
  return value.is_scalar() ? !value.text().empty() && value.text() != "false" && value.text() != "0"
                           : bool(value.first());
}

// "2025-03-01" of {"year": 2025, "month": 3, "day": 1}; "" of anything else.
std::string date_in(JsonValue value) {
  if (value.kind() != JsonKind::object) return {};
  int numbers[3] = {0, 0, 0};
  const char* names[3] = {"year", "month", "day"};
  for (int i = 0; i < 3; ++i) {
    const JsonValue part = value.member(names[i]);
    if (!part || part.kind() != JsonKind::number || part.text().size() > 4) return {};
    const auto text = part.text();
    if (std::from_chars(text.data(), text.data() + text.size(), numbers[i]).ptr != text.data() + text.size())
      return {};
  }
  return fmt::format("{:04}-{:02}-{:02}", numbers[0], numbers[1], numbers[2]);
}

// "; did you mean "spend"?; the record has "spend", "clicks"". Names are written as pointers where `name` is.
std::string members_of(JsonValue object, const std::string& name, std::string_view noun) {
  constexpr std::size_t kMostShown = 12;
  std::vector<std::string> names;
  if (object.kind() != JsonKind::object) return {};
  for (JsonValue member = object.first(); member && names.size() < kMostShown; member = member.next()) {
    names.emplace_back((name.starts_with('/') ? "/" : "") + std::string(member.key()));
  }
  const std::string nearest = rules::nearest_name(name, names);
  std::string text = nearest.empty() ? "" : "; did you mean " + quoted(nearest) + "?";
  text += fmt::format("; {} {}", noun, names.empty() ? "is empty" : "has ");
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : ", ") + quoted(names[i]);
  return text;
}

std::string lost_way(const FieldPath::Lost& lost, std::string_view written) {
  const std::string place = lost.way.empty() ? "the answer" : quoted(lost.way);
  return fmt::format(
      "no records at {}: {} has no {}{}; if it is left out when there are none, write records: {{path: {}, "
      "may_be_absent: true}}",
      quoted(written), place, quoted(lost.name),
      members_of(lost.place, lost.name, lost.way.empty() ? "it" : place), quoted(written));
}

}  // namespace

std::string sentence_in(JsonValue value) {
  if (!value) return {};
  if (value.kind() == JsonKind::text) return std::string(value.text());
  for (const char* name : {"message", "detail", "description", "error"}) {
    const JsonValue found = value.member(name);
    if (!found) continue;
    if (found.kind() == JsonKind::text) return std::string(found.text());
    if (found.kind() == JsonKind::object) return sentence_in(found);
  }
  if (value.kind() == JsonKind::array && value.first()) return sentence_in(value.first());
  return {};
}

std::variant<std::vector<JsonRecord>, std::string> find_records(JsonValue root, const FieldPath& path,
                                                                std::string_view written, AbsentList absent) {
  constexpr std::size_t kMostShown = 200;
  std::vector<FieldPath::Found> places = path.find_all(root);
  std::erase_if(places, [](const auto& place) { return place.value.kind() == JsonKind::null; });
  std::vector<JsonRecord> records;
  for (const auto& place : places) {
    if (place.value.kind() == JsonKind::object) {
      records.push_back({place.value, root, place.holder});
      continue;
    }
    if (place.value.kind() != JsonKind::array)
      return fmt::format("{} leads to no array of records", quoted(written));
    for (JsonValue record = place.value.first(); record; record = record.next())
      records.push_back({record, root, place.holder});
  }
  if (!places.empty() && !written.empty()) return records;
  for (const char* name : {"error", "errors"}) {
    const JsonValue error = root.member(name);
    if (error && says_something(error))
      return "the answer is an error: " + printable(sentence_in(error), kMostShown);
  }
  if (absent == AbsentList::is_an_error) {
    if (const auto lost = path.lost(root)) return lost_way(*lost, written);
  }
  return records;
}

FieldValue field_value(JsonValue value, std::string& scratch) {
  if (!value) return {};
  switch (value.kind()) {
    case JsonKind::null:
      return {FieldValue::Kind::null, {}};
    case JsonKind::truth:
      return {FieldValue::Kind::truth, value.text()};
    case JsonKind::number:
      return {FieldValue::Kind::number, value.text()};
    case JsonKind::text:
      return {FieldValue::Kind::text, value.text()};
    case JsonKind::array:
    case JsonKind::object:
      break;
  }
  scratch = date_in(value);
  if (!scratch.empty()) return {FieldValue::Kind::text, scratch};
  return {FieldValue::Kind::nested, {}};
}

std::string known_fields(JsonValue record, const std::string& name) {
  return members_of(record, name, "the record");
}

}  // namespace tightrope::collectors
