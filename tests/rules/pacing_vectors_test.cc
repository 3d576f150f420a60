// The reference vectors of pacing: a file of cases, each with inputs, expected figures and a tolerance, that
// was computed apart from this code. TIGHTROPE_STATISTICS names their folder.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "rules/pacing.h"

namespace tightrope::rules {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

fs::path vectors_file() {
  if (const char* named = std::getenv("TIGHTROPE_STATISTICS")) return fs::path(named) / "4_pacing.json";
  return fs::path(TIGHTROPE_SOURCE_DIR) / "../shared/data/statistics/4_pacing.json";
}

double number(const json::value& value) {
  return value.to_number<double>();
}

struct Case {
  std::string id;
  const json::object& inputs;
  const json::object& expected;
  double tolerance;  // relative

  void expect(const char* what, double value, const json::value& due) const {
    const double right = number(due);
    EXPECT_LE(std::abs(value - right), tolerance * std::abs(right))
        << id << ": " << what << " is " << value << ", expected " << right;
  }
};

WeekdayProfile client_profile(const json::object& inputs) {
  const json::value& given = inputs.at("client_profile");
  if (given.is_null()) return kFlatProfile;
  WeekdayProfile profile;
  for (std::size_t i = 0; i < profile.size(); ++i) profile[i] = number(given.as_array().at(i));
  return profile;
}

void expect_settings_are_ours(const json::object& inputs) {
  ASSERT_EQ(number(inputs.at("prior_weeks")), 4);
  ASSERT_EQ(number(inputs.at("profile_weeks")), 8);
  ASSERT_EQ(number(inputs.at("clip")), 2.5);
  ASSERT_EQ(number(inputs.at("coverage")), 0.8);
  std::vector<double> grid;
  for (const json::value& weight : inputs.at("alpha_grid").as_array()) grid.push_back(number(weight));
  ASSERT_EQ(grid, std::vector<double>(PaceLevel::kSmoothings.begin(), PaceLevel::kSmoothings.end()));
}

// The vectors have the profile and the smoother throughout, also for few days; what else holds for young
// series is in pace_basis(), which is compared where it says the same.
void check_pacing(const Case& one) {
  expect_settings_are_ours(one.inputs);
  std::vector<std::optional<double>> days;
  for (const json::value& figure : one.inputs.at("y").as_array()) days.emplace_back(number(figure));
  const auto first_weekday = one.inputs.at("weekday").as_array().at(0).to_number<int>();
  const Day first = Day{4} + first_weekday;  // 1970-01-05 was a Monday, weekday 0
  const Day today = first + static_cast<int>(days.size());

  PaceBasis basis;
  basis.profile = weekday_profile(days, first, client_profile(one.inputs));
  PaceLevel level;
  for (std::size_t i = 0; i < days.size(); ++i) {
    level.add(*days[i], basis.profile[weekday_index(first + static_cast<int>(i))]);
  }
  basis.rate = level.rate();
  if (days.size() >= 14) {
    EXPECT_EQ(pace_basis(days, first, client_profile(one.inputs)), basis) << one.id;
  }

  const json::array& profile = one.expected.at("profile").as_array();
  for (std::size_t i = 0; i < 7; ++i) one.expect("a factor of the profile", basis.profile[i], profile.at(i));
  EXPECT_EQ(basis.rate.smoothing, number(one.expected.at("alpha"))) << one.id;
  one.expect("the level", basis.rate.level, one.expected.at("level"));
  one.expect("sigma", basis.rate.sigma, one.expected.at("sigma"));

  const int remaining = one.inputs.at("remaining_days").to_number<int>();
  std::vector<double> factors = day_factors({today, today + (remaining - 1)}, basis.profile);
  if (!factors.empty()) factors[0] *= 1 - number(one.inputs.at("today_elapsed_share"));
  const json::array& due_factors = one.expected.at("remaining_factors").as_array();
  ASSERT_EQ(factors.size(), due_factors.size()) << one.id;
  for (std::size_t i = 0; i < factors.size(); ++i)
    one.expect("a factor ahead", factors[i], due_factors.at(i));

  const double today_left = factors.empty() ? 0 : factors[0];
  if (!factors.empty()) factors.erase(factors.begin());
  const Projection projection = project(basis.rate, number(one.inputs.at("actual_to_date")), today_left,
                                        days_ahead(factors, basis.rate.smoothing));
  one.expect("the projection", projection.total, one.expected.at("projection"));
  one.expect("sd", projection.sd, one.expected.at("sd"));
  one.expect("the low end", projection.low, one.expected.at("lo"));
  one.expect("the high end", projection.high, one.expected.at("hi"));
}

void check_lead_time_sd(const Case& one) {
  const json::array& rows = one.inputs.at("rows").as_array();
  ASSERT_FALSE(rows.empty());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const json::object& row = rows[i].as_object();
    const double weight = number(row.at("alpha"));
    const std::vector<double> flat(row.at("n").to_number<std::size_t>(), 1.0);
    const double sd = number(row.at("sigma")) * std::sqrt(days_ahead(flat, weight).variance);
    one.expect("sd", sd, one.expected.at("sd").as_array().at(i));
  }
}

TEST(PacingVectorsTest, AllAreMetWithinTheirTolerance) {
  const fs::path file = vectors_file();
  if (!fs::exists(file)) {
    GTEST_SKIP() << file
                 << " is not there; set TIGHTROPE_STATISTICS to the folder with the reference vectors";
  }
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  const json::value document = json::parse(text.str());
  std::map<std::string, int> seen;
  for (const json::value& entry : document.at("cases").as_array()) {
    const std::string kind(entry.at("kind").as_string());
    const Case one{.id = std::string(entry.at("id").as_string()),
                   .inputs = entry.at("inputs").as_object(),
                   .expected = entry.at("expected").as_object(),
                   .tolerance = number(entry.at("tolerance").at("rel"))};
    ++seen[kind];
    if (kind == "pacing") {
      check_pacing(one);
    } else if (kind == "lead_time_sd") {
      check_lead_time_sd(one);
    } else {
      ADD_FAILURE() << one.id << " is of a kind that nothing here checks: " << kind;
    }
  }
  EXPECT_GE(seen["pacing"], 7);
  EXPECT_GE(seen["lead_time_sd"], 1);
}

}  // namespace
}  // namespace tightrope::rules
