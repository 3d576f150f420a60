// The path and query of a request, cursors, and what is negotiated: the first bytes a stranger can send.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "daemon/http/cursor.h"
#include "daemon/http/guard.h"
#include "daemon/http/negotiation.h"
#include "daemon/http/request_target.h"

using namespace tightrope::daemon;  // NOLINT: a test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = http::parse_request_target(text);
  if (const auto* good = std::get_if<http::RequestTarget>(&target)) {
    for (const auto& segment : good->segments) {
      if (segment == ".." || segment.find('\0') != segment.npos) std::abort();
    }
    if (good->query.size() > http::kMostParameters) std::abort();
  }
  if (const auto key = http::decode_cursor(text); key && http::encode_cursor(*key) != text) std::abort();
  (void)http::choose_metrics_format(text);
  (void)http::accepts_gzip(text);
  (void)http::host_of(text);
  return 0;
}
