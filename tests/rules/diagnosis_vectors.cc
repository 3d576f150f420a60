// Topic 5: why a KPI changed.
#include "rules/factor_effects.h"
#include "rules/mix.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

void check_lmdi(VectorCase& one) {
  const std::vector<double> before = numbers(one.input("factors_before"));
  const std::vector<double> now = numbers(one.input("factors_after"));
  const std::vector<double> powers = numbers(one.input("powers"));
  std::vector<FactorMovement> factors;
  for (std::size_t i = 0; i < powers.size(); ++i) {
    factors.push_back({.value = {before.at(i), now.at(i)}, .power = powers[i]});
  }
  const auto change = explain_product(factors);
  one.require("the product is defined", change.has_value());
  if (!change) return;
  one.compare("before", change->value.before, one.expected("before"));
  one.compare("after", change->value.now, one.expected("after"));
  one.compare_all("effects", change->effects, one.expected("effects"));
}

void check_mix_rate(VectorCase& one) {
  const std::vector<double> numerator_before = numbers(one.input("numerator_before"));
  const std::vector<double> denominator_before = numbers(one.input("denominator_before"));
  const std::vector<double> numerator_now = numbers(one.input("numerator_after"));
  const std::vector<double> denominator_now = numbers(one.input("denominator_after"));
  std::vector<SegmentSums> segments;
  for (std::size_t i = 0; i < numerator_before.size(); ++i) {
    segments.push_back({.numerator = {numerator_before[i], numerator_now.at(i)},
                        .denominator = {denominator_before.at(i), denominator_now.at(i)}});
  }
  const auto change = mix_and_rate(segments);
  one.require("the ratio is defined", change.has_value());
  if (!change) return;
  std::vector<double> mix;
  std::vector<double> rate;
  for (const SegmentEffect& segment : change->segments) {
    mix.push_back(segment.mix);
    rate.push_back(segment.rate);
  }
  one.compare("before", change->value.before, one.expected("before"));
  one.compare("after", change->value.now, one.expected("after"));
  one.compare_all("mix", mix, one.expected("mix"));
  one.compare_all("rate", rate, one.expected("rate"));
}

}  // namespace

void add_diagnosis_checks(Checks& checks) {
  checks["lmdi"] = check_lmdi;
  checks["mix_rate"] = check_mix_rate;
}

}  // namespace tightrope::rules::vectors
