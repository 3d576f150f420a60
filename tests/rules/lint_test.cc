// Each kind of finding: a strategy that has it, and a near twin that has not.
#include "rules/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lint_strategies.h"

namespace tightrope::rules {
namespace {

using lint_testing::at_least;
using lint_testing::at_most;
using lint_testing::between;
using lint_testing::findings;
using lint_testing::match;
using lint_testing::objective;
using lint_testing::playbook;
using lint_testing::strategy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct TargetCase {
  const char* name;
  std::vector<Target> targets;
  std::vector<std::string> expected;
};
class LintTargetTest : public ::testing::TestWithParam<TargetCase> {};

template <class Change>
Target with(Target target, Change change) {
  change(target);
  return target;
}

TEST_P(LintTargetTest, Finds) {
  EXPECT_EQ(findings(strategy({objective("growth", GetParam().targets)})), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, LintTargetTest,
    ::testing::ValuesIn(std::vector<TargetCase>{
        {"CountsAreNeverNegative", {at_least("a", "clicks", 0)}, {"never_fires:a:at_least"}},
        {"OneClickCanBeMissing", {at_least("a", "clicks", 1)}, {}},
        {"RevenueMayBeNegative", {at_least("a", "revenue", 0)}, {}},
        {"ProfitMayBeNegative", {at_least("a", "roas", 0)}, {}},
        {"SharesAreLikelyAtMostOne", {at_most("a", "cvr", 1.2)}, {"never_fires:a:at_most likely"}},
        {"SharesBelowOneCanBeExceeded", {at_most("a", "cvr", 0.9)}, {}},
        {"SessionsPerClickMayExceedOne", {at_most("a", "landing_rate", 1.2)}, {}},
        {"BothSidesOutside", {between("a", "ctr", -1, 2)}, {"never_fires:a:between likely"}},
        {"OneSideInside", {between("a", "ctr", -1, 0.5)}, {}},
        {"ShareTypedAsPercent", {at_least("a", "ctr", 3)}, {"never_met:a:at_least likely"}},
        {"PriceBelowNothing", {at_most("a", "cpa", -1)}, {"never_met:a:at_most"}},
        {"PriceOfNothing", {at_most("a", "cpa", 0)}, {}},
        {"MissingDataMayFireIt",
         {with(at_least("a", "clicks", 0), [](Target& target) { target.no_data = NoData::alert; })},
         {}},
        {"PacedFromNothing",
         {with(at_least("a", "clicks", 0), [](Target& target) { target.pace = true; })},
         {"never_fires:a:at_least"}},
        {"AnExceptionThatCanBeMissed",
         {with(at_least("a", "clicks", 0),
               [](Target& target) {
                 target.exceptions = {{match("search"), {{kFirstDay, 5, 0}}}};
               })},
         {}},
        {"MoreVolumeThanTheBound",
         {with(at_least("a", "conversions", 10),
               [](Target& target) {
                 target.min_volume = {{"conversions", 20}};
               })},
         {"never_fires:a:min_volume"}},
        {"LessVolumeThanTheBound",
         {with(at_least("a", "conversions", 10),
               [](Target& target) {
                 target.min_volume = {{"conversions", 9}};
               })},
         {}},
        {"TodayIsOverBeforeItFires",
         {with(at_most("a", "cpa", 10),
               [](Target& target) {
                 target.over = {Window::Kind::today, 1};
                 target.hold = std::chrono::hours(48);
               })},
         {"slow_to_fire:a:for likely"}},
        {"SomeHoursOfToday",
         {with(at_most("a", "cpa", 10),
               [](Target& target) {
                 target.over = {Window::Kind::today, 1};
                 target.hold = std::chrono::hours(3);
               })},
         {}},
        {"LooserAndNoMoreUrgent",
         {at_most("a", "cpa", 40), at_most("b", "cpa", 50)},
         {"redundant:b:at_most"}},
        {"LooserAndMoreUrgent",
         {at_most("a", "cpa", 40),
          with(at_most("b", "cpa", 50), [](Target& target) { target.severity = Severity::page; })},
         {}},
        {"LooserAndSooner",
         {with(at_most("a", "cpa", 40), [](Target& target) { target.hold = std::chrono::hours(2); }),
          at_most("b", "cpa", 50)},
         {}},
        {"EqualOnesOnce", {at_most("a", "cpa", 40), at_most("b", "cpa", 40)}, {"redundant:b:at_most"}},
        {"StricterLater",
         {at_most("a", "cpa", 40), with(at_most("b", "cpa", 50),
                                        [](Target& target) {
                                          target.bounds.push_back({Day{20000}, 0, 30});
                                        })},
         {}},
        {"NoFigureIsBoth", {at_most("a", "cpa", 10), at_least("b", "cpa", 20)}, {"contradiction:b:at_least"}},
        {"OneFigureIsBoth", {at_most("a", "cpa", 10), at_least("b", "cpa", 10)}, {}},
        {"OtherWindows",
         {at_most("a", "cpa", 10),
          with(at_least("b", "cpa", 20), [](Target& target) { target.over.length = 30; })},
         {}},
        {"ByFactors",
         {at_most("a", "cpa", 10), at_least("b", "cpc", 5), at_most("c", "cvr", 0.2)},
         {"contradiction:c:at_most"}},
        {"FactorsLeaveRoom",
         {at_most("a", "cpa", 25), at_least("b", "cpc", 5), at_most("c", "cvr", 0.2)},
         {}},
        {"ByFactorsOfFactors",
         {at_most("a", "cpa", 10), at_least("b", "cpm", 100), at_most("c", "ctr", 0.02),
          at_most("d", "cvr", 0.2)},
         {"contradiction:d:at_most"}},
        {"ByVolumes",
         {at_most("a", "spend", 1000), at_least("b", "conversions", 100), at_least("c", "cpa", 11)},
         {"contradiction:c:at_least"}},
        {"VolumesLeaveRoom",
         {at_most("a", "spend", 1100), at_least("b", "conversions", 100), at_least("c", "cpa", 11)},
         {}},
        {"ByVolumesOfACustomKpi",
         {at_most("a", "spend", 1000), at_least("b", "demos", 100), at_least("c", "cost_per_demo", 11)},
         {"contradiction:c:at_least"}},
        {"OnLaterDaysOnly",
         {at_most("a", "cpa", 10), with(at_least("b", "cpa", 5),
                                        [](Target& target) {
                                          target.bounds.push_back({Day{20000}, 20, 0});
                                        })},
         {"contradiction:b:at_least"}},
        {"TheMeanOfCampaigns",
         {with(at_most("a", "cpa", 10), [](Target& target) { target.per.depth = 2; }),
          at_least("b", "cpa", 20)},
         {"contradiction:b:at_least likely"}},
        {"VolumesOfCampaignsAddUp",
         {with(at_most("a", "spend", 10), [](Target& target) { target.per.depth = 2; }),
          at_least("b", "spend", 20)},
         {}},
    }),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(LintObjectivesTest, AChildOutsideOfItsParentIsNamed) {
  Objective parent = objective("growth", {});
  parent.match = match("search", "brand-*");
  Objective child = objective("germany", {});
  child.parent = "growth";
  child.match = match("search", "*-de");
  EXPECT_THAT(findings(strategy({parent, child})), IsEmpty());
  child.match = match("search", "shop-de");
  EXPECT_THAT(findings(strategy({parent, child})), ElementsAre("outside_parent:germany:match"));
}

// Two objectives that share campaigns, as far as their globs tell.
Strategy two_objectives(std::string campaign, std::string other, int depth) {
  Objective a = objective("a", {at_most("low", "cpa", 10)});
  Objective b = objective("b", {at_least("high", "cpa", 20)});
  a.match = match("search", std::move(campaign));
  b.match = match("*", std::move(other));
  a.targets[0].per.depth = b.targets[0].per.depth = depth;
  return strategy({a, b});
}

TEST(LintObjectivesTest, TargetsOfTwoObjectivesContradictWhereBothMatch) {
  EXPECT_THAT(findings(two_objectives("brand*", "*-de", 2)), ElementsAre("contradiction:high:at_least"));
  EXPECT_THAT(lint(two_objectives("brand*", "*-de", 2))[2].problem, HasSubstr("search/brand-de"));
  EXPECT_THAT(findings(two_objectives("brand*", "shop-de", 2)), IsEmpty());
  // By channel, the two sum different campaigns.
  EXPECT_THAT(findings(two_objectives("brand*", "*-de", 1)), IsEmpty());
  EXPECT_THAT(findings(two_objectives("brand*", "*-de", 0)), IsEmpty());
}

TEST(LintObjectivesTest, ABudgetBelowTheSpendAskedForContradicts) {
  Objective growth = objective("growth", {at_least("invest", "spend", 5000)});
  growth.targets[0].over = {Window::Kind::month, 1};
  growth.budget = Budget{5000, {Window::Kind::month, 1}};
  EXPECT_THAT(findings(strategy({growth})), IsEmpty());
  growth.budget->amount = 4000;
  EXPECT_THAT(findings(strategy({growth})), ElementsAre("contradiction:invest:at_least"));
  growth.budget->per = {Window::Kind::week, 1};
  EXPECT_THAT(findings(strategy({growth})), IsEmpty());
}

struct PlaybookCase {
  const char* name;
  const char* kpi;
  const char* when;
  std::vector<std::string> expected;
};
class LintPlaybookTest : public ::testing::TestWithParam<PlaybookCase> {};

TEST_P(LintPlaybookTest, Finds) {
  const PlaybookCase& row = GetParam();
  EXPECT_EQ(
      findings(strategy({objective("growth", {at_most("a", "cpa", 40)})}, {playbook("p", row.kpi, row.when)}),
               true),
      row.expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, LintPlaybookTest,
    ::testing::ValuesIn(std::vector<PlaybookCase>{
        {"NegativeClicks", "cpa", "clicks < 0", {"never_applies:p:when"}},
        {"NoClicks", "cpa", "clicks <= 0", {}},
        {"MoreClicksThanImpressions", "cpa", "ctr > 1.5", {"never_applies:p:when likely"}},
        {"AlmostAllImpressionsClicked", "cpa", "ctr > 0.9", {}},
        {"StepBeyondItsLimit", "cpa", "step > max_step", {"never_applies:p:when"}},
        {"StepUpToItsLimit", "cpa", "step >= max_step", {}},
        {"NothingIsBoth", "cpa", "spend > 5 and spend < 3", {"never_applies:p:when"}},
        {"SomethingIsBoth", "cpa", "spend > 3 and spend < 5", {}},
        {"ARateOfNoClicks", "cpa", "clicks <= 0 and ctr > 1%", {"never_applies:p:when"}},
        {"LosesMoreThanAll", "cpa", "change(clicks, 7d) < -110%", {"never_applies:p:when"}},
        {"LosesAlmostAll", "cpa", "change(clicks, 7d) < -90%", {}},
        {"TheMonthIsLongerThanItself", "cpa", "period_elapsed > 100%", {"never_applies:p:when"}},
        {"NegativePrice", "cpa", "value < 0", {"never_applies:p:when"}},
        {"NeedsABudget", "cpa", "budget_used > 50%", {"unused:p:when"}},
        {"NoSuchTarget", "churn_rate", "churned_customers > 5", {"no_advice:a:kpi", "unused:p:applies.kpi"}},
    }),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(LintPlaybooksTest, ADriverMustBeAFactor) {
  Playbook one = playbook("p", "cpa");
  const auto found = [&] {
    return findings(strategy({objective("growth", {at_most("a", "cpa", 40)})}, {one}));
  };
  one.driver = "cvr";
  EXPECT_THAT(found(), IsEmpty());
  one.driver = "ctr";  // a factor of cpc, which is one of cpa
  EXPECT_THAT(found(), IsEmpty());
  one.driver = "demand";
  EXPECT_THAT(found(), IsEmpty());
  one.driver = "open_rate";
  EXPECT_THAT(found(), ElementsAre("never_applies:p:applies.driver"));
  one.kpi = "";
  EXPECT_THAT(found(), IsEmpty());
  one.driver = "frequency";
  EXPECT_THAT(found(), ElementsAre("never_applies:p:applies.driver"));
}

TEST(LintPlaybooksTest, AdviceWithoutANumberIsNoted) {
  Playbook one = playbook("p", "cpa");
  one.advise = "Look at {campaign}.";
  EXPECT_THAT(findings(strategy({objective("growth", {at_most("a", "cpa", 40)})}, {one}), true),
              ElementsAre("advice_without_numbers:p:advise"));
}

std::vector<std::string> opposites(Playbook a, Playbook b) {
  a.changes = {{"bid", Direction::down}};
  b.changes = {{"budget", Direction::down}, {"bid", Direction::up}};
  return findings(strategy({objective("growth", {at_most("a", "cpa", 40)})}, {a, b}));
}

TEST(LintPlaybooksTest, OppositeOnesForOneAlertAreNamed) {
  const std::vector<std::string> found{"opposite_playbooks:b:changes.bid"};
  EXPECT_EQ(opposites(playbook("a", "cpa"), playbook("b", "cpa")), found);
  EXPECT_EQ(opposites(playbook("a", "cpa", "spend > 5"), playbook("b", "", "spend > 9")), found);
  EXPECT_THAT(opposites(playbook("a", "cpa"), playbook("b", "roas")), IsEmpty());
  EXPECT_THAT(opposites(playbook("a", "cpa", "spend > 5"), playbook("b", "cpa", "spend < 3")), IsEmpty());
  EXPECT_THAT(
      opposites(playbook("a", "cpa", "spend > revenue + 10"), playbook("b", "cpa", "spend < revenue")),
      IsEmpty());
  Playbook by_price = playbook("a", "cpa");
  Playbook by_rate = playbook("b", "cpa");
  by_price.driver = "cpc";
  by_rate.driver = "cvr";
  EXPECT_THAT(opposites(by_price, by_rate), IsEmpty());
  by_rate.driver = "ctr";  // which may be why the click price leads
  EXPECT_EQ(opposites(by_price, by_rate), found);
  by_rate.driver = "tracking";
  EXPECT_THAT(opposites(by_price, by_rate), IsEmpty());
}

TEST(LintPlaybooksTest, NothingIsSaidWithoutChanges) {
  EXPECT_THAT(findings(strategy({objective("growth", {at_most("a", "cpa", 40)})},
                                {playbook("lower_bids", "cpa"), playbook("raise_bids", "cpa")})),
              IsEmpty());
}

TEST(LintClientsTest, SharedPlaybooksAreToldOnceAndUnusedOnesOnlyWhereNobodyUsesThem) {
  const std::vector<Playbook> shared{playbook("p", "cpa"), playbook("q", "churn_rate"),
                                     playbook("r", "cpa", "clicks < 0")};
  const Strategy one = strategy({objective("growth", {at_most("a", "cpa", 40)})}, shared);
  const Strategy other = strategy({objective("growth", {at_most("a", "cpc", 1)})}, shared);
  const std::vector<const Strategy*> both{&one, &other};
  std::vector<std::string> told;
  for (const Finding& finding : lint(both)) {
    if (finding.about.front().kind == Subject::Kind::playbook)
      told.push_back(std::string(to_string(finding.kind)) + ":" + finding.about.front().name);
  }
  EXPECT_THAT(told, ElementsAre("unused:q", "never_applies:r"));
}

TEST(LintTextTest, SaysWhyWithTheNumbers) {
  const auto found = lint(strategy(
      {objective("growth", {at_most("a", "cpa", 10), at_least("b", "cpc", 5), at_most("c", "cvr", 0.2)})},
      {playbook("p", "")}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(
      found[0].problem,
      "cannot all be met: with \"b\" (cpc at least 5.00 EUR) and \"c\" (cvr at most 20 %), cpa is at least "
      "25.00 EUR, against \"a\" (cpa at most 10.00 EUR)");
}

}  // namespace
}  // namespace tightrope::rules
