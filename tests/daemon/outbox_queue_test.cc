// What to do with the next message, and how its bytes are kept.
#include "daemon/outbox_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/daemon/example_alerts.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using rules::Timestamp;
using Action = OutboxQueue::Action::Kind;
using Settled = OutboxQueue::Settled::Kind;

constexpr Timestamp t0 = testing::kEvening;

OutboxMessage message(std::string id, Timestamp made_at = t0) {
  return {.notification_id = std::move(id),
          .receiver = "oncall",
          .integration = "oncall/webhook[0]",
          .body = "{}",
          .made_at = made_at,
          .order = 7};
}
Delivery failure(std::string text, std::optional<rules::Duration> retry_after = {}) {
  return {.kind = Delivery::Kind::try_again, .text = std::move(text), .retry_after = retry_after};
}
const Delivery kDelivered{.kind = Delivery::Kind::delivered, .text = {}, .retry_after = {}};

TEST(BackoffTest, GrowsToItsLimitAndIsSpread) {
  Backoff backoff(1s, 5min, 42);
  for (unsigned failures = 1; failures < 100; ++failures) {
    const rules::Duration most =
        failures < 10 ? rules::Duration(1s) * (1 << (failures - 1)) : rules::Duration(5min);
    const rules::Duration wait = backoff.after(failures);
    EXPECT_GE(wait, 0s);
    EXPECT_LE(wait, std::min<rules::Duration>(most, 5min));
  }
  Backoff same(1s, 5min, 42);
  Backoff again(1s, 5min, 42);
  Backoff other(1s, 5min, 43);
  std::vector<rules::Duration> a, b, c;
  for (unsigned i = 1; i < 20; ++i) {
    a.push_back(same.after(i));
    b.push_back(again.after(i));
    c.push_back(other.after(i));
  }
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST(OutboxQueueTest, MessagesGoOutInOrder) {
  OutboxQueue queue({}, 1);
  EXPECT_EQ(queue.next(t0).kind, Action::idle);
  queue.push(message("a"));
  queue.push(message("b"));
  EXPECT_EQ(queue.next(t0).kind, Action::attempt);
  const auto settled = queue.settled(kDelivered, t0);
  EXPECT_EQ(settled.kind, Settled::delivered);
  EXPECT_EQ(settled.message.notification_id, "a");
  EXPECT_EQ(queue.front().notification_id, "b");
}

TEST(OutboxQueueTest, FailedMessageStaysInFrontAndWaits) {
  OutboxQueue queue({}, 1);
  queue.push(message("a"));
  queue.push(message("b"));
  const auto settled = queue.settled(failure("refused", 20s), t0);
  EXPECT_EQ(settled.kind, Settled::failing);
  EXPECT_EQ(settled.next_try_in, 20s) << "Retry-After is longer than the first back-off";
  EXPECT_EQ(queue.next(t0 + 19s).kind, Action::wait);
  EXPECT_EQ(queue.next(t0 + 19s).until, t0 + 20s);
  EXPECT_EQ(queue.next(t0 + 20s).kind, Action::attempt);
  EXPECT_EQ(queue.front().notification_id, "a");
  queue.settled(failure("refused", 20s), t0 + 20s);
  queue.hurry();
  EXPECT_EQ(queue.next(t0 + 20s).kind, Action::attempt);
}

TEST(OutboxQueueTest, FailureIsLoggedWhenItStartsAndChangesOnly) {
  OutboxQueue queue({}, 1);
  queue.push(message("a"));
  EXPECT_TRUE(queue.settled(failure("refused"), t0).log_failure);
  EXPECT_FALSE(queue.settled(failure("refused"), t0).log_failure);
  EXPECT_TRUE(queue.settled(failure("timeout"), t0).log_failure);
  EXPECT_EQ(queue.settled(kDelivered, t0).failures, 3u);
  queue.push(message("b"));
  EXPECT_TRUE(queue.settled(failure("timeout"), t0).log_failure) << "it starts anew";
}

TEST(OutboxQueueTest, RefusedMessageIsTakenOffAndTheNextIsDueAtOnce) {
  OutboxQueue queue({}, 1);
  queue.push(message("a"));
  queue.push(message("b"));
  EXPECT_EQ(queue.settled({.kind = Delivery::Kind::refused, .text = "404", .retry_after = {}}, t0).kind,
            Settled::refused);
  EXPECT_EQ(queue.next(t0).kind, Action::attempt);
  EXPECT_EQ(queue.front().notification_id, "b");
}

TEST(OutboxQueueTest, OldMessageIsGivenUp) {
  OutboxQueue queue({.oldest = 1h}, 1);
  queue.push(message("a"));
  queue.settled(failure("down", 2h), t0);
  EXPECT_EQ(queue.next(t0 + 59min).kind, Action::wait);
  EXPECT_EQ(queue.next(t0 + 1h).kind, Action::too_old);
}

TEST(OutboxQueueTest, OldestIsDroppedForRoomButNotTheOneOnItsWay) {
  OutboxQueue queue({.most_queued = 2}, 1);
  queue.push(message("a"));
  queue.set_in_flight(true);
  queue.push(message("b"));
  const auto dropped = queue.push(message("c"));
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].notification_id, "b");
  EXPECT_EQ(queue.front().notification_id, "a");
  EXPECT_EQ(queue.size(), 2u);
}

TEST(OutboxQueueTest, BytesAreBoundedAndTheNewestAlwaysFits) {
  OutboxQueue queue({.most_queued_bytes = 10}, 1);
  OutboxMessage large = message("a");
  large.body = std::string(100, 'x');
  EXPECT_TRUE(queue.push(large).empty());
  large.notification_id = "b";
  const auto dropped = queue.push(large);
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].notification_id, "a");
  EXPECT_EQ(queue.size(), 1u);
}

TEST(OutboxMessageTest, WhatAnEarlierVersionStoredIsRead) {
  const std::string bytes = encode(message("a"));  // without a group and alerts: two bytes of 0
  const auto back = decode_outbox_message("\x01" + bytes.substr(1, bytes.size() - 3));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->order, 7u);
  EXPECT_TRUE(back->alerts.empty());
}

TEST(OutboxMessageTest, BytesComeBackWholeOrNotAtAll) {
  OutboxMessage original = message("a");
  original.group_key = "{}:{}";
  original.alerts = {"a", "b"};
  const std::string bytes = encode(original);
  const auto back = decode_outbox_message(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(record_key(*back), "a/oncall/webhook[0]");
  EXPECT_EQ(back->receiver, original.receiver);
  EXPECT_EQ(back->body, original.body);
  EXPECT_EQ(back->made_at, original.made_at);
  EXPECT_EQ(back->order, original.order);
  EXPECT_EQ(back->group_key, original.group_key);
  EXPECT_EQ(back->alerts, original.alerts);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_outbox_message(bytes.substr(0, length)).has_value());
  }
  EXPECT_FALSE(decode_outbox_message(bytes + "x").has_value());
}

}  // namespace
}  // namespace tightrope::daemon
