// Finds the records of an answer and the fields of a record.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/field_mapping.h"
#include "collectors/json_tree.h"

namespace tightrope::collectors {

// The records a pointer leads to: the elements of an array, or one object. A token `*` stands for every
// element of an array
// ("/*/results"). A pointer that leads to null or to nothing means no records, for many APIs leave empty
// lists out; but an answer that has an `error` or `errors` instead is an error, whose message is quoted.
std::variant<std::vector<JsonValue>, std::string> find_records(JsonValue root, std::string_view pointer);

// A field by JSON pointer ("/metrics/0/value"), or by bare name.
FieldValue field_value(JsonValue record, const std::string& name);

// "; did you mean \"spend\"? The record has \"spend\", \"clicks\"": what to add to the complaint that a field
// is missing.
std::string known_fields(JsonValue record, const std::string& name);

}  // namespace tightrope::collectors
