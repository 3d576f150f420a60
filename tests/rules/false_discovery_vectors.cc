// Topic 2: many campaigns at once.
#include "rules/false_discovery.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

void compare_list(VectorCase& one, const std::vector<double>& e_values) {
  const double share = number(one.input("delta"));
  const Listed list = listed(e_values, share);
  one.compare_index("k", list.which.size(), one.expected("k"));
  one.compare_all("rejected", std::vector<double>(list.which.begin(), list.which.end()),
                  one.expected("rejected"));
  one.compare("threshold", list.threshold, one.expected("threshold"));
  // What is shown beside a campaign must agree with the list.
  const std::vector<double> from = listed_from(e_values);
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] <= share) shown.push_back(i);
  }
  one.require("listed_from() lists the same", shown == list.which);
}

void check_e_bh(VectorCase& one) {
  std::vector<double> e_values = numbers(one.input("e"));
  if (const json::value& weights = optional_member(one.inputs(), "weights"); !weights.is_null()) {
    e_values = weighted(e_values, numbers(weights));
  }
  compare_list(one, e_values);
}

void check_e_bh_window(VectorCase& one) {
  const auto window = one.input("window_days").to_number<std::size_t>();
  std::vector<double> e_values;
  for (const double evidence : numbers(one.input("evidence"))) {
    e_values.push_back(e_value(evidence, window));
  }
  compare_list(one, e_values);
}

}  // namespace

void add_false_discovery_checks(Checks& checks) {
  checks["e_bh"] = check_e_bh;
  checks["e_bh_window"] = check_e_bh_window;
}

}  // namespace tightrope::rules::vectors
