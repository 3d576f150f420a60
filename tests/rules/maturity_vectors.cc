// Topic 3: attribution lag.
#include <algorithm>
#include <limits>

#include "rules/maturity.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

// As the days would have told it: at the close of each, what became of the days before since the last close.
MaturityCurve curve_of(const std::vector<std::vector<double>>& triangle, double half_life) {
  MaturityCurve curve;
  for (std::size_t today = 0; today < triangle.size(); ++today) {
    curve.begin_day(half_life);
    for (std::size_t day = 0; day < today; ++day) {
      const std::size_t age = today - day;
      if (age < triangle[day].size()) curve.add(age - 1, triangle[day][age - 1], triangle[day][age]);
    }
  }
  return curve;
}

void check_chain_ladder(VectorCase& one) {
  std::vector<std::vector<double>> triangle;
  for (const json::value& row : one.input("triangle").as_array()) triangle.push_back(numbers(row));
  const double half_life = figure(one.input("half_life")).value_or(std::numeric_limits<double>::infinity());
  const MaturityCurve curve = curve_of(triangle, half_life);
  GrowthFactors parent;
  parent.fill(1);
  if (const json::value& given = optional_member(one.inputs(), "prior_factors"); !given.is_null()) {
    const std::vector<double> factors = numbers(given);
    std::copy(factors.begin(), factors.end(), parent.begin());
  }
  const GrowthFactors factors = curve.factors(parent, number(one.input("prior_weight")));
  const MaturityShares shares = maturity_shares(factors);

  const std::size_t ages = one.expected("maturity").as_array().size();
  one.compare_all("factors", std::span(factors).first(ages - 1), one.expected("factors"));
  one.compare_all("maturity", std::span(shares).first(ages), one.expected("maturity"));
  if (!one.expects("ultimates")) return;
  std::vector<double> ultimates;
  double unseen = 0;
  for (const auto& row : triangle) {
    ultimates.push_back(row.back() / shares[row.size() - 1]);
    unseen += ultimates.back() - row.back();
  }
  one.compare_all("ultimates", ultimates, one.expected("ultimates"));
  one.compare("total_unseen", unseen, one.expected("total_unseen"));
}

void check_nowcast(VectorCase& one) {
  const json::array& due = one.expected("rows").as_array();
  const json::array& rows = one.input("rows").as_array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const json::object& row = rows[i].as_object();
    const Nowcast day = nowcast(number(row.at("seen")), number(row.at("maturity")),
                                number(row.at("expected_full")), number(row.at("nu")));
    const json::object& right = due.at(i).as_object();
    one.compare("unseen_mean", day.unseen, right.at("unseen_mean"));
    one.compare("total_mean", day.total, right.at("total_mean"));
    one.compare("unseen_sd", day.sd, right.at("unseen_sd"));
    one.compare("unseen_q10", day.unseen_low, right.at("unseen_q10"), "quantile");
    one.compare("unseen_q90", day.unseen_high, right.at("unseen_q90"), "quantile");
  }
}

}  // namespace

void add_maturity_checks(Checks& checks) {
  checks["chain_ladder"] = check_chain_ladder;
  checks["nowcast"] = check_nowcast;
}

}  // namespace tightrope::rules::vectors
