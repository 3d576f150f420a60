#include "rules/look_alikes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tightrope::rules {
namespace {

using Names = std::vector<std::string>;

LookAlikes of(const Names& names, const NameFolding* folding = nullptr, std::size_t most = 100) {
  return look_alikes(names, folding, most);
}

struct PairCase {
  const char* name;
  const char* other;
  std::optional<Likeness> likeness;
};

TEST(LookAlikesTest, SayWhyTwoNamesLookAlike) {
  using enum Likeness;
  for (const auto& [name, other, likeness] : std::vector<PairCase>{
           {"EU Spring Sale", "eu_spring-sale", signs},
           {"EU Spring Sale", "EUSpringSale", signs},
           {"Gr\xc3\xbcn (EU)", "grun eu", signs},
           {"EU Spring Sale", "Spring Sale | EU", order},
           {"EU Spring Sale", "EU Sprng Sale", letter},
           {"EU Spring Sale", "EU Sprinng Sale", letter},
           {"EU Spring Sale", "EU Sprign Sale", letter},
           {"EU Spring Sale", "EU Sprimg Sale", letter},
           {"\xd0\xbc\xd0\xbe\xd0\xb4\xd0\xb0", "\xd0\xbc\xd0\xbe\xd0\xb4\xd0\xbd\xd0\xb0", std::nullopt},
           {"\xd0\xb2\xd0\xb5\xd1\x81\xd0\xbd\xd0\xb0\xd1\x8f",
            "\xd0\xb2\xd0\xb5\xd1\x81\xd1\x82\xd0\xbd\xd0\xb0\xd1\x8f", letter},
           {"EU Spring Sale", "ACME EU Spring Sale", word},
           {"EU Spring Sale", "EU Spring Sale archived", word},
           // Digits always count.
           {"Sale 2024-11", "Sale 2024-12", std::nullopt},
           {"Sale 1 5", "Sale 15", std::nullopt},
           {"Spring Sale", "Spring Sale 2", std::nullopt},
           {"spring4 sale", "spring sale", std::nullopt},
           // Short words differ by meaning.
           {"Brand UK", "Brand US", std::nullopt},
           {"Sale men", "Sale man", std::nullopt},
           {"Campaign A", "Campaign B", std::nullopt},
           {"sale", "sale eu", std::nullopt},
           // Two words, or two letters.
           {"Sprng Sales 24", "Spring Sale 24", std::nullopt},
           {"EU Spring Sale", "EU Sprxxg Sale", std::nullopt},
           {"EU Spring Sale", "ACME EU Spring Sale DE", std::nullopt},
           {"---", "***", std::nullopt},
       }) {
    const LookAlikes found = of({name, other});
    EXPECT_EQ(found.left_out, 0u);
    if (likeness) {
      EXPECT_EQ(found.pairs, (std::vector<LookAlike>{{name, other, *likeness}})) << name << " " << other;
    } else {
      EXPECT_TRUE(found.pairs.empty()) << name << " " << other;
    }
  }
}

TEST(LookAlikesTest, LeaveOutWhatTheRulesMakeOne) {
  NameRules rules{
      .dimension = 1, .prefixes = {"ACME_"}, .suffixes = {}, .aliases = {{"Spring Sale", {"Sprng Sale"}}}};
  const NameFolding folding(rules);
  EXPECT_TRUE(of({"Spring Sale", "Sprng Sale", "spring_sale", "acme spring sale"}, &folding).pairs.empty());
  EXPECT_EQ(of({"Winter Sale", "ACME Wintr Sale"}, &folding).pairs,
            (std::vector<LookAlike>{{"Winter Sale", "ACME Wintr Sale", Likeness::letter}}));
}

TEST(LookAlikesTest, TellTheLikeliestFirstAndCountTheRest) {
  const Names names{"Autumn women", "Autumn woman", "Winter women", "Winter woman",  // words of their own
                    "Trial sgnup",  "Trial signup", "Brand EU",     "brand_eu"};
  const LookAlikes all = of(names);
  ASSERT_EQ(all.pairs.size(), 4u);
  EXPECT_EQ(all.pairs[0], (LookAlike{"Brand EU", "brand_eu", Likeness::signs}));
  EXPECT_EQ(all.pairs[1], (LookAlike{"Trial sgnup", "Trial signup", Likeness::letter}));
  const LookAlikes two = of(names, nullptr, 2);
  EXPECT_EQ(two.pairs, (std::vector<LookAlike>{all.pairs[0], all.pairs[1]}));
  EXPECT_EQ(two.left_out, 2u);
}

TEST(LookAlikesTest, AWordThatPartsManyPairsIsTakenForAPrefix) {
  const LookAlikes found = of({"Spring Sale", "Spring Sale EU", "Winter Sale", "ACME Winter Sale",
                               "Summer Sale", "ACME Summer Sale"});
  ASSERT_EQ(found.pairs.size(), 3u);
  EXPECT_EQ(found.pairs[0].other, "ACME Winter Sale");
  EXPECT_EQ(found.pairs[1].other, "ACME Summer Sale");
  EXPECT_EQ(found.pairs[2].other, "Spring Sale EU");
}

// Optimal string alignment distance, by its recurrence.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

TEST(LookAlikesTest, OfGeneratedWordsAllThatAreALetterApartAreFound) {
  std::mt19937 random(11);
  int pairs = 0;
  for (int round = 0; round < 100; ++round) {
    std::set<std::string> unique;
    while (unique.size() < 20) {
      std::string word;
      for (std::size_t length = 4 + random() % 3; word.size() < length;) word += "abc"[random() % 3];
      unique.insert(word);
    }
    const Names names(unique.begin(), unique.end());
    std::set<std::pair<std::string, std::string>> expected;
    for (const std::string& a : names) {
      for (const std::string& b : names) {
        if (a < b && a.size() >= 5 && b.size() >= 5 && distance(a, b) == 1) expected.emplace(a, b);
      }
    }
    std::set<std::pair<std::string, std::string>> found;
    for (const LookAlike& pair : of(names, nullptr, 1000).pairs) {
      EXPECT_EQ(pair.likeness, Likeness::letter);
      found.emplace(pair.name, pair.other);
    }
    EXPECT_EQ(found, expected) << round;
    pairs += static_cast<int>(expected.size());
  }
  EXPECT_GT(pairs, 100);
}

}  // namespace
}  // namespace tightrope::rules
