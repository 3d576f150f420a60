// gzip, both ways. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tightrope::daemon::http {

enum class GunzipFailure { too_large, broken };
struct Gunzipped {
  std::string bytes;
  std::optional<GunzipFailure> failure;
};
// Stops as soon as more than `most_bytes` come out.
Gunzipped gunzip(std::string_view compressed, std::size_t most_bytes);

// At zlib's fastest level. `parts` are one after the other.
std::string gzip(std::span<const std::string_view> parts);

}  // namespace tightrope::daemon::http
