// Topic 4: pacing.
#include <cmath>

#include "rules/pacing.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

WeekdayProfile client_profile(const VectorCase& one) {
  const json::value& given = one.input("client_profile");
  if (given.is_null()) return kFlatProfile;
  WeekdayProfile profile;
  for (std::size_t i = 0; i < profile.size(); ++i) profile[i] = number(given.as_array().at(i));
  return profile;
}

void require_our_settings(VectorCase& one) {
  one.require("prior_weeks is ours", number(one.input("prior_weeks")) == 4);
  one.require("profile_weeks is ours", number(one.input("profile_weeks")) == 8);
  one.require("clip is ours", number(one.input("clip")) == 2.5);
  one.require("coverage is ours", number(one.input("coverage")) == 0.8);
  const auto& weights = PaceLevel::kSmoothings;
  one.require("alpha_grid is ours",
              numbers(one.input("alpha_grid")) == std::vector<double>(weights.begin(), weights.end()));
}

// The vectors have the profile and the smoother throughout, also for few days; what else holds for young
// series is in pace_basis(), which is compared where it says the same.
void check_pacing(VectorCase& one) {
  require_our_settings(one);
  std::vector<std::optional<double>> days;
  for (const double figure : numbers(one.input("y"))) days.emplace_back(figure);
  const auto first_weekday = one.input("weekday").as_array().at(0).to_number<int>();
  const Day first = Day{4} + first_weekday;  // 1970-01-05 was a Monday, weekday 0
  const Day today = first + static_cast<int>(days.size());

  PaceBasis basis;
  basis.profile = weekday_profile(days, first, client_profile(one));
  PaceLevel level;
  for (std::size_t i = 0; i < days.size(); ++i) {
    level.add(*days[i], basis.profile[weekday_index(first + static_cast<int>(i))]);
  }
  basis.rate = level.rate();
  if (days.size() >= 14) {
    one.require("pace_basis() says the same", pace_basis(days, first, client_profile(one)) == basis);
  }
  one.compare_all("profile", basis.profile, one.expected("profile"));
  one.compare("alpha", basis.rate.smoothing, one.expected("alpha"));
  one.compare("level", basis.rate.level, one.expected("level"));
  one.compare("sigma", basis.rate.sigma, one.expected("sigma"));

  const int remaining = one.input("remaining_days").to_number<int>();
  std::vector<double> factors = day_factors({today, today + (remaining - 1)}, basis.profile);
  if (!factors.empty()) factors[0] *= 1 - number(one.input("today_elapsed_share"));
  one.compare_all("remaining_factors", factors, one.expected("remaining_factors"));

  const double today_left = factors.empty() ? 0 : factors[0];
  if (!factors.empty()) factors.erase(factors.begin());
  const Projection projection = project(basis.rate, number(one.input("actual_to_date")), today_left,
                                        days_ahead(factors, basis.rate.smoothing));
  one.compare("projection", projection.total, one.expected("projection"));
  one.compare("sd", projection.sd, one.expected("sd"));
  one.compare("lo", projection.low, one.expected("lo"));
  one.compare("hi", projection.high, one.expected("hi"));
}

void check_lead_time_sd(VectorCase& one) {
  std::vector<double> sds;
  for (const json::value& entry : one.input("rows").as_array()) {
    const json::object& row = entry.as_object();
    const std::vector<double> flat(row.at("n").to_number<std::size_t>(), 1.0);
    sds.push_back(number(row.at("sigma")) * std::sqrt(days_ahead(flat, number(row.at("alpha"))).variance));
  }
  one.compare_all("sd", sds, one.expected("sd"));
}

}  // namespace

void add_pacing_checks(Checks& checks) {
  checks["pacing"] = check_pacing;
  checks["lead_time_sd"] = check_lead_time_sd;
}

}  // namespace tightrope::rules::vectors
