#include "rules/match_overlap.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "lint_strategies.h"

namespace tightrope::rules {
namespace {

TEST(GlobOverlapTest, GivesAShortestCommonText) {
  EXPECT_EQ(glob_overlap("brand*", "*-de"), "brand-de");
  EXPECT_EQ(glob_overlap("*", "*"), "");
  EXPECT_EQ(glob_overlap("a?c", "ab*"), "abc");
  EXPECT_EQ(glob_overlap("h?hlen", "hö*"), "höhlen");
  EXPECT_EQ(glob_overlap("search", "social"), std::nullopt);
  EXPECT_EQ(glob_overlap("a*b", "*c"), std::nullopt);
  EXPECT_EQ(glob_overlap("", "?*"), std::nullopt);
}

// All texts over `letters` of up to `most` characters.
void each_text(const std::string& letters, std::size_t most,
               const std::function<void(const std::string&)>& take, const std::string& begun = "") {
  take(begun);
  if (begun.size() == most) return;
  for (const char letter : letters) each_text(letters, most, take, begun + letter);
}

TEST(GlobOverlapTest, AgreesWithTryingEveryText) {
  std::vector<std::string> globs;
  each_text("ab?*", 3, [&](const std::string& glob) { globs.push_back(glob); });
  std::vector<std::string> texts;
  each_text("abx", 4, [&](const std::string& text) { texts.push_back(text); });
  // Which texts each glob matches, by the matcher that the engine uses.
  std::vector<std::vector<bool>> matched;
  for (const std::string& glob : globs) {
    std::vector<bool>& row = matched.emplace_back();
    for (const std::string& text : texts) row.push_back(glob_match(glob, text));
  }
  for (std::size_t a = 0; a < globs.size(); ++a) {
    for (std::size_t b = a; b < globs.size(); ++b) {
      bool overlap = false;
      for (std::size_t t = 0; t < texts.size() && !overlap; ++t) overlap = matched[a][t] && matched[b][t];
      const auto found = glob_overlap(globs[a], globs[b]);
      // The other way round is settled by the text itself.
      if (overlap) {
        ASSERT_TRUE(found) << globs[a] << " and " << globs[b];
      }
      if (found) {
        EXPECT_TRUE(glob_match(globs[a], *found) && glob_match(globs[b], *found))
            << globs[a] << " and " << globs[b] << ": " << *found;
      }
    }
  }
}

TEST(MatchOverlapTest, NeedsEveryDimension) {
  using lint_testing::match;
  const auto both = match_overlap(match("se*", "*-de"), match("*ch", "brand*"));
  ASSERT_TRUE(both);
  EXPECT_EQ(to_string(*both), "sech/brand-de");
  EXPECT_FALSE(match_overlap(match("search", "a"), match("search", "b")));
  EXPECT_TRUE(match_overlap({}, match("search")));
}

}  // namespace
}  // namespace tightrope::rules
