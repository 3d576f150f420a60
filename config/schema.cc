// The JSON Schema of the configuration, made from the tables of keys.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>

#include "config/configuration.h"
#include "config/connector_files.h"
#include "config/key_table.h"
#include "config/rule_tests.h"

namespace tightrope::config {
namespace {

namespace json = boost::json;

json::object scalar() {
  return {{"type", {"string", "number", "boolean"}}};
}
json::object list_of(json::value items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}
json::object map_of(json::value values) {
  return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}
json::object either(json::value one, json::value other) {
  return {{"anyOf", {std::move(one), std::move(other)}}};
}
json::object text_like(std::string_view pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}
json::object one_of(std::span<const std::string_view> choices) {
  json::array names;
  for (const auto choice : choices) names.push_back(json::string(choice));
  return {{"enum", std::move(names)}};
}
constexpr std::string_view kFlight = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[.][.][0-9]{4}-[0-9]{2}-[0-9]{2}$";
json::object figure() {
  return either({{"type", "number"}}, text_like("^-?[0-9.]+ ?%$|^-?[0-9.]+([eE][-+]?[0-9]+)?$|\\$\\{env:"));
}

class SchemaWriter {
 public:
  json::object write(std::string_view about, const KeyTable& top) {
    json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", about}};
    const json::value root = reference(top);
    schema["$ref"] = root.at("$ref");
    json::object definitions;
    for (auto& [title, definition] : definitions_) definitions[title] = std::move(definition);
    schema["$defs"] = std::move(definitions);
    return schema;
  }

 private:
  json::value reference(const KeyTable& table) {
    const std::string title(table.title);
    // Reserved before it is filled: routes and objectives hold themselves.
    if (definitions_.try_emplace(title).second) {
      json::object definition = define(table);
      definitions_[title] = std::move(definition);
    }
    return json::object{{"$ref", "#/$defs/" + title}};
  }

  json::object define(const KeyTable& table) {
    json::object properties;
    json::array required;
    json::array conditions;
    for (const auto& key : table.keys) {
      json::object property = describe(key);
      property["description"] = key.about;
      if (key.shape == Shape::secret) {
        const std::string twin = std::string(key.name) + "_file";
        properties[twin] = json::object{{"type", "string"},
                                        {"description", fmt::format("A file that holds it. {}", key.about)}};
        json::array one_of_both;
        one_of_both.push_back(json::object{{"required", {key.name}}});
        one_of_both.push_back(json::object{{"required", {twin}}});
        if (key.required) conditions.push_back(json::object{{"oneOf", std::move(one_of_both)}});
      } else if (key.required) {
        required.push_back(json::string(key.name));
      }
      properties[key.name] = std::move(property);
    }
    if (&table == &kSourceKeys) {
      add_connectors(conditions);
      properties["connector"] = connector_names();
    }
    json::object definition{{"type", {"object", "null"}}, {"additionalProperties", table.open}};
    definition["properties"] = std::move(properties);
    if (!required.empty()) {
      definition["type"] = "object";
      definition["required"] = std::move(required);
    }
    if (!conditions.empty()) definition["allOf"] = std::move(conditions);
    return definition;
  }

  void add_connector(std::string_view name, const KeyTable& with, const KeyTable& secrets,
                     json::array& conditions) {
    json::object then{{"with", reference(with)}, {"secrets", reference(secrets)}};
    conditions.push_back(json::object{
        {"if", json::object{{"properties", json::object{{"connector", json::object{{"const", name}}}}}}},
        {"then", json::object{{"properties", std::move(then)}}}});
  }

  void add_connectors(json::array& conditions) {
    for (const auto& kind : connectors()) add_connector(kind.name, *kind.with, *kind.secrets, conditions);
    for (const Connector& connector : shipped_connectors()) {
      const ConnectorTables tables(connector);
      add_connector(connector.name, tables.with(), tables.secrets(), conditions);
    }
  }

  // What there is; and any other, for users have connector files of their own.
  static json::object connector_names() {
    json::array names;
    for (const auto& kind : connectors()) names.push_back(json::string(kind.name));
    for (const Connector& connector : shipped_connectors()) names.push_back(json::string(connector.name));
    json::object any =
        either(json::object{{"enum", std::move(names)}}, text_like("^[A-Za-z_][A-Za-z0-9_]*$"));
    any["description"] = kSourceKeys.find("connector")->about;
    return any;
  }

  json::object describe(const Key& key) {
    switch (key.shape) {
      case Shape::text:
        return scalar();
      case Shape::name:
        return scalar();
      case Shape::identifier:
        return text_like("^[A-Za-z_][A-Za-z0-9_]*$");
      case Shape::number:
        return figure();
      case Shape::integer:
        return either({{"type", "integer"}}, text_like("^-?[0-9]+$|\\$\\{env:"));
      case Shape::boolean:
        return {{"type", "boolean"}};
      case Shape::directions:
        return map_of(json::object{{"enum", {"up", "down"}}});
      case Shape::duration:
        return either(
            {{"const", 0}},
            text_like("^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$|^0$|\\$\\{env:"));
      case Shape::size:
        return either({{"type", "integer"}, {"minimum", 0}},
                      text_like("^[0-9]+([KMG]iB|[kMG]?B)?$|\\$\\{env:"));
      case Shape::share:
        return figure();
      case Shape::choice:
        return one_of(key.choices);
      case Shape::choices:
        return list_of(one_of(key.choices));
      case Shape::window:
        return either(
            text_like(fmt::format("^[0-9]+[hd]$|^(yesterday|today|week|month|quarter)$|{}", kFlight)),
            reference(*key.table));
      case Shape::period:
        return either(text_like(fmt::format("^(week|month|quarter)$|{}", kFlight)), reference(*key.table));
      case Shape::pacing:
        return either({{"type", "boolean"}}, either(one_of(key.choices), reference(*key.table)));
      case Shape::formula:
        return scalar();
      case Shape::text_template:
        return {{"type", "string"}};
      case Shape::url:
        return text_like("^https?://|\\$\\{env:");
      case Shape::secret:
        return scalar();
      case Shape::texts:
        if (!key.choices.empty())
          return either(one_of(key.choices), either(list_of(one_of(key.choices)), {{"type", "null"}}));
        return either(scalar(), either(list_of(scalar()), {{"type", "null"}}));
      case Shape::names:
        return list_of(scalar());
      case Shape::text_map:
        return map_of(scalar());
      case Shape::mapping:
        return {{"$ref", reference(*key.table).at("$ref")}};
      case Shape::mappings:
        return either(list_of(reference(*key.table)), {{"type", "null"}});
      case Shape::one_or_more:
        return either(reference(*key.table), list_of(reference(*key.table)));
      case Shape::bound:
        return either(figure(), list_of(reference(*key.table)));
      case Shape::range: {
        json::object pair = list_of(figure());
        pair["minItems"] = 2;
        pair["maxItems"] = 2;
        return key.table == nullptr ? pair : either(std::move(pair), list_of(reference(*key.table)));
      }
      case Shape::volume:
        return either(figure(), map_of(figure()));
      case Shape::other_names:
      case Shape::globs:
        return map_of(either(scalar(), list_of(scalar())));
      case Shape::exceptions: {
        // Dimensions have names of their own, so their globs stand beside the bounds.
        json::object exception{{"type", "object"}};
        exception["properties"] =
            json::object{{"at_most", either(figure(), list_of(reference(kDatedBoundKeys)))},
                         {"at_least", either(figure(), list_of(reference(kDatedBoundKeys)))},
                         {"between", either(list_of(figure()), list_of(reference(kDatedRangeKeys)))}};
        exception["additionalProperties"] = either(scalar(), list_of(scalar()));
        return list_of(std::move(exception));
      }
      case Shape::formulas:
        return map_of(scalar());
      case Shape::fields:
        return map_of(
            either(either(scalar(), list_of(scalar())), reference(*key.table)));  // lists: of currencies
      case Shape::named_mappings:
        return map_of(reference(*key.table));
      case Shape::scalar_or_mapping:
        return either(scalar(), reference(*key.table));
      case Shape::content:
        return either({{"type", "string"}}, json::object{{"type", "object"}});
      case Shape::by_connector:
        return {{"type", {"object", "null"}}};
    }
    return {};
  }

  std::map<std::string, json::object> definitions_;
};

// Two blanks a level, for people and for reviews of changes.
void print(std::string& out, const json::value& value, std::size_t indent) {
  const std::string inner(indent + 2, ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    const char* separator = "{\n";
    for (const auto& member : *object) {
      out += separator + inner + json::serialize(json::value(member.key())) + ": ";
      print(out, member.value(), indent + 2);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "}";
  } else if (const auto* array = value.if_array();
             array != nullptr && !array->empty() && !array->front().is_primitive()) {
    const char* separator = "[\n";
    for (const auto& item : *array) {
      out += separator + inner;
      print(out, item, indent + 2);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "]";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string schema() {
  std::string out;
  print(out, SchemaWriter().write("Tightrope configuration", kTopKeys), 0);
  out += "\n";
  return out;
}

std::string connector_schema() {
  std::string out;
  print(out, SchemaWriter().write("Tightrope connector", kConnectorFileKeys), 0);
  out += "\n";
  return out;
}

std::string rule_test_schema() {
  std::string out;
  print(out, SchemaWriter().write("Tightrope tests of rules", kTestFileKeys), 0);
  out += "\n";
  return out;
}

}  // namespace tightrope::config
