#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/formula.h"

namespace tightrope::rules {
namespace {

const std::vector<std::string> kNames{"spend", "revenue", "conversions", "clicks",
                                      "cpa",   "cpc",     "impressions"};

struct NearestCase {
  const char* text;
  const char* nearest;
};

class NearestNameTest : public ::testing::TestWithParam<NearestCase> {};

TEST_P(NearestNameTest, IsTheOneMeant) {
  EXPECT_EQ(nearest_name(GetParam().text, kNames), GetParam().nearest) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(All, NearestNameTest,
                         ::testing::ValuesIn(std::vector<NearestCase>{
                             {"spend", "spend"},
                             {"Spend", "spend"},
                             {"SPEND", "spend"},
                             {"spnd", "spend"},    // a letter left out
                             {"spendd", "spend"},  // doubled
                             {"spedn", "spend"},   // swapped
                             {"conversion", "conversions"},
                             {"convresion", "conversions"},
                             {"impresions", "impressions"},
                             {"rev", "revenue"},  // only begun
                             {"Conv", "conversions"},
                             {"im", ""},  // too little of it
                             {"roi", ""},
                             {"cost", ""},
                             {"x", ""},
                             {"", ""},
                             {"cpx", "cpa"},  // the first of the equally near
                         }));

TEST(NearestNameTest, WhatSeveralNamesBeginWithMeansNone) {
  EXPECT_EQ(nearest_name("con", std::vector<std::string>{"conversions", "contacts"}), "");
  EXPECT_EQ(nearest_name("con", std::vector<std::string>{"conversions", "conversions"}), "conversions");
}

TEST(NearestNameTest, NothingIsNearToAVeryLongText) {
  EXPECT_EQ(nearest_name(std::string(100'000, 'a'), std::vector<std::string>{std::string(100'000, 'a')}), "");
}

TEST(NearestNameTest, AThirdOfTheLettersMayDiffer) {
  EXPECT_EQ(nearest_name("abcdefxyz", std::vector<std::string>{"abcdefghi"}), "abcdefghi");
  EXPECT_EQ(nearest_name("abcdewxyz", std::vector<std::string>{"abcdefghi"}), "");
}

}  // namespace
}  // namespace tightrope::rules
