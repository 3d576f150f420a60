#include "config/declared_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/scalars.h"

namespace tightrope::config {
namespace {

// What every source has under `with:`, and what every request knows.
constexpr std::array<std::string_view, 13> kReserved{"from",
                                                     "to",
                                                     "now",
                                                     "page",
                                                     "offset",
                                                     "cursor",
                                                     "job",
                                                     "base_url",
                                                     "token_url",
                                                     "report",
                                                     "constants",
                                                     "fields",
                                                     "allow_private_addresses"};

void check_parameter(const MappingReader& in, const Parameter& parameter) {
  if (!in.readable()) return;
  const Cursor& at = in.at();
  const bool choice = parameter.type == ParameterType::choice;
  if (choice && parameter.choices.empty()) at.error("key \"choices\" is missing", "choices: [a, b]");
  if (!choice && in.has("choices")) at.error("\"choices\" are of type: choice");
  if (parameter.required && in.has("otherwise"))
    at.error("\"required\" and \"otherwise\" contradict each other; keep one");
  const auto& choices = parameter.choices;
  if (choice && !parameter.otherwise.empty() &&
      std::find(choices.begin(), choices.end(), parameter.otherwise) == choices.end())
    at.error(fmt::format("otherwise: {} is not one of its choices", parameter.otherwise));
  if (parameter.type == ParameterType::boolean && !parameter.otherwise.empty() &&
      !parse_boolean(parameter.otherwise))
    at.error(fmt::format("otherwise: {} is neither true nor false", parameter.otherwise));
}

}  // namespace

DeclaredParameters::DeclaredParameters(MappingReader& in) : declared_("parameter or secret") {
  read_parameters(in);
  read_secrets(in);
  read_url(in, "base_url");
  read_url(in, "token_url");
  name_all();
}

bool DeclaredParameters::declare(const Cursor& at, const std::string& name) {
  if (!is_identifier(name)) {
    at.at_key().error(fmt::format("{} is not a name for templates", in_quotes(name)),
                      "letters, digits and _, not beginning with a digit");
    return false;
  }
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    at.at_key().error(fmt::format("{} has a meaning of its own and cannot be a name", in_quotes(name)));
    return false;
  }
  return declared_.claim(at.at_key(), name);
}

void DeclaredParameters::read_parameters(MappingReader& top) {
  constexpr std::array<ParameterType, 6> kTypes{ParameterType::text,    ParameterType::digits,
                                                ParameterType::integer, ParameterType::boolean,
                                                ParameterType::choice,  ParameterType::url};
  const auto all = top.get("parameters", Shape::named_mappings);
  if (!all) return;
  for (const auto& [name, at] : all->entries()) {
    MappingReader in(at, kParameterKeys);
    Parameter parameter;
    parameter.name = name;
    parameter.about = in.text("about").value_or("");
    if (const auto type = in.choice("type")) parameter.type = kTypes[*type];
    parameter.choices = in.texts("choices");
    parameter.required = in.boolean("required").value_or(false);
    const auto otherwise = in.get("otherwise", Shape::text_template);
    parameter.otherwise = (otherwise ? otherwise->text() : std::nullopt).value_or("");
    parameter.strip = in.text("strip").value_or("");
    check_parameter(in, parameter);
    if (!declare(at, name)) continue;
    places_.push_back({at, name, otherwise});
    all_.push_back(std::move(parameter));
  }
}

void DeclaredParameters::read_secrets(MappingReader& top) {
  const auto all = top.get("secrets", Shape::named_mappings);
  if (!all) return;
  for (const auto& [name, at] : all->entries()) {
    MappingReader in(at, kSecretParameterKeys);
    Parameter parameter;
    parameter.name = name;
    parameter.secret = true;
    parameter.about = in.text("about").value_or("");
    parameter.required = in.boolean("required").value_or(false);
    if (!declare(at, name)) continue;
    places_.push_back({at, name, std::nullopt});
    all_.push_back(std::move(parameter));
  }
}

// Of those two only the host may depend on parameters.
void DeclaredParameters::read_url(MappingReader& in, const std::string& key) {
  const auto at = in.get(key, Shape::text_template);
  const auto text = at ? at->text() : std::nullopt;
  if (!text) return;
  Parameter parameter;
  parameter.name = key;
  parameter.type = ParameterType::url;
  parameter.otherwise = *text;
  parameter.about = key == "base_url" ? "Where it is; another address for a proxy or a test"
                                      : "Where access tokens come from; likewise";
  std::string plain = *text;
  for (const auto& found : names_in_braces(*text)) {
    const std::string name = fmt::format("{{{}}}", found.name);
    if (const auto place = plain.find(name); place != std::string::npos)
      plain.replace(place, name.size(), "x");
  }
  std::string problem = check_url(plain);
  if (problem.empty() && text->ends_with('/')) problem = "ends with a /";
  if (!problem.empty()) at->error("the address " + problem);
  places_.push_back({*at, key, at});
  all_.push_back(std::move(parameter));
}

void DeclaredParameters::name_all() {
  std::vector<std::string> parameters, secrets;
  for (const Parameter& parameter : all_) (parameter.secret ? secrets : parameters).push_back(parameter.name);
  names_ = TemplateNames(parameters, secrets);
  // What a parameter is otherwise may name those above it; base_url and token_url, all.
  std::vector<std::string> above;
  for (const Declared& place : places_) {
    const bool url = place.name == "base_url" || place.name == "token_url";
    if (url || !is_secret(place.name)) {
      if (place.otherwise) {
        const std::string text = place.otherwise->text().value_or("");
        TemplateNames(above, secrets).check(*place.otherwise, text, {});
        for (const auto& found : names_in_braces(text)) names_.use(std::string(found.name));
      }
      if (!url) above.push_back(place.name);
    }
  }
}

bool DeclaredParameters::is_secret(std::string_view name) const {
  return std::any_of(all_.begin(), all_.end(), [name](const Parameter& parameter) {
    return parameter.secret && parameter.name == name;
  });
}

void DeclaredParameters::report_unused() const {
  for (const Declared& place : places_) {
    if (names_.is_used(place.name)) continue;
    place.at.at_key().error(
        fmt::format("nothing uses the {} {}", is_secret(place.name) ? "secret" : "parameter",
                    in_quotes(place.name)),
        fmt::format("write {{{}}} where it belongs, or leave it out", place.name));
  }
}

}  // namespace tightrope::config
