#include "rules/alert.h"

#include <gtest/gtest.h>

namespace tightrope::rules {
namespace {

using namespace std::chrono_literals;
using enum AlertPhase;

constexpr Timestamp t0 = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);

struct StepCase {
  const char* name;
  AlertState before;
  Health health;
  Duration at;
  AlertState after;
};

class AlertStepTest : public ::testing::TestWithParam<StepCase> {};

TEST_P(AlertStepTest, GivesTheNextState) {
  const StepCase& row = GetParam();
  const AlertState after = step(row.before, row.health, 5min, 10min, t0 + row.at);
  EXPECT_EQ(after.phase, row.after.phase);
  EXPECT_EQ(after.since, row.after.since);
  EXPECT_EQ(after.well_since, row.after.well_since);
}

INSTANTIATE_TEST_SUITE_P(
    All, AlertStepTest,
    ::testing::ValuesIn(std::vector<StepCase>{
        {"AMissBecomesPending", {inactive, t0, {}}, Health::missed, 1min, {pending, t0 + 1min, {}}},
        {"NothingHappensWhileItIsWell", {inactive, t0, {}}, Health::ok, 1min, {inactive, t0, {}}},
        {"MissingDataRaisesNothing", {inactive, t0, {}}, Health::unknown, 1min, {inactive, t0, {}}},
        {"AMissShorterThanHoldStaysPending", {pending, t0, {}}, Health::missed, 4min, {pending, t0, {}}},
        {"AMissAsLongAsHoldFires", {pending, t0, {}}, Health::missed, 5min, {firing, t0 + 5min, {}}},
        {"APendingOneThatIsWellIsDropped", {pending, t0, {}}, Health::ok, 4min, {inactive, t0 + 4min, {}}},
        {"MissingDataKeepsAPendingOne", {pending, t0, {}}, Health::unknown, 9min, {pending, t0, {}}},
        {"MissingDataDoesNotClearAFiringAlert", {firing, t0, {}}, Health::unknown, 9min, {firing, t0, {}}},
        {"WellAgainIsRemembered", {firing, t0, {}}, Health::ok, 2min, {firing, t0, t0 + 2min}},
        {"AnotherMissForgetsThatItWasWell", {firing, t0, t0 + 2min}, Health::missed, 3min, {firing, t0, {}}},
        {"WellForAsLongAsKeepFiringForResolves",
         {firing, t0, t0 + 2min},
         Health::ok,
         12min,
         {resolved, t0 + 12min, {}}},
        {"MissingDataNeverResolves",
         {firing, t0, t0 + 2min},
         Health::unknown,
         30min,
         {firing, t0, t0 + 2min}},
        {"AResolvedOneCanBecomePendingAgain", {resolved, t0, {}}, Health::missed, 1h, {pending, t0 + 1h, {}}},
    }),
    [](const auto& row) { return std::string(row.param.name); });

TEST(AlertStepDueTest, SaysWhenTimeAloneChangesTheState) {
  EXPECT_EQ(next_step({pending, t0, {}}, Health::missed, 5min, 10min), t0 + 5min);
  EXPECT_EQ(next_step({firing, t0, t0 + 2min}, Health::ok, 5min, 10min), t0 + 12min);
  EXPECT_EQ(next_step({pending, t0, {}}, Health::unknown, 5min, 10min), std::nullopt);
  EXPECT_EQ(next_step({firing, t0, {}}, Health::missed, 5min, 10min), std::nullopt);
  EXPECT_EQ(next_step({inactive, t0, {}}, Health::ok, 5min, 10min), std::nullopt);
}

}  // namespace
}  // namespace tightrope::rules
