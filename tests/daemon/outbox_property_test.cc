// The queue of an integration under generated receivers: some take everything, some refuse for hours, some
// choke on certain messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/outbox_queue.h"
#include "tests/daemon/example_alerts.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using rules::Duration;
using rules::Timestamp;
using Action = OutboxQueue::Action::Kind;

// A receiver: when it is down, and which groups it cannot take.
struct Receiver {
  Timestamp down_from{}, down_until{};
  std::set<std::string> poisoned;

  bool takes(const OutboxMessage& message, Timestamp now) const {
    return (now < down_from || now >= down_until) && poisoned.count(message.group_key) == 0;
  }
};

// What was pushed and has not left the queue yet, by group.
class Expected {
 public:
  void push(const OutboxMessage& message) { waiting_[message.group_key].push_back(message.notification_id); }
  // Whether it is the first of its group.
  bool is_next(const OutboxMessage& message) const {
    return waiting_.at(message.group_key).front() == message.notification_id;
  }
  void leaves(const OutboxMessage& message) {
    std::vector<std::string>& group = waiting_.at(message.group_key);
    ASSERT_EQ(std::count(group.begin(), group.end(), message.notification_id), 1) << "left twice";
    std::erase(group, message.notification_id);
  }
  std::size_t size() const {
    std::size_t size = 0;
    for (const auto& [group, ids] : waiting_) size += ids.size();
    return size;
  }

 private:
  std::map<std::string, std::vector<std::string>> waiting_;
};

class OutboxPropertyTest : public ::testing::TestWithParam<unsigned> {
 protected:
  OutboxPropertyTest() {
    const char* chosen = std::getenv("TIGHTROPE_TEST_SEED");
    seed_ = chosen != nullptr ? static_cast<unsigned>(std::strtoul(chosen, nullptr, 10)) : GetParam();
    random_.seed(seed_);
  }
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }

  OutboxMessage message(const std::string& group, Timestamp now) {
    OutboxMessage made;
    made.notification_id = "n" + std::to_string(++made_);
    made.integration = "oncall/webhook[0]";
    made.group_key = group;
    made.body = std::string(below(50), 'x');
    made.made_at = now;
    return made;
  }

  unsigned seed_ = 0;
  std::mt19937 random_;
  unsigned made_ = 0;
};

TEST_P(OutboxPropertyTest, GroupsKeepTheirOrderAndNothingIsLostOrExceedsItsBounds) {
  SCOPED_TRACE("TIGHTROPE_TEST_SEED=" + std::to_string(seed_));
  const OutboxLimits limits{.most_queued = 40, .most_queued_bytes = 1'000, .oldest = 6h};
  OutboxQueue queue(limits, seed_);
  Expected expected;
  Receiver receiver{testing::kEvening + 1h, testing::kEvening + 4h, {"g0"}};
  Timestamp now = testing::kEvening;
  std::size_t delivered = 0;
  bool in_flight = false;
  for (int step = 0; step < 3'000; ++step) {
    const unsigned what = below(10);
    if (what < 3) {
      const OutboxMessage made = message("g" + std::to_string(below(8)), now);
      expected.push(made);
      for (const OutboxMessage& dropped : queue.push(made).dropped) expected.leaves(dropped);
    } else if (what == 3) {
      const Duration steps[] = {1ms, 1s, 10s, 1min, 10min};
      now += steps[below(5)];
    } else if (what == 4 && below(20) == 0) {
      queue.hurry();
    } else if (queue.next(now).kind == Action::too_old) {
      const OutboxMessage old = queue.drop_oldest();
      EXPECT_LE(old.made_at + limits.oldest, now);
      expected.leaves(old);
    } else if (!in_flight && queue.next(now).kind == Action::attempt) {
      const OutboxMessage& trying = queue.start(now);
      ASSERT_TRUE(expected.is_next(trying)) << "step " << step;
      const OutboxMessage tried = trying;
      in_flight = true;
      // Others come while it is under way.
      for (unsigned more = below(60) == 0 ? 60 : below(2); more > 0; --more) {
        const OutboxMessage made = message("g" + std::to_string(below(8)), now);
        expected.push(made);
        for (const OutboxMessage& dropped : queue.push(made).dropped) {
          ASSERT_NE(dropped.notification_id, tried.notification_id);
          expected.leaves(dropped);
        }
      }
      Delivery delivery;
      if (receiver.takes(tried, now)) {
        delivery.kind = below(10) == 0 ? Delivery::Kind::refused : Delivery::Kind::delivered;
      } else if (below(5) == 0) {
        delivery.retry_after = Duration(1min) * below(10);
      }
      const auto settled = queue.settled(delivery, now);
      in_flight = false;
      EXPECT_EQ(settled.message.notification_id, tried.notification_id);
      if (settled.kind != OutboxQueue::Settled::Kind::failing) {
        expected.leaves(settled.message);
        ++delivered;
      }
    }
    ASSERT_EQ(queue.size(), expected.size());
    ASSERT_LE(queue.size(), limits.most_queued);
  }
  // It recovers, and everything arrives.
  receiver = {};
  while (!queue.empty()) {
    const auto action = queue.next(now);
    if (action.kind == Action::wait) {
      ASSERT_GT(action.until, now);
      now = action.until;
    } else if (action.kind == Action::too_old) {
      expected.leaves(queue.drop_oldest());
    } else {
      ASSERT_TRUE(expected.is_next(queue.start(now)));
      Delivery taken;
      taken.kind = Delivery::Kind::delivered;
      expected.leaves(queue.settled(taken, now).message);
      ++delivered;
    }
  }
  EXPECT_EQ(expected.size(), 0u);
  EXPECT_GT(delivered, 100u) << "the sequence delivered too little to prove anything";
}

// Works off what is due at `now`, counting the tries of each group.
class Worked {
 public:
  Worked(OutboxQueue& queue, const Receiver& receiver) : queue_(queue), receiver_(receiver) {}

  void run(Timestamp now) {
    while (queue_.next(now).kind == Action::attempt) {
      const OutboxMessage tried = queue_.start(now);
      Delivery delivery;
      if (receiver_.takes(tried, now)) delivery.kind = Delivery::Kind::delivered;
      queue_.settled(delivery, now);
      ++tries[tried.group_key];
      order.push_back(tried.group_key);
    }
  }

  std::map<std::string, unsigned> tries;
  std::vector<std::string> order;

 private:
  OutboxQueue& queue_;
  const Receiver& receiver_;
};

TEST_P(OutboxPropertyTest, PoisonedGroupsDelayOthersByOneTryEachAndAreTriedNoOftenerThanTheirBackOff) {
  SCOPED_TRACE("TIGHTROPE_TEST_SEED=" + std::to_string(seed_));
  OutboxQueue queue({.oldest = 24h * 30}, seed_);
  Receiver receiver;
  const unsigned poisoned = 1 + below(2);
  Worked worked(queue, receiver);
  Timestamp now = testing::kEvening;
  for (unsigned i = 0; i < poisoned; ++i) {
    const std::string group = "poisoned" + std::to_string(i);
    receiver.poisoned.insert(group);
    queue.push(message(group, now));
  }
  const Timestamp began = now;
  for (unsigned i = 0; i < 500; ++i) {
    worked.order.clear();
    const std::string group = "good" + std::to_string(below(50));
    queue.push(message(group, now));
    worked.run(now);
    const auto first = std::find(worked.order.begin(), worked.order.end(), group);
    ASSERT_NE(first, worked.order.end()) << "it is delivered at once";
    std::set<std::string> before(worked.order.begin(), first);
    ASSERT_EQ(before.size(), static_cast<std::size_t>(first - worked.order.begin()))
        << "a group was tried twice";
    now += Duration(1s) * (1 + below(60));
  }
  // Full jitter halves the back-off on average; it takes a dozen tries to grow to its longest.
  const auto most = static_cast<unsigned>((now - began) / Duration(5min) * 4 + 20);
  for (const std::string& group : receiver.poisoned) EXPECT_LT(worked.tries[group], most);
}

TEST_P(OutboxPropertyTest, ReceiverThatIsDownIsTriedAsSeldomAsIfOneMessageWaited) {
  SCOPED_TRACE("TIGHTROPE_TEST_SEED=" + std::to_string(seed_));
  OutboxQueue queue({}, seed_);
  const Timestamp began = testing::kEvening;
  const Receiver receiver{began, began + 10h, {}};
  Worked worked(queue, receiver);
  Timestamp now = began;
  while (now < began + 10h) {
    for (unsigned more = below(20); more > 0; --more)
      queue.push(message("g" + std::to_string(below(500)), now));
    worked.run(now);
    now += 20s;
  }
  std::size_t tries = 0;
  for (const auto& [group, count] : worked.tries) tries += count;
  EXPECT_LT(tries, 10 * 12 * 4 + 20u);
  // The first that is taken lets all others go.
  while (queue.next(now).kind == Action::wait) now = queue.next(now).until;
  EXPECT_LE(now, began + 10h + 5min);
  worked.run(now);
  EXPECT_TRUE(queue.empty());
}

// A group of alerts that begin and end, each message with all that fire and those that ended since the last.
TEST_P(OutboxPropertyTest, AfterAnyOutageTheReceiverKnowsWhatFiresAndEveryEndOfWhatItSawBegin) {
  SCOPED_TRACE("TIGHTROPE_TEST_SEED=" + std::to_string(seed_));
  OutboxQueue queue({.oldest = 24h * 365}, seed_);
  std::map<std::string, std::string> says;  // by notification id and alert: "fires" or "ended"
  std::set<std::string> firing, believed, seen_ended;
  unsigned begun = 0;
  std::size_t superseded = 0;
  Timestamp now = testing::kEvening;
  const auto take = [&](bool answers) {
    const OutboxMessage tried = queue.start(now);
    Delivery delivery;
    if (answers) delivery.kind = Delivery::Kind::delivered;
    superseded += queue.settled(delivery, now).superseded.size();
    if (!answers) return;
    for (const std::string& alert : tried.alerts) {
      if (says.at(tried.notification_id + alert) == "fires") {
        EXPECT_EQ(seen_ended.count(alert), 0u) << "an end was overtaken";
        believed.insert(alert);
      } else {
        believed.erase(alert);
        seen_ended.insert(alert);
      }
    }
  };
  for (int step = 0; step < 1'000; ++step) {
    OutboxMessage made = message("g", now);
    for (unsigned changes = 1 + below(3); changes > 0; --changes) {
      if (below(2) == 0 && firing.size() < 6) {
        firing.insert("a" + std::to_string(begun++));
      } else if (!firing.empty()) {
        const auto ends = std::next(firing.begin(), below(static_cast<unsigned>(firing.size())));
        made.alerts.push_back(*ends);
        says[made.notification_id + *ends] = "ended";
        firing.erase(ends);
      }
    }
    for (const std::string& alert : firing) {
      made.alerts.push_back(alert);
      says[made.notification_id + alert] = "fires";
    }
    superseded += queue.push(made).superseded.size();
    const bool answers = step / 50 % 2 == 0;
    for (int tries = 0; tries < 3 && queue.next(now).kind == Action::attempt; ++tries) take(answers);
    now += Duration(1s) * below(600);
  }
  while (!queue.empty()) {
    if (queue.next(now).kind == Action::wait) now = queue.next(now).until;
    take(true);
  }
  EXPECT_EQ(believed, firing);
  EXPECT_GT(superseded, 30u) << "too few were superseded to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Seeds, OutboxPropertyTest, ::testing::Range(1u, 33u));

}  // namespace
}  // namespace tightrope::daemon
