#include "rules/entity.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tightrope::rules {
namespace {

TEST(EntityTest, SettingADeepDimensionLeavesTheOthersUnreported) {
  Entity entity;
  entity.set(1, "brand");
  EXPECT_EQ(entity.path, (std::vector<std::string>{"", "brand"}));
  EXPECT_EQ(entity.at(0), "");
  EXPECT_EQ(entity.at(1), "brand");
  EXPECT_EQ(entity.at(7), "");
}

TEST(EntityTest, NoUnreportedValueStandsAtTheEnd) {
  Entity entity;
  entity.set(0, "search");
  entity.set(1, "brand");
  entity.set(1, "");
  EXPECT_EQ(entity, (Entity{{"search"}}));
  entity.set(0, "");
  EXPECT_EQ(entity, Entity{});
  entity.set(3, "");
  EXPECT_EQ(entity, Entity{});
}

TEST(EntityTest, PrefixIsTheCoarserEntity) {
  const Entity entity{{"search", "brand", "exact"}};
  EXPECT_EQ(entity.prefix(0), Entity{});
  EXPECT_EQ(entity.prefix(2), (Entity{{"search", "brand"}}));
  EXPECT_EQ(entity.prefix(9), entity);
  EXPECT_EQ((Entity{{"", "brand"}}).prefix(1), Entity{}) << "an unreported value does not end a path";
}

TEST(EntityTest, TextJoinsTheValues) {
  EXPECT_EQ(to_string(Entity{{"search", "brand"}}), "search/brand");
  EXPECT_EQ(to_string(Entity{}), "");
}

TEST(DimensionsTest, IndexOfAnUnknownDimensionIsTheirNumber) {
  const Dimensions dimensions;
  EXPECT_EQ(dimensions.index_of("channel"), 0u);
  EXPECT_EQ(dimensions.index_of("ad"), 3u);
  EXPECT_EQ(dimensions.index_of("adverts"), 4u);
}

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};

class GlobTest : public ::testing::TestWithParam<GlobCase> {};

TEST_P(GlobTest, Matches) {
  EXPECT_EQ(glob_match(GetParam().pattern, GetParam().text), GetParam().matches)
      << GetParam().pattern << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(All, GlobTest,
                         ::testing::ValuesIn(std::vector<GlobCase>{
                             {"", "", true},
                             {"", "a", false},
                             {"*", "", true},
                             {"**", "", true},
                             {"*", "anything", true},
                             {"trial-*", "trial-de", true},
                             {"trial-*", "trial-", true},
                             {"trial-*", "my-trial-de", false},
                             {"*-de", "trial-de-de", true},
                             {"*-de", "trial-de-fr", false},
                             {"a*b*c", "a__b__b__c", true},
                             {"a*b*c", "a__c__b", false},
                             {"?", "a", true},
                             {"?", "", false},
                             {"?", "ab", false},
                             {"b?g", "bög", true},
                             {"b??g", "bög", false},
                             {"*?g", "bög", true},
                             {"Brand", "brand", false},
                             {"[ab]", "a", false},
                             {"[ab]", "[ab]", true},
                             {"a\\*", "a*", false},
                         }));

bool naive_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return naive_glob(pattern.substr(1), text) || (!text.empty() && naive_glob(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         naive_glob(pattern.substr(1), text.substr(1));
}

TEST(GlobTest, AgreesWithTheDefinitionOnRandomText) {
  std::mt19937 random(3);
  const auto word = [&random](std::string_view letters, std::size_t most) {
    std::string text(random() % (most + 1), ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    return text;
  };
  int matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = word("ab*?", 7);
    const std::string text = word("ab", 9);
    ASSERT_EQ(glob_match(pattern, text), naive_glob(pattern, text)) << pattern << " on " << text;
    matched += glob_match(pattern, text) ? 1 : 0;
  }
  EXPECT_GT(matched, 1000) << "both answers must have been tried";
}

TEST(GlobTest, ManyStarsOnALongTextEndSoon) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(20'000, 'a')));
}

TEST(EntityTableTest, NumbersAreGivenInOrderOfArrivalAndKept) {
  EntityTable table;
  EXPECT_EQ(table.intern({{"search"}}), std::make_pair(EntityIndex{0}, true));
  EXPECT_EQ(table.intern({{"social"}}), std::make_pair(EntityIndex{1}, true));
  EXPECT_EQ(table.intern({{"search"}}), std::make_pair(EntityIndex{0}, false));
  EXPECT_EQ(table.find({{"social"}}), 1u);
  EXPECT_EQ(table.find({{"mail"}}), table.size());
}

TEST(EntityTableTest, ValuesAreNotJoinedToTellEntitiesApart) {
  EntityTable table;
  table.intern({{"a/b"}});
  EXPECT_TRUE(table.intern({{"a", "b"}}).second);
  EXPECT_TRUE(table.intern({{"", "a/b"}}).second);
}

TEST(EntityTableTest, EntitiesStayReachableByNumberWhileItGrowsAndMoves) {
  EntityTable table;
  for (int i = 0; i < 5000; ++i) table.intern({{"search", std::to_string(i)}});
  const EntityTable moved = std::move(table);
  ASSERT_EQ(moved.size(), 5000u);
  for (EntityIndex i = 0; i < moved.size(); ++i) {
    ASSERT_EQ(moved[i], (Entity{{"search", std::to_string(i)}}));
    ASSERT_EQ(moved.find(moved[i]), i);
  }
}

}  // namespace
}  // namespace tightrope::rules
