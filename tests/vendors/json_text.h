// JSON as vendors write it: amounts keep their digits, which a detour over doubles would not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/units.h"

namespace tightrope::vendors {

// A JSON string with its quotes.
std::string json_text(std::string_view text);
// "12.5": the shortest decimal of an amount in millionths.
std::string decimal(std::int64_t micros);
// "12.50": with so many places; REQUIRES: it has no more.
std::string fixed(std::int64_t micros, int places);
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ",");
// `"name":value`, the value being JSON already.
std::string member(std::string_view name, std::string_view json);
// `{"a":1,"b":2}` of members.
std::string object(const std::vector<std::string>& members);
std::string array(const std::vector<std::string>& elements);

}  // namespace tightrope::vendors
