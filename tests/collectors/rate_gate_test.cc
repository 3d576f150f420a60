// Sources at one gate, on a clock that moves when told.
#include "collectors/rate_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <list>
#include <random>
#include <vector>

#include "tests/support/manual_clock.h"

namespace tightrope::collectors {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using config::RateLimits;
using rules::Duration;
using rules::Timestamp;
using testing::ManualClock;

constexpr Timestamp kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);
constexpr Timestamp kForever = Timestamp::max();

RateLimits limits(std::vector<RateLimits::Rate> rates, int concurrent = 0) {
  return {.rates = std::move(rates), .concurrent = concurrent, .account = ""};
}

class RateGateTest : public ::testing::Test {
 protected:
  enum class Phase { waits, told, runs, done, cancelled };
  struct Asker {
    RateLimits limits;
    Timestamp latest;
    Duration holds;
    Phase phase = Phase::waits;
    std::optional<Timestamp> began;
    std::optional<Timestamp> told;  // when it would be
    asio::cancellation_signal cancel;
  };

  ~RateGateTest() override {
    for (Asker& asker : askers) asker.cancel.emit(asio::cancellation_type::terminal);
    settle();
  }

  asio::awaitable<void> go(Asker& asker, std::string key) {
    auto turn = co_await gates.pass(std::move(key), asker.limits, asker.latest);
    if (const auto* at = std::get_if<Timestamp>(&turn)) {
      asker.told = *at;
      asker.phase = Phase::told;
      co_return;
    }
    const auto pass = std::get<RateGates::Pass>(std::move(turn));
    asker.began = clock.now();
    asker.phase = Phase::runs;
    on_begin(asker);
    const Timestamp until = asker.holds == Duration::max() ? kForever : clock.now() + asker.holds;
    co_await clock.sleep_until(until);
    asker.phase = Phase::done;
  }
  virtual void on_begin(Asker&) {}

  Asker& ask(RateLimits wanted, Timestamp latest = kForever, Duration holds = Duration(0),
             const std::string& key = "account") {
    Asker& asker = askers.emplace_back();
    asker.limits = std::move(wanted);
    asker.latest = latest;
    asker.holds = holds;
    asio::co_spawn(io, go(asker, key),
                   asio::bind_cancellation_slot(asker.cancel.slot(), [&asker](std::exception_ptr failure) {
                     if (failure) asker.phase = Phase::cancelled;
                   }));
    settle();
    return asker;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void pass_time(Duration by) {
    const Timestamp until = clock.now() + by;
    for (;;) {
      const auto next = clock.next_deadline();
      if (!next || *next > until) break;
      clock.set(std::max(*next, clock.now()));
      settle();
    }
    clock.set(until);
    settle();
  }
  std::vector<Duration> began() const {
    std::vector<Duration> times;
    for (const Asker& asker : askers) times.push_back(asker.began ? *asker.began - kStart : Duration(-1));
    return times;
  }

  asio::io_context io{1};
  ManualClock clock{kStart};
  RateGates gates{clock};
  std::deque<Asker> askers;
};

using Times = std::vector<Duration>;

TEST_F(RateGateTest, NoLimitNoWait) {
  for (int i = 0; i < 3; ++i) ask({});
  EXPECT_EQ(began(), (Times{0s, 0s, 0s}));
}

TEST_F(RateGateTest, SoManyBeginWithinATimeInTheOrderOfAsking) {
  for (int i = 0; i < 5; ++i) ask(limits({{.requests = 2, .in = 10s}}));
  EXPECT_EQ(began(), (Times{0s, 0s, -1ms, -1ms, -1ms}));
  pass_time(1min);
  EXPECT_EQ(began(), (Times{0s, 0s, 10s, 10s, 20s}));
}

TEST_F(RateGateTest, SeveralRatesHoldTogether) {
  for (int i = 0; i < 5; ++i) ask(limits({{.requests = 1, .in = 1s}, {.requests = 3, .in = 1min}}));
  pass_time(2min);
  EXPECT_EQ(began(), (Times{0s, 1s, 2s, 60s, 61s}));
}

TEST_F(RateGateTest, AccountsDoNotWaitForOneAnother) {
  ask(limits({{.requests = 1, .in = 1min}}));
  ask(limits({{.requests = 1, .in = 1min}}), kForever, 0s, "another");
  EXPECT_EQ(began(), (Times{0s, 0s}));
}

TEST_F(RateGateTest, EachSourcePassesByItsOwnLimits) {
  const RateLimits narrow = limits({{.requests = 1, .in = 10s}}), wide = limits({{.requests = 3, .in = 10s}});
  ask(wide);
  ask(wide);
  ask(narrow);
  ask(wide);
  pass_time(1min);
  EXPECT_EQ(began(), (Times{0s, 0s, 10s, 10s})) << "the last counts the first two too";
}

TEST_F(RateGateTest, APlaceIsGivenBackWhenItsPassGoes) {
  ask(limits({}, 2), kForever, 30s);
  ask(limits({}, 2), kForever, 10s);
  ask(limits({}, 2), kForever, 1s);
  EXPECT_EQ(began(), (Times{0s, 0s, -1ms}));
  pass_time(1min);
  EXPECT_EQ(began(), (Times{0s, 0s, 10s}));
}

TEST_F(RateGateTest, WhoCannotWaitSoLongIsToldWhenItWouldBe) {
  const RateLimits wanted = limits({{.requests = 1, .in = 1h}});
  ask(wanted);
  EXPECT_EQ(ask(wanted, kStart + 59min).told, kStart + 1h);
  EXPECT_EQ(ask(wanted, kStart + 1h).phase, Phase::waits);
  EXPECT_EQ(ask(wanted, kStart + 119min).told, kStart + 2h) << "behind the one that waits";
  pass_time(1h);
  EXPECT_EQ(began(), (Times{0s, -1ms, 1h, -1ms})) << "and what was told was not counted";
}

TEST_F(RateGateTest, WhoWaitsForAPlaceIsToldWhenItIsTooLate) {
  ask(limits({}, 1), kForever, Duration::max());
  Asker& waits = ask(limits({}, 1), kStart + 1min);
  Asker& behind = ask(limits({}, 1), kStart + 2min);
  EXPECT_EQ(waits.phase, Phase::waits);
  pass_time(61s);
  ASSERT_TRUE(waits.told);
  EXPECT_GT(*waits.told, kStart + 1min);
  EXPECT_EQ(behind.phase, Phase::waits);
  pass_time(1min);
  EXPECT_EQ(behind.phase, Phase::told);
}

TEST_F(RateGateTest, AClosedGateLetsNobodyPass) {
  gates.close("account", kStart + 1min);
  gates.close("account", kStart + 10s);  // takes nothing back
  ask({});
  EXPECT_EQ(ask({}, kStart + 30s).told, kStart + 1min);
  ask({}, kForever, 0s, "another");
  pass_time(1min);
  EXPECT_EQ(began(), (Times{1min, -1ms, 0s}));
}

TEST_F(RateGateTest, AGateThatIsClosedWhileSomebodyWaitsIsWaitedForOrTold) {
  const RateLimits wanted = limits({{.requests = 1, .in = 10s}});
  ask(wanted);
  ask(wanted);
  Asker& short_of_time = ask(wanted, kStart + 20s);
  gates.close("account", kStart + 1min);
  settle();
  EXPECT_EQ(short_of_time.told, kStart + 70s);
  pass_time(2min);
  EXPECT_EQ(began(), (Times{0s, 1min, -1ms}));
}

TEST_F(RateGateTest, WhoIsCancelledLeavesItsTurnToTheNext) {
  const RateLimits wanted = limits({{.requests = 1, .in = 10s}}, 1);
  ask(wanted, kForever, 3s);
  Asker& second = ask(wanted);
  Asker& third = ask(wanted);
  ask(wanted);
  third.cancel.emit(asio::cancellation_type::terminal);
  settle();
  second.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_EQ(second.phase, Phase::cancelled);
  EXPECT_EQ(third.phase, Phase::cancelled);
  pass_time(1min);
  EXPECT_EQ(began(), (Times{0s, -1ms, -1ms, 10s}));
}

TEST_F(RateGateTest, WhoIsCancelledWhileItHoldsAPlaceGivesItBack) {
  Asker& holds = ask(limits({}, 1), kForever, Duration::max());
  ask(limits({}, 1));
  holds.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_EQ(began(), (Times{0s, 0s}));
}

TEST_F(RateGateTest, AClockThatIsSetBackMakesNobodyWaitLongerThanItsRate) {
  const RateLimits wanted = limits({{.requests = 1, .in = 1min}});
  gates.close("account", kStart + 10s);
  ask(wanted);
  ask(wanted);
  pass_time(10s);
  EXPECT_EQ(began(), (Times{10s, -1ms}));
  clock.set(kStart - 10h);
  ask(wanted);  // sees it
  pass_time(59s);
  EXPECT_FALSE(askers[1].began);
  pass_time(1s);
  EXPECT_TRUE(askers[1].began);
  pass_time(1min);
  EXPECT_TRUE(askers[2].began);
}

TEST_F(RateGateTest, AGateClosedBeforeTheClockWasSetBackIsClosedNoLonger) {
  gates.close("account", kStart + 1min);
  clock.set(kStart - 10h);
  ask({});
  pass_time(1min);
  EXPECT_TRUE(askers[0].began);
}

TEST_F(RateGateTest, AClockThatIsSetForwardEndsAWait) {
  const RateLimits wanted = limits({{.requests = 1, .in = 1min}});
  ask(wanted);
  ask(wanted);
  clock.set(kStart + 10h);
  settle();
  EXPECT_EQ(began(), (Times{0s, 10h}));
}

TEST_F(RateGateTest, GatesThatNobodyPassesAreForgotten) {
  const RateLimits wanted = limits({{.requests = 1, .in = 100h}});
  ask(wanted);
  pass_time(99h);
  ask({}, kForever, 0s, "another");  // would forget it
  EXPECT_EQ(ask(wanted, kStart + 99h).told, kStart + 100h) << "not before its longest time is over";
  pass_time(300h);
  ask({}, kForever, 0s, "a third");
  EXPECT_EQ(ask(wanted, clock.now()).phase, Phase::done);
}

// The gate against all that ever happened, kept in full.
class RateGatePropertyTest : public RateGateTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  void on_begin(Asker& asker) override {
    const Timestamp now = clock.now();
    starts_.push_back(now);
    EXPECT_GE(now, closed_until_);
    EXPECT_LE(now, asker.latest);
    for (const auto& rate : asker.limits.rates) {
      const auto within = std::count_if(starts_.begin(), starts_.end(),
                                        [&](Timestamp start) { return now - start < rate.in; });
      EXPECT_LE(within, rate.requests);
    }
    if (asker.limits.concurrent > 0) {
      EXPECT_LE(running(), asker.limits.concurrent);
    }
    const Asker* first = first_waiting();
    EXPECT_TRUE(!first || order(*first) > order(asker)) << "out of turn";
  }
  std::size_t order(const Asker& asker) const {
    return static_cast<std::size_t>(
        std::find_if(askers.begin(), askers.end(), [&](const Asker& other) { return &other == &asker; }) -
        askers.begin());
  }
  int running() const {
    return static_cast<int>(std::count_if(askers.begin(), askers.end(),
                                          [](const Asker& each) { return each.phase == Phase::runs; }));
  }
  const Asker* first_waiting() const {
    const auto found = std::find_if(askers.begin(), askers.end(),
                                    [](const Asker& each) { return each.phase == Phase::waits; });
    return found == askers.end() ? nullptr : &*found;
  }
  // When the gate would let a next one pass, all before it included.
  Timestamp naive(const Asker& of) const {
    std::vector<Timestamp> all = starts_;
    Timestamp at = std::max(clock.now(), closed_until_);
    for (const Asker& each : askers) {
      if (&each != &of && each.phase != Phase::waits) continue;
      for (const auto& rate : each.limits.rates) {
        const auto n = static_cast<std::size_t>(rate.requests);
        if (all.size() >= n) at = std::max(at, all[all.size() - n] + rate.in);
      }
      if (&each == &of) break;
      all.push_back(at);
    }
    return at;
  }
  void check_that_whoever_waits_has_to() const {
    const Asker* first = first_waiting();
    if (!first) return;
    const bool full = first->limits.concurrent > 0 && running() >= first->limits.concurrent;
    EXPECT_TRUE(full || naive(*first) > clock.now()) << "waits without cause";
    EXPECT_GE(first->latest, clock.now()) << "waits in vain";
  }

  std::vector<Timestamp> starts_;
  Timestamp closed_until_ = Timestamp::min();
};

TEST_P(RateGatePropertyTest, NoLimitIsExceededAndNobodyWaitsWithoutCause) {
  std::mt19937_64 random(GetParam());
  const auto below = [&random](std::uint64_t most) { return random() % most; };
  std::vector<RateLimits> sources;
  for (int i = 0; i < 3; ++i) {
    RateLimits of;
    for (std::uint64_t rates = below(3); rates > 0; --rates)
      of.rates.push_back({.requests = static_cast<int>(1 + below(12)), .in = Duration(1 + below(60'000))});
    of.concurrent = static_cast<int>(below(4));
    sources.push_back(of);
  }
  for (int step = 0; step < 400; ++step) {
    switch (below(12)) {
      case 0: {
        const Timestamp until = clock.now() + Duration(below(30'000));
        gates.close("account", until);
        closed_until_ = std::max(closed_until_, until);
        settle();
        break;
      }
      case 1:
      case 2:
        if (!askers.empty()) {
          askers[below(askers.size())].cancel.emit(asio::cancellation_type::terminal);
          settle();
        }
        break;
      default: {
        const bool patient = below(2) == 0;
        const Timestamp latest = patient ? kForever : clock.now() + Duration(below(60'000));
        const Asker& asker = ask(sources[below(sources.size())], latest, Duration(below(10'000)));
        if (asker.told) {
          EXPECT_GT(*asker.told, latest);
          EXPECT_EQ(*asker.told, naive(asker));
        } else if (asker.phase == Phase::waits) {
          EXPECT_LE(naive(asker), latest);
        }
      }
    }
    check_that_whoever_waits_has_to();
    const Timestamp until = clock.now() + Duration(below(8'000));
    while (const auto next = clock.next_deadline()) {
      if (*next > until) break;
      clock.set(std::max(*next, clock.now()));
      settle();
      check_that_whoever_waits_has_to();
    }
    clock.set(until);
    settle();
    if (HasFailure()) FAIL() << "at step " << step;
  }
  EXPECT_GT(starts_.size(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RateGatePropertyTest, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace tightrope::collectors
