// When a group is told, and of what.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "daemon/routing/dispatch.h"
#include "tests/daemon/example_alerts.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using rules::Alert;
using rules::Timestamp;
using testing::resolved;
using testing::small_alert;

constexpr Timestamp t0 = testing::kEvening;

config::Route route() {
  config::Route root;
  root.receiver = "oncall";
  root.group_by = {"client"};
  root.group_wait = 30s;
  root.group_interval = 5min;
  root.repeat_interval = 4h;
  return root;
}

// "reason firing/resolved" of each message, in order.
std::vector<std::string> told(const std::vector<Dispatched>& all) {
  std::vector<std::string> texts;
  for (const Dispatched& each : all) {
    std::string text = each.reason + ":";
    for (const Alert& alert : each.notification.firing) text += " +" + alert.id;
    for (const Alert& alert : each.notification.resolved) text += " -" + alert.id;
    texts.push_back(text);
  }
  return texts;
}
using Texts = std::vector<std::string>;

TEST(DispatcherTest, NewGroupWaitsForGroupWait) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s);
  EXPECT_TRUE(dispatcher.take_due(t0 + 29s).empty());
  dispatcher.update(small_alert("b", "acme", "page", t0 + 10s), t0 + 10s);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s)), (Texts{"first: +a +b"}));
  EXPECT_TRUE(dispatcher.take_due(t0 + 30s).empty());
}

TEST(DispatcherTest, WithoutGroupWaitItIsDueAtOnce) {
  config::Route root = route();
  root.group_wait = 0s;
  Dispatcher dispatcher(root, {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  EXPECT_EQ(told(dispatcher.take_due(t0)), (Texts{"first: +a"}));
}

TEST(DispatcherTest, GroupsAreToldApart) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.update(small_alert("b", "beta", "page", t0 + 1s), t0 + 1s);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 1min)), (Texts{"first: +a", "first: +b"}));
}

TEST(DispatcherTest, NewAlertOfAToldGroupWaitsForTheNextInterval) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(small_alert("b", "acme", "page", t0 + 1min), t0 + 1min);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 5min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 5min)), (Texts{"new alerts: +a +b"}));
}

TEST(DispatcherTest, ChangeLongAfterTheLastMessageWaitsForTheNextTickAsInAlertmanager) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(small_alert("b", "acme", "page", t0 + 12min), t0 + 12min);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 15min);
}

TEST(DispatcherTest, UnchangedGroupIsRepeatedAfterRepeatInterval) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 4h);
  dispatcher.update(small_alert("a", "acme", "page", t0), t0 + 1h);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 4h) << "the same state again changes nothing";
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 4h)), (Texts{"repeat: +a"}));
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 8h);
}

TEST(DispatcherTest, RepeatIntervalIsRoundedUpToWholeIntervals) {
  config::Route root = route();
  root.repeat_interval = 12min;
  Dispatcher dispatcher(root, {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 15min);
}

TEST(DispatcherTest, ResolutionsDoNotPutOffTheRepeatOfWhatStillFires) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  // Every 40 minutes another alert comes to an end; the new ones are news, the resolved ones are not.
  std::vector<Alert> others;
  for (int i = 0; i < 5; ++i) others.push_back(small_alert("b" + std::to_string(i), "acme", "page", t0));
  for (const Alert& other : others) dispatcher.update(other, t0 + 1min);
  ASSERT_EQ(dispatcher.take_due(t0 + 30s + 5min).size(), 1u);
  Timestamp now = t0 + 30s + 5min;
  for (const Alert& other : others) {
    now += 40min;
    dispatcher.update(resolved(other, now), now);
    const auto due = dispatcher.take_due(now);
    ASSERT_EQ(due.size(), 1u);
    EXPECT_FALSE(due[0].notification.firing_news);
  }
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 5min + 4h);
  const auto due = dispatcher.take_due(t0 + 30s + 5min + 4h);
  ASSERT_EQ(told(due), (Texts{"repeat: +a"}));
  EXPECT_TRUE(due[0].notification.firing_news);
}

TEST(DispatcherTest, ResolutionThatComesWithADueRepeatIsFiringNews) {
  Dispatcher dispatcher(route(), {});
  const Alert ends = small_alert("b", "acme", "page", t0);
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.update(ends, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(resolved(ends, t0 + 4h), t0 + 4h);
  const auto due = dispatcher.take_due(t0 + 30s + 4h);
  ASSERT_EQ(told(due), (Texts{"resolved: +a -b"}));
  EXPECT_TRUE(due[0].notification.firing_news);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 8h);
}

TEST(DispatcherTest, ResolvedAlertIsToldOnce) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(resolved(alert, t0 + 1min), t0 + 1min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 5min)), (Texts{"resolved: -a"}));
  dispatcher.update(resolved(alert, t0 + 1min), t0 + 6min);
  EXPECT_EQ(dispatcher.next_due(), std::nullopt);
}

TEST(DispatcherTest, AlertThatResolvesWithinGroupWaitIsNeverTold) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.update(resolved(alert, t0 + 29s), t0 + 29s);
  EXPECT_EQ(dispatcher.next_due(), std::nullopt);
}

TEST(DispatcherTest, AlertWhoseGroupWaitHadPassedIsToldAsResolvedOnce) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.update(resolved(alert, t0 + 31s), t0 + 31s);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 31s)), (Texts{"first: -a"}));
  dispatcher.update(resolved(alert, t0 + 31s), t0 + 40s);
  EXPECT_EQ(dispatcher.next_due(), std::nullopt);
}

TEST(DispatcherTest, AlertThatCameAndWentBetweenTwoMessagesIsToldWithTheNext) {
  Dispatcher dispatcher(route(), {});
  const Alert stays = small_alert("a", "acme", "page", t0);
  const Alert passes = small_alert("b", "acme", "page", t0 + 1min);
  dispatcher.update(stays, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(passes, t0 + 1min);
  dispatcher.update(resolved(passes, t0 + 2min), t0 + 2min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 5min)), (Texts{"resolved: +a -b"}));
}

TEST(DispatcherTest, AmendedRevisionIsTold) {
  Dispatcher dispatcher(route(), {});
  Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  ++alert.revision;
  alert.amendment = rules::Amendment{t0 + 7min, 41, 31, false};
  dispatcher.update(alert, t0 + 7min);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 10min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 10min)), (Texts{"amended: +a"}));
}

TEST(DispatcherTest, GroupOfResolvedAlertsBeginsAnewWithGroupWait) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(resolved(alert, t0 + 1min), t0 + 1min);
  dispatcher.take_due(t0 + 6min);
  dispatcher.update(small_alert("b", "acme", "page", t0 + 7min), t0 + 7min);
  EXPECT_EQ(dispatcher.next_due(), t0 + 7min + 30s);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 8min)), (Texts{"new alerts: +b"}));
}

TEST(DispatcherTest, PendingAndNeverFiredAlertsAreIgnored) {
  Dispatcher dispatcher(route(), {});
  Alert alert = small_alert("a", "acme", "page", t0);
  alert.fired_at.reset();
  alert.phase = rules::AlertPhase::pending;
  dispatcher.update(alert, t0);
  alert.phase = rules::AlertPhase::inactive;
  dispatcher.update(alert, t0);
  dispatcher.update(resolved(alert, t0 + 1h), t0 + 1h);
  EXPECT_EQ(dispatcher.next_due(), std::nullopt);
}

TEST(DispatcherTest, FiringAlertThatBecomesInactiveCountsAsResolved) {
  Dispatcher dispatcher(route(), {});
  Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  alert.phase = rules::AlertPhase::inactive;
  dispatcher.update(alert, t0 + 2min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 5min)), (Texts{"resolved: -a"}));
}

// As the daemon starts again: what was told is read back, every alert is fed anew.
Dispatcher restarted(const Dispatched& last, const std::vector<Alert>& alerts, Timestamp now) {
  const auto decoded = decode_notified_group(encode(last.notified));
  EXPECT_TRUE(decoded.has_value());
  Dispatcher dispatcher(route(), {*decoded});
  for (const Alert& alert : alerts) dispatcher.update(alert, now);
  return dispatcher;
}

TEST(DispatcherTest, RestartRepeatsNothing) {
  Dispatcher before(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  const Alert gone = small_alert("b", "acme", "page", t0);
  before.update(alert, t0);
  before.update(gone, t0);
  before.take_due(t0 + 30s);
  before.update(resolved(gone, t0 + 1min), t0 + 1min);
  const auto last = before.take_due(t0 + 6min);
  ASSERT_EQ(told(last), (Texts{"resolved: +a -b"}));

  Dispatcher after = restarted(last[0], {alert, resolved(gone, t0 + 1min)}, t0 + 20min);
  EXPECT_EQ(after.next_due(), before.next_due());
  EXPECT_EQ(after.next_due(), t0 + 6min + 3h + 55min);
}

TEST(DispatcherTest, RestartTellsWhatChangedMeanwhile) {
  Dispatcher before(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  before.update(alert, t0);
  const auto last = before.take_due(t0 + 30s);
  Dispatcher after = restarted(last[0], {resolved(alert, t0 + 3min)}, t0 + 2h);
  EXPECT_EQ(told(after.take_due(t0 + 2h)), (Texts{"resolved: -a"}));
}

TEST(DispatcherTest, AlertThatResolvedLongAgoIsNotToldAfterARestart) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(resolved(small_alert("a", "acme", "page", t0), t0 + 1h), t0 + 26h);
  EXPECT_EQ(dispatcher.next_due(), std::nullopt);
}

TEST(DispatcherTest, ForgottenGroupsAreGivenOnceTheirAlertsAreGone) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  const auto first = dispatcher.take_due(t0 + 30s);
  dispatcher.update(resolved(alert, t0 + 1min), t0 + 1min);
  dispatcher.take_due(t0 + 6min);
  EXPECT_TRUE(dispatcher.take_forgotten().empty());
  dispatcher.take_due(t0 + 6min + kResolvedRemembered);
  EXPECT_EQ(dispatcher.take_forgotten(), (std::vector<std::string>{record_key(first[0].notified)}));
  EXPECT_TRUE(dispatcher.take_forgotten().empty());
}

TEST(DispatcherTest, GroupWhoseAlertsNeverComeBackIsForgottenAfterDays) {
  NotifiedGroup told_once{"oncall", "{}:{client=\"gone\"}", {{"a", 1}}, {}, t0, t0, {}};
  Dispatcher dispatcher(route(), {told_once});
  dispatcher.take_due(t0 + 24h);
  EXPECT_TRUE(dispatcher.take_forgotten().empty());
  dispatcher.take_due(t0 + kGoneForgotten);
  EXPECT_EQ(dispatcher.take_forgotten().size(), 1u);
}

TEST(DispatcherTest, ReloadKeepsWhatWasToldAndTellsNewReceivers) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.reload(route(), t0 + 1min);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 4h) << "the same routes change nothing";

  config::Route other = route();
  other.receiver = "second";
  dispatcher.reload(other, t0 + 2min);
  const auto due = dispatcher.take_due(t0 + 2min);
  EXPECT_EQ(told(due), (Texts{"first: +a"}));
  EXPECT_EQ(due[0].notification.receiver, "second");
}

TEST(DispatcherTest, ReloadKeepsAResolutionThatIsNotToldYet) {
  Dispatcher dispatcher(route(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(resolved(alert, t0 + 1min), t0 + 1min);
  config::Route slower = route();
  slower.group_interval = 10min;
  dispatcher.reload(slower, t0 + 2min);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 10min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 11min)), (Texts{"resolved: -a"}));
}

TEST(DispatcherTest, ClockSetBackDoesNotSilenceAGroup) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  const Timestamp back = t0 - 3h;
  dispatcher.update(small_alert("b", "acme", "page", t0 + 1min), back);
  ASSERT_TRUE(dispatcher.next_due().has_value());
  EXPECT_LE(*dispatcher.next_due(), back + 5min);
}

TEST(DispatcherTest, NotificationCarriesItsGroup) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.update(small_alert("b", "acme", "ticket", t0), t0);
  const auto due = dispatcher.take_due(t0 + 30s);
  ASSERT_EQ(due.size(), 1u);
  const Notification& notification = due[0].notification;
  EXPECT_EQ(notification.group_key, "{}:{client=\"acme\"}");
  EXPECT_EQ(notification.group_labels, (Labels{{"client", "acme"}}));
  EXPECT_EQ(notification.common_labels.count("severity"), 0u);
  EXPECT_EQ(notification.common_labels.at("client"), "acme");
  EXPECT_EQ(notification.id.size(), 16u);
  EXPECT_EQ(notification.made_at, t0 + 30s);
  EXPECT_TRUE(notification.firing_news);
}

TEST(DispatcherTest, AlertIsToldToEveryReceiverOfItsRoutes) {
  config::Route root = route();
  config::Route log;
  log.receiver = "log";
  log.continue_matching = true;
  log.group_wait = 0s;
  config::Route pages;
  pages.receiver = "pages";
  pages.group_wait = 0s;
  root.routes = {log, pages};
  Dispatcher dispatcher(root, {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  EXPECT_EQ(dispatcher.receivers_of(alert), (std::vector<std::string>{"log", "pages"}));
  dispatcher.update(alert, t0);
  const auto due = dispatcher.take_due(t0);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_NE(due[0].notification.id, due[1].notification.id);
}

TEST(DispatcherTest, LabelChangeMovesAnAlertToItsNewGroup) {
  Dispatcher dispatcher(route(), {});
  Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  alert.client = "beta";
  dispatcher.update(alert, t0 + 1s);
  const auto due = dispatcher.take_due(t0 + 30s);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].notification.group_labels.at("client"), "beta");
}

config::Route with_pages() {
  config::Route root = route();
  config::Route pages = route();
  pages.receiver = "pages";
  pages.matchers = {{"severity", config::MatchKind::equal, "page"}};
  root.routes = {pages};
  return root;
}

TEST(DispatcherTest, ReceiverThatWasToldHearsThatAnAlertHasLeftItsGroup) {
  Dispatcher dispatcher(with_pages(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  ASSERT_EQ(dispatcher.take_due(t0 + 30s).size(), 1u);
  const Alert milder = small_alert("a", "acme", "ticket", t0);
  dispatcher.update(milder, t0 + 1min);
  dispatcher.reload(with_pages(), t0 + 1min);  // which is what changed the severity
  dispatcher.update(milder, t0 + 1min);

  const auto joined = dispatcher.take_due(t0 + 1min);
  ASSERT_EQ(told(joined), (Texts{"first: +a"}));
  EXPECT_EQ(joined[0].notification.receiver, "oncall");
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 5min);
  const auto left = dispatcher.take_due(t0 + 30s + 5min);
  ASSERT_EQ(told(left), (Texts{"resolved: -a"}));
  EXPECT_EQ(left[0].notification.receiver, "pages");
  EXPECT_EQ(left[0].notification.common_labels.at("severity"), "page");
  EXPECT_EQ(left[0].notification.resolved[0].resolved_at, t0 + 1min);
  EXPECT_TRUE(left[0].notified.firing.empty());

  dispatcher.update(resolved(milder, t0 + 7min), t0 + 7min);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 1h)), (Texts{"resolved: -a"})) << "to its new receiver only";
  EXPECT_EQ(dispatcher.next_due(), std::nullopt);
}

TEST(DispatcherTest, AlertThatComesBackBeforeItsLeavingIsToldNeverLeft) {
  Dispatcher dispatcher(with_pages(), {});
  const Alert alert = small_alert("a", "acme", "page", t0);
  dispatcher.update(alert, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(small_alert("a", "acme", "ticket", t0), t0 + 31s);
  dispatcher.update(alert, t0 + 32s);
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 4h);
  EXPECT_EQ(told(dispatcher.take_due(t0 + 30s + 4h)), (Texts{"repeat: +a"}));
}

TEST(DispatcherTest, LeavingAGroupThatTheRoutesHaveNoMoreIsToldNobody) {
  Dispatcher dispatcher(with_pages(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(small_alert("a", "acme", "ticket", t0), t0 + 1min);
  dispatcher.reload(route(), t0 + 1min);
  const auto due = dispatcher.take_due(t0 + 1h);
  ASSERT_EQ(told(due), (Texts{"first: +a"}));
  EXPECT_EQ(due[0].notification.receiver, "oncall");
}

TEST(DispatcherTest, IntegrationThatLostAMessageIsToldAgainAtTheNextInterval) {
  Dispatcher dispatcher(route(), {});
  const Alert ends = small_alert("b", "acme", "page", t0);
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  dispatcher.update(ends, t0);
  dispatcher.take_due(t0 + 30s);
  dispatcher.update(resolved(ends, t0 + 1min), t0 + 1min);
  const auto first = dispatcher.take_due(t0 + 30s + 5min);
  ASSERT_EQ(told(first), (Texts{"resolved: +a -b"}));
  const std::string key = first[0].notification.group_key;
  Timestamp now = t0 + 30s + 5min;
  for (int refused = 0; refused < 3; ++refused) {
    const auto kept = dispatcher.lost("oncall", key, "oncall/slack[0]", {"a", "b"}, now);
    ASSERT_TRUE(kept.has_value());
    EXPECT_TRUE(dispatcher.take_due(now).empty()) << "one that refuses for ever is tried once an interval";
    EXPECT_EQ(dispatcher.next_due(), now + 5min);
    Dispatcher after(route(), {decode_notified_group(encode(*kept)).value()});
    after.update(small_alert("a", "acme", "page", t0), now);
    after.update(resolved(ends, t0 + 1min), now);
    EXPECT_EQ(after.next_due(), now + 5min);
    now += 5min;
    EXPECT_EQ(told(after.take_due(now)), (Texts{"lost before: +a -b"})) << "after a restart";
    const auto again = dispatcher.take_due(now);
    ASSERT_EQ(told(again), (Texts{"lost before: +a -b"}));
    EXPECT_EQ(again[0].only, (Texts{"oncall/slack[0]"}));
    EXPECT_TRUE(again[0].notified.missed.empty());
  }
  EXPECT_EQ(dispatcher.next_due(), t0 + 30s + 5min + 3h + 55min) << "others are repeated to as ever";
}

TEST(DispatcherTest, WhatALostMessageMissedComesWithTheNewsOfTheGroup) {
  Dispatcher dispatcher(route(), {});
  dispatcher.update(small_alert("a", "acme", "page", t0), t0);
  const auto first = dispatcher.take_due(t0 + 30s);
  dispatcher.lost("oncall", first[0].notification.group_key, "oncall/slack[0]", {"a"}, t0 + 31s);
  dispatcher.update(small_alert("b", "acme", "page", t0 + 1min), t0 + 1min);
  const auto due = dispatcher.take_due(t0 + 30s + 5min);
  ASSERT_EQ(told(due), (Texts{"lost before: +a +b", "new alerts: +a +b"}));
  EXPECT_EQ(due[1].but, due[0].only) << "each integration once";
}

TEST(DispatcherTest, ManyGroupsAreTakenByTheirTime) {
  Dispatcher dispatcher(route(), {});
  constexpr int kAlerts = 5'000;
  for (int i = 0; i < kAlerts; ++i) {
    const Timestamp at = t0 + std::chrono::milliseconds(i);
    dispatcher.update(small_alert("a" + std::to_string(i), "client" + std::to_string(i), "page", at), at);
  }
  EXPECT_EQ(dispatcher.take_due(t0 + 30s + 99ms).size(), 100u);
  EXPECT_EQ(dispatcher.take_due(t0 + 1h).size(), static_cast<std::size_t>(kAlerts - 100));
}

TEST(NotifiedGroupTest, DamagedBytesAreRefused) {
  const NotifiedGroup group{"oncall", "{}:{}", {{"a", 1}, {"b", 70'000}},         {{"c", t0}},
                            t0,       t0 - 3h, {{"oncall/slack[0]", {t0, {"a"}}}}};
  const std::string bytes = encode(group);
  const auto back = decode_notified_group(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->firing, group.firing);
  EXPECT_EQ(back->resolved, group.resolved);
  EXPECT_EQ(back->at, group.at);
  EXPECT_EQ(back->news_at, group.news_at);
  EXPECT_EQ(back->missed.at("oncall/slack[0]").alerts, (std::set<std::string>{"a"}));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_notified_group(bytes.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(decode_notified_group(bytes + "x").has_value());
  EXPECT_FALSE(decode_notified_group("\x03" + bytes.substr(1)).has_value());
}

TEST(NotifiedGroupTest, WhatAnEarlierVersionKeptIsRead) {
  const NotifiedGroup group{"oncall", "{}:{}", {{"a", 1}}, {}, t0, Timestamp{}, {}};
  const std::string bytes = encode(group);  // an instant of 0 is one byte, and so is an empty list
  const auto back = decode_notified_group("\x01" + bytes.substr(1, bytes.size() - 3));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->firing, group.firing);
  EXPECT_EQ(back->news_at, t0);
}

}  // namespace
}  // namespace tightrope::daemon
