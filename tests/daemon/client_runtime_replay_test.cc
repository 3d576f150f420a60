// Live, after restarts and in a replay, an engine comes to the same bytes and the same alerts: random lives,
// compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "client_world.h"
#include "daemon/backtest.h"
#include "daemon/recovery.h"
#include "tests/support/log_capture.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;
using Kind = rules::AlertChange::Kind;

const rules::Day kFirstDay = *rules::parse_day("2026-11-20");

// What one alert did, for comparing: id, kind, when.
using Step = std::tuple<std::string, Kind, rules::Timestamp>;

class Life {
 public:
  explicit Life(unsigned seed) : random_(seed), yaml_(acme_yaml(40, "30m")), world_(yaml_) {}

  void live(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }
  ClientWorld& world() { return world_; }
  const std::string& yaml() const { return yaml_; }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  void step() {
    switch (pick(0, 19)) {
      case 0:
        world_.crash();
        world_.start(yaml_);
        break;
      case 1:
        world_.stop();
        world_.start(yaml_);
        break;
      case 2:
        world_.crash();
        world_.pass(pick(1, 30) * 1h);
        world_.start(yaml_);
        break;
      case 3:
        world_.crash();
        world_.journal.snapshots.clear();
        world_.start(yaml_);
        break;
      case 4:
      case 5:
        decide();
        break;
      case 6:
        acknowledge();
        break;
      case 7:
      case 8:
      case 9:
      case 10:
        world_.pass(pick(1, 400) * 1min);
        break;
      case 11:
      case 12:
        observe_together();
        break;
      case 13:
        tell();
        break;
      default:
        ASSERT_TRUE(world_.observe(some_figures()));
    }
  }

  rules::ObservationBatch some_figures() {
    const auto today = rules::Day{static_cast<std::int32_t>(
        std::chrono::floor<std::chrono::days>(world_.now()).time_since_epoch().count())};
    const std::string campaign = "c" + std::to_string(pick(0, 4));
    auto batch = figures(campaign, today - pick(0, 9), pick(0, 300), pick(0, 6));
    if (pick(0, 9) == 0) batch.rows.back().value = rules::Amount::missing();
    return batch;
  }

  // Several at once; the journal takes them late, or never.
  void observe_together() {
    world_.journal.hold = true;
    for (int i = pick(1, 4); i > 0; --i) world_.observe_later(some_figures());
    if (pick(0, 1) == 0) {
      world_.crash();
      world_.start(yaml_);
    } else {
      world_.journal.release();
      world_.settle();
    }
  }

  void tell() {
    rules::SourceFindings told{.at = {}, .source = "shop", .findings = {}};
    for (int i = pick(0, 2); i > 0; --i) {
      rules::SourceFinding& finding = told.findings.emplace_back();
      finding.kind =
          static_cast<rules::SourceFindingKind>(pick(0, static_cast<int>(rules::kSourceFindingKinds) - 1));
      if (pick(0, 1) == 0) finding.entity = {{"search", "c" + std::to_string(pick(0, 4))}};
      finding.text = "It is strange.";
    }
    ASSERT_TRUE(world_.tell(std::move(told)));
  }

  void decide() {
    for (const rules::Alert& alert : world_.alerts()) {
      for (const rules::Recommendation& recommendation : alert.recommendations) {
        if (recommendation.state != rules::RecommendationState::open || pick(0, 1) == 0) continue;
        rules::Decision decision;
        decision.recommendation = recommendation.id;
        decision.kind = static_cast<rules::DecisionKind>(pick(0, 2));
        decision.by = "kim";
        if (decision.kind == rules::DecisionKind::later) decision.until = world_.now() + pick(1, 600) * 1min;
        ASSERT_TRUE(world_.decide(decision));
        return;
      }
    }
  }

  void acknowledge() {
    for (const rules::Alert& alert : world_.alerts()) {
      if (alert.phase != rules::AlertPhase::firing || !alert.acknowledged_by.empty()) continue;
      ASSERT_TRUE(world_.acknowledge(alert.id, "kim"));
      return;
    }
  }

  std::mt19937 random_;
  const std::string yaml_;
  ClientWorld world_;
};

std::multiset<Step> steps_of(const std::vector<rules::AlertChange>& changes) {
  std::multiset<Step> steps;
  for (const auto& change : changes) steps.emplace(change.alert.id, change.kind, change.at);
  return steps;
}

class ReplayTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(ReplayTest, LiveAndReplayAgreeToTheLastByte) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const LogCapture log(daemon::LogLevel::error);  // crashes are told at length
  Life life(GetParam());
  life.live(150);
  ClientWorld& world = life.world();
  const std::string live = world.snapshot();
  const std::multiset<Step> live_steps = steps_of(world.changes);

  // Everything again from the first event.
  world.journal.snapshots.clear();
  daemon::Recovered replayed;
  std::vector<rules::AlertChange> changes;
  for (const auto& stored : world.journal.events) {
    const auto event = rules::decode(stored.payload);
    ASSERT_TRUE(event);
    auto outcome = daemon::replay_event(replayed, *event);
    auto* effects = std::get_if<rules::Effects>(&outcome);
    ASSERT_TRUE(effects);
    for (auto& change : effects->alerts) changes.push_back(std::move(change));
  }
  EXPECT_EQ(replayed.engine->snapshot() == live, true);
  EXPECT_EQ(steps_of(changes), live_steps);
}

TEST_P(ReplayTest, ABacktestFiresWhatFiredLive) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const LogCapture log(daemon::LogLevel::error);  // crashes are told at length
  Life life(GetParam() + 1000);
  life.live(150);
  ClientWorld& world = life.world();
  std::multiset<Step> live;
  for (const auto& step : steps_of(world.changes)) {
    if (std::get<Kind>(step) == Kind::fired) live.insert(step);
  }
  const auto strategy = configuration_of(life.yaml()).clients.at(0).strategy;
  const auto last = rules::Day{static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(world.now()).time_since_epoch().count())};
  const auto outcome =
      daemon::backtest(world.journal, strategy, {.first = kFirstDay, .last = last}, daemon::AsKnown::then);
  ASSERT_TRUE(std::holds_alternative<daemon::Backtest>(outcome));
  std::multiset<Step> tried;
  for (const auto& fired : std::get<daemon::Backtest>(outcome).fired) {
    // The backtest goes on to the end of its last day, which the life has not seen.
    if (*fired.alert.fired_at <= world.now())
      tried.emplace(fired.alert.id, Kind::fired, *fired.alert.fired_at);
  }
  EXPECT_FALSE(live.empty()) << "a life without alerts tells nothing";
  EXPECT_EQ(tried, live);
}

TEST(BacktestTest, AnAlertOfFiveMinutesAgoHasNotLastedUntilMidnight) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", *rules::parse_day("2026-11-20"), 500, 1)));
  world.pass(std::chrono::minutes(5));
  const auto strategy = configuration_of(acme_yaml()).clients.at(0).strategy;
  const rules::DayRange days{*rules::parse_day("2026-11-01"), *rules::parse_day("2026-11-20")};
  const auto outcome = daemon::compare_backtests(world.journal, strategy, days, world.now());
  ASSERT_TRUE(std::holds_alternative<daemon::BacktestComparison>(outcome));
  const auto& comparison = std::get<daemon::BacktestComparison>(outcome);
  const daemon::Backtest& then = comparison.then;
  ASSERT_EQ(then.fired.size(), 1u);
  EXPECT_EQ(then.end - *then.fired[0].alert.fired_at, std::chrono::minutes(5) + rules::Duration(1));
  ASSERT_EQ(comparison.now.fired.size(), 1u) << "what is known today includes today";
  EXPECT_EQ(comparison.now.fired[0].alert.fired_at, world.now());
  const auto whole = daemon::backtest(world.journal, strategy, days, daemon::AsKnown::then);
  EXPECT_EQ(rules::to_rfc3339(std::get<daemon::Backtest>(whole).end), "2026-11-21T00:00:00Z");
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReplayTest, ::testing::Range(1u, 7u));

}  // namespace
}  // namespace tightrope::testing
