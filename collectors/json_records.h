// Finds the records of an answer and the fields of a record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/field_mapping.h"
#include "collectors/field_path.h"
#include "collectors/json_tree.h"

namespace tightrope::collectors {

struct JsonRecord {
  JsonValue value;
  JsonValue answer;  // the whole
  JsonValue holder;  // what holds the list it stands in, where the path has a `*` before it; else none
};
// What it means when the path to the records leads nowhere: a path that is wrong, or, of APIs that leave out
// lists without elements, that there are none.
enum class AbsentList : std::uint8_t { is_an_error, has_no_records };

// The records a path leads to: the elements of an array, or one object. Null there means no records. An
// answer that has an `error` or `errors` instead is an error, whose message is quoted; one that has nothing
// there is one that tells where the path loses its way, unless `absent` says else.
std::variant<std::vector<JsonRecord>, std::string> find_records(JsonValue root, const FieldPath& path,
                                                                std::string_view written, AbsentList absent);

// The sentence for people within a value that tells of an error, wherever it is; else "".
std::string sentence_in(JsonValue value);

// What stands at a place, for a mapping. An object {year, month, day} is a date: its text is kept in
// `scratch`.
FieldValue field_value(JsonValue value, std::string& scratch);

// "; did you mean \"spend\"? The record has \"spend\", \"clicks\"": what to add to the complaint that a field
// is missing.
std::string known_fields(JsonValue record, const std::string& name);

}  // namespace tightrope::collectors
