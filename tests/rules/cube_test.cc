#include "rules/cube.h"

#include <gtest/gtest.h>

#include <limits>

namespace tightrope::rules {
namespace {

constexpr Day kHead{20'000};

class CubeTest : public ::testing::Test {
 protected:
  CubeTest() {
    cube.advance(kHead);
    spend = cube.intern_metric("spend");
  }
  CellChange set(EntityIndex entity, Bucket bucket, std::int64_t units) {
    return cube.set(spend, entity, bucket, Amount::from_units(units));
  }
  Cube cube;
  MetricIndex spend = 0;
};

TEST_F(CubeTest, ALaterFigureRestatesTheEarlier) {
  EXPECT_EQ(set(0, {kHead}, 5).kind, CellChange::Kind::arrived);
  const CellChange change = set(0, {kHead}, 7);
  EXPECT_EQ(change.kind, CellChange::Kind::restated);
  EXPECT_EQ(change.day_before, 5'000'000);
  EXPECT_EQ(change.day_after, 7'000'000);
  EXPECT_EQ(set(0, {kHead}, 7).kind, CellChange::Kind::none);
  EXPECT_EQ(cube.cells(), 1u);
}

TEST_F(CubeTest, WhatWasNeverReportedIsMissing) {
  set(3, {kHead}, 0);
  EXPECT_TRUE(cube.get(spend, 2, {kHead}).is_missing());
  EXPECT_EQ(cube.get(spend, 3, {kHead}), Amount::from_units(0));
  EXPECT_TRUE(cube.get(spend, 3, {kHead - 1}).is_missing());
}

TEST_F(CubeTest, AFigureTakenBackIsMissingAgain) {
  set(0, {kHead}, 5);
  EXPECT_EQ(cube.set(spend, 0, {kHead}, Amount::missing()).kind, CellChange::Kind::restated);
  EXPECT_TRUE(cube.get(spend, 0, {kHead}).is_missing());
  EXPECT_EQ(cube.cells(), 0u);
}

TEST_F(CubeTest, TheOldestAndNewestDaysAreHeldAndNoOthers) {
  EXPECT_EQ(set(0, {kHead - (Cube::kDays - 1)}, 1).kind, CellChange::Kind::arrived);
  EXPECT_EQ(set(0, {kHead - Cube::kDays}, 1).kind, CellChange::Kind::outside);
  EXPECT_EQ(set(0, {kHead + 1}, 1).kind, CellChange::Kind::outside);
  EXPECT_EQ(set(0, {kHead - Cube::kHourDays, 3}, 1).kind, CellChange::Kind::outside);
  EXPECT_EQ(set(0, {kHead, 25}, 1).kind, CellChange::Kind::outside);
}

TEST_F(CubeTest, ADayThatLeftIsForgottenAndItsPlaceIsEmpty) {
  set(0, {kHead - (Cube::kDays - 1)}, 9);
  set(0, {kHead}, 4);
  cube.advance(kHead + 1);
  EXPECT_TRUE(cube.get(spend, 0, {kHead + 1}).is_missing());
  EXPECT_EQ(cube.get(spend, 0, {kHead}), Amount::from_units(4));
  EXPECT_EQ(cube.cells(), 1u);
  cube.advance(kHead + 1000);
  EXPECT_EQ(cube.cells(), 0u);
}

TEST_F(CubeTest, HoursAddUpToTheirDay) {
  set(0, {kHead, 0}, 2);
  const CellChange change = set(0, {kHead, 24}, 3);
  EXPECT_EQ(change.day_before, 2'000'000);
  EXPECT_EQ(change.day_after, 5'000'000);
  EXPECT_TRUE(cube.has_hours(spend));
}

TEST_F(CubeTest, AGivenDayIsNotOverruledByItsHoursUntilItIsTakenBack) {
  set(0, {kHead, 1}, 2);
  set(0, {kHead}, 10);
  set(0, {kHead, 2}, 3);
  EXPECT_EQ(cube.get(spend, 0, {kHead}), Amount::from_units(10));
  cube.set(spend, 0, {kHead}, Amount::missing());
  EXPECT_EQ(cube.get(spend, 0, {kHead}), Amount::from_units(5));
}

TEST_F(CubeTest, SavedAndLoadedItIsTheSame) {
  const MetricIndex clicks = cube.intern_metric("clicks");
  for (EntityIndex entity = 0; entity < 50; entity += 3) {
    set(entity, {kHead - static_cast<int>(entity)}, entity - 20);
    cube.set(clicks, entity, {kHead, static_cast<std::int8_t>(entity % 25)}, Amount::from_micros(entity));
  }
  ByteWriter out;
  cube.save(out);
  Cube loaded;
  ByteReader in(out.bytes());
  ASSERT_TRUE(loaded.load(in));
  EXPECT_TRUE(in.finished());
  ByteWriter again;
  loaded.save(again);
  EXPECT_EQ(out.bytes(), again.bytes());
  EXPECT_EQ(loaded.cells(), cube.cells());
  EXPECT_EQ(loaded.get(spend, 21, {kHead - 21}), Amount::from_units(1));
  EXPECT_EQ(loaded.find_metric("clicks"), clicks);
}

}  // namespace
}  // namespace tightrope::rules
