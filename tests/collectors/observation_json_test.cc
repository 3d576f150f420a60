#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

TEST(ObservationJsonTest, IsOneLineAsPrintedByPoll) {
  rules::BatchBuilder builder("shop", kNow);
  const auto entity = builder.entity({{"search", "brand \"x\""}});
  const auto gap = builder.entity({{"", "newsletter"}});
  const auto spend = builder.metric("spend");
  const auto clicks = builder.metric("clicks");
  builder.add(entity, spend, {day("2026-11-20")}, rules::Amount::from_micros(12'500'000));
  builder.add(gap, clicks, {day("2026-11-20"), 8}, rules::Amount::missing());
  const auto batch = std::move(builder).take();
  rules::Strategy strategy;
  strategy.currency = "USD";
  strategy.metrics = {{"spend", rules::Unit::money, true}, {"clicks", rules::Unit::count, true}};
  const auto calendar = calendar_of("UTC");
  EXPECT_EQ(
      observation_json("acme", batch, batch.rows[0], calendar, strategy),
      R"({"client":"acme","source":"shop","entity":{"channel":"search","campaign":"brand \"x\""},"bucket":"2026-11-20",)"
      R"("metric":"spend","value":12.5,"currency":"USD"})");
  EXPECT_EQ(
      observation_json("acme", batch, batch.rows[1], calendar, strategy),
      R"({"client":"acme","source":"shop","entity":{"campaign":"newsletter"},"bucket":"2026-11-20T08","metric":"clicks","value":null})");
}

TEST(ObservationJsonTest, MoneyInAnotherCurrencyHasItBesideItsOwnName) {
  rules::BatchBuilder builder("shop", kNow);
  builder.add(builder.entity({}), builder.metric("spend@GBP"), {day("2026-11-20")},
              rules::Amount::from_units(3));
  const auto batch = std::move(builder).take();
  rules::Strategy strategy;
  strategy.metrics = {{"spend", rules::Unit::money, true}};
  EXPECT_EQ(
      observation_json("acme", batch, batch.rows[0], calendar_of("UTC"), strategy),
      R"({"client":"acme","source":"shop","entity":{},"bucket":"2026-11-20","metric":"spend","value":3,"currency":"GBP"})");
}

}  // namespace
}  // namespace tightrope::collectors
