// What lint claims to be impossible is tried with thousands of figures, judged as the engine judges.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lint_strategies.h"
#include "rules/lint.h"
#include "rules/verdict.h"

namespace tightrope::rules {
namespace {

constexpr const char* kMetrics[] = {"spend",    "revenue", "impressions", "clicks",
                                    "sessions", "leads",   "conversions", "demos"};
constexpr const char* kKpis[] = {"cpa",         "cpc",    "cpm",       "cvr",           "ctr",
                                 "roas",        "aov",    "spend",     "rpc",           "leads",
                                 "conversions", "clicks", "lead_rate", "cost_per_demo", "revenue"};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  Strategy strategy() {
    std::vector<Target> targets;
    const std::size_t count = 2 + random_() % 3;
    for (std::size_t i = 0; i < count; ++i) targets.push_back(target("t" + std::to_string(i)));
    return lint_testing::strategy({lint_testing::objective("o", std::move(targets))},
                                  {lint_testing::playbook("p", "")});
  }

  // Figures of one entity and window; with `nested` each result is among what it came from.
  std::map<std::string, double> figures(bool nested) {
    std::map<std::string, double> result;
    for (const char* metric : kMetrics) result[metric] = figure();
    if (random_() % 2 == 0) result["revenue"] -= 40;  // more was given back than sold
    if (nested) {
      result["clicks"] = std::min(result["clicks"], result["impressions"]);
      for (const char* part : {"conversions", "leads"})
        result[part] = std::min(result[part], result["clicks"]);
    }
    return result;
  }

 private:
  double figure() {
    static constexpr double kScales[] = {0, 1, 3, 20, 300};
    return std::floor(kScales[random_() % 5] * static_cast<double>(random_() % 1000) / 100) / 4;
  }

  Target target(std::string name) {
    static constexpr double kBounds[] = {-1, 0, 0.02, 0.2, 0.5, 1, 1.2, 3, 10, 25, 100};
    const char* kpi = kKpis[random_() % std::size(kKpis)];
    const double low = kBounds[random_() % std::size(kBounds)];
    Target result;
    switch (random_() % 3) {
      case 0:
        result = lint_testing::at_most(std::move(name), kpi, low);
        break;
      case 1:
        result = lint_testing::at_least(std::move(name), kpi, low);
        break;
      default:
        result = lint_testing::between(std::move(name), kpi, low,
                                       low + kBounds[random_() % std::size(kBounds)] + 1);
    }
    if (random_() % 3 == 0)
      result.min_volume = {{kMetrics[random_() % std::size(kMetrics)], kBounds[random_() % 11] + 1}};
    return result;
  }

  std::mt19937 random_;
};

Verdict judged(const Strategy& strategy, const Target& target, const std::map<std::string, double>& figures) {
  const Kpi& kpi = *strategy.find_kpi(target.kpi);
  std::vector<double> inputs;
  for (const Input& input : kpi.formula.inputs()) inputs.push_back(figures.at(input.name));
  CheckInput check;
  check.value = kpi.formula.evaluate(inputs);
  check.any_figure = true;
  check.hours = 168;
  check.spend = figures.at("spend");
  check.numerator = check.value;
  if (kpi.formula.is_quotient()) {
    check.numerator = kpi.formula.numerator(inputs);
    check.denominator = kpi.formula.denominator(inputs);
    check.denominator_unit = kpi.formula.denominator_unit();
  }
  for (const MinimumVolume& volume : target.min_volume) {
    if (figures.at(volume.metric) < volume.amount) check.volume_reached = false;
  }
  const Bound* bound = target.bound_on(Day{20000});
  return judge(target, kpi, bound == nullptr ? std::nullopt : std::optional(sides_of(target, *bound)), check);
}

const Target& named(const Strategy& strategy, const std::string& name) {
  for (const Target& target : strategy.objectives[0].targets) {
    if (target.name == name) return target;
  }
  std::abort();
}

bool met(const Verdict& verdict) {
  return !std::isnan(verdict.value) && verdict.gap_ratio <= 0;
}

// The claim of the finding, tried on one set of figures.
void try_claim(const Strategy& strategy, const Finding& finding,
               const std::map<std::string, double>& figures) {
  const auto verdict = [&](std::size_t i) {
    return judged(strategy, named(strategy, finding.about[i].name), figures);
  };
  switch (finding.kind) {
    case FindingKind::never_fires:
      EXPECT_FALSE(verdict(0).missed()) << finding.problem;
      return;
    case FindingKind::never_met:
      EXPECT_FALSE(met(verdict(0))) << finding.problem;
      return;
    case FindingKind::redundant:
      EXPECT_TRUE(!verdict(0).missed() || verdict(1).missed()) << finding.problem;
      return;
    case FindingKind::contradiction: {
      bool all = true;
      for (std::size_t i = 0; i < finding.about.size(); ++i) all = all && met(verdict(i));
      EXPECT_FALSE(all) << finding.problem;
      return;
    }
    default:
      return;
  }
}

TEST(LintPropertyTest, NoFiguresRefuteAClaim) {
  World world(20261124);
  std::map<FindingKind, int> claims;
  for (int round = 0; round < 1500; ++round) {
    const Strategy strategy = world.strategy();
    const std::vector<Finding> found = lint(strategy);
    for (const Finding& finding : found) {
      if (finding.is_note) continue;
      ++claims[finding.kind];
      for (int i = 0; i < 400; ++i) try_claim(strategy, finding, world.figures(finding.likely));
      ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round;
    }
  }
  // Else the test shows little.
  EXPECT_GT(claims[FindingKind::never_fires], 50);
  EXPECT_GT(claims[FindingKind::never_met], 50);
  EXPECT_GT(claims[FindingKind::contradiction], 50);
  EXPECT_GT(claims[FindingKind::redundant], 10);
}

}  // namespace
}  // namespace tightrope::rules
