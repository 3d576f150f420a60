#include "rules/kpi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "rules/kpi_library.h"

namespace tightrope::rules {
namespace {

double value_of(const Kpi& kpi, const std::map<std::string, double>& metrics) {
  std::vector<double> values;
  for (const Input& input : kpi.formula.inputs()) values.push_back(metrics.at(input.name));
  return kpi.formula.evaluate(values);
}

std::map<std::string, double> random_metrics(const KpiLibrary& library, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> amount(1, 1000);
  std::map<std::string, double> metrics;
  for (const Metric& metric : library.metrics()) metrics[metric.name] = amount(random);
  return metrics;
}

TEST(KpiLibraryTest, EveryBuiltInKpiIsThereWithItsUnitAndMeaning) {
  const KpiLibrary library;
  ASSERT_GE(built_in_kpis().size(), 30u);
  for (const BuiltInKpi& built_in : built_in_kpis()) {
    const Kpi* kpi = library.find_kpi(built_in.name);
    ASSERT_NE(kpi, nullptr) << built_in.name;
    EXPECT_EQ(kpi->formula.text(), built_in.formula);
    EXPECT_EQ(kpi->unit, built_in.unit) << built_in.name;
    EXPECT_EQ(kpi->formula.unit(), built_in.unit) << built_in.name;
    EXPECT_EQ(kpi->better, built_in.better) << built_in.name;
    EXPECT_FALSE(kpi->meaning.empty()) << built_in.name;
  }
}

TEST(KpiLibraryTest, NamesAreDistinctAndCanStandInFormulas) {
  const KpiLibrary library;
  std::set<std::string> names;
  for (const Kpi& kpi : library.kpis()) {
    EXPECT_TRUE(names.insert(kpi.name).second) << kpi.name;
    EXPECT_TRUE(is_formula_name(kpi.name)) << kpi.name;
  }
  for (const Metric& metric : library.metrics()) {
    EXPECT_TRUE(is_formula_name(metric.name)) << metric.name;
    EXPECT_EQ(names.contains(metric.name), metric.additive) << metric.name;
  }
}

TEST(KpiLibraryTest, KpisAreMadeOfMetricsOnly) {
  const KpiLibrary library;
  for (const Kpi& kpi : library.kpis()) {
    EXPECT_FALSE(kpi.formula.inputs().empty()) << kpi.name;
    for (const Input& input : kpi.formula.inputs()) {
      EXPECT_NE(library.find_metric(input.name), nullptr) << kpi.name << " " << input.name;
      EXPECT_EQ(input.kind, Name::Kind::metric) << kpi.name;
      EXPECT_FALSE(input.over.has_value()) << kpi.name;
    }
  }
}

TEST(KpiLibraryTest, EveryAdditiveMetricIsAKpiOfItsName) {
  const KpiLibrary library;
  const Kpi* conversions = library.find_kpi("conversions");
  ASSERT_NE(conversions, nullptr);
  EXPECT_EQ(conversions->unit, Unit::count);
  EXPECT_EQ(conversions->better, Better::higher);
  EXPECT_EQ(value_of(*conversions, {{"conversions", 12}}), 12);
  EXPECT_EQ(library.find_kpi("reach"), nullptr) << "people reached on two days are not the sum of both";
}

struct Example {
  const char* kpi;
  std::map<std::string, double> metrics;
  double value;
};

class KpiExampleTest : public ::testing::TestWithParam<Example> {};

TEST_P(KpiExampleTest, HasTheValueOfItsDefinition) {
  const KpiLibrary library;
  const Kpi* kpi = library.find_kpi(GetParam().kpi);
  ASSERT_NE(kpi, nullptr);
  EXPECT_DOUBLE_EQ(value_of(*kpi, GetParam().metrics), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    All, KpiExampleTest,
    ::testing::ValuesIn(std::vector<Example>{
        {"cpa", {{"spend", 412}, {"conversions", 10}}, 41.2},
        {"cpm", {{"spend", 5}, {"impressions", 2000}}, 2.5},
        {"roas", {{"revenue", 900}, {"spend", 300}}, 3},
        {"acos", {{"revenue", 1000}, {"spend", 300}}, 0.3},
        {"aov", {{"revenue", 900}, {"conversions", 12}}, 75},
        {"cart_abandonment_rate", {{"carts", 10}, {"orders", 4}}, 0.6},
        {"retention_rate", {{"customers_at_start", 200}, {"churned_customers", 10}}, 0.95},
        {"nps", {{"promoters", 60}, {"detractors", 18}, {"survey_responses", 100}}, 0.42},
        {"average_rating", {{"rating_sum", 43}, {"ratings", 10}}, 4.3},
        {"first_response_time", {{"response_hours", 30}, {"responses", 12}}, 2.5},
        {"strategy_time_share", {{"strategy_hours", 12}, {"hours", 40}}, 0.3},
        {"net_revenue", {{"revenue", 900}, {"refunds", 100}}, 800},
        {"impression_share_lost_rank", {{"impressions_lost_rank", 20}, {"eligible_impressions", 100}}, 0.2},
    }),
    [](const auto& instance) { return std::string(instance.param.kpi); });

TEST(FactorTest, TheProductOfTheFactorsMovesAsTheKpiDoes) {
  const KpiLibrary library;
  const auto before = random_metrics(library, 1);
  const auto after = random_metrics(library, 2);
  int decomposed = 0;
  for (const Kpi& kpi : library.kpis()) {
    const auto factors = factors_of(kpi.name);
    if (factors.empty()) continue;
    ++decomposed;
    double product = 1;
    for (const Factor& factor : factors) {
      const Kpi* part = library.find_kpi(factor.kpi);
      ASSERT_NE(part, nullptr) << kpi.name << " " << factor.kpi;
      product *= std::pow(value_of(*part, after) / value_of(*part, before), factor.exponent);
    }
    EXPECT_NEAR(product / (value_of(kpi, after) / value_of(kpi, before)), 1, 1e-12) << kpi.name;
  }
  EXPECT_GE(decomposed, 20);
  EXPECT_EQ(factors_of("cpa").size(), 2u);
  EXPECT_TRUE(factors_of("cvr").empty());
  EXPECT_TRUE(factors_of("no_such_kpi").empty());
}

TEST(FactorTest, NoKpiIsAFactorOfItself) {
  const KpiLibrary library;
  for (const Kpi& kpi : library.kpis()) {
    for (const Factor& factor : factors_of(kpi.name)) EXPECT_NE(factor.kpi, kpi.name);
  }
}

TEST(KpiLibraryTest, ACustomKpiMayNameOthersWhichAreInlined) {
  KpiLibrary library;
  EXPECT_FALSE(library.add_metric({"margin", Unit::money, true}).has_value());
  ASSERT_FALSE(library.add_kpi("net_roas", "(revenue - refunds) / spend", std::nullopt, Better::higher, "")
                   .has_value());
  ASSERT_FALSE(library.add_kpi("half_net_roas", "net_roas / 2", Unit::ratio, Better::higher, "").has_value());
  const Kpi* kpi = library.find_kpi("half_net_roas");
  ASSERT_NE(kpi, nullptr);
  EXPECT_EQ(kpi->unit, Unit::ratio);
  EXPECT_DOUBLE_EQ(value_of(*kpi, {{"revenue", 100}, {"refunds", 20}, {"spend", 10}}), 4);
  ASSERT_TRUE(kpi->formula.is_quotient());
  const std::vector<double> values{100, 20, 10};
  EXPECT_EQ(kpi->formula.inputs()[2].name, "spend");
  EXPECT_DOUBLE_EQ(kpi->formula.numerator(values), 40);
  EXPECT_DOUBLE_EQ(kpi->formula.denominator(values), 10);
}

TEST(KpiLibraryTest, InlinedConstantsAndInputsKeepTheirMeaning) {
  KpiLibrary library;
  ASSERT_FALSE(
      library.add_kpi("mixed", "2 * cpc + 3 * cpm - cpc", Unit::money, Better::lower, "").has_value());
  const Kpi* kpi = library.find_kpi("mixed");
  ASSERT_NE(kpi, nullptr);
  EXPECT_EQ(kpi->formula.inputs().size(), 3u);
  EXPECT_DOUBLE_EQ(value_of(*kpi, {{"spend", 10}, {"clicks", 5}, {"impressions", 1000}}), 2 + 30);
}

TEST(KpiLibraryTest, InliningCountsTowardsTheLimit) {
  KpiLibrary library;
  std::string name = "cpc";
  std::optional<FormulaError> error;
  int levels = 0;
  for (; levels < 20 && !error; ++levels) {
    const std::string next = "level_" + std::to_string(levels);
    error = library.add_kpi(next, name + " + " + name, std::nullopt, Better::neither, "");
    name = next;
  }
  ASSERT_TRUE(error.has_value());
  EXPECT_LT(levels, 10);
  EXPECT_NE(error->problem.find("more than 256"), std::string::npos) << error->problem;
}

struct RefusedKpi {
  const char* what;
  const char* name;
  const char* formula;
  std::optional<Unit> unit;
  const char* problem;
};

class RefusedKpiTest : public ::testing::TestWithParam<RefusedKpi> {};

TEST_P(RefusedKpiTest, IsNotAdded) {
  KpiLibrary library;
  const std::size_t count = library.kpis().size();
  const auto error = library.add_kpi(GetParam().name, GetParam().formula, GetParam().unit, Better::lower, "");
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->problem, GetParam().problem);
  EXPECT_EQ(library.kpis().size(), count);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedKpiTest,
    ::testing::ValuesIn(std::vector<RefusedKpi>{
        {"AnotherDefinitionOfAKnownName", "cpa", "spend / orders", std::nullopt,
         "the KPI \"cpa\" is known already, as spend / conversions"},
        {"TheNameOfAMetric", "reach", "impressions", std::nullopt, "\"reach\" is known already, as a metric"},
        {"ItsOwnName", "mine", "mine + 1", std::nullopt, "unknown name \"mine\""},
        {"ARank", "mine", "rank(spend)", std::nullopt, "rank() cannot be used here: a KPI is made of sums"},
        {"AnotherUnit", "mine", "spend / orders", Unit::ratio, "the formula gives money, not ratio"},
        {"ACondition", "mine", "spend > 5", std::nullopt,
         "a KPI is a figure; this is a condition, which is true or false"},
        {"AWordOfTheLanguage", "max", "spend", std::nullopt,
         "\"max\" cannot be the name of a KPI: write letters, digits and \"_\", and no word of the formula "
         "language"},
        {"AUnitError", "mine", "spend + orders", std::nullopt, "cannot add money and count"},
    }),
    [](const auto& instance) { return std::string(instance.param.what); });

TEST(KpiLibraryTest, UnknownNamesAreSuggestedFromTheWholeLibrary) {
  KpiLibrary library;
  const auto error = library.add_kpi("mine", "spend / ordrs", std::nullopt, Better::lower, "");
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->offset, 8u);
  EXPECT_EQ(error->suggestion, "orders");
  EXPECT_EQ(library.add_kpi("mine", "cpaa * 2", std::nullopt, Better::lower, "")->suggestion, "cpa");
}

TEST(KpiLibraryTest, TheVerySameDefinitionIsNoConflict) {
  KpiLibrary library;
  const std::size_t count = library.kpis().size();
  EXPECT_FALSE(library.add_kpi("cpa", "spend / conversions", Unit::money, Better::lower, "").has_value());
  EXPECT_FALSE(library.add_metric({"spend", Unit::money, true}).has_value());
  EXPECT_EQ(library.kpis().size(), count);
}

TEST(KpiLibraryTest, AMetricOfATakenNameIsRefused) {
  KpiLibrary library;
  EXPECT_EQ(library.add_metric({"spend", Unit::count, true})->problem,
            "the metric \"spend\" is known already, as money");
  EXPECT_EQ(library.add_metric({"reach", Unit::count, true})->problem,
            "the metric \"reach\" is known already, as count that is not additive");
  EXPECT_EQ(library.add_metric({"cpa", Unit::money, true})->problem,
            "\"cpa\" is known already, as the KPI spend / conversions");
  EXPECT_TRUE(library.add_metric({"two words", Unit::count, true}).has_value());
  EXPECT_TRUE(library.add_metric({"switch", Unit::truth, true}).has_value());
}

TEST(KpiLibraryTest, ANewMetricIsAKpiToo) {
  KpiLibrary library;
  ASSERT_FALSE(library.add_metric({"store_visits", Unit::count, true}).has_value());
  ASSERT_FALSE(library.add_metric({"audience", Unit::count, false}).has_value());
  ASSERT_NE(library.find_kpi("store_visits"), nullptr);
  EXPECT_EQ(library.find_kpi("store_visits")->unit, Unit::count);
  EXPECT_EQ(library.find_kpi("audience"), nullptr);
}

TEST(KpiLibraryTest, ABareNumberTakesTheUnitGiven) {
  KpiLibrary library;
  ASSERT_FALSE(library.add_metric({"index", Unit::number, true}).has_value());
  ASSERT_FALSE(library.add_kpi("price_index", "index * 2", Unit::money, Better::neither, "").has_value());
  EXPECT_EQ(library.find_kpi("price_index")->unit, Unit::money);
  // And is of that unit where it is named.
  EXPECT_TRUE(
      library.add_kpi("nonsense", "price_index + clicks", std::nullopt, Better::neither, "").has_value());
}

TEST(KpiLibraryTest, ConditionsOfPlaybooksUseKpisAsInputs) {
  const KpiLibrary library;
  const auto result = compile_formula("cpa > 40 and change(cpa, 7d) > 20% and spend > 100 and step < 0.2",
                                      library.vocabulary({{"step", Unit::ratio}}));
  ASSERT_TRUE(std::holds_alternative<Formula>(result)) << std::get<FormulaError>(result).problem;
  const Formula& formula = std::get<Formula>(result);
  EXPECT_EQ(formula.unit(), Unit::truth);
  EXPECT_EQ(formula.inputs(), (std::vector<Input>{{"cpa", Name::Kind::kpi, std::nullopt},
                                                  {"cpa", Name::Kind::kpi, parse_window("7d")},
                                                  {"cpa", Name::Kind::kpi, parse_window("7d"), 7},
                                                  {"spend", Name::Kind::metric, std::nullopt},
                                                  {"step", Name::Kind::value, std::nullopt}}));
}

TEST(KpiLibraryTest, AVocabularyOutlivesItsLibrary) {
  Vocabulary vocabulary;
  {
    KpiLibrary library;
    ASSERT_FALSE(library.add_metric({"store_visits", Unit::count, true}).has_value());
    vocabulary = library.vocabulary();
  }
  EXPECT_TRUE(std::holds_alternative<Formula>(compile_formula("store_visits * 2", vocabulary)));
  EXPECT_NE(std::find(vocabulary.names.begin(), vocabulary.names.end(), "store_visits"),
            vocabulary.names.end());
}

TEST(BetterTest, WordsAreReadBack) {
  for (const Better better : {Better::lower, Better::higher, Better::neither}) {
    EXPECT_EQ(parse_better(to_string(better)), better);
  }
  EXPECT_EQ(parse_better("up"), std::nullopt);
}

}  // namespace
}  // namespace tightrope::rules
