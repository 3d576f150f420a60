// Names one figure of a read or a push: which entity, which metric, which bucket.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/units.h"

namespace tightrope::collectors {

struct FigureKey {
  std::uint64_t entity_and_metric;
  std::uint64_t day_and_hour;

  FigureKey(std::uint32_t entity, std::uint32_t metric, rules::Bucket bucket) noexcept
      : entity_and_metric((std::uint64_t{entity} << 32) | metric),
        day_and_hour((static_cast<std::uint64_t>(static_cast<std::uint32_t>(bucket.day.number)) << 8) |
                     static_cast<std::uint8_t>(bucket.hour)) {}

  friend bool operator==(const FigureKey&, const FigureKey&) = default;
  friend std::size_t hash_value(const FigureKey& key) noexcept {
    std::uint64_t mixed = (key.entity_and_metric * 0x9e3779b97f4a7c15ull) ^ (key.day_and_hour + 0x7f4a7c15);
    mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93ull;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }
};

}  // namespace tightrope::collectors
