#include "daemon/client_runtime.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "client_world.h"
#include "daemon/recovery.h"
#include "tests/support/log_capture.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;
using daemon::Accepted;
using daemon::Refusal;
using daemon::Taken;
using Kind = rules::AlertChange::Kind;

const rules::Day kToday = *rules::parse_day("2026-11-20");

template <class Event>
std::vector<Event> journalled(const MemoryJournal& journal) {
  std::vector<Event> found;
  for (const auto& stored : journal.events) {
    const auto event = rules::decode(stored.payload);
    if (event && std::holds_alternative<Event>(*event)) found.push_back(std::get<Event>(*event));
  }
  return found;
}

std::size_t reported(const ClientWorld& world, Kind kind) {
  return static_cast<std::size_t>(std::ranges::count(world.changes, kind, &rules::AlertChange::kind));
}

TEST(ClientRuntimeTest, TheFirstStartJournalsTheStrategyFirst) {
  ClientWorld world;
  ASSERT_FALSE(world.journal.events.empty());
  EXPECT_EQ(journalled<rules::StrategyChange>(world.journal).size(), 1u);
  const auto first = rules::decode(world.journal.events.front().payload);
  ASSERT_TRUE(first);
  EXPECT_TRUE(std::holds_alternative<rules::StrategyChange>(*first));
}

TEST(ClientRuntimeTest, FiguresAreDurableBeforeTheyAreApplied) {
  ClientWorld world;
  world.journal.hold = true;
  world.observe_later(figures("brand", kToday, 100, 1));
  EXPECT_TRUE(world.answers.empty());
  EXPECT_TRUE(world.alerts().empty());
  world.journal.release();
  world.settle();
  ASSERT_EQ(world.answers.size(), 1u);
  ASSERT_TRUE(world.answers[0]);
  EXPECT_EQ(world.answers[0]->changed, 2u);
  EXPECT_EQ(reported(world, Kind::fired), 1u);
}

TEST(ClientRuntimeTest, TheSameFiguresAgainAreNotJournalledAgain) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  const std::size_t events = world.journal.events.size();
  const Taken<Accepted> again = world.observe(figures("brand", kToday, 100, 1));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->changed, 0u);
  EXPECT_EQ(world.journal.events.size(), events);
  ASSERT_TRUE(world.observe(figures("brand", kToday, 120, 1)));
  const auto batches = journalled<rules::ObservationBatch>(world.journal);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches.back().rows.size(), 1u) << "only the spend has changed";
}

TEST(ClientRuntimeTest, AFigureRestatedBackWhileItIsOnItsWayIsNotLost) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 10, 1)));
  world.journal.hold = true;
  world.observe_later(figures("brand", kToday, 100, 1));
  world.observe_later(figures("brand", kToday, 10, 1));  // as the engine still shows it
  world.journal.release();
  world.settle();
  ASSERT_EQ(world.answers.size(), 2u);
  const auto alerts = world.alerts();
  EXPECT_TRUE(std::ranges::none_of(
      alerts, [](const auto& alert) { return alert.phase == rules::AlertPhase::firing; }));
  EXPECT_EQ(world.answers[1]->changed, 1u);
}

TEST(ClientRuntimeTest, FiguresThatTheEngineCannotHoldAreNotJournalledByEachPoll) {
  ClientWorld world;
  const std::size_t events = world.journal.events.size();
  const Taken<Accepted> taken = world.observe(figures("brand", kToday - 200, 10, 1));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->outside, 2u);
  EXPECT_EQ(taken->changed, 0u);
  EXPECT_EQ(world.journal.events.size(), events);
}

TEST(ClientRuntimeTest, WhatIsLearntLaterIsNeverStampedEarlier) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 10, 1)));
  world.pass(-2h);  // somebody sets the clock back
  ASSERT_TRUE(world.observe(figures("brand", kToday, 20, 1)));
  const auto batches = journalled<rules::ObservationBatch>(world.journal);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_GE(batches[1].learnt, batches[0].learnt);
}

TEST(ClientRuntimeTest, AJournalThatIsFullRefusesFiguresWithItsText) {
  ClientWorld world;
  world.journal.failing = "the disk is full";
  const Taken<Accepted> taken = world.observe(figures("brand", kToday, 100, 1));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, Refusal::Kind::not_durable);
  EXPECT_EQ(taken.error().text, "the disk is full");
  EXPECT_TRUE(world.alerts().empty()) << "what is not durable is not applied";
  world.journal.failing.clear();
  EXPECT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  EXPECT_EQ(reported(world, Kind::fired), 1u);
}

TEST(ClientRuntimeTest, TimeMovesOnByItself) {
  ClientWorld world(acme_yaml(40, "30m"));
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  EXPECT_EQ(reported(world, Kind::pending), 1u);
  EXPECT_EQ(reported(world, Kind::fired), 0u);
  world.pass(29min);
  EXPECT_EQ(reported(world, Kind::fired), 0u);
  world.pass(1min);
  EXPECT_EQ(reported(world, Kind::fired), 1u);
  EXPECT_GE(journalled<rules::Tick>(world.journal).size(), 1u);
}

TEST(ClientRuntimeTest, AnHourWithoutFiguresCostsAFewTicks) {
  ClientWorld world;
  world.pass(24h);
  const std::size_t ticks = journalled<rules::Tick>(world.journal).size();
  EXPECT_GE(ticks, 24u);
  EXPECT_LE(ticks, 26u);
}

TEST(ClientRuntimeTest, TimeThatTheJournalRefusedIsMadeUpFor) {
  LogCapture log(daemon::LogLevel::info);
  ClientWorld world(acme_yaml(40, "30m"));
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.journal.failing = "the disk is full";
  world.pass(45min);
  EXPECT_EQ(reported(world, Kind::fired), 0u);
  EXPECT_GT(world.journal.failures, 1);
  EXPECT_TRUE(log.contains("time stands still for a client"));
  world.journal.failing.clear();
  world.pass(30s);
  EXPECT_EQ(reported(world, Kind::fired), 1u);
  EXPECT_TRUE(log.contains("time moves on again"));
}

TEST(ClientRuntimeTest, ARestartFindsTheSameStateAndReportsNothingTwice) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  const std::string before = world.snapshot();
  world.crash();
  world.changes.clear();
  world.start(acme_yaml());
  EXPECT_EQ(world.snapshot(), before);
  EXPECT_TRUE(world.changes.empty());
  ASSERT_EQ(world.alerts().size(), 1u);
  EXPECT_EQ(world.alerts()[0].phase, rules::AlertPhase::firing);
}

TEST(ClientRuntimeTest, AStopTakesASnapshotThatTheNextStartReplaysNothingAfter) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.stop();
  ASSERT_EQ(world.journal.snapshots.size(), 1u);
  const auto outcome = daemon::recover_engine(world.journal, "acme");
  ASSERT_TRUE(std::holds_alternative<daemon::Recovered>(outcome));
  EXPECT_EQ(std::get<daemon::Recovered>(outcome).replayed, 0u);
  EXPECT_EQ(std::get<daemon::Recovered>(outcome).applied, world.journal.events.back().sequence);
  world.start(acme_yaml());
  EXPECT_EQ(world.alerts().size(), 1u);
}

TEST(ClientRuntimeTest, SnapshotsAreTakenWhileSomethingHappensAndOldEventsGo) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.pass(6min);
  ASSERT_EQ(world.journal.snapshots.size(), 1u);
  ASSERT_FALSE(world.journal.pruned_before.empty());
  EXPECT_LT(world.journal.pruned_before.back(), world.now() - std::chrono::days(399));
}

TEST(ClientRuntimeTest, TimeThatPassedWhileItWasDownIsCaughtUpWithOneTick) {
  ClientWorld world(acme_yaml(40, "30m"));
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.stop();
  world.pass(10h);
  const std::size_t events = world.journal.events.size();
  world.changes.clear();
  world.start(acme_yaml(40, "30m"));
  world.pass(1ms);
  EXPECT_EQ(world.journal.events.size(), events + 1);
  ASSERT_EQ(reported(world, Kind::fired), 1u);
  const auto fired = std::ranges::find(world.changes, Kind::fired, &rules::AlertChange::kind);
  EXPECT_LT(fired->at, world.now() - 9h) << "it fired when it was due, not when the daemon came back";
}

TEST(ClientRuntimeTest, AnotherStrategyAtTheStartIsJournalledAndWhatItChangesIsReported) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.stop();
  world.changes.clear();
  std::string other = acme_yaml();
  other.replace(other.find("trial_cpa"), 9, "other_cpa");
  world.start(other);
  EXPECT_EQ(journalled<rules::StrategyChange>(world.journal).size(), 2u);
  EXPECT_EQ(reported(world, Kind::resolved), 1u);
  EXPECT_EQ(reported(world, Kind::fired), 1u);
}

TEST(ClientRuntimeTest, AdoptingAStrategyIsJournalledAndSurvivesARestart) {
  ClientWorld world(acme_yaml(200));
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  EXPECT_TRUE(world.alerts().empty());
  ASSERT_TRUE(world.adopt(acme_yaml(40)));
  EXPECT_EQ(reported(world, Kind::fired), 1u);
  EXPECT_EQ(world.journal.snapshots.size(), 1u);
  const std::string before = world.snapshot();
  world.journal.snapshots.clear();
  world.crash();
  world.start(acme_yaml(40));
  EXPECT_EQ(world.snapshot(), before);
  EXPECT_EQ(journalled<rules::StrategyChange>(world.journal).size(), 2u);
}

TEST(ClientRuntimeTest, AdoptingTheSameStrategyDoesNothing) {
  ClientWorld world;
  const std::size_t events = world.journal.events.size();
  ASSERT_TRUE(world.adopt(acme_yaml()));
  EXPECT_EQ(world.journal.events.size(), events);
}

TEST(ClientRuntimeTest, ASnapshotOfAnotherVersionIsReplacedByReplayingEverything) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  const std::string before = world.snapshot();
  world.stop();
  world.journal.snapshots["acme"].state = "from the future";
  world.start(acme_yaml());
  EXPECT_EQ(world.snapshot(), before);
}

TEST(ClientRuntimeTest, ASnapshotOfAnotherVersionAfterEventsWereDroppedIsAClearError) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.stop();
  world.journal.snapshots["acme"].state = "from the future";
  world.journal.events.erase(world.journal.events.begin());
  const auto error = world.recover(acme_yaml());
  ASSERT_TRUE(error);
  EXPECT_NE(error->text.find("the snapshot of 2026-11-20T12:07:00Z was taken by another version"),
            std::string::npos)
      << error->text;
}

TEST(ClientRuntimeTest, AnEventThatCannotBeReadIsAnErrorThatNamesIt) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  world.crash();
  world.journal.events.back().payload = "?";
  const auto error = world.recover(acme_yaml());
  ASSERT_TRUE(error);
  EXPECT_NE(error->text.find("event 2 of the journal cannot be replayed"), std::string::npos) << error->text;
}

TEST(ClientRuntimeTest, AnAcknowledgementIsKept) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  const std::string id = world.alerts().at(0).id;
  const Taken<std::string> taken = world.acknowledge(id, "kim");
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, id);
  EXPECT_EQ(reported(world, Kind::acknowledged), 1u);
  const Taken<std::string> again = world.acknowledge(id, "lee");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Refusal::Kind::conflict);
  EXPECT_NE(again.error().text.find("kim"), std::string::npos);
  world.crash();
  world.start(acme_yaml());
  EXPECT_EQ(world.alerts().at(0).acknowledged_by, "kim");
}

TEST(ClientRuntimeTest, WhatIsNotThereCannotBeAcknowledgedOrDecidedAndIsNotJournalled) {
  ClientWorld world;
  const std::size_t events = world.journal.events.size();
  const Taken<std::string> acknowledged = world.acknowledge("0123456789abcdef", "kim");
  ASSERT_FALSE(acknowledged);
  EXPECT_EQ(acknowledged.error().kind, Refusal::Kind::not_found);
  rules::Decision decision;
  decision.recommendation = "0123456789abcdef";
  const Taken<std::string> decided = world.decide(decision);
  ASSERT_FALSE(decided);
  EXPECT_EQ(decided.error().kind, Refusal::Kind::not_found);
  EXPECT_EQ(world.journal.events.size(), events);
}

TEST(ClientRuntimeTest, WhatWasPutOffIsAskedAgainAtItsMinuteWithoutAnyOtherEvent) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  rules::Decision decision;
  decision.recommendation = world.alerts().at(0).recommendations.at(0).id;
  decision.kind = rules::DecisionKind::later;
  decision.until = world.now() + 7min;
  ASSERT_TRUE(world.decide(decision));
  world.pass(6min);
  EXPECT_EQ(world.alerts().at(0).recommendations[0].state, rules::RecommendationState::later);
  world.pass(1min);
  EXPECT_EQ(world.alerts().at(0).recommendations[0].state, rules::RecommendationState::open);
  const std::string live = world.snapshot();
  world.crash();
  world.start(acme_yaml());
  EXPECT_EQ(world.snapshot(), live);
}

TEST(ClientRuntimeTest, ADecisionIsKept) {
  ClientWorld world;
  ASSERT_TRUE(world.observe(figures("brand", kToday, 100, 1)));
  ASSERT_FALSE(world.alerts().at(0).recommendations.empty());
  rules::Decision decision;
  decision.recommendation = world.alerts().at(0).recommendations[0].id;
  decision.kind = rules::DecisionKind::did;
  decision.by = "kim";
  ASSERT_TRUE(world.decide(decision));
  world.pass(11min);  // so long it may be replaced
  const Taken<std::string> again = world.decide(decision);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Refusal::Kind::conflict);
  world.crash();
  world.start(acme_yaml());
  EXPECT_EQ(world.alerts().at(0).recommendations[0].state, rules::RecommendationState::did);
}

}  // namespace
}  // namespace tightrope::testing
