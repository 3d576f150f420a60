#include "rules/formula_tree.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "lint_strategies.h"
#include "rules/condition_set.h"

namespace tightrope::rules {
namespace {

const Formula& condition(const Playbook& playbook) {
  return *playbook.when;
}

bool possible(std::string_view text, Interval inputs = Interval::at_least(0)) {
  const Playbook one = lint_testing::playbook("one", "", text);
  ConditionSet conditions;
  conditions.add(
      condition(one), [](const Input& input) { return input.name; },
      [inputs](const Input&) { return inputs; });
  return conditions.possible();
}

TEST(ConditionSetTest, KnowsWhatCannotBe) {
  for (const char* text :
       {"clicks < 0", "spend > 5 and spend < 3", "clicks > 5 and clicks <= 5", "not (clicks >= 0)",
        "clicks > 5 and (sessions > clicks and sessions < 5)", "clicks / sessions < 0",
        "clicks < 0 or sessions < 0", "spend > revenue + 1 and revenue > spend",
        "clicks > sessions and sessions > clicks", "1 > 2", "clicks == 3 and clicks != 3", "abs(clicks) < 0",
        "if(clicks > 1, sessions < 0, clicks > 2)"}) {
    EXPECT_FALSE(possible(text)) << text;
  }
}

TEST(ConditionSetTest, SaysNothingOfWhatCanBe) {
  for (const char* text :
       {"clicks <= 0", "spend > 3 and spend < 5", "clicks >= 5 and clicks <= 5", "clicks < 0 or sessions > 3",
        "clicks > 5 and (sessions > clicks and sessions < 6)", "spend > revenue + 1 and spend > revenue",
        "clicks >= sessions and sessions >= clicks", "not (clicks < 0)", "clicks / sessions >= 0",
        "if(clicks > 1, sessions < 0, clicks > 0.5)", "min(clicks, 3) > 2"}) {
    EXPECT_TRUE(possible(text)) << text;
  }
}

// A random formula over three figures.
std::string random_number(std::mt19937& random, int depth);
std::string random_truth(std::mt19937& random, int depth) {
  static const char* const kComparisons[] = {" < ", " <= ", " > ", " >= ", " == ", " != "};
  if (depth > 0 && random() % 2 == 0) {
    const std::string left = random_truth(random, depth - 1);
    const std::string right = random_truth(random, depth - 1);
    if (random() % 4 == 0) return "not (" + left + ")";
    return "(" + left + (random() % 3 == 0 ? ") or (" : ") and (") + right + ")";
  }
  const std::string left = random_number(random, 1);
  return left + kComparisons[random() % 6] + random_number(random, 1);
}
std::string random_number(std::mt19937& random, int depth) {
  static const char* const kFigures[] = {"clicks", "conversions", "leads"};
  if (depth == 0 || random() % 2 == 0)
    return random() % 3 == 0 ? std::to_string(random() % 4) : kFigures[random() % 3];
  const std::string left = random_number(random, depth - 1);
  const std::string right = random_number(random, depth - 1);
  switch (random() % 6) {
    case 0:
      return "(" + left + " + " + right + ")";
    case 1:
      return "(" + left + " - " + right + ")";
    case 2:
      return "(" + left + " * " + right + ")";
    case 3:
      return "abs(" + left + ")";
    case 4:
      return "max(" + left + ", 1)";
    default:
      return "min(" + left + ", 2)";
  }
}

TEST(FormulaTreeTest, RangesAndRefusalsHoldForEveryFigure) {
  std::mt19937 random(20261124);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_truth(random, 3);
    const Playbook one = lint_testing::playbook("one", "", text);
    const FormulaTree tree(condition(one));
    const std::size_t inputs = condition(one).inputs().size();
    const Box box(inputs, Interval{-1, 4});
    const Interval range = tree.range(box);
    const std::optional<Box> narrowed = tree.narrow(box);
    ConditionSet conditions;
    conditions.add(
        condition(one), [](const Input& input) { return input.name; },
        [](const Input&) {
          return Interval{-1, 4};
        });
    const bool can_be = conditions.possible();
    refused += can_be ? 0 : 1;
    for (int i = 0; i < 60; ++i) {
      std::vector<double> figures;
      for (std::size_t k = 0; k < inputs; ++k)
        figures.push_back(random() % 9 == 0 ? NAN : static_cast<double>(random() % 11) / 2 - 1);
      const double value = condition(one).evaluate(figures);
      if (std::isnan(value)) continue;
      ASSERT_TRUE(range.contains(value)) << text;
      if (value != 1) continue;
      ASSERT_TRUE(narrowed && can_be) << text;
      for (std::size_t k = 0; k < inputs; ++k)
        ASSERT_TRUE(std::isnan(figures[k]) || (*narrowed)[k].contains(figures[k])) << text;
    }
  }
  EXPECT_GT(refused, 100);  // else the test shows little
}

TEST(IntervalTest, DivisionLeavesOutZero) {
  EXPECT_EQ((Interval{1, 2} / Interval{0, 4}), (Interval{0.25, INFINITY}));
  EXPECT_EQ((Interval{-1, 2} / Interval{2, 4}), (Interval{-0.5, 1}));
  EXPECT_EQ((Interval{1, 2} / Interval{-1, 1}), Interval::all());
  EXPECT_EQ((Interval{1, 2} / Interval{-4, -2}), (Interval{-1, -0.25}));
  EXPECT_TRUE((Interval{1, 2} / Interval::point(0)).empty());
}

}  // namespace
}  // namespace tightrope::rules
