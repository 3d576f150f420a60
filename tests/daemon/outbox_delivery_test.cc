// Messages from a dispatch to the receiver: stored first, tried until taken, erased after.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/outbox.h"
#include "tests/daemon/example_alerts.h"
#include "tests/daemon/record_journal.h"
#include "tests/support/log_capture.h"
#include "tests/support/manual_clock.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using Kind = Delivery::Kind;
using Strings = std::vector<std::string>;

constexpr Timestamp t0 = testing::kEvening;

// What a receiver is given, and how it answers.
struct Mailbox {
  std::deque<Delivery> answers;  // then it takes everything
  bool hangs = false;
  std::string poison;  // a body that it answers 500 to
  Strings ids;         // of every try
  Strings bodies;
};

class MailboxIntegration final : public Integration {
 public:
  MailboxIntegration(std::string name, Mailbox& mailbox) : name_(std::move(name)), mailbox_(mailbox) {}
  const std::string& name() const noexcept override { return name_; }
  std::optional<Rendered> render(const Notification& notification) const override {
    if (notification.firing.empty() && notification.resolved.empty()) return std::nullopt;
    return Rendered{.body = "body of " + notification.id, .shown = first_alerts(notification, 100)};
  }
  asio::awaitable<Delivery> send(std::string body, std::string notification_id) override {
    const bool poisoned = body == mailbox_.poison;
    mailbox_.ids.push_back(std::move(notification_id));
    mailbox_.bodies.push_back(std::move(body));
    if (mailbox_.hangs) {
      const auto executor = co_await asio::this_coro::executor;
      asio::steady_timer never(executor, asio::steady_timer::time_point::max());
      co_await never.async_wait(asio::use_awaitable);
    }
    Delivery delivery;
    delivery.kind = Kind::delivered;
    if (!mailbox_.answers.empty()) {
      delivery = mailbox_.answers.front();
      mailbox_.answers.pop_front();
    }
    if (poisoned) {
      delivery.kind = Kind::try_again;
      delivery.text = "answered 500";
    }
    co_return delivery;
  }

 private:
  std::string name_;
  Mailbox& mailbox_;
};

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() : clock_(t0) { start(); }

  void start() {
    outbox_ = std::make_unique<Outbox>(
        io_.get_executor(), clock_, journal_, limits_,
        [this](const OutboxEvent& event) { events_.push_back(event); }, 1);
    configure({"oncall", "second"});
  }
  void configure(const Strings& receivers) {
    std::vector<Outbox::ReceiverIntegrations> all;
    for (const std::string& receiver : receivers) {
      std::vector<std::unique_ptr<Integration>> integrations;
      Mailbox& mailbox = receiver == "oncall" ? oncall_ : second_;
      integrations.push_back(std::make_unique<MailboxIntegration>(receiver + "/webhook[0]", mailbox));
      all.emplace_back(receiver, std::move(integrations));
    }
    outbox_->configure(std::move(all), journal_.table(std::string(kOutboxTable)));
  }
  void run() {
    io_.restart();
    io_.poll();
  }
  void advance(Duration by) {
    clock_.advance(by);
    run();
  }
  bool stop() {
    bool stopped = false;
    asio::co_spawn(io_, outbox_->stop(), [&stopped](std::exception_ptr failure) { stopped = !failure; });
    run();
    return stopped;
  }
  void restart() {
    EXPECT_TRUE(stop());
    start();
  }
  void TearDown() override {
    journal_.release();
    EXPECT_TRUE(stop());
  }

  Dispatched dispatch(std::string id, std::string receiver = "oncall", std::string group = "{}:{}") {
    Dispatched dispatched;
    dispatched.notification.id = id;
    dispatched.notification.receiver = receiver;
    dispatched.notification.group_key = group;
    dispatched.notification.firing = {testing::small_alert(id, "acme", "page", t0)};
    dispatched.notification.made_at = clock_.now();
    dispatched.notified.receiver = std::move(receiver);
    dispatched.notified.group_key = std::move(group);
    dispatched.notified.firing["a"] = ++revision_;
    dispatched.notified.at = clock_.now();
    dispatched.reason = "first";
    return dispatched;
  }
  std::size_t stored() const { return journal_.table(std::string(kOutboxTable)).size(); }
  static Delivery failure(std::string text) {
    return {.kind = Kind::try_again, .text = std::move(text), .retry_after = {}};
  }

  asio::io_context io_;
  testing::LogCapture log_;
  testing::ManualClock clock_;
  testing::RecordJournal journal_;
  OutboxLimits limits_;
  Mailbox oncall_, second_;
  std::vector<OutboxEvent> events_;
  std::unique_ptr<Outbox> outbox_;
  std::uint32_t revision_ = 0;
};

TEST_F(OutboxTest, MessageIsDurableBeforeItIsTried) {
  journal_.hold = true;
  outbox_->take(dispatch("n1"));
  run();
  EXPECT_TRUE(oncall_.ids.empty());
  EXPECT_EQ(outbox_->queued("oncall"), 1u) << "on its way into the journal";
  clock_.advance(3s);
  EXPECT_EQ(outbox_->backlog().at(0).messages, 1u);
  EXPECT_EQ(outbox_->backlog().at(0).oldest, 3s);
  journal_.release();
  EXPECT_EQ(stored(), 1u);
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1"}));
  EXPECT_EQ(oncall_.bodies, (Strings{"body of n1"}));
}

TEST_F(OutboxTest, MessageAndWhatWasToldAreOneTransaction) {
  outbox_->take(dispatch("n1"));
  ASSERT_EQ(journal_.writes.size(), 1u);
  Strings tables;
  for (const RecordChange& change : journal_.writes[0]) tables.push_back(change.table);
  EXPECT_EQ(tables, (Strings{"notified", "outbox"}));
}

TEST_F(OutboxTest, DeliveredMessageIsErasedSoonAfter) {
  outbox_->take(dispatch("n1"));
  run();
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].kind, OutboxEvent::Kind::delivered);
  EXPECT_EQ(events_[0].receiver, "oncall");
  EXPECT_EQ(events_[0].integration, "oncall/webhook[0]");
  EXPECT_EQ(stored(), 1u);
  advance(100ms);
  EXPECT_EQ(stored(), 0u);
  EXPECT_EQ(journal_.table("notified").size(), 1u) << "what was told is remembered";
}

TEST_F(OutboxTest, ErasuresAreWrittenTogether) {
  for (int i = 0; i < 50; ++i) outbox_->take(dispatch("n" + std::to_string(i)));
  run();
  EXPECT_EQ(oncall_.ids.size(), 50u);
  const std::size_t before = journal_.writes.size();
  advance(100ms);
  EXPECT_EQ(journal_.writes.size(), before + 1);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(OutboxTest, FailedTryIsRepeatedUnderTheSameIdUntilItIsTaken) {
  oncall_.answers = {failure("answered 503"), failure("answered 503"), failure("answered 500")};
  outbox_->take(dispatch("n1"));
  run();
  for (int i = 0; i < 100 && oncall_.ids.size() < 4; ++i) advance(1s);
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n1", "n1", "n1"}));
  EXPECT_EQ(oncall_.bodies.front(), oncall_.bodies.back());
  ASSERT_EQ(events_.size(), 4u);
  EXPECT_EQ(events_[2].kind, OutboxEvent::Kind::failed_try);
  EXPECT_EQ(events_[3].kind, OutboxEvent::Kind::delivered);
  EXPECT_EQ(events_[3].latency, clock_.now() - t0);
  EXPECT_EQ(outbox_->queued("oncall"), 0u);
}

TEST_F(OutboxTest, LogSaysWhenFailingStartsChangesAndEnds) {
  oncall_.answers = {failure("answered 503"), failure("answered 503"), failure("no route")};
  outbox_->take(dispatch("n1"));
  run();
  for (int i = 0; i < 100 && oncall_.ids.size() < 4; ++i) advance(1s);
  Strings lines = log_.lines();
  std::erase_if(lines, [](const std::string& line) { return line.find("level=debug") != std::string::npos; });
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[0].find("error=\"answered 503\""), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("error=\"no route\""), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("deliveries succeed again"), std::string::npos) << lines[2];
}

TEST_F(OutboxTest, MessageThatAReceiverCannotTakeDelaysItsOwnGroupOnly) {
  oncall_.poison = "body of poison";
  outbox_->take(dispatch("poison", "oncall", "{}:{client=\"acme\"}"));
  outbox_->take(dispatch("behind it", "oncall", "{}:{client=\"acme\"}"));
  outbox_->take(dispatch("n1", "oncall", "{}:{client=\"beta\"}"));
  run();
  EXPECT_NE(std::find(oncall_.ids.begin(), oncall_.ids.end(), "n1"), oncall_.ids.end());
  for (int i = 0; i < 100; ++i) advance(1min);
  EXPECT_EQ(std::find(oncall_.ids.begin(), oncall_.ids.end(), "behind it"), oncall_.ids.end());
  EXPECT_EQ(outbox_->queued("oncall"), 2u);
  EXPECT_TRUE(log_.contains("delivery failed while other groups are taken"));
  EXPECT_TRUE(log_.contains("group=\"{}:{client=\\\"acme\\\"}\""));
}

TEST_F(OutboxTest, RefusedMessageIsLostWithAnErrorAndTheNextGoesOut) {
  oncall_.answers = {{.kind = Kind::refused, .text = "answered 404: no_service", .retry_after = {}}};
  outbox_->take(dispatch("n1"));
  outbox_->take(dispatch("n2"));
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n2"}));
  EXPECT_TRUE(log_.contains("level=error component=outbox msg=\"a notification is lost\""));
  EXPECT_EQ(events_[0].kind, OutboxEvent::Kind::refused);
  advance(100ms);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(OutboxTest, LostMessageIsGivenBackAndErasedWithWhatIsRememberedOfIt) {
  const Dispatched sent = dispatch("n1");
  Strings lost;
  outbox_->on_lost([&](const OutboxMessage& message) {
    lost.push_back(message.integration + " " + message.group_key + " " + message.alerts.at(0));
    NotifiedGroup group = sent.notified;
    group.missed[message.integration].alerts.insert("a");
    outbox_->remember(group);
  });
  oncall_.answers = {{.kind = Kind::refused, .text = "answered 404", .retry_after = {}}};
  outbox_->take(sent);
  run();
  EXPECT_EQ(lost, (Strings{"oncall/webhook[0] {}:{} n1"}));
  Strings tables;
  for (const RecordChange& change : journal_.writes.back()) tables.push_back(change.table);
  EXPECT_EQ(tables, (Strings{"notified", "outbox"})) << "in one transaction";
  const auto notified = journal_.table("notified");
  ASSERT_EQ(notified.size(), 1u);
  EXPECT_EQ(decode_notified_group(notified[0].value)->missed.count("oncall/webhook[0]"), 1u);
  EXPECT_EQ(stored(), 0u);
  EXPECT_EQ(events_[0].kind, OutboxEvent::Kind::refused);
}

TEST_F(OutboxTest, MessagesOfARemovedReceiverAreNotGivenBack) {
  int lost = 0;
  outbox_->on_lost([&lost](const OutboxMessage&) { ++lost; });
  second_.answers = {failure("down")};
  outbox_->take(dispatch("n1", "second"));
  run();
  configure({"oncall"});
  run();
  EXPECT_EQ(lost, 0) << "there is nobody to tell again";
}

TEST_F(OutboxTest, DispatchIsForSomeIntegrationsOnly) {
  Dispatched others = dispatch("n1");
  others.but = {"oncall/webhook[0]"};
  outbox_->take(others);
  Dispatched again = dispatch("n2");
  again.only = {"oncall/webhook[0]"};
  outbox_->take(again);
  again.only = {"oncall/slack[0]"};
  outbox_->take(again);
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n2"}));
}

TEST_F(OutboxTest, DeadReceiverDelaysNobodyElse) {
  oncall_.hangs = true;
  outbox_->take(dispatch("n1", "oncall"));
  for (int i = 0; i < 10; ++i) outbox_->take(dispatch("s" + std::to_string(i), "second"));
  run();
  EXPECT_EQ(second_.ids.size(), 10u);
  EXPECT_EQ(outbox_->queued("oncall"), 1u);
  EXPECT_EQ(outbox_->queued("second"), 0u);
}

TEST_F(OutboxTest, ReceiverThatNeverAnswersIsTriedAgainAfterTheTimeout) {
  oncall_.hangs = true;
  outbox_->take(dispatch("n1"));
  run();
  oncall_.hangs = false;
  for (int i = 0; i < 30 && oncall_.ids.size() < 2; ++i) advance(1s);
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n1"}));
  EXPECT_TRUE(log_.contains("no answer in time"));
}

TEST_F(OutboxTest, FullDiskLosesNothingAndIsLoggedOnce) {
  journal_.failing = "disk full";
  outbox_->take(dispatch("n1"));
  outbox_->take(dispatch("n2"));
  run();
  for (int i = 0; i < 20; ++i) advance(10s);
  EXPECT_GT(journal_.failures, 5);
  EXPECT_TRUE(oncall_.ids.empty());
  EXPECT_EQ(outbox_->queued("oncall"), 2u);
  journal_.failing.clear();
  advance(10s);
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n2"}));
  int errors = 0;
  for (const std::string& line : log_.lines())
    errors += line.find("cannot be stored") != std::string::npos ? 1 : 0;
  EXPECT_EQ(errors, 1);
  EXPECT_TRUE(log_.contains("can be stored again"));
}

TEST_F(OutboxTest, LaterStateOfAGroupIsNeverOverwrittenByAnEarlierOne) {
  journal_.failing = "disk full";
  outbox_->take(dispatch("n1"));
  run();
  journal_.failing.clear();
  outbox_->take(dispatch("n2"));
  for (int i = 0; i < 5; ++i) advance(1s);
  const auto notified = journal_.table("notified");
  ASSERT_EQ(notified.size(), 1u);
  EXPECT_EQ(decode_notified_group(notified[0].value)->firing.at("a"), 2u);
}

TEST_F(OutboxTest, RestartTakesUpWhatWasNotDelivered) {
  oncall_.answers = {failure("down"), failure("down"), failure("down")};
  outbox_->take(dispatch("n1"));
  advance(1ms);
  outbox_->take(dispatch("n2"));
  run();
  EXPECT_EQ(stored(), 2u);
  oncall_.ids.clear();
  oncall_.answers.clear();
  restart();
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n2"}));
}

TEST_F(OutboxTest, StopErasesWhatWasDelivered) {
  outbox_->take(dispatch("n1"));
  run();
  restart();
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1"})) << "an orderly stop repeats nothing";
}

TEST_F(OutboxTest, CrashBeforeTheErasureRepeatsUnderTheSameId) {
  outbox_->take(dispatch("n1"));
  run();
  const auto as_crashed = journal_.records;
  EXPECT_TRUE(stop());
  journal_.records = as_crashed;
  start();
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n1"}));
}

TEST_F(OutboxTest, MessageTooOldIsGivenUpWithAnError) {
  oncall_.answers = std::deque<Delivery>(10'000, failure("down"));
  outbox_->take(dispatch("n1"));
  run();
  for (int i = 0; i < 80; ++i) advance(1h);
  ASSERT_FALSE(events_.empty());
  EXPECT_EQ(events_.back().kind, OutboxEvent::Kind::too_old);
  EXPECT_EQ(outbox_->queued("oncall"), 0u);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(OutboxTest, ReloadTriesWaitingMessagesAtOnceAndDropsThoseOfRemovedReceivers) {
  oncall_.answers = {failure("down")};
  second_.answers = {failure("down")};
  outbox_->take(dispatch("n1", "oncall"));
  outbox_->take(dispatch("n2", "second"));
  run();
  configure({"oncall"});
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1", "n1"}));
  EXPECT_EQ(second_.ids, (Strings{"n2"}));
  EXPECT_EQ(events_[2].kind, OutboxEvent::Kind::dropped);
  advance(100ms);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(OutboxTest, NothingToTellIsRememberedAndNotSent) {
  Dispatched nothing = dispatch("n1");
  nothing.notification.firing.clear();
  outbox_->take(nothing);
  run();
  EXPECT_TRUE(oncall_.ids.empty());
  EXPECT_EQ(journal_.table("notified").size(), 1u);
  EXPECT_TRUE(log_.lines().empty());
}

TEST_F(OutboxTest, ForgottenGroupsAreErasedAfterTheirLastMessage) {
  const Dispatched dispatched = dispatch("n1");
  journal_.hold = true;
  outbox_->take(dispatched);
  outbox_->forget({record_key(dispatched.notified)});
  journal_.release();
  run();
  EXPECT_TRUE(journal_.table("notified").empty());
  EXPECT_EQ(oncall_.ids, (Strings{"n1"}));
}

TEST_F(OutboxTest, UnreadableRecordIsLeftAndTheOthersAreSent) {
  oncall_.answers = {failure("down")};
  outbox_->take(dispatch("n1"));
  run();
  EXPECT_TRUE(stop());
  journal_.records[{"outbox", "broken"}] = "\x09garbage";
  oncall_.ids.clear();
  start();
  run();
  EXPECT_EQ(oncall_.ids, (Strings{"n1"}));
  EXPECT_TRUE(log_.contains("cannot be read"));
  EXPECT_EQ(journal_.records.count({"outbox", "broken"}), 1u);
}

TEST_F(OutboxTest, AfterAnOutageTheNewestStateIsToldOnceAndNothingIsLost) {
  oncall_.answers = {failure("down"), failure("down"), failure("down")};
  for (int i = 0; i < 50; ++i) {
    Dispatched repeated = dispatch("n" + std::to_string(i));
    repeated.notification.firing[0].id = "a";
    outbox_->take(repeated);
    run();
  }
  restart();
  for (int i = 0; i < 60; ++i) advance(1s);
  EXPECT_EQ(oncall_.ids.back(), "n49");
  EXPECT_LT(oncall_.ids.size(), 8u);
  EXPECT_FALSE(log_.contains("level=error"));
  const auto superseded = [](const OutboxEvent& event) {
    return event.kind == OutboxEvent::Kind::superseded;
  };
  EXPECT_EQ(std::count_if(events_.begin(), events_.end(), superseded), 49);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(OutboxTest, BacklogIsThatOfEachIntegrationInForce) {
  second_.answers = std::deque<Delivery>(100, failure("down"));
  outbox_->take(dispatch("n1", "second"));
  advance(10min);
  outbox_->take(dispatch("n2", "second"));
  advance(1min);
  std::vector<OutboxBacklog> backlog = outbox_->backlog();
  ASSERT_EQ(backlog.size(), 2u);
  EXPECT_EQ(backlog[0].integration, "oncall/webhook[0]");
  EXPECT_EQ(backlog[0].messages, 0u);
  EXPECT_EQ(backlog[0].oldest, 0s);
  EXPECT_EQ(backlog[1].receiver, "second");
  EXPECT_EQ(backlog[1].messages, 2u);
  EXPECT_EQ(backlog[1].oldest, 11min);
  configure({"oncall"});
  EXPECT_EQ(outbox_->backlog().size(), 1u);
}

TEST_F(OutboxTest, TooManyWaitingDropsTheOldestWithAnError) {
  EXPECT_TRUE(stop());
  limits_.most_queued = 3;
  start();
  oncall_.hangs = true;
  for (int i = 0; i < 6; ++i) {
    outbox_->take(dispatch("n" + std::to_string(i)));
    run();
  }
  EXPECT_EQ(outbox_->queued("oncall"), 3u);
  EXPECT_EQ(events_.size(), 3u);
  EXPECT_EQ(events_[0].kind, OutboxEvent::Kind::dropped);
  advance(100ms);
  EXPECT_EQ(stored(), 3u);
}

}  // namespace
}  // namespace tightrope::daemon
