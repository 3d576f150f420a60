// Topic 7: where the budget should go.
#include <algorithm>

#include "rules/budget_split.h"
#include "rules/response_curve.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

void check_response_fit(VectorCase& one) {
  const std::vector<double> spend = numbers(one.input("spend"));
  const std::vector<double> outcome = numbers(one.input("outcome"));
  const double variance = number(one.input("nu"));
  ResponseSums sums;
  for (std::size_t day = 0; day < spend.size(); ++day) {
    sums.begin_day(number(one.input("half_life")));
    sums.add(spend[day], outcome.at(day), variance);
  }
  double usual = 0;
  for (const double last : std::span(spend).last(7)) usual += last / 7;
  const ResponseCurve curve = sums.fit(usual, number(one.input("prior_c")), number(one.input("prior_sd_c")));
  one.compare("x0", curve.usual_spend, one.expected("x0"));
  one.compare("eta", curve.eta, one.expected("eta"));
  one.compare("c", curve.elasticity, one.expected("c"));
  const auto& known = curve.covariance;
  const json::array& due = one.expected("cov").as_array();
  one.compare_all("cov[0]", std::vector{known.eta, known.eta_elasticity}, due.at(0));
  one.compare_all("cov[1]", std::vector{known.eta_elasticity, known.elasticity}, due.at(1));
}

SplitCampaign campaign_of(const json::value& value) {
  const json::object& given = value.as_object();
  const json::array& known = given.at("cov").as_array();
  return {.curve = {.usual_spend = number(given.at("x0")),
                    .eta = number(given.at("eta")),
                    .elasticity = number(given.at("c")),
                    .covariance = {.eta = number(known.at(0).at(0)),
                                   .eta_elasticity = number(known.at(0).at(1)),
                                   .elasticity = number(known.at(1).at(1))}},
          .value = number(given.at("value")),
          .low = number(given.at("lo")),
          .high = number(given.at("hi"))};
}

void check_budget_split(VectorCase& one) {
  std::vector<SplitCampaign> campaigns;
  for (const json::value& entry : one.input("campaigns").as_array()) campaigns.push_back(campaign_of(entry));
  const BudgetSplit split = split_budget(campaigns, number(one.input("total")), number(one.input("z")));
  one.compare_all("spend", split.spend, one.expected("spend"));
  one.compare("gain", split.gain, one.expected("gain"));
  one.compare("gain_sd", split.gain_sd, one.expected("gain_sd"), "gain");
  one.compare("gain_low", split.gain_low, one.expected("gain_low"), "gain");
  one.require("recommend", (split.advice == SplitAdvice::move) == one.expected("recommend").as_bool());
}

}  // namespace

void add_budget_checks(Checks& checks) {
  checks["response_fit"] = check_response_fit;
  checks["budget_split"] = check_budget_split;
}

}  // namespace tightrope::rules::vectors
