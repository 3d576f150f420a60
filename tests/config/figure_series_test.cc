#include "config/figure_series.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tightrope::config {
namespace {

// "100 _ missing": figures as to_string gives them, `_` where nothing is said.
std::string shown(std::string_view text) {
  const auto parsed = parse_series(text);
  if (const auto* failure = std::get_if<SeriesError>(&parsed))
    return std::to_string(failure->offset) + ": " + failure->problem;
  std::string out;
  for (const auto& value : std::get<std::vector<SeriesValue>>(parsed))
    out += (out.empty() ? "" : " ") + (value ? to_string(*value) : std::string("_"));
  return out;
}

struct SeriesCase {
  const char* name;
  const char* text;
  const char* shown;
};

class FigureSeriesTest : public ::testing::TestWithParam<SeriesCase> {};

TEST_P(FigureSeriesTest, IsRead) {
  EXPECT_EQ(shown(GetParam().text), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(All, FigureSeriesTest,
                         ::testing::ValuesIn(std::vector<SeriesCase>{
                             {"OneFigure", "12.5", "12.5"},
                             {"Repeated", "100x3", "100 100 100"},
                             {"Rising", "100+10x4", "100 110 120 130"},
                             {"FallingBelowZero", "10-7.5x3", "10 2.5 -5"},
                             {"NegativeAndRising", "-5+5x3", "-5 0 5"},
                             {"ZerosAreNoHexadecimal", "0x3", "0 0 0"},
                             {"NotReported", "100 _ 90 _x2 0", "100 _ 90 _ _ 0"},
                             {"TakenBack", "1 back backx2", "1 missing missing missing"},
                             {"SpacesAndLines", "  1\n 2\t3 ", "1 2 3"},
                             {"Nothing", "  ", "0: has no figures"},
                             {"Word", "1 two 3", "2: \"two\" is not a figure"},
                             {"Comma", "1,5", "0: \"1,5\" is not a figure"},
                             {"Exponent", "1e3", "0: \"1e3\" is not a figure"},
                             {"TimesNothing", "5 100x", "5: \"x\": after x stands how many, 1 to 1000"},
                             {"TimesZero", "100x0", "3: \"x0\": after x stands how many, 1 to 1000"},
                             {"TimesTooMany", "100x1001", "3: \"x1001\": after x stands how many, 1 to 1000"},
                             {"StepWithoutTimes", "100+10",
                              "0: \"100+10\" does not say for how long it goes on"},
                             {"StepOfNothing", "_+1x3", "0: \"_+1x3\" is not a figure"},
                             {"StepThatIsNoFigure", "1+ax3", "0: \"1+ax3\" is not a figure"},
                             {"MoreThanAnAmountHolds", "99999999999+99999999999x1000",
                              "0: \"99999999999+99999999999x1000\" goes beyond the largest figure"},
                             {"TooManyInAll", "1x1000 1x1000 1", "14: more than 2000 figures"},
                         }),
                         [](const auto& series) { return std::string(series.param.name); });

}  // namespace
}  // namespace tightrope::config
