// Alerts handed to an Alertmanager: again and again while they fire, and for a while after.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/receivers/alertmanager_feed.h"
#include "daemon/receivers/alertmanager_queue.h"
#include "tests/daemon/example_alerts.h"
#include "tests/support/fake_transfer.h"
#include "tests/support/log_capture.h"
#include "tests/support/manual_clock.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using rules::Alert;
using testing::small_alert;
namespace json = boost::json;

constexpr Timestamp t0 = testing::kEvening;

AlertmanagerQueue::SharedAlert shared(Alert alert) {
  return std::make_shared<const Alert>(std::move(alert));
}

std::size_t send_due(AlertmanagerQueue& queue, Timestamp now) {
  const AlertmanagerQueue::Batch batch = queue.due(now, 100);
  queue.taken(batch, now);
  return batch.alerts.size();
}

TEST(AlertmanagerQueueTest, FiringAlertIsSentAtOnceAndThenEachTime) {
  AlertmanagerQueue queue(1min);
  queue.update(shared(small_alert("a", "acme", "page", t0)), t0);
  EXPECT_EQ(send_due(queue, t0), 1u);
  EXPECT_EQ(send_due(queue, t0 + 59s), 0u);
  EXPECT_EQ(send_due(queue, t0 + 60s), 1u);
  EXPECT_EQ(queue.next_due(), t0 + 2min);
}

TEST(AlertmanagerQueueTest, SameStateAgainKeepsItsTurnAndAChangeIsSentAtOnce) {
  AlertmanagerQueue queue(1min);
  Alert alert = small_alert("a", "acme", "page", t0);
  queue.update(shared(alert), t0);
  send_due(queue, t0);
  queue.update(shared(alert), t0 + 10s);
  EXPECT_EQ(send_due(queue, t0 + 10s), 0u);
  ++alert.revision;
  queue.update(shared(alert), t0 + 20s);
  EXPECT_EQ(send_due(queue, t0 + 20s), 1u);
}

TEST(AlertmanagerQueueTest, ResolvedAlertIsSentForAQuarterOfAnHour) {
  AlertmanagerQueue queue(1min);
  const Alert alert = small_alert("a", "acme", "page", t0);
  queue.update(shared(alert), t0);
  send_due(queue, t0);
  queue.update(shared(testing::resolved(alert, t0 + 30s)), t0 + 30s);
  int times = 0;
  for (Timestamp now = t0 + 30s; now < t0 + 1h; now += 10s) times += static_cast<int>(send_due(queue, now));
  EXPECT_EQ(times, 15);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(AlertmanagerQueueTest, OldResolutionsAndPendingAlertsAreNotTaken) {
  AlertmanagerQueue queue(1min);
  const Alert alert = small_alert("a", "acme", "page", t0);
  queue.update(shared(testing::resolved(alert, t0)), t0 + 15min);
  EXPECT_EQ(queue.size(), 0u);
  queue.update(shared(testing::resolved(alert, t0)), t0 + 14min);
  EXPECT_EQ(queue.size(), 1u) << "after a restart those not taken yet are sent";
  Alert pending = alert;
  pending.id = "b";
  pending.phase = rules::AlertPhase::pending;
  queue.update(shared(pending), t0);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(AlertmanagerQueueTest, ChangeDuringARequestIsSentNext) {
  AlertmanagerQueue queue(1min);
  const Alert alert = small_alert("a", "acme", "page", t0);
  queue.update(shared(alert), t0);
  const AlertmanagerQueue::Batch batch = queue.due(t0, 100);
  queue.update(shared(testing::resolved(alert, t0 + 1s)), t0 + 1s);
  queue.taken(batch, t0 + 2s);
  EXPECT_EQ(queue.due(t0 + 2s, 100).alerts.size(), 1u);
}

TEST(AlertmanagerQueueTest, BatchesAreBoundedAndNothingStarves) {
  AlertmanagerQueue queue(1min);
  for (int i = 0; i < 10; ++i)
    queue.update(shared(small_alert("a" + std::to_string(i), "acme", "page", t0)), t0);
  std::size_t sent = 0;
  for (int i = 0; i < 4; ++i) {
    const AlertmanagerQueue::Batch batch = queue.due(t0, 3);
    EXPECT_LE(batch.alerts.size(), 3u);
    queue.taken(batch, t0);
    sent += batch.alerts.size();
  }
  EXPECT_EQ(sent, 10u);
}

TEST(AlertmanagerBodyTest, FiringEndsAheadAndResolvedWhenItDid) {
  const std::string body = alertmanager_body({shared(testing::firing_cpa()), shared(testing::resolved_cpa())},
                                             1min, t0 + 10min, {"http://t:1"});
  const json::value alerts = json::parse(body);
  EXPECT_EQ(alerts.at(0).at("startsAt").as_string(), "2026-11-20T21:04:00Z");
  EXPECT_EQ(alerts.at(0).at("endsAt").as_string(), "2026-11-20T21:18:00Z");
  EXPECT_EQ(alerts.at(0).at("labels").at("alertname").as_string(), "trial_cpa");
  EXPECT_EQ(alerts.at(0).at("generatorURL").as_string(), "http://t:1/?alert=00c0ffee00c0ffee");
  EXPECT_EQ(alerts.at(1).at("endsAt").as_string(), "2026-11-21T00:24:00Z");
}

class AlertmanagerFeedTest : public ::testing::Test {
 protected:
  AlertmanagerFeedTest() : clock_(t0), feed_(io_.get_executor(), clock_, transfer_, {}, watch(), 1) {}

  Outbox::OnEvent watch() {
    return [this](const OutboxEvent& event) { events_.push_back(event); };
  }
  static config::Receiver receiver(std::string name, std::vector<std::string> urls) {
    config::Receiver made;
    made.name = std::move(name);
    made.alertmanagers.resize(1);
    made.alertmanagers[0].urls = std::move(urls);
    return made;
  }
  void will_take(int requests) {
    for (int i = 0; i < requests; ++i) transfer_.will_answer(200, "");
  }
  void refuse_connections(int requests) {
    for (int i = 0; i < requests; ++i) {
      transfer_.will_fail(collectors::TransferFailure::connect, "one:9093: connection refused");
    }
  }
  void run() {
    io_.restart();
    io_.poll();
  }
  void advance(Duration by) {
    clock_.advance(by);
    run();
  }
  void TearDown() override {
    bool stopped = false;
    boost::asio::co_spawn(io_, feed_.stop(), [&stopped](std::exception_ptr failure) { stopped = !failure; });
    run();
    EXPECT_TRUE(stopped);
  }

  boost::asio::io_context io_;
  testing::LogCapture log_;
  testing::ManualClock clock_;
  testing::FakeTransfer transfer_;
  std::vector<OutboxEvent> events_;
  AlertmanagerFeed feed_;
};

TEST_F(AlertmanagerFeedTest, EveryAlertmanagerOfTheReceiverIsTold) {
  will_take(4);
  feed_.configure({receiver("am", {"http://one:9093/", "http://two:9093"})});
  feed_.update(small_alert("a", "acme", "page", t0), {"am"});
  run();
  ASSERT_EQ(transfer_.requests().size(), 2u);
  EXPECT_EQ(transfer_.requests()[0].url, "http://one:9093/api/v2/alerts");
  EXPECT_EQ(transfer_.requests()[1].url, "http://two:9093/api/v2/alerts");
  EXPECT_EQ(events_.size(), 2u);
  advance(1min);
  EXPECT_EQ(transfer_.requests().size(), 4u);
  EXPECT_EQ(events_.size(), 2u) << "a repetition is no news";
}

TEST_F(AlertmanagerFeedTest, AlertsOfOtherReceiversAreNotSent) {
  feed_.configure({receiver("am", {"http://one:9093"})});
  feed_.update(small_alert("a", "acme", "page", t0), {"oncall"});
  run();
  EXPECT_TRUE(transfer_.requests().empty());
}

TEST_F(AlertmanagerFeedTest, FailureIsLoggedOnceRetriedAndItsEndIsSaid) {
  feed_.configure({receiver("am", {"http://one:9093"})});
  refuse_connections(2);
  will_take(1);
  feed_.update(small_alert("a", "acme", "page", t0), {"am"});
  run();
  for (int i = 0; i < 10 && transfer_.requests().size() < 3; ++i) advance(10s);
  EXPECT_EQ(transfer_.requests().size(), 3u);
  const auto lines = log_.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("did not take alerts"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("takes alerts again"), std::string::npos) << lines[1];
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_EQ(events_[2].kind, OutboxEvent::Kind::delivered);
  EXPECT_GT(events_[2].latency, 0ms);
}

TEST_F(AlertmanagerFeedTest, DeadAlertmanagerDoesNotDelayAnother) {
  feed_.configure({receiver("am", {"http://dead:9093", "http://two:9093"})});
  transfer_.will_hang();
  will_take(2);
  feed_.update(small_alert("a", "acme", "page", t0), {"am"});
  run();
  feed_.update(small_alert("b", "acme", "page", t0), {"am"});
  run();
  std::size_t to_two = 0;
  for (const auto& request : transfer_.requests()) to_two += request.url.starts_with("http://two") ? 1 : 0;
  EXPECT_EQ(to_two, 2u);
}

TEST_F(AlertmanagerFeedTest, RedirectIsNotFollowedAndTheAlertsAreSentAgain) {
  feed_.configure({receiver("am", {"http://one:9093"})});
  transfer_.will_answer(301, "", {{"location", "https://one/"}});
  will_take(1);
  feed_.update(small_alert("a", "acme", "page", t0), {"am"});
  run();
  ASSERT_EQ(transfer_.requests().size(), 1u);
  EXPECT_FALSE(transfer_.requests()[0].follow_redirects);
  EXPECT_TRUE(log_.contains("answered 301, a redirect: configure the address it leads to"));
  advance(10s);
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[1].kind, OutboxEvent::Kind::delivered);
}

TEST_F(AlertmanagerFeedTest, RefusedAlertsAreLoggedAndDoNotBlockOthers) {
  feed_.configure({receiver("am", {"http://one:9093"})});
  transfer_.will_answer(400, "bad label");
  will_take(1);
  feed_.update(small_alert("a", "acme", "page", t0), {"am"});
  run();
  EXPECT_TRUE(log_.contains("refused alerts"));
  feed_.update(small_alert("b", "acme", "page", t0), {"am"});
  run();
  EXPECT_EQ(transfer_.requests().size(), 2u);
}

TEST_F(AlertmanagerFeedTest, ReconfigurationKeepsAlertsOfThoseThatStay) {
  will_take(3);
  feed_.configure({receiver("am", {"http://one:9093", "http://two:9093"})});
  feed_.update(small_alert("a", "acme", "page", t0), {"am"});
  run();
  feed_.configure({receiver("am", {"http://one:9093"})});
  run();
  EXPECT_EQ(feed_.alerts("am"), 1u);
  advance(1min);
  EXPECT_EQ(transfer_.requests().size(), 3u);
}

}  // namespace
}  // namespace tightrope::daemon
