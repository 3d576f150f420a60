// What has to be equal between engines, and between an engine and the naive one.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "rules/engine.h"
#include "tests/rules/naive_engine.h"

namespace tightrope::rules::testing {

// How often each state and reason was seen, so that a test can say that its input was worth something.
struct Seen {
  std::array<std::uint64_t, 4> states{};
  std::array<std::uint64_t, static_cast<std::size_t>(kLastReason) + 1> reasons{};
  std::uint64_t pays = 0;
  std::uint64_t values = 0;
  std::uint64_t watched = 0;
  std::uint64_t anomalies = 0;
};

// Every target at every node: nodes, value, bound, state, reason, gap, room and guards; and the summary of
// each objective.
::testing::AssertionResult agrees(const Engine& engine, const NaiveEngine& naive, Seen& seen);

// Every verdict to the bit.
::testing::AssertionResult same_verdicts(const Engine& a, const Engine& b);

// All that effects say, in words.
std::string everything_told(const Effects& effects);

}  // namespace tightrope::rules::testing
