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

OutboxMessage message(std::string id, std::string group = "") {
  return {.notification_id = std::move(id),
          .receiver = "oncall",
          .integration = "oncall/webhook[0]",
          .body = "{}",
          .made_at = t0,
          .order = 7,
          .group_key = std::move(group)};
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

// The id of the message tried, and how it went.
std::string tried(OutboxQueue& queue, const Delivery& delivery, Timestamp now) {
  if (queue.next(now).kind != Action::attempt) return "";
  const std::string id = queue.start(now).notification_id;
  queue.settled(delivery, now);
  return id;
}

TEST(OutboxQueueTest, MessagesGoOutInOrder) {
  OutboxQueue queue({}, 1);
  EXPECT_EQ(queue.next(t0).kind, Action::idle);
  queue.push(message("a"));
  queue.push(message("b"));
  queue.push(message("c", "other"));
  queue.push(message("d"));
  EXPECT_EQ(queue.next(t0).kind, Action::attempt);
  EXPECT_EQ(queue.start(t0).notification_id, "a");
  EXPECT_EQ(queue.next(t0).kind, Action::idle) << "one at a time";
  const auto settled = queue.settled(kDelivered, t0);
  EXPECT_EQ(settled.kind, Settled::delivered);
  EXPECT_EQ(settled.message.notification_id, "a");
  for (const char* id : {"b", "c", "d", ""}) EXPECT_EQ(tried(queue, kDelivered, t0), id);
}

TEST(OutboxQueueTest, FailedMessageStaysInFrontAndWaits) {
  OutboxQueue queue({}, 1);
  queue.push(message("a"));
  queue.push(message("b"));
  queue.start(t0);
  const auto settled = queue.settled(failure("refused", 20s), t0);
  EXPECT_EQ(settled.kind, Settled::failing);
  EXPECT_EQ(settled.message.notification_id, "a");
  EXPECT_EQ(settled.next_try_in, 20s) << "Retry-After is longer than the first back-off";
  EXPECT_EQ(queue.next(t0 + 19s).kind, Action::wait);
  EXPECT_EQ(queue.next(t0 + 19s).until, t0 + 20s);
  EXPECT_EQ(tried(queue, failure("refused", 20s), t0 + 20s), "a");
  queue.hurry();
  EXPECT_EQ(tried(queue, kDelivered, t0 + 20s), "a");
}

TEST(OutboxQueueTest, PoisonedMessageHoldsUpItsOwnGroupOnly) {
  OutboxQueue queue({.first_backoff = 1min}, 1);
  queue.push(message("poison", "p"));
  queue.push(message("after it", "p"));
  queue.push(message("a", "a"));
  queue.push(message("b", "b"));
  EXPECT_EQ(tried(queue, failure("500"), t0), "poison");
  EXPECT_EQ(tried(queue, kDelivered, t0), "a");
  EXPECT_EQ(tried(queue, kDelivered, t0), "b");
  EXPECT_EQ(tried(queue, failure("500"), t0), "poison")
      << "at once: the receiver answers, so it may have been down";
  queue.push(message("c", "c"));
  EXPECT_EQ(tried(queue, kDelivered, t0), "c");
  EXPECT_EQ(queue.next(t0).kind, Action::wait) << "it is at fault itself, and is hurried no more";
  EXPECT_EQ(queue.size(), 2u);
}

TEST(OutboxQueueTest, FailedGroupGoesToTheEndOfTheLine) {
  OutboxQueue queue({.first_backoff = 0s, .longest_backoff = 0s}, 1);  // due again at once
  queue.push(message("poison", "p"));
  queue.push(message("a", "a"));
  EXPECT_EQ(tried(queue, failure("500"), t0), "poison");
  EXPECT_EQ(tried(queue, kDelivered, t0), "a");
}

TEST(OutboxQueueTest, ReceiverThatIsDownIsProbedWithOneGroupAtATime) {
  OutboxQueue queue({.first_backoff = 4h, .longest_backoff = 4h}, 1);
  for (int i = 0; i < 100; ++i) queue.push(message(std::to_string(i), std::to_string(i)));
  EXPECT_EQ(tried(queue, failure("down"), t0), "0");
  EXPECT_EQ(tried(queue, failure("down"), t0), "1");
  EXPECT_EQ(tried(queue, failure("down"), t0), "2");
  Timestamp now = t0;
  for (const char* id : {"3", "4"}) {
    ASSERT_EQ(queue.next(now).kind, Action::wait);
    now = queue.next(now).until;
    EXPECT_EQ(tried(queue, failure("down"), now), id) << "the next in line";
  }
  now = queue.next(now).until;
  ASSERT_LT(now, t0 + 24h);
  EXPECT_EQ(tried(queue, kDelivered, now), "5");
  int delivered = 1;
  while (!tried(queue, kDelivered, now).empty()) ++delivered;
  EXPECT_EQ(delivered, 100) << "all at once, those that had failed too";
}

TEST(OutboxQueueTest, GroupsAtFaultDoNotMakeTheReceiverLookDown) {
  OutboxQueue queue({.first_backoff = 1h, .longest_backoff = 1h}, 1);
  for (const char* id : {"p", "q", "r", "s"}) queue.push(message(id, id));
  Timestamp now = t0;
  int deliveries = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string id = "good" + std::to_string(i);
    queue.push(message(id, id));
    for (int tries = 0; tries < 20 && queue.size() > 4; ++tries) {
      if (queue.next(now).kind == Action::wait) now = queue.next(now).until;
      const bool good = queue.start(now).notification_id == id;
      queue.settled(good ? kDelivered : failure("500"), now);
      deliveries += good ? 1 : 0;
    }
    if (i < 5) now += 1h;
  }
  EXPECT_EQ(deliveries, 200);
  const Timestamp before = now;
  queue.push(message("urgent", "urgent"));
  for (int tries = 0; tries < 5; ++tries) {
    ASSERT_EQ(queue.next(now).kind, Action::attempt);
    if (queue.start(now).notification_id == "urgent") break;
    queue.settled(failure("500"), now);
    ASSERT_LT(tries, 4) << "each of the four delays it by one try at most";
  }
  EXPECT_EQ(now, before);
}

TEST(OutboxQueueTest, RetryAfterHoldsForAllGroupsUnlessItsOwnIsAtFault) {
  OutboxQueue queue({}, 1);
  queue.push(message("a", "a"));
  queue.push(message("b", "b"));
  EXPECT_EQ(tried(queue, failure("429", 10min), t0), "a");
  EXPECT_EQ(queue.next(t0).kind, Action::wait);
  EXPECT_EQ(queue.next(t0).until, t0 + 10min);
  EXPECT_EQ(tried(queue, kDelivered, t0 + 10min), "b");
  EXPECT_EQ(tried(queue, failure("429", 10min), t0 + 10min), "a") << "a second time, b was taken";
  queue.push(message("c", "c"));
  EXPECT_EQ(tried(queue, kDelivered, t0 + 10min), "c");
  EXPECT_EQ(queue.next(t0 + 10min).until, t0 + 20min);
}

TEST(OutboxQueueTest, FailureIsLoggedWhenItStartsAndChangesOnly) {
  OutboxQueue queue({.first_backoff = 0s, .longest_backoff = 0s}, 1);
  const auto logged = [&queue](const char* why) {
    queue.start(t0);
    return queue.settled(failure(why), t0).log_failure;
  };
  queue.push(message("a"));
  EXPECT_TRUE(logged("refused"));
  EXPECT_FALSE(logged("refused"));
  EXPECT_TRUE(logged("timeout"));
  queue.start(t0);
  EXPECT_EQ(queue.settled(kDelivered, t0).failures, 3u);
  queue.push(message("b"));
  EXPECT_TRUE(logged("timeout")) << "it starts anew";
  queue.push(message("c", "other"));
  EXPECT_FALSE(logged("timeout")) << "another group, for the same reason";
}

TEST(OutboxQueueTest, GroupFoundAtFaultIsLoggedOnce) {
  OutboxQueue queue({.first_backoff = 0s, .longest_backoff = 0s}, 1);
  queue.push(message("poison", "p"));
  tried(queue, failure("500"), t0);
  int failed = 0;
  int logged = 0;
  for (int i = 0; i < 5; ++i) {
    queue.push(message("good", "g"));
    while (queue.size() > 1) {
      const bool good = queue.start(t0).notification_id == "good";
      queue.settled(good ? kDelivered : failure("500"), t0);
    }
    queue.start(t0);
    const auto settled = queue.settled(failure("500"), t0);
    failed += settled.group_at_fault ? 1 : 0;
    logged += settled.log_failure ? 1 : 0;
  }
  EXPECT_EQ(failed, 5);
  EXPECT_EQ(logged, 1);
}

TEST(OutboxQueueTest, RefusedMessageIsTakenOffAndTheNextIsDueAtOnce) {
  OutboxQueue queue({}, 1);
  queue.push(message("a"));
  queue.push(message("b"));
  queue.start(t0);
  EXPECT_EQ(queue.settled({.kind = Delivery::Kind::refused, .text = "404", .retry_after = {}}, t0).kind,
            Settled::refused);
  EXPECT_EQ(tried(queue, kDelivered, t0), "b");
}

TEST(OutboxQueueTest, OldMessageIsGivenUp) {
  OutboxQueue queue({.oldest = 1h}, 1);
  queue.push(message("a"));
  tried(queue, failure("down", 2h), t0);
  EXPECT_EQ(queue.next(t0 + 59min).kind, Action::wait);
  EXPECT_EQ(queue.next(t0 + 59min).until, t0 + 1h);
  EXPECT_EQ(queue.next(t0 + 1h).kind, Action::too_old);
  EXPECT_EQ(queue.drop_oldest().notification_id, "a");
  EXPECT_TRUE(queue.empty());
}

TEST(OutboxQueueTest, OldestIsDroppedForRoomButNotTheOneOnItsWay) {
  OutboxQueue queue({.most_queued = 2}, 1);
  queue.push(message("a"));
  queue.start(t0);
  queue.push(message("b"));
  const auto dropped = queue.push(message("c")).dropped;
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].notification_id, "b");
  EXPECT_EQ(queue.settled(kDelivered, t0).message.notification_id, "a");
  EXPECT_EQ(queue.size(), 1u);
}

TEST(OutboxQueueTest, BytesAreBoundedAndTheNewestAlwaysFits) {
  OutboxQueue queue({.most_queued_bytes = 10}, 1);
  OutboxMessage large = message("a");
  large.body = std::string(100, 'x');
  EXPECT_TRUE(queue.push(large).dropped.empty());
  large.notification_id = "b";
  const auto dropped = queue.push(large).dropped;
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].notification_id, "a");
  EXPECT_EQ(queue.size(), 1u);
}

OutboxMessage showing(std::string id, std::vector<std::string> alerts, Timestamp made_at = t0) {
  OutboxMessage made = message(std::move(id), "g");
  made.alerts = std::move(alerts);
  made.made_at = made_at;
  return made;
}
std::vector<std::string> ids(const std::vector<OutboxMessage>& messages) {
  std::vector<std::string> all;
  for (const OutboxMessage& each : messages) all.push_back(each.notification_id);
  return all;
}
using Ids = std::vector<std::string>;

TEST(OutboxQueueTest, WaitingMessageIsSupersededByOneThatShowsAllItsAlerts) {
  OutboxQueue queue({}, 1);
  queue.push(showing("first", {"a"}));
  EXPECT_EQ(ids(queue.push(showing("second", {"a", "b"}, t0 + 1h)).superseded), (Ids{"first"}));
  EXPECT_EQ(queue.waiting_since(), t0) << "what it says has waited as long";
  EXPECT_EQ(tried(queue, kDelivered, t0), "second");
  EXPECT_TRUE(queue.empty());
}

TEST(OutboxQueueTest, MessageWithAnAlertThatTheNewerDoesNotShowStays) {
  OutboxQueue queue({}, 1);
  queue.push(showing("a fires", {"a", "b"}));
  EXPECT_EQ(ids(queue.push(showing("a ends", {"b", "a"})).superseded), (Ids{"a fires"}));
  EXPECT_TRUE(queue.push(showing("b fires on", {"b"})).superseded.empty());
  EXPECT_EQ(ids(queue.push(showing("b ends", {"b"})).superseded), (Ids{"b fires on"}));
  for (const char* id : {"a ends", "b ends", ""}) EXPECT_EQ(tried(queue, kDelivered, t0), id);
}

TEST(OutboxQueueTest, OtherGroupsAndUnknownContentsAreNotSuperseded) {
  OutboxQueue queue({}, 1);
  OutboxMessage other = showing("other", {"a"});
  other.group_key = "h";
  queue.push(other);
  queue.push(showing("unknown", {}));
  OutboxMessage stored = showing("stored by an earlier version", {"a"});
  stored.shows_alerts = false;
  queue.push(showing("first", {"a"}));
  EXPECT_TRUE(queue.push(stored).superseded.empty()) << "its body may not show what it lists";
  EXPECT_EQ(ids(queue.push(showing("last", {"a"})).superseded),
            (Ids{"first", "stored by an earlier version"}));
  EXPECT_EQ(queue.size(), 3u);
}

TEST(OutboxQueueTest, MessageBeingTriedIsSupersededWhenThatHasFailed) {
  OutboxQueue queue({}, 1);
  queue.push(showing("first", {"a"}));
  queue.start(t0);
  EXPECT_TRUE(queue.push(showing("second", {"a"})).superseded.empty());
  const auto settled = queue.settled(failure("timeout"), t0);
  EXPECT_EQ(settled.message.notification_id, "first");
  EXPECT_EQ(ids(settled.superseded), (Ids{"first"}));
  EXPECT_EQ(queue.next(t0).kind, Action::wait) << "the back-off is the group's";
  EXPECT_EQ(tried(queue, kDelivered, queue.next(t0).until), "second");
  EXPECT_TRUE(queue.empty());
}

TEST(OutboxQueueTest, SupersedingKeepsThePlaceInTheLine) {
  OutboxQueue queue({}, 1);
  queue.push(showing("first", {"a"}));
  queue.push(message("other", "h"));
  queue.push(showing("second", {"a"}));
  EXPECT_EQ(tried(queue, kDelivered, t0), "second");
}

TEST(OutboxMessageTest, WhatAnEarlierVersionStoredIsRead) {
  const std::string bytes = encode(message("a"));  // without a group and alerts: two bytes of 0
  const auto second = decode_outbox_message("\x02" + bytes.substr(1));
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->shows_alerts);
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
  EXPECT_TRUE(back->shows_alerts);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_outbox_message(bytes.substr(0, length)).has_value());
  }
  EXPECT_FALSE(decode_outbox_message(bytes + "x").has_value());
}

}  // namespace
}  // namespace tightrope::daemon
