#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <string>

#include "config/configuration.h"
#include "config/connector.h"
#include "config/key_table.h"
#include "config/rule_tests.h"

namespace tightrope::config {
namespace {

namespace json = boost::json;

void collect_references(const json::value& value, std::set<std::string>& found) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref" && member.value().is_string())
        found.insert(std::string(member.value().as_string()));
      collect_references(member.value(), found);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) collect_references(item, found);
  }
}

TEST(SchemaTest, EveryReferenceLeadsToADefinition) {
  const json::value root = json::parse(schema());
  std::set<std::string> references;
  collect_references(root, references);
  EXPECT_GE(references.size(), 20u);
  for (const auto& reference : references) {
    ASSERT_TRUE(reference.starts_with("#/$defs/")) << reference;
    EXPECT_TRUE(root.at("$defs").as_object().contains(reference.substr(8))) << reference;
  }
}

TEST(SchemaTest, EveryDefinitionRefusesUnknownKeys) {
  const json::value root = json::parse(schema());
  for (const auto& definition : root.at("$defs").as_object()) {
    EXPECT_EQ(definition.value().at("additionalProperties"), json::value(false))
        << std::string(definition.key());
  }
}

TEST(SchemaTest, EveryKeyStandsInItWithItsDescription) {
  const json::value root = json::parse(schema());
  for (const auto* table :
       {&kTopKeys, &kTargetKeys, &kSourceKeys, &kCsvKeys, &kHttpJsonKeys, &kRouteKeys, &kHttpKeys}) {
    const auto& properties = root.at("$defs").at(table->title).at("properties").as_object();
    for (const auto& key : table->keys) {
      ASSERT_TRUE(properties.contains(key.name)) << key.name;
      EXPECT_EQ(properties.at(key.name).at("description").as_string(), key.about);
    }
  }
}

TEST(SchemaTest, ConfidenceSaysWhatItPromisesAndWhereItHasNoEffect) {
  const json::value root = json::parse(schema());
  const auto& target = root.at("$defs").at(kTargetKeys.title).at("properties").as_object();
  const auto& about = target.at("confidence").at("description").as_string();
  EXPECT_NE(about.find("one false alert in 1000 days"), json::string::npos) << about;
  EXPECT_NE(about.find("No effect on between"), json::string::npos) << about;
}

TEST(SchemaTest, TestsOfRulesHaveOneOfTheirOwn) {
  const json::value root = json::parse(rule_test_schema());
  EXPECT_EQ(root.at("$ref").as_string(), "#/$defs/test_file");
  std::set<std::string> references;
  collect_references(root, references);
  for (const auto& reference : references)
    EXPECT_TRUE(root.at("$defs").as_object().contains(reference.substr(8))) << reference;
  const auto& series = root.at("$defs").at("test_series");
  EXPECT_EQ(series.at("additionalProperties"), json::value(true));  // metrics and dimensions
  EXPECT_EQ(root.at("$defs").at("expectation").at("additionalProperties"), json::value(false));
}

TEST(SchemaTest, SecretsHaveATwinThatNamesAFile) {
  const json::value root = json::parse(schema());
  const auto& http = root.at("$defs").at("http").at("properties").as_object();
  EXPECT_TRUE(http.contains("bearer_token"));
  EXPECT_TRUE(http.contains("bearer_token_file"));
  const auto& slack = root.at("$defs").at("slack");
  EXPECT_EQ(slack.at("allOf").at(0).at("oneOf").as_array().size(), 2u);
}

TEST(SchemaTest, WithDependsOnTheConnector) {
  const json::value root = json::parse(schema());
  const auto& conditions = root.at("$defs").at("source").at("allOf").as_array();
  ASSERT_EQ(conditions.size(), connectors().size() + shipped_connectors().size());
  EXPECT_EQ(conditions[0].at("if").at("properties").at("connector").at("const"), "csv");
  EXPECT_EQ(conditions[0].at("then").at("properties").at("with").at("$ref"), "#/$defs/csv");
}

}  // namespace
}  // namespace tightrope::config
