// What is strange about a source, and the alerts that stand on its figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using namespace tightrope::rules::testing;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Entity kBrand = campaign("search", "brand");
const Entity kSpring = campaign("social", "spring");
constexpr std::string_view kSource = "acme_ads";

SourceFinding finding(SourceFindingKind kind, Entity entity = {}) {
  return {kind, std::move(entity), {kToday - 3, kToday - 1}, "No figures for 2026-11-17."};
}

SourceFindings told(Timestamp at, std::vector<SourceFinding> findings, std::string_view source = kSource) {
  return {at, std::string(source), std::move(findings)};
}

Playbook doubting(SourceFindingKind kind, std::string kpi = "") {
  Playbook doubt = playbook("doubt", std::move(kpi), "", "", "Are the figures of {campaign} true?");
  doubt.finding = kind;
  return doubt;
}

// Both campaigns miss their target; the figures are of kSource.
Engine missing_engine(std::vector<Playbook> playbooks) {
  Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 12)})}, std::move(playbooks)));
  for (const Entity& entity : {kBrand, kSpring}) {
    ObservationBatch batch = week_of(kNoon, entity, 1000, 10);
    batch.source = kSource;
    engine.apply(batch);
  }
  return engine;
}

std::vector<std::string> advice(const Engine& engine, const Entity& entity) {
  std::vector<std::string> playbooks;
  for (const Alert& alert : engine.alerts()) {
    if (alert.dimensions.back().second != entity.path.back()) continue;
    for (const Recommendation& one : alert.recommendations) playbooks.push_back(one.playbook);
  }
  return playbooks;
}

std::string reason(const Engine& engine, const Entity& entity) {
  for (const Alert& alert : engine.alerts()) {
    if (alert.dimensions.back().second == entity.path.back()) return alert.reason;
  }
  return "no alert";
}

const std::vector<Playbook> kBoth{playbook("look", "", "", "", "Look at {value}."),
                                  doubting(SourceFindingKind::empty_day)};

TEST(EngineFindingsTest, APlaybookForAFindingLeadsWhileItIsFound) {
  Engine engine = missing_engine(kBoth);
  EXPECT_THAT(advice(engine, kBrand), ElementsAre("look"));
  const Effects begun = engine.apply(told(kNoon + 1min, {finding(SourceFindingKind::empty_day)}));
  EXPECT_EQ(begun.alerts.size(), 2u);
  for (const AlertChange& change : begun.alerts) EXPECT_EQ(change.kind, AlertChange::Kind::updated);
  EXPECT_THAT(advice(engine, kBrand), ElementsAre("doubt", "look"));
  EXPECT_THAT(advice(engine, kSpring), ElementsAre("doubt", "look"));
  EXPECT_THAT(reason(engine, kBrand), EndsWith("No figures for 2026-11-17."));
  EXPECT_THAT(engine.sources_with_findings(), ElementsAre(kSource));

  EXPECT_THAT(engine.apply(told(kNoon + 2min, {finding(SourceFindingKind::empty_day)})).alerts, IsEmpty());
  const Effects ended = engine.apply(told(kNoon + 3min, {}));
  EXPECT_EQ(ended.alerts.size(), 2u);
  EXPECT_THAT(advice(engine, kBrand), ElementsAre("look"));
  EXPECT_THAT(reason(engine, kBrand), Not(HasSubstr("No figures")));
  EXPECT_THAT(engine.sources_with_findings(), IsEmpty());
}

TEST(EngineFindingsTest, AnAlertThatFiresLaterHasIt) {
  Engine engine(strategy({objective("growth", {at_most("cpa", "cpa", 12)})}, kBoth));
  ObservationBatch good = week_of(kNoon, kBrand, 100, 10);
  good.source = kSource;
  engine.apply(good);
  engine.apply(told(kNoon + 1min, {finding(SourceFindingKind::empty_day)}));
  ObservationBatch bad = week_of(kNoon + 2min, kBrand, 1000, 10);
  bad.source = kSource;
  engine.apply(bad);
  EXPECT_THAT(advice(engine, kBrand), ElementsAre("doubt", "look"));
}

TEST(EngineFindingsTest, OnlyTheSourceAndTheEntityCount) {
  struct Case {
    const char* name;
    SourceFindings findings;
    bool brand, spring;
  };
  const std::vector<Case> cases{
      {"of one campaign", told(kNoon, {finding(SourceFindingKind::empty_day, kBrand)}), true, false},
      {"of a part of a campaign",
       told(kNoon, {finding(SourceFindingKind::empty_day, {{"search", "brand", "exact"}})}), true, false},
      {"of a channel", told(kNoon, {finding(SourceFindingKind::empty_day, {{"social"}})}), false, true},
      {"of another kind", told(kNoon, {finding(SourceFindingKind::schema_drift)}), false, false},
      {"of a source that gave nothing here", told(kNoon, {finding(SourceFindingKind::empty_day)}, "shop"),
       false, false},
  };
  for (const Case& one : cases) {
    Engine engine = missing_engine(kBoth);
    engine.apply(one.findings);
    const bool brand = advice(engine, kBrand).front() == "doubt";
    const bool spring = advice(engine, kSpring).front() == "doubt";
    EXPECT_EQ(spring, one.spring) << one.name;
    EXPECT_EQ(brand, one.brand) << one.name;
  }
}

TEST(EngineFindingsTest, TheKpiOfAPlaybookCountsAsWell) {
  Engine engine = missing_engine({doubting(SourceFindingKind::empty_day, "roas")});
  engine.apply(told(kNoon, {finding(SourceFindingKind::empty_day)}));
  EXPECT_THAT(advice(engine, kBrand), IsEmpty());
}

TEST(EngineFindingsTest, FindingsOutliveARestartAndAnotherStrategy) {
  Engine engine = missing_engine(kBoth);
  const std::vector<SourceFinding> found{finding(SourceFindingKind::empty_day),
                                         finding(SourceFindingKind::conversions_stopped, kBrand)};
  engine.apply(told(kNoon + 1min, found));
  auto restored = Engine::restore(engine.strategy(), engine.snapshot());
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->findings_of(kSource), found);
  EXPECT_EQ(restored->snapshot(), engine.snapshot());
  Strategy other = engine.strategy();
  other.playbooks = {doubting(SourceFindingKind::conversions_stopped)};
  restored->adopt(other, kNoon + 2min);
  EXPECT_EQ(restored->findings_of(kSource), found);
  EXPECT_THAT(advice(*restored, kBrand), ElementsAre("doubt"));
  EXPECT_THAT(advice(*restored, kSpring), IsEmpty());
}

}  // namespace
}  // namespace tightrope::rules
