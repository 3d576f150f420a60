#include "tests/simulator/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tightrope::simulator {
namespace {

// Above this mean the normal approximation is closer than anyone could see in a report, and takes one step.
constexpr double kLargestExactMean = 40;

// The finalizer of splitmix64: every bit of the input changes about half the bits of the output.
std::uint64_t scramble(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t key_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return scramble(hash);
}

std::uint64_t combine(std::uint64_t key, std::uint64_t part) noexcept {
  return scramble(key + 0x9e3779b97f4a7c15ULL * (part + 1));
}

std::uint64_t Draws::next() noexcept {
  state_ += 0x9e3779b97f4a7c15ULL;
  return scramble(state_);
}

double Draws::uniform() noexcept {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Draws::normal() noexcept {
  const double radius = std::sqrt(2 * exponential());
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Draws::exponential() noexcept {
  return -std::log1p(-uniform());
}

double Draws::gamma(double shape) noexcept {
  // Marsaglia and Tsang's squeeze, without the squeeze: a few draws, exact for shape >= 1.
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double cube = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (cube <= 0) continue;
    const double u = 1 - uniform();
    if (std::log(u) < 0.5 * x * x + d - d * cube + d * std::log(cube)) return d * cube / shape;
  }
}

std::int64_t Draws::poisson(double mean) noexcept {
  if (!(mean > 0)) return 0;
  if (mean > kLargestExactMean) {
    return std::max<std::int64_t>(0, std::llround(mean + std::sqrt(mean) * normal()));
  }
  const double limit = std::exp(-mean);
  std::int64_t count = 0;
  for (double product = uniform(); product > limit; product *= uniform()) ++count;
  return count;
}

}  // namespace tightrope::simulator
