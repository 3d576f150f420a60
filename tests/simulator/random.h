// Random numbers that can be asked for in any order: each is a pure function of (seed, what it is about).
#pragma once

#include <cstdint>
#include <string_view>

namespace tightrope::simulator {

// A key for a name that stays the same in every run and on every machine.
std::uint64_t key_of(std::string_view text) noexcept;
std::uint64_t combine(std::uint64_t key, std::uint64_t part) noexcept;

// A short sequence of draws about one thing, such as the clicks of one campaign in one slot. Drawing more or
// fewer numbers about one thing changes nothing about any other.
class Draws {
 public:
  explicit Draws(std::uint64_t key) noexcept : state_(key) {}

  std::uint64_t next() noexcept;
  double uniform() noexcept;                   // [0, 1)
  double normal() noexcept;                    // mean 0, variance 1
  double gamma(double shape) noexcept;         // mean 1, variance 1 / shape; REQUIRES: shape >= 1
  double exponential() noexcept;               // mean 1
  std::int64_t poisson(double mean) noexcept;  // 0 for a mean of 0 or less

 private:
  std::uint64_t state_;
};

}  // namespace tightrope::simulator
