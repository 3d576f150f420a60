#include "collectors/json_records.h"

#include <fmt/core.h>

#include "collectors/utf8.h"
#include "rules/formula.h"

namespace tightrope::collectors {
namespace {

bool says_something(JsonValue value) {
  if (!value || value.kind() == JsonKind::null) return false;
  return value.is_scalar() ? !value.text().empty() && value.text() != "false" && value.text() != "0"
                           : bool(value.first());
}

// The sentence within an error, wherever it is; else "".
std::string sentence_in(JsonValue value) {
  if (value.kind() == JsonKind::text) return std::string(value.text());
  for (const char* name : {"message", "detail", "description"}) {
    const JsonValue found = value.member(name);
    if (found && found.kind() == JsonKind::text) return std::string(found.text());
  }
  if (value.kind() == JsonKind::array && value.first()) return sentence_in(value.first());
  return {};
}

void collect(JsonValue value, std::string_view pointer, std::vector<JsonValue>& places) {
  const std::size_t star = pointer.find("/*");
  const bool whole_token =
      star != std::string_view::npos && (star + 2 == pointer.size() || pointer[star + 2] == '/');
  if (!whole_token) {
    const JsonValue found = value.at(pointer);
    if (found) places.push_back(found);
    return;
  }
  const JsonValue array = value.at(pointer.substr(0, star));
  if (!array || array.kind() != JsonKind::array) return;
  for (JsonValue element = array.first(); element; element = element.next()) {
    collect(element, pointer.substr(star + 2), places);
  }
}

}  // namespace

std::variant<std::vector<JsonValue>, std::string> find_records(JsonValue root, std::string_view pointer) {
  constexpr std::size_t kMostShown = 200;
  std::vector<JsonValue> places;
  collect(root, pointer, places);
  std::erase_if(places, [](JsonValue place) { return place.kind() == JsonKind::null; });
  std::vector<JsonValue> records;
  for (const JsonValue place : places) {
    if (place.kind() == JsonKind::object) {
      records.push_back(place);
      continue;
    }
    if (place.kind() != JsonKind::array)
      return fmt::format("{} leads to no array of records", quoted(pointer));
    for (JsonValue record = place.first(); record; record = record.next()) records.push_back(record);
  }
  if (!places.empty() && !pointer.empty()) return records;
  for (const char* name : {"error", "errors"}) {
    const JsonValue error = root.member(name);
    if (error && says_something(error))
      return "the answer is an error: " + printable(sentence_in(error), kMostShown);
  }
  return records;
}

FieldValue field_value(JsonValue record, const std::string& name) {
  const JsonValue value = name.starts_with('/') ? record.at(name) : record.member(name);
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
  return {FieldValue::Kind::nested, {}};
}

std::string known_fields(JsonValue record, const std::string& name) {
  constexpr std::size_t kMostShown = 12;
  std::vector<std::string> names;
  if (record.kind() != JsonKind::object) return {};
  for (JsonValue member = record.first(); member && names.size() < kMostShown; member = member.next()) {
    names.emplace_back((name.starts_with('/') ? "/" : "") + std::string(member.key()));
  }
  const std::string nearest = rules::nearest_name(name, names);
  std::string text = nearest.empty() ? "" : "; did you mean " + quoted(nearest) + "?";
  text += names.empty() ? "; the record is empty" : "; the record has ";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : ", ") + quoted(names[i]);
  return text;
}

}  // namespace tightrope::collectors
