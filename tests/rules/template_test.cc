#include "rules/template.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

const std::vector<std::string> kNames{"step", "bid_after", "cpa", "cvr", "clicks", "nothing"};
const std::vector<std::string> kTexts{"campaign", "client"};

std::optional<TemplateValue> look_up(std::string_view name) {
  if (name == "step") return TemplateNumber{0.1, Unit::ratio};
  if (name == "bid_after") return TemplateNumber{0.93, Unit::money};
  if (name == "cpa") return TemplateNumber{45.1, Unit::money};
  if (name == "cvr") return TemplateNumber{0.0341, Unit::ratio};
  if (name == "clicks") return TemplateNumber{1204, Unit::count};
  if (name == "nothing") return TemplateNumber{std::numeric_limits<double>::quiet_NaN(), Unit::money};
  if (name == "campaign") return std::string("{brand}");
  if (name == "client") return std::string("acme");
  return std::nullopt;
}

struct RenderCase {
  const char* text;
  const char* result;
};

class RenderedTest : public ::testing::TestWithParam<RenderCase> {};

TEST_P(RenderedTest, PassesTheCheckAndIsFilledIn) {
  EXPECT_FALSE(check_template(GetParam().text, kNames, kTexts).has_value());
  EXPECT_EQ(render_template(GetParam().text, look_up, "EUR"), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(All, RenderedTest,
                         ::testing::ValuesIn(std::vector<RenderCase>{
                             {"", ""},
                             {"Pause it.", "Pause it."},
                             {"Lower bids by {step:.0%}, to about {bid_after}.",
                              "Lower bids by 10 %, to about 0.93 EUR."},
                             {"{cpa}", "45.10 EUR"},
                             {"{cpa:.2f}", "45.10"},
                             {"{cpa:.0f}", "45"},
                             {"{cvr}", "3.4 %"},
                             {"{cvr:.2%}", "3.41 %"},
                             {"{clicks}", "1 204"},
                             {"{clicks:money}", "1 204.00 EUR"},
                             {"{nothing}", "n/a"},
                             {"{nothing:.0%}", "n/a"},
                             {"{nothing:money}", "n/a"},
                             {"{campaign} of {client}", "{brand} of acme"},
                             {"{{step}}", "{step}"},
                             {"{{{step}}}", "{10 %}"},
                             {"}}{{", "}{"},
                             {"{client}{client}", "acmeacme"},
                         }));

struct WrongCase {
  const char* name;
  const char* text;
  std::size_t offset;
  std::size_t length;
  const char* problem;
  const char* suggestion;
};

class WrongTemplateTest : public ::testing::TestWithParam<WrongCase> {};

TEST_P(WrongTemplateTest, IsPointedAt) {
  const auto error = check_template(GetParam().text, kNames, kTexts);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->offset, GetParam().offset);
  EXPECT_EQ(error->length, GetParam().length);
  EXPECT_EQ(error->problem, GetParam().problem);
  EXPECT_EQ(error->suggestion, GetParam().suggestion);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongTemplateTest,
    ::testing::ValuesIn(std::vector<WrongCase>{
        {"OpeningBraceAlone", "a {step", 2, 1,
         "an opening brace without its closing one; write {{ for a brace", ""},
        {"OpeningBraceBeforeAnother", "{step {cpa}", 0, 1,
         "an opening brace without its closing one; write {{ for a brace", ""},
        {"ClosingBraceAlone", "step}", 4, 1, "a closing brace without its opening one; write }} for a brace",
         ""},
        {"UnknownName", "by {stepp:.0%}", 4, 5, "unknown name \"stepp\"", "step"},
        {"UnknownText", "{campain}", 1, 7, "unknown name \"campain\"", "campaign"},
        {"NameWithBlanks", "{ step }", 1, 6, "unknown name \" step \"", "step"},
        {"NoName", "{}", 0, 2, "braces without a name; write {{ and }} for braces", ""},
        {"UnknownFormat", "{step:%}", 6, 1, "unknown format \"%\"; write .0%, .2f or money", ""},
        {"EmptyFormat", "{step:}", 6, 0, "unknown format \"\"; write .0%, .2f or money", ""},
        {"TwoDigitDecimals", "{step:.10f}", 6, 4, "unknown format \".10f\"; write .0%, .2f or money", ""},
        {"FormatOnAText", "{campaign:.0%}", 10, 3, "\"campaign\" is a text and takes no format", ""},
    }),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(TemplateTest, WithoutTheListOfTextsAnyNameMayHaveAFormat) {
  EXPECT_FALSE(check_template("{campaign:.0%}", std::vector<std::string>{"campaign"}).has_value());
}

TEST(TemplateTest, WhatTheCheckRefusesIsRenderedAsFarAsItMakesSense) {
  EXPECT_EQ(render_template("{unknown} {step", look_up, "EUR"), "n/a {step");
  EXPECT_EQ(render_template("}", look_up, "EUR"), "}");
  EXPECT_EQ(render_template("{step:%} {campaign:.0%}", look_up, "EUR"), "10 % {brand}");
}

TEST(TemplateTest, AnyBytesAreCheckedAndRendered) {
  std::mt19937 random(9);
  const std::vector<std::string> pieces{"{",   "}",     "{{",  "}}", ":",    "step", "campaign",
                                        ".0%", "money", ".2f", "x",  "\xff", " "};
  int right = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t piece = random() % 9; piece > 0; --piece) text += pieces[random() % pieces.size()];
    const auto error = check_template(text, kNames, kTexts);
    const std::string rendered = render_template(text, look_up, "EUR");
    if (error) {
      ASSERT_LE(error->offset + error->length, text.size()) << text;
      ASSERT_FALSE(error->problem.empty());
    } else {
      ++right;
      ASSERT_EQ(rendered.find("n/a"), std::string::npos) << text;
    }
  }
  EXPECT_GT(right, 1000);
}

}  // namespace
}  // namespace tightrope::rules
