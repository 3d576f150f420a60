// Hashes within one process: nothing of them is kept.
#pragma once

#include <cstdint>

namespace tightrope::collectors {

// The hash of what was hashed so far and one more value; order counts.
constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
  return hash ^ (hash >> 29);
}

}  // namespace tightrope::collectors
