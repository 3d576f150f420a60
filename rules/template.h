// Templates of texts for people: literal text with named values in braces.
//
//   {name}        a text, or a number as its unit is written: "45.10 EUR", "3.4 %", "1 204", "2.5 h"
//   {name:.1%}    a number times 100, with so many decimals (0 to 9): "3.4 %"
//   {name:.2f}    a number with so many decimals: "0.03"
//   {name:money}  a number as money in the client's currency
//   {{ and }}     braces
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "rules/formula.h"

namespace tightrope::rules {

struct TemplateNumber {
  double value;  // NaN for unknown, which reads "n/a"
  Unit unit = Unit::number;
};
using TemplateValue = std::variant<std::string, TemplateNumber>;
// The value of a name; nothing for a name that has none.
using TemplateLookup = std::function<std::optional<TemplateValue>(std::string_view name)>;

// What is wrong with a template, or nothing: a brace without its twin, a name that is in neither list, a
// format that is none of those above, or a format given to a text.
std::optional<FormulaError> check_template(std::string_view text, std::span<const std::string> names,
                                           std::span<const std::string> texts = {});

// The template filled in. What has no value reads "n/a", a format on a text is ignored, and braces that
// check_template would complain of stand as they are. Values are not looked at for braces.
std::string render_template(std::string_view text, const TemplateLookup& lookup, std::string_view currency);

}  // namespace tightrope::rules
