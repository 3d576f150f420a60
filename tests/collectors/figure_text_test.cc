#include "collectors/figure_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tightrope::collectors {
namespace {

std::string read(std::string_view text, DecimalMark mark, double scale = 1) {
  const auto number = parse_figure(text, mark);
  if (!number) return "none";
  const auto amount = number->amount(Scale(scale));
  return amount ? rules::to_string(*amount) : "too large";
}

struct FigureCase {
  const char* text;
  DecimalMark mark;
  const char* amount;
};

class FigureTextTest : public ::testing::TestWithParam<FigureCase> {};

TEST_P(FigureTextTest, IsRead) {
  EXPECT_EQ(read(GetParam().text, GetParam().mark), GetParam().amount) << GetParam().text;
}

constexpr auto kPoint = DecimalMark::point;
constexpr auto kComma = DecimalMark::comma;

INSTANTIATE_TEST_SUITE_P(
    Figures, FigureTextTest,
    ::testing::ValuesIn(std::vector<FigureCase>{
        {"0", kPoint, "0"},
        {"-0", kPoint, "0"},
        {"12.5", kPoint, "12.5"},
        {" 12.5 ", kPoint, "12.5"},
        {"+3", kPoint, "3"},
        {".5", kPoint, "0.5"},
        {"5.", kPoint, "5"},
        {"007", kPoint, "7"},
        {"0.0000005", kPoint, "0.000001"},
        {"1,234.56", kPoint, "1234.56"},
        {"1.234,56", kComma, "1234.56"},
        {"1.234", kComma, "1234"},
        {"1,234", kPoint, "1234"},
        {"1 234,5", kComma, "1234.5"},
        {"1\xc2\xa0"
         "234,5",
         kComma, "1234.5"},
        {"1\xe2\x80\xaf"
         "234,5",
         kComma, "1234.5"},
        {"1'234.5", kPoint, "1234.5"},
        {"1’234.5", kPoint, "1234.5"},
        {"12,34,567.8", kPoint, "1234567.8"},
        {"€ 1.200,50", kComma, "1200.5"},
        {"1.200,50 €", kComma, "1200.5"},
        {"$1,200.50", kPoint, "1200.5"},
        {"-$3.10", kPoint, "-3.1"},
        {"$-3.10", kPoint, "-3.1"},
        {"US$ 7", kPoint, "7"},
        {"EUR 7", kPoint, "7"},
        {"7 EUR", kPoint, "7"},
        {"7EUR", kPoint, "7"},
        {"R$ 1.000,00", kComma, "1000"},
        {"99 kr", kComma, "99"},
        {"(1,200.00)", kPoint, "-1200"},
        {"\xe2\x88\x92"
         "5",
         kPoint, "-5"},
        {"12.3%", kPoint, "0.123"},
        {"12,3 %", kComma, "0.123"},
        {"1.2e-05", kPoint, "0.000012"},
        {"1E3", kPoint, "1000"},
        {"1e-400", kPoint, "0"},
        {"100000000000", kPoint, "100000000000"},
        {"100000000001", kPoint, "too large"},
        {"1e30", kPoint, "too large"},
        {"123456789012345678901234567890123456789012345678901234567890", kPoint, "too large"},
        {"0.123456789012345678901234567890123456789012345678901234567890", kPoint, "0.123457"}}));

INSTANTIATE_TEST_SUITE_P(
    NoFigures, FigureTextTest,
    ::testing::ValuesIn(std::vector<FigureCase>{
        {"", kPoint, "none"},          {"-", kPoint, "none"},          {"abc", kPoint, "none"},
        {"12.5", kComma, "none"},      {"12,5", kPoint, "none"},       {"1.234.5", kPoint, "none"},
        {"1,23", kPoint, "none"},      {"1,2345", kPoint, "none"},     {"1234,567", kPoint, "none"},
        {"1,234 567", kPoint, "none"}, {"--5", kPoint, "none"},        {"5-", kPoint, "none"},
        {"$$5", kPoint, "none"},       {"5 %%", kPoint, "none"},       {"1e", kPoint, "none"},
        {"0x1f", kPoint, "none"},      {"NaN", kPoint, "none"},        {"inf", kPoint, "none"},
        {"#N/A", kPoint, "none"},      {"Loading...", kPoint, "none"}, {"12 apples", kPoint, "none"},
        {"1 2", kPoint, "none"},       {",5", kPoint, "none"},         {"%", kPoint, "none"},
        {"EUR", kPoint, "none"},       {"()", kPoint, "none"},         {"0,123", kPoint, "none"},
        {"-0.500", kComma, "none"},    {"012,345", kPoint, "none"}}));

TEST(FigureScaleTest, PowersOfTenOnlyMoveThePoint) {
  EXPECT_EQ(read("12345678901", kPoint, 0.000001), "12345.678901");
  EXPECT_EQ(read("1999", kPoint, 0.01), "19.99");
  EXPECT_EQ(read("1.5", kPoint, 1000), "1500");
  EXPECT_EQ(read("-0.3", kPoint, 0.1), "-0.03");
  EXPECT_TRUE(Scale(1e-6).moves_point());
  EXPECT_EQ(Scale(1e-6).places(), -6);
}

TEST(FigureScaleTest, OtherFactorsMultiply) {
  EXPECT_FALSE(Scale(1.21).moves_point());
  EXPECT_EQ(read("100", kPoint, 1.21), "121");
  EXPECT_EQ(read("3", kPoint, -1), "-3");
}

TEST(JsonNumberTest, KeepsEveryDigit) {
  EXPECT_EQ(rules::to_string(*parse_json_number("99999999999.123456")->amount(Scale(1))),
            "99999999999.123456");
  EXPECT_EQ(rules::to_string(*parse_json_number("-1.5E+2")->amount(Scale(1))), "-150");
  EXPECT_DOUBLE_EQ(parse_json_number("0.9")->to_double(), 0.9);
  EXPECT_TRUE(std::isinf(parse_json_number("1e999")->to_double()));
  EXPECT_EQ(parse_json_number("1e-999")->to_double(), 0.0);
}

TEST(JsonNumberTest, TakesNothingButJsonNumbers) {
  for (const char* token :
       {"", "-", "01", "1.", ".5", "+1", "1e", "1,5", "1 ", "0x1", "NaN", "1.2.3", "--1"}) {
    EXPECT_FALSE(parse_json_number(token)) << token;
  }
}

}  // namespace
}  // namespace tightrope::collectors
