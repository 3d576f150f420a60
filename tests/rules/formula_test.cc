#include "rules/formula.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tightrope::rules {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Figure {
  Name::Kind kind;
  Unit unit;
  double value;
};

// The names that formulas of these tests may use, and what they stand for.
const std::map<std::string, Figure, std::less<>>& figures() {
  using enum Name::Kind;
  static const std::map<std::string, Figure, std::less<>> known{
      {"spend", {metric, Unit::money, 90}},     {"revenue", {metric, Unit::money, 360}},
      {"clicks", {metric, Unit::count, 60}},    {"conversions", {metric, Unit::count, 3}},
      {"hours", {metric, Unit::duration, 4}},   {"zero", {metric, Unit::count, 0}},
      {"unknown", {metric, Unit::count, kNan}}, {"cpc", {kpi, Unit::money, 1.5}},
      {"cvr", {kpi, Unit::ratio, 0.05}},        {"yield", {kpi, Unit::per_money, 0.02}},
      {"plain", {value, Unit::number, 7}},      {"step", {value, Unit::ratio, 0.1}},
  };
  return known;
}

Vocabulary vocabulary() {
  Vocabulary result;
  result.find = [](std::string_view name) -> std::optional<Name> {
    const auto place = figures().find(name);
    if (place == figures().end()) return std::nullopt;
    return Name{place->second.kind, place->second.unit};
  };
  for (const auto& [name, figure] : figures()) result.names.push_back(name);
  return result;
}

std::vector<double> values_for(const Formula& formula) {
  std::vector<double> values;
  for (const Input& input : formula.inputs()) {
    double value = figures().at(input.name).value;
    // What changes is told apart by the window's length and by how much earlier it was.
    if (input.over) value *= 100 + input.over->length;
    if (input.over && (input.earlier > 0 || input.weekdays))
      value /= 1 + 0.01 * (input.weekdays ? 50 : input.earlier);
    if (input.of == Input::Of::objective) value *= 8;
    if (input.of == Input::Of::siblings) value = 3;
    values.push_back(value);
  }
  return values;
}

Formula compiled(std::string_view text) {
  std::variant<Formula, FormulaError> result = compile_formula(text, vocabulary());
  if (const auto* error = std::get_if<FormulaError>(&result)) {
    ADD_FAILURE() << text << ": " << error->problem;
    return {};
  }
  return std::get<Formula>(std::move(result));
}

FormulaError error_of(std::string_view text) {
  std::variant<Formula, FormulaError> result = compile_formula(text, vocabulary());
  if (const auto* error = std::get_if<FormulaError>(&result)) return *error;
  ADD_FAILURE() << text << " compiles";
  return {};
}

double value_of(std::string_view text) {
  const Formula formula = compiled(text);
  return formula.evaluate(values_for(formula));
}

// Values.

struct ValueCase {
  const char* text;
  double value;
  Unit unit;
};

class FormulaValueTest : public ::testing::TestWithParam<ValueCase> {};

TEST_P(FormulaValueTest, IsCalculated) {
  const Formula formula = compiled(GetParam().text);
  const double value = formula.evaluate(values_for(formula));
  if (std::isnan(GetParam().value)) {
    EXPECT_TRUE(std::isnan(value)) << value;
  } else {
    EXPECT_DOUBLE_EQ(value, GetParam().value);
  }
  EXPECT_EQ(to_string(formula.unit()), to_string(GetParam().unit));
  EXPECT_EQ(formula.text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Arithmetic, FormulaValueTest,
                         ::testing::ValuesIn(std::vector<ValueCase>{
                             {"spend", 90, Unit::money},
                             {"1.5", 1.5, Unit::number},
                             {"20%", 0.2, Unit::number},
                             {"20 %", 0.2, Unit::number},
                             {"0.5%", 0.005, Unit::number},
                             {"spend / conversions", 30, Unit::money},
                             {"1000 * spend / clicks", 1500, Unit::money},
                             {"1 + 2 * 3", 7, Unit::number},
                             {"(1 + 2) * 3", 9, Unit::number},
                             {"10 - 4 - 3", 3, Unit::number},
                             {"24 / 4 / 3", 2, Unit::number},
                             {"24 / (4 / 2)", 12, Unit::number},
                             {"-2 * -3", 6, Unit::number},
                             {"--spend", 90, Unit::money},
                             {"2 - -3", 5, Unit::number},
                             {"1 - cvr", 0.95, Unit::ratio},
                             {"revenue / spend", 4, Unit::ratio},
                             {"cvr * clicks", 3, Unit::count},
                             {"cpc * clicks", 90, Unit::money},
                             {"yield * spend", 1.8, Unit::count},
                             {"min(3, 1, 2)", 1, Unit::number},
                             {"max(spend, revenue, 400)", 400, Unit::money},
                             {"abs(spend - revenue)", 270, Unit::money},
                             {"if(clicks > 50, spend, revenue)", 90, Unit::money},
                             {"if(clicks > 60, spend, revenue)", 360, Unit::money},
                             {"if(clicks > 50, 1, cvr)", 1, Unit::ratio},
                             {" \t\r\nspend\n+\tspend ", 180, Unit::money},
                             {"change(spend, 7d)", 0.07, Unit::ratio},
                             {"change(cpc, 24h) + change(cpc, 7d)", 0.31, Unit::ratio},
                             {"change(spend, 7d, 28d)", 0.28, Unit::ratio},
                             {"change(spend, yesterday, 14d)", 0.14, Unit::ratio},
                             {"change(spend, yesterday, weekdays)", 0.5, Unit::ratio},
                             {"share(spend)", 0.125, Unit::ratio},
                             {"rank(cpc)", 3, Unit::number},
                             {"rank(cpc) <= 3 and share(spend) > 10%", 1, Unit::truth},
                             {"cpc * (1 - step)", 1.35, Unit::money},
                             {"plain + spend", 97, Unit::money},
                         }));

INSTANTIATE_TEST_SUITE_P(Truths, FormulaValueTest,
                         ::testing::ValuesIn(std::vector<ValueCase>{
                             {"spend < 90", 0, Unit::truth},
                             {"spend <= 90", 1, Unit::truth},
                             {"spend > 90", 0, Unit::truth},
                             {"spend >= 90", 1, Unit::truth},
                             {"spend == 90", 1, Unit::truth},
                             {"spend != 90", 0, Unit::truth},
                             {"spend > 1 and clicks > 1", 1, Unit::truth},
                             {"spend > 1 and clicks > 99", 0, Unit::truth},
                             {"spend > 999 or clicks > 1", 1, Unit::truth},
                             {"not spend > 1", 0, Unit::truth},
                             {"not not spend > 1", 1, Unit::truth},
                             // `and` binds more tightly than `or`, `not` more than both.
                             {"1 < 2 or 1 > 2 and 1 > 2", 1, Unit::truth},
                             {"(1 < 2 or 1 > 2) and 1 > 2", 0, Unit::truth},
                             {"not 1 > 2 and 1 < 2", 1, Unit::truth},
                             {"not (1 > 2 or 1 < 2)", 0, Unit::truth},
                             {"1 + 1 < 3", 1, Unit::truth},
                             {"if(if(1 < 2, 1 > 2, 1 < 2), 5, 6) == 6", 1, Unit::truth},
                         }));

INSTANTIATE_TEST_SUITE_P(Unknown, FormulaValueTest,
                         ::testing::ValuesIn(std::vector<ValueCase>{
                             {"unknown", kNan, Unit::count},
                             {"unknown + 1", kNan, Unit::count},
                             {"unknown * 0", kNan, Unit::count},
                             {"spend / zero", kNan, Unit::money},
                             {"zero / zero", kNan, Unit::ratio},
                             {"spend / -zero", kNan, Unit::money},
                             {"1 / 0", kNan, Unit::number},
                             {"min(1, unknown)", kNan, Unit::count},
                             {"max(unknown, 1)", kNan, Unit::count},
                             {"abs(unknown)", kNan, Unit::count},
                             {"-unknown", kNan, Unit::count},
                             {"unknown > 1", kNan, Unit::truth},
                             {"unknown != 1", kNan, Unit::truth},
                             {"unknown == unknown", kNan, Unit::truth},
                             {"not unknown > 1", kNan, Unit::truth},
                             {"unknown > 1 and 1 > 2", 0, Unit::truth},
                             {"1 > 2 and unknown > 1", 0, Unit::truth},
                             {"unknown > 1 and 1 < 2", kNan, Unit::truth},
                             {"unknown > 1 or 1 < 2", 1, Unit::truth},
                             {"1 < 2 or unknown > 1", 1, Unit::truth},
                             {"unknown > 1 or 1 > 2", kNan, Unit::truth},
                             {"if(unknown > 1, 1, 2)", kNan, Unit::number},
                             {"if(1 < 2, 1, unknown)", 1, Unit::count},
                             {"if(1 > 2, 1, unknown)", kNan, Unit::count},
                             {"zero > 0 and spend / zero > 50", 0, Unit::truth},
                         }));

TEST(FormulaTest, WhatOverflowsIsUnknown) {
  std::string text = "1";
  for (int i = 0; i < 40; ++i) text += " * 10000000000";
  EXPECT_TRUE(std::isnan(value_of(text)));
}

TEST(FormulaTest, InputsAreNumberedInOrderOfFirstUseAndStandOnce) {
  const Formula formula =
      compiled("clicks + change(clicks, 7d) * clicks + change(clicks, 24h) * conversions");
  const Window week = *parse_window("7d");
  const Window day = *parse_window("24h");
  EXPECT_EQ(formula.inputs(),
            (std::vector<Input>{{.name = "clicks"},
                                {.name = "clicks", .over = week},
                                {.name = "clicks", .over = week, .earlier = 7, .so_far = true},
                                {.name = "clicks", .over = day},
                                {.name = "clicks", .over = day, .earlier = 24},
                                {.name = "conversions"}}));
}

TEST(FormulaTest, AFormulaWithoutATextIsUnknown) {
  EXPECT_TRUE(std::isnan(Formula().evaluate({})));
  EXPECT_FALSE(Formula().is_quotient());
}

// Units.

// One name of each unit, in the order of the tables.
constexpr std::array<std::string_view, 6> kOneOfEach{"plain", "clicks", "spend", "cvr", "hours", "yield"};
using UnitTable = std::array<std::array<std::string_view, 6>, 6>;

void expect_units(std::string_view op, const UnitTable& table) {
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t column = 0; column < 6; ++column) {
      const std::string text = fmt::format("{} {} {}", kOneOfEach[row], op, kOneOfEach[column]);
      const auto result = compile_formula(text, vocabulary());
      if (table[row][column] == "error") {
        const auto* error = std::get_if<FormulaError>(&result);
        ASSERT_NE(error, nullptr) << text;
        EXPECT_EQ(error->offset, kOneOfEach[row].size() + 1) << text;
        EXPECT_EQ(error->length, op.size()) << text;
        EXPECT_TRUE(error->problem.starts_with("cannot ")) << error->problem;
      } else {
        const auto* formula = std::get_if<Formula>(&result);
        ASSERT_NE(formula, nullptr) << text;
        EXPECT_EQ(to_string(formula->unit()), table[row][column]) << text;
      }
    }
  }
}

TEST(FormulaUnitTest, SumsNeedOneUnitAndABareNumberFitsAny) {
  const UnitTable sums{{
      {"number", "count", "money", "ratio", "duration", "per_money"},
      {"count", "count", "error", "error", "error", "error"},
      {"money", "error", "money", "error", "error", "error"},
      {"ratio", "error", "error", "ratio", "error", "error"},
      {"duration", "error", "error", "error", "duration", "error"},
      {"per_money", "error", "error", "error", "error", "per_money"},
  }};
  expect_units("+", sums);
  expect_units("-", sums);
}

TEST(FormulaUnitTest, ComparisonsNeedWhatSumsNeed) {
  UnitTable comparisons;
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t column = 0; column < 6; ++column) {
      comparisons[row][column] = row == column || row == 0 || column == 0 ? "truth" : "error";
    }
  }
  for (const std::string_view op : {"<", "<=", ">", ">=", "==", "!="}) expect_units(op, comparisons);
}

TEST(FormulaUnitTest, ProductsFollowTheTable) {
  expect_units("*", {{
                        {"number", "count", "money", "ratio", "duration", "per_money"},
                        {"count", "count", "money", "count", "duration", "per_money"},
                        {"money", "money", "error", "money", "error", "count"},
                        {"ratio", "count", "money", "ratio", "duration", "per_money"},
                        {"duration", "duration", "error", "duration", "error", "error"},
                        {"per_money", "per_money", "count", "per_money", "error", "error"},
                    }});
}

TEST(FormulaUnitTest, QuotientsFollowTheTable) {
  expect_units("/", {{
                        {"number", "ratio", "per_money", "ratio", "number", "money"},
                        {"count", "ratio", "per_money", "count", "count", "money"},
                        {"money", "money", "ratio", "money", "money", "error"},
                        {"ratio", "ratio", "per_money", "ratio", "ratio", "money"},
                        {"duration", "duration", "error", "duration", "ratio", "error"},
                        {"per_money", "per_money", "error", "per_money", "per_money", "ratio"},
                    }});
}

TEST(FormulaUnitTest, NamesOfUnitsAreReadBack) {
  for (const Unit unit :
       {Unit::number, Unit::count, Unit::money, Unit::ratio, Unit::duration, Unit::per_money}) {
    EXPECT_EQ(parse_unit(to_string(unit)), unit);
  }
  EXPECT_EQ(parse_unit("truth"), std::nullopt);
  EXPECT_EQ(parse_unit("euro"), std::nullopt);
}

// Errors.

struct ErrorCase {
  const char* text;
  std::size_t offset;
  std::size_t length;
  const char* problem;
  const char* suggestion = "";
};

class FormulaErrorTest : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(FormulaErrorTest, PointsAtWhatIsWrong) {
  const FormulaError error = error_of(GetParam().text);
  EXPECT_EQ(error.offset, GetParam().offset) << GetParam().text;
  EXPECT_EQ(error.length, GetParam().length) << GetParam().text;
  EXPECT_EQ(error.problem, GetParam().problem) << GetParam().text;
  EXPECT_EQ(error.suggestion, GetParam().suggestion) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Words, FormulaErrorTest,
    ::testing::ValuesIn(std::vector<ErrorCase>{
        {"", 0, 0, "the formula ends where a figure is missing"},
        {"   ", 3, 0, "the formula ends where a figure is missing"},
        {"spend /", 7, 0, "the formula ends where a figure is missing"},
        {"spend / / clicks", 8, 1, "a figure is missing before \"/\""},
        {"* spend", 0, 1, "a figure is missing before \"*\""},
        {"spend clicks", 6, 6, "an operator is missing before \"clicks\""},
        {"spend)", 5, 1, "a closing parenthesis without its opening one"},
        {"(spend", 0, 1, "an opening parenthesis without its closing one"},
        {"(spend clicks)", 7, 6, "\")\" is missing before \"clicks\""},
        {"()", 1, 1, "a figure is missing before \")\""},
        {"spnd / clicks", 0, 4, "unknown name \"spnd\"", "spend"},
        {"spend / Clicks", 8, 6, "unknown name \"Clicks\"", "clicks"},
        {"spend / qwertyuiop", 8, 10, "unknown name \"qwertyuiop\""},
        {"mim(1, 2)", 0, 3, "unknown function \"mim\"; there are min, max, abs, if, change, share and rank",
         "min"},
        {"spend(1)", 0, 5, "unknown function \"spend\"; there are min, max, abs, if, change, share and rank"},
        {"spend $ clicks", 6, 1, "unexpected \"$\""},
        {"spend \xc3\xa9 1", 6, 2, "unexpected \"\xc3\xa9\""},
        {"spend \xff", 6, 1, "unexpected byte 0xff"},
        {"spend \x01", 6, 1, "unexpected byte 0x01"},
        {"spend = 3", 6, 1, "\"=\" is not an operator", "=="},
        {"spend > 1 && clicks > 1", 10, 2, "\"&&\" is not an operator", "and"},
        {"spend > 1 || clicks > 1", 10, 2, "\"||\" is not an operator", "or"},
        {"!spend", 0, 1, "\"!\" is not an operator", "not"},
        {".5", 0, 1, "unexpected \".\""},
        {"5.", 0, 2, "\"5.\" is not a number; write it as 12 or 0.5"},
        {"1.2.3", 0, 5, "\"1.2.3\" is not a number; write it as 12 or 0.5"},
        {"1 + 1e3", 4, 3, "\"1e3\" is neither a number nor a name"},
        {"7d", 0, 2, "\"7d\" is a window; it belongs into change(x, 7d)"},
        {"spend % 2", 6, 1, "an operator is missing before \"%\""},
        {"and", 0, 3, "a figure is missing before \"and\""},
    }));

INSTANTIATE_TEST_SUITE_P(
    Units, FormulaErrorTest,
    ::testing::ValuesIn(std::vector<ErrorCase>{
        {"spend + clicks", 6, 1, "cannot add money and count"},
        {"spend - clicks", 6, 1, "cannot subtract count from money"},
        {"spend * revenue", 6, 1, "cannot multiply money by money"},
        {"spend / yield", 6, 1, "cannot divide money by per_money"},
        {"spend > clicks", 6, 1, "cannot compare money with count"},
        {"(spend > 1) + 1", 12, 1, "cannot add a condition, which is true or false"},
        {"1 - (spend > 1)", 2, 1, "cannot subtract a condition, which is true or false"},
        {"2 * (spend > 1)", 2, 1, "cannot multiply a condition, which is true or false"},
        {"2 / (spend > 1)", 2, 1, "cannot divide by a condition, which is true or false"},
        {"-(spend > 1)", 0, 1, "cannot negate a condition, which is true or false"},
        {"(1 < 2) == (2 < 3)", 8, 2, "cannot compare a condition, which is true or false"},
        {"1 < 2 < 3", 6, 1, "comparisons do not chain; write a < b and b < c"},
        {"spend and 1 < 2", 0, 5, "\"and\" needs a condition such as a > b, not a money"},
        {"1 < 2 or (clicks + 1)", 9, 12, "\"or\" needs a condition such as a > b, not a count"},
        {"not spend", 4, 5, "\"not\" needs a condition such as a > b, not a money"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Functions, FormulaErrorTest,
    ::testing::ValuesIn(std::vector<ErrorCase>{
        {"min(1)", 0, 3, "min has too few arguments; write min(a, b)"},
        {"min(spend, clicks)", 0, 3, "min cannot compare money with count"},
        {"max(1 < 2, 1)", 0, 3, "cannot order a condition, which is true or false"},
        {"abs(1, 2)", 5, 1, "abs has too many arguments"},
        {"abs(1 < 2)", 0, 3, "cannot take the size of a condition, which is true or false"},
        {"abs(1", 0, 3, "abs( has no closing parenthesis"},
        {"abs()", 4, 1, "a figure is missing before \")\""},
        {"if(spend, 1, 2)", 3, 5, "if needs a condition such as a > b, not a money"},
        {"if(1 < 2, 1)", 0, 2, "if has too few arguments; write if(condition, a, b)"},
        {"if(1 < 2, spend, clicks)", 0, 2, "if gives money or count; both sides need one unit"},
        {"if(1 < 2, 1, 2, 3)", 14, 1, "if has too many arguments"},
        {"change(spend)", 0, 6, "change has too few arguments; write change(kpi, 7d)"},
        {"change(spend, 7)", 14, 1,
         "\"7\" is not a window for change(); write 1h to 72h, 1d to 92d or yesterday"},
        {"change(spend, week)", 14, 4,
         "\"week\" is not a window for change(); write 1h to 72h, 1d to 92d or yesterday"},
        {"change(spend, 93d)", 14, 3,
         "\"93d\" is not a window for change(); write 1h to 72h, 1d to 92d or yesterday"},
        {"change(spend, )", 14, 1, "a window such as 7d is missing before \")\""},
        {"change(spend + 1, 7d)", 13, 1, "\",\" is missing before \"+\""},
        {"change(1, 7d)", 7, 1, "the name of a metric or KPI is missing before \"1\""},
        {"change(step, 7d)", 7, 4, "\"step\" is one figure; change() takes a metric or a KPI"},
        {"change(spend, 50d)", 14, 3,
         "this looks 100 days back, and 98 are in memory; for a window against the one before it, at most "
         "49d"},
        {"change(spend, 7d, 92d)", 14, 2,
         "this looks 99 days back, and 98 are in memory; for a window against the one before it, at most "
         "49d"},
        {"change(spend, 24h, 7d)", 19, 2,
         "hours are compared with the hours before them; write change(x, 24h)"},
        {"change(spend, 7d, month)", 18, 5,
         "\"month\" is not what change() can compare with; write 28d, or weekdays"},
        {"change(spend, 7d, )", 18, 1, "a number of days such as 28d is missing before \")\""},
        {"change(spend, 7d, 28d, 1)", 21, 1, "change has too many arguments"},
        {"share(cpc + 1)", 10, 1, "\")\" is missing before \"+\""},
        {"share(plain)", 6, 5, "\"plain\" is one figure; share() takes a metric or a KPI"},
        {"rank()", 5, 1, "the name of a metric or KPI is missing before \")\""},
        {"change(spent, 7d)", 7, 5, "unknown name \"spent\"", "spend"},
    }));

TEST(FormulaLimitTest, TextsOf4096BytesAreReadAndLongerOnesRefused) {
  const std::string most = std::string(Formula::kMostBytes - 1, ' ') + "1";
  EXPECT_EQ(value_of(most), 1);
  const FormulaError error = error_of(most + " ");
  EXPECT_EQ(error.offset, Formula::kMostBytes);
  EXPECT_EQ(error.length, 1u);
}

TEST(FormulaLimitTest, NestingIsLimitedInEveryForm) {
  const auto nested = [](std::string_view open, std::string_view close, int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += open;
    text += "1 < 2";
    for (int i = 0; i < levels; ++i) text += close;
    return text;
  };
  EXPECT_EQ(value_of(nested("(", ")", 64)), 1);
  EXPECT_EQ(value_of(nested("not ", "", 64)), 1);
  EXPECT_EQ(error_of(nested("(", ")", 65)).problem, "more than 64 levels of nesting");
  EXPECT_EQ(error_of(nested("(", ")", 1000)).problem, "more than 64 levels of nesting");
  EXPECT_EQ(error_of(nested("not ", "", 1000)).problem, "more than 64 levels of nesting");
  EXPECT_EQ(error_of(nested("- ", "", 2000)).problem, "more than 64 levels of nesting");
  EXPECT_EQ(error_of(nested("abs(", ")", 700)).problem, "more than 64 levels of nesting");
}

TEST(FormulaLimitTest, InstructionsAreLimited) {
  std::string text = "1";
  for (int i = 0; i < 127; ++i) text += "+1";  // 128 figures and 127 sums
  EXPECT_EQ(value_of(text), 128);
  text += "+1";
  EXPECT_EQ(error_of(text).problem,
            "the formula is too long here: it has more than 256 operations and operands");
}

TEST(FormulaLimitTest, TheDeepestStackFits) {
  // Each level keeps one figure waiting.
  std::string text;
  for (int i = 0; i < 63; ++i) text += "1+(";
  text += "1";
  for (int i = 0; i < 63; ++i) text += ")";
  EXPECT_EQ(value_of(text), 64);
}

TEST(FormulaTest, RankIsRefusedWhereItMayNotBeUsed) {
  Vocabulary sums_only = vocabulary();
  sums_only.allows_rank = false;
  const auto result = compile_formula("1 + rank(spend)", sums_only);
  const auto* error = std::get_if<FormulaError>(&result);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->offset, 4u);
  EXPECT_EQ(error->length, 4u);
  EXPECT_EQ(error->problem, "rank() cannot be used here: a KPI is made of sums");
}

TEST(FormulaTest, AnEmptyVocabularyKnowsNoName) {
  const auto result = compile_formula("spend", Vocabulary{});
  ASSERT_TRUE(std::holds_alternative<FormulaError>(result));
  EXPECT_EQ(std::get<FormulaError>(result).problem, "unknown name \"spend\"");
}

TEST(FormulaTest, WordsOfTheLanguageAreNoNames) {
  for (const char* name : {"spend", "_x", "a1", "A_b", "iff", "android"})
    EXPECT_TRUE(is_formula_name(name)) << name;
  for (const char* name :
       {"", "1a", "a-b", "a b", "a.b", "and", "or", "not", "min", "max", "abs", "if", "change", "\xc3\xa9"}) {
    EXPECT_FALSE(is_formula_name(name)) << name;
  }
}

// Quotients.

struct QuotientCase {
  const char* text;
  double numerator;
  double denominator;
  Unit denominator_unit;
};

class FormulaQuotientTest : public ::testing::TestWithParam<QuotientCase> {};

TEST_P(FormulaQuotientTest, HasTwoSidesWhoseQuotientIsItsValue) {
  const Formula formula = compiled(GetParam().text);
  ASSERT_TRUE(formula.is_quotient());
  const std::vector<double> values = values_for(formula);
  EXPECT_DOUBLE_EQ(formula.numerator(values), GetParam().numerator);
  EXPECT_DOUBLE_EQ(formula.denominator(values), GetParam().denominator);
  EXPECT_EQ(formula.denominator_unit(), GetParam().denominator_unit);
  if (GetParam().denominator != 0) {
    EXPECT_DOUBLE_EQ(formula.evaluate(values), GetParam().numerator / GetParam().denominator);
  } else {
    EXPECT_TRUE(std::isnan(formula.evaluate(values)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, FormulaQuotientTest,
                         ::testing::ValuesIn(std::vector<QuotientCase>{
                             {"spend / conversions", 90, 3, Unit::count},
                             {"spend / zero", 90, 0, Unit::count},
                             {"1000 * spend / clicks", 90'000, 60, Unit::count},
                             {"1000 * (spend / clicks)", 90'000, 60, Unit::count},
                             {"spend / clicks * 1000", 90'000, 60, Unit::count},
                             {"spend / clicks / 2", 45, 60, Unit::count},
                             {"spend / (clicks * 2)", 90, 120, Unit::count},
                             {"-(spend / clicks)", -90, 60, Unit::count},
                             {"(revenue - spend) / revenue", 270, 360, Unit::money},
                             {"((revenue / spend))", 360, 90, Unit::money},
                             {"cpc * clicks / conversions", 90, 3, Unit::count},
                             {"100 / conversions", 100, 3, Unit::count},
                             {"(spend / 2) / clicks", 45, 60, Unit::count},
                             {"2 * 3 * (spend / clicks) * (1 + 1)", 1080, 60, Unit::count},
                         }));

TEST(FormulaTest, WhatIsNotOneSumOverAnotherIsNoQuotient) {
  for (const char* text : {"spend", "spend / 2", "1 - conversions / clicks", "spend / clicks + 1",
                           "spend / clicks / conversions", "(spend / clicks) / (spend / conversions)",
                           "clicks * (spend / conversions)", "max(spend / clicks, 1)", "abs(spend / clicks)",
                           "if(1 < 2, spend / clicks, 1)", "spend / clicks > 1", "1 / 2"}) {
    EXPECT_FALSE(compiled(text).is_quotient()) << text;
    EXPECT_EQ(compiled(text).denominator_unit(), Unit::number) << text;
  }
}

// Generated input.

// A random expression, its value calculated directly beside it. Bare numbers and counts only, so that every
// sum fits.
struct Generated {
  std::string text;
  double value;
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Generated figure(int depth) {
    if (depth == 0) return leaf();
    switch (pick(10)) {
      case 0:
        return leaf();
      case 1:
        return binary(depth, "+", [](double a, double b) { return a + b; });
      case 2:
        return binary(depth, "-", [](double a, double b) { return a - b; });
      case 3:
        return binary(depth, "*", [](double a, double b) { return a * b; });
      case 4: {
        // Without the name in a denominator, whose ratio would not add to a count.
        const Generated a = figure(depth - 1);
        const int divisor = static_cast<int>(pick(4));
        return {fmt::format("({}) / {}", a.text, divisor), divisor == 0 ? kNan : a.value / divisor};
      }
      case 5: {
        const Generated a = figure(depth - 1);
        return {fmt::format("-({})", a.text), -a.value};
      }
      case 6: {
        const Generated a = figure(depth - 1);
        return {fmt::format("abs({})", a.text), std::fabs(a.value)};
      }
      case 7:
      case 8: {
        const bool is_min = pick(2) == 0;
        const Generated a = figure(depth - 1);
        const Generated b = figure(depth - 1);
        const double value = std::isnan(a.value) || std::isnan(b.value) ? kNan
                             : is_min                                   ? std::min(a.value, b.value)
                                                                        : std::max(a.value, b.value);
        return {fmt::format("{}({}, {})", is_min ? "min" : "max", a.text, b.text), value};
      }
      default: {
        const Generated c = truth(depth - 1);
        const Generated a = figure(depth - 1);
        const Generated b = figure(depth - 1);
        const double value = std::isnan(c.value) ? kNan : c.value == 1 ? a.value : b.value;
        return {fmt::format("if({}, {}, {})", c.text, a.text, b.text), value};
      }
    }
  }

  Generated truth(int depth) {
    const Generated a = figure(depth > 0 ? depth - 1 : 0);
    const Generated b = figure(depth > 0 ? depth - 1 : 0);
    const double compared = std::isnan(a.value) || std::isnan(b.value) ? kNan : a.value < b.value ? 1 : 0;
    const Generated comparison{fmt::format("{} < {}", a.text, b.text), compared};
    if (depth == 0) return comparison;
    const Generated other = truth(depth - 1);
    switch (pick(4)) {
      case 0:
        return {fmt::format("({}) and ({})", comparison.text, other.text), both(compared, other.value)};
      case 1: {
        const double neither = both(1 - compared, 1 - other.value);
        return {fmt::format("({}) or ({})", comparison.text, other.text), 1 - neither};
      }
      case 2:
        return {fmt::format("not ({})", other.text), 1 - other.value};
      default:
        return comparison;
    }
  }

 private:
  static double both(double a, double b) {
    if (a == 0 || b == 0) return 0;
    return a * b;
  }
  std::size_t pick(std::size_t choices) { return random_() % choices; }
  Generated leaf() {
    static const std::array<std::string_view, 3> names{"clicks", "conversions", "unknown"};
    if (pick(3) == 0) {
      const std::string_view name = names[pick(names.size())];
      return {std::string(name), figures().find(name)->second.value};
    }
    const int number = static_cast<int>(pick(20));
    return {std::to_string(number), static_cast<double>(number)};
  }
  Generated binary(int depth, std::string_view op, double (*apply)(double, double)) {
    const Generated a = figure(depth - 1);
    const Generated b = figure(depth - 1);
    return {fmt::format("({}) {} ({})", a.text, op, b.text), apply(a.value, b.value)};
  }

  std::mt19937 random_;
};

TEST(FormulaTest, AgreesWithDirectCalculationOnGeneratedFormulas) {
  Generator generator(20261120);
  int known = 0;
  int tried = 0;
  for (int i = 0; i < 5000; ++i) {
    const Generated generated = i % 2 == 0 ? generator.figure(4) : generator.truth(3);
    auto result = compile_formula(generated.text, vocabulary());
    if (const auto* error = std::get_if<FormulaError>(&result)) {
      ASSERT_TRUE(error->problem.find("too long") != std::string::npos ||
                  error->problem.find("longer than") != std::string::npos)
          << error->problem << "\n"
          << generated.text;
      continue;
    }
    ++tried;
    const Formula& formula = std::get<Formula>(result);
    const double value = formula.evaluate(values_for(formula));
    if (std::isnan(generated.value)) {
      ASSERT_TRUE(std::isnan(value)) << generated.text;
    } else {
      ++known;
      ASSERT_DOUBLE_EQ(value, generated.value) << generated.text;
    }
  }
  EXPECT_GT(tried, 4000);
  EXPECT_GT(known, 1000);
}

void expect_error_or_formula(const std::string& text) {
  const auto result = compile_formula(text, vocabulary());
  if (const auto* error = std::get_if<FormulaError>(&result)) {
    ASSERT_LE(error->offset + error->length, text.size()) << text;
    ASSERT_FALSE(error->problem.empty()) << text;
    return;
  }
  const Formula& formula = std::get<Formula>(result);
  const double value = formula.evaluate(values_for(formula));
  ASSERT_TRUE(std::isnan(value) || std::isfinite(value)) << text;
}

TEST(FormulaTest, AnyBytesGiveAFormulaOrAnError) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = static_cast<char>(random());
    ASSERT_NO_FATAL_FAILURE(expect_error_or_formula(text));
  }
}

TEST(FormulaTest, AnyTokensGiveAFormulaOrAnError) {
  std::mt19937 random(2);
  const std::vector<std::string> tokens{
      "spend", "clicks", "cvr", "1",  "2.5", "20%", "+",   "-",    "*",   "/",    "(",       ")",
      ",",     "<",      ">=",  "==", "and", "or",  "not", "min(", "if(", "abs(", "change(", "7d"};
  int right = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length)
      text += tokens[random() % tokens.size()] + " ";
    ASSERT_NO_FATAL_FAILURE(expect_error_or_formula(text));
    right += std::holds_alternative<Formula>(compile_formula(text, vocabulary())) ? 1 : 0;
  }
  EXPECT_GT(right, 1000);
}

// Every bit of a column is that of the single evaluation, unknown figures and zeros among them.
TEST(FormulaColumnTest, GivesTheBitsOfSingleEvaluations) {
  std::mt19937 random(11);
  const auto draw = [&random]() -> double {
    switch (random() % 5) {
      case 0:
        return 0;
      case 1:
        return std::numeric_limits<double>::quiet_NaN();
      case 2:
        return -static_cast<double>(random() % 1000) / 7;
      default:
        return static_cast<double>(random() % 100000) / 3;
    }
  };
  for (const char* text :
       {"spend / clicks", "spend", "1", "-spend", "abs(spend - revenue)", "1 - cvr",
        "min(3, clicks, conversions)", "if(clicks > 50 and not spend > 10, spend, revenue) / clicks",
        "max(spend, revenue) * 2 / 3 + spend", "1+(1+(1+(1+(1+(1+clicks)))))",
        "share(spend) / change(clicks, 7d)", "clicks == 0 or spend != 0",
        "if(clicks >= 1 or clicks <= -1, 1, 0)", "spend * 1000000000 * (clicks + 1000000000)"}) {
    const Formula formula = compiled(text);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{7}, Formula::kColumn}) {
      std::vector<std::vector<double>> columns(formula.inputs().size(), std::vector<double>(count));
      for (auto& column : columns) std::generate(column.begin(), column.end(), draw);
      std::vector<const double*> inputs;
      for (const auto& column : columns) inputs.push_back(column.data());
      std::vector<double> out(count);
      formula.evaluate(inputs, count, out.data());
      for (std::size_t i = 0; i < count; ++i) {
        std::vector<double> row;
        for (const auto& column : columns) row.push_back(column[i]);
        const double single = formula.evaluate(std::span<const double>(row));
        ASSERT_TRUE(std::memcmp(&single, &out[i], sizeof single) == 0 ||
                    (std::isnan(single) && std::isnan(out[i])))
            << text << " at " << i << ": " << single << " and " << out[i];
      }
    }
  }
}

}  // namespace
}  // namespace tightrope::rules
