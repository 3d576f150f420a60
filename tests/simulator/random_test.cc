#include "tests/simulator/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tightrope::simulator {
namespace {

struct Moments {
  double mean;
  double variance;
};

template <class Draw>
Moments moments(Draw draw) {
  constexpr int kCount = 40'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    Draws draws(combine(7, static_cast<std::uint64_t>(i)));
    const double value = draw(draws);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kCount;
  return {mean, squares / kCount - mean * mean};
}

TEST(RandomTest, EqualKeysGiveEqualDraws) {
  Draws a(combine(key_of("northwind"), 3));
  Draws b(combine(key_of("northwind"), 3));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(RandomTest, NeighbouringKeysGiveUnrelatedDraws) {
  const Moments both = moments([](Draws& draws) {
    Draws neighbour(draws);
    Draws other(combine(9, draws.next()));
    return (neighbour.uniform() - 0.5) * (other.uniform() - 0.5);
  });
  EXPECT_NEAR(both.mean, 0, 0.003);
}

TEST(RandomTest, UniformFillsTheUnitInterval) {
  const Moments uniform = moments([](Draws& draws) { return draws.uniform(); });
  EXPECT_NEAR(uniform.mean, 0.5, 0.01);
  EXPECT_NEAR(uniform.variance, 1.0 / 12, 0.003);
}

TEST(RandomTest, NormalHasMeanZeroAndVarianceOne) {
  const Moments normal = moments([](Draws& draws) { return draws.normal(); });
  EXPECT_NEAR(normal.mean, 0, 0.03);
  EXPECT_NEAR(normal.variance, 1, 0.05);
}

TEST(RandomTest, GammaHasMeanOneAndTheVarianceOfItsShape) {
  for (const double shape : {1.0, 4.0, 120.0}) {
    const Moments gamma = moments([shape](Draws& draws) { return draws.gamma(shape); });
    EXPECT_NEAR(gamma.mean, 1, 0.03) << shape;
    EXPECT_NEAR(gamma.variance * shape, 1, 0.1) << shape;
  }
}

TEST(RandomTest, PoissonHasItsMeanAsVarianceBelowAndAboveTheApproximation) {
  for (const double mean : {0.02, 1.5, 39.0, 41.0, 900.0}) {
    const Moments poisson =
        moments([mean](Draws& draws) { return static_cast<double>(draws.poisson(mean)); });
    EXPECT_NEAR(poisson.mean / mean, 1, 0.15) << mean;
    EXPECT_NEAR(poisson.variance / mean, 1, 0.15) << mean;
  }
}

TEST(RandomTest, PoissonOfNothingIsNothing) {
  Draws draws(1);
  EXPECT_EQ(draws.poisson(0), 0);
  EXPECT_EQ(draws.poisson(-1), 0);
  EXPECT_EQ(draws.poisson(std::nan("")), 0);
}

}  // namespace
}  // namespace tightrope::simulator
