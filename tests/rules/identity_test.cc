#include "rules/identity.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rules/match_overlap.h"
#include "rules/target.h"

namespace tightrope::rules {
namespace {

NameRules everything_ignored() {
  return NameRules{.dimension = 1, .prefixes = {}, .suffixes = {}, .aliases = {}};
}

struct KeyCase {
  const char* test;
  std::vector<std::string> one;     // names that are one
  std::vector<std::string> others;  // that are neither it nor each other
};

class KeyTest : public ::testing::TestWithParam<KeyCase> {};

TEST_P(KeyTest, NamesAreOneOrApart) {
  const NameFolding folding(everything_ignored());
  const auto& [test, one, others] = GetParam();
  for (const std::string& name : one) {
    EXPECT_EQ(folding.key(name), folding.key(one.front())) << name;
    EXPECT_TRUE(folding.same(name, one.front())) << name;
  }
  std::vector<std::string> apart = others;
  apart.push_back(one.front());
  for (std::size_t i = 0; i < apart.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_NE(folding.key(apart[i]), folding.key(apart[k])) << apart[i] << " and " << apart[k];
      EXPECT_FALSE(folding.same(apart[i], apart[k])) << apart[i] << " and " << apart[k];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, KeyTest,
    ::testing::ValuesIn(std::vector<KeyCase>{
        {"CaseSpacesAndSeparators",
         {"EU | Spring Sale", "EU_|_Spring_Sale", "eu-spring  sale", "EU SPRING SALE", " eu.spring:sale/",
          "EU \xe2\x80\x93 Spring\xc2\xa0Sale", "eu\xe2\x80\x94spring\tsale"},
         {"EUSpring Sale", "EU Spring", "EU Spring Sales"}},
        {"Digits",
         {"Sale 2024-11", "sale_2024 11"},
         {"Sale 2024 12", "Sale 202411", "Sale 2024 1 1", "Sale"}},
        {"Umlauts",
         {"Gr\xc3\xbcne Stra\xc3\x9f"
          "e",
          "GR\xc3\x9cNE STRASSE",
          "gru\xcc\x88ne stra\xc3\x9f"
          "e"},
         {"Grune Strasse", "Gruene Strasse"}},
        {"OtherAlphabets",
         {"\xd0\x91\xd0\xa0\xd0\x95\xd0\x9d\xd0\x94", "\xd0\xb1\xd1\x80\xd0\xb5\xd0\xbd\xd0\xb4"},
         {}},
        {"WhatCannotBeSeen",
         {"brand",
          "bra\xc2\xad"
          "nd",
          "\xef\xbb\xbf"
          "brand",
          "brand\xe2\x80\x8b"},
         {}},
        {"OtherSigns", {"Sale (EU)", "sale (eu)"}, {"sale eu", "sale [eu]", "sale (eu", "sale + eu"}},
        {"OfSomeNothingIsLeft", {"---"}, {"--", "|", "brand"}},
        {"BytesThatAreNoText",
         {"\xff"
          "abc",
          "\xff"
          "ABC"},
         {"abc"}},
    }),
    [](const ::testing::TestParamInfo<KeyCase>& test) { return std::string(test.param.test); });

TEST(NameFoldingTest, OnlyWhatIsToBeIgnoredIs) {
  NameRules rules = everything_ignored();
  rules.ignore_case = false;
  EXPECT_EQ(NameFolding(rules).key("EU_Spring-Sale"), "EU Spring Sale");
  EXPECT_FALSE(NameFolding(rules).same("EU sale", "eu sale"));
  rules = everything_ignored();
  rules.ignore_separators = false;
  EXPECT_TRUE(NameFolding(rules).same("EU  sale ", "eu sale"));
  EXPECT_FALSE(NameFolding(rules).same("EU_sale", "eu sale"));
  rules = everything_ignored();
  rules.ignore_spaces = false;
  EXPECT_TRUE(NameFolding(rules).same("EU|_|sale", "eu-sale"));
  EXPECT_FALSE(NameFolding(rules).same("EU sale", "eu-sale"));
  EXPECT_FALSE(NameFolding(rules).same("EU  sale", "eu sale"));
}

// As the words of the header have it, character by character, without a table.
std::string naive_key(const std::string& name, const NameRules& rules) {
  std::string marked;
  for (const char c : name) {
    const bool space = c == ' ' || c == '\t';
    const bool separator = std::string("_-|/.:").find(c) != std::string::npos;
    if ((space && rules.ignore_spaces) || (separator && rules.ignore_separators)) {
      if (marked.empty() || marked.back() != '\n') marked += '\n';
    } else {
      marked += rules.ignore_case ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
    }
  }
  while (marked.starts_with('\n')) marked.erase(0, 1);
  while (marked.ends_with('\n')) marked.pop_back();
  return marked.empty() ? "\n" + name : marked;
}

TEST(NameFoldingTest, GeneratedNamesAreOneExactlyWhereANaiveFoldingSaysSo) {
  std::mt19937 random(7);
  const std::string letters = "aAbB1 _-|\t";
  std::vector<std::string> names;
  for (int i = 0; i < 150; ++i) {
    std::string name;
    for (std::size_t length = random() % 6 + 1; name.size() < length;)
      name += letters[random() % letters.size()];
    names.push_back(name);
  }
  for (unsigned flags = 0; flags < 8; ++flags) {
    NameRules rules = everything_ignored();
    rules.ignore_case = (flags & 1u) != 0;
    rules.ignore_spaces = (flags & 2u) != 0;
    rules.ignore_separators = (flags & 4u) != 0;
    const NameFolding folding(rules);
    int one = 0;
    for (const std::string& a : names) {
      for (const std::string& b : names) {
        const bool expected = naive_key(a, rules) == naive_key(b, rules);
        ASSERT_EQ(folding.key(a) == folding.key(b), expected) << "[" << a << "] [" << b << "] " << flags;
        one += expected && a != b ? 1 : 0;
      }
    }
    EXPECT_TRUE(flags == 0 || one > 0) << flags;
  }
}

TEST(NameFoldingTest, PrefixesAndSuffixesAreTakenOffUntilNoneIsLeft) {
  NameRules rules = everything_ignored();
  rules.prefixes = {"ACME_", "[paid] ", "ACME EU |"};
  rules.suffixes = {" - archived"};
  const NameFolding folding(rules);
  EXPECT_EQ(folding.key("Acme | Spring"), "spring");
  EXPECT_EQ(folding.key("[PAID] acme_Spring-Archived"), "spring");
  EXPECT_EQ(folding.key("acme eu spring"), "spring") << "the longest first";
  EXPECT_EQ(folding.key("acmespring"), "acmespring") << "the separator belongs to the prefix";
  EXPECT_EQ(folding.key("ACME_"), "acme") << "a name that is nothing else keeps itself";
  EXPECT_EQ(folding.key("acme - archived"), "archived") << "something has to be left";
  EXPECT_EQ(folding.folded("Acme | Spring"), "acme spring");
}

TEST(NameFoldingTest, AliasesAreFoundUnderEverySpelling) {
  NameRules rules = everything_ignored();
  rules.aliases = {
      {.name = "Spring Sale EU", .others = {"urn:li:sponsoredCampaign:777", "120200000000000001"}}};
  const NameFolding folding(rules);
  for (const char* name : {"spring_sale_eu", "URN:LI:SPONSOREDCAMPAIGN:777", "120200000000000001"}) {
    const Alias* alias = folding.alias_of(folding.key(name));
    ASSERT_NE(alias, nullptr) << name;
    EXPECT_EQ(alias->name, "Spring Sale EU");
    EXPECT_TRUE(folding.same(name, "SPRING SALE EU"));
  }
  EXPECT_EQ(folding.alias_of(folding.key("120200000000000002")), nullptr);
}

struct MatchCase {
  const char* pattern;
  const char* name;
  bool matches;
};

TEST(FoldedGlobsTest, PatternsMatchWhateverTheSpelling) {
  NameRules rules = everything_ignored();
  rules.prefixes = {"ACME_"};
  rules.aliases = {{.name = "Spring Sale", .others = {"777", "old-name"}}};
  const auto folding = std::make_shared<const NameFolding>(rules);
  for (const auto& [pattern, name, matches] : std::vector<MatchCase>{
           {"EU_|_Spring*", "eu - spring sale", true},
           {"eu spring *", "EU | Spring", false},
           {"EU?Spring", "eu--spring", true},
           {"*", "anything", true},
           {"ACME_Spring*", "spring sale", true},
           {"spring*", "acme spring sale", true},
           {"ACME_*", "brand", false},
           {"ACME_*", "acme | brand", true},
           {"777", "Spring Sale", true},
           {"77*", "spring_sale", true},
           {"OLD NAME", "Spring Sale", true},
           {"778", "Spring Sale", false},
           {"---", "---", true},
           {"brand", "", false},
       }) {
    EXPECT_EQ(FoldedGlobs(folding, {pattern}).match(name), matches) << pattern << " on " << name;
    EXPECT_EQ(FoldedGlobs(folding, {"none", pattern}).match(name), matches) << pattern << " on " << name;
  }
  EXPECT_FALSE(FoldedGlobs().compiled());
}

TEST(FoldedGlobsTest, ObjectivesExceptionsAndPlaybooksUseThem) {
  Strategy strategy;
  NameRules channels = everything_ignored();
  channels.dimension = 0;
  strategy.identity = NameIdentity({channels, everything_ignored()});
  Objective objective;
  objective.match = {{.dimension = 1, .globs = {"EU_Spring*"}}};
  Target target;
  target.exceptions = {{.match = {{.dimension = 1, .globs = {"EU Spring Sale"}}}, .bounds = {}}};
  objective.targets = {target};
  strategy.objectives = {objective};
  Playbook playbook;
  playbook.channels = {"Paid Social"};
  strategy.playbooks = {playbook};
  const Entity entity{{"search", "eu | spring | sale"}};
  EXPECT_FALSE(strategy.objectives[0].matches(entity));
  fold_matches(strategy);
  EXPECT_TRUE(strategy.objectives[0].matches(entity));
  EXPECT_TRUE(matches(strategy.objectives[0].targets[0].exceptions[0].match, entity));
  EXPECT_TRUE(strategy.playbooks[0].folded_channels.match("paid-social"));
  EXPECT_EQ(strategy.objectives[0].match, objective.match) << "what was compiled is not compared";
  Objective other;
  other.match = {{.dimension = 1, .globs = {"eu-spring-sale"}}};
  Strategy both = strategy;
  both.objectives.push_back(other);
  EXPECT_FALSE(match_overlap(both.objectives[0].match, both.objectives[1].match));
  fold_matches(both);
  EXPECT_TRUE(match_overlap(both.objectives[0].match, both.objectives[1].match)) << "lint sees them meet";
  strategy.identity = NameIdentity();
  fold_matches(strategy);
  EXPECT_FALSE(strategy.objectives[0].matches(entity));
}

TEST(NameIdentityTest, ComparesWholePathsAndItsRules) {
  const NameIdentity identity({everything_ignored()});
  EXPECT_TRUE(identity.same({{"search", "EU Sale"}}, {{"search", "eu-sale"}}));
  EXPECT_FALSE(identity.same({{"Search", "EU Sale"}}, {{"search", "eu-sale"}})) << "channels have no rules";
  EXPECT_FALSE(identity.same({{"search", "EU Sale"}}, {{"search", "eu-sale", "x"}}));
  EXPECT_EQ(identity, NameIdentity({everything_ignored()}));
  EXPECT_NE(identity, NameIdentity());
  EXPECT_TRUE(NameIdentity().empty());
}

}  // namespace
}  // namespace tightrope::rules
