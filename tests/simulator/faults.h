// What goes wrong with the service itself, staged for those who test how figures are collected.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string_view>

namespace tightrope::simulator {

enum class FaultKind {
  server_error,   // 500
  throttled,      // 429 with Retry-After
  slow,           // the right answer, late
  truncate,       // the connection closes in the middle of the body
  expired_token,  // 401
  malformed,      // 200 with half a JSON document
};
std::optional<FaultKind> parse_fault_kind(
    std::string_view text) noexcept;  // "500", "429", "slow", "truncate", ...

struct Fault {
  FaultKind kind = FaultKind::server_error;
  std::chrono::milliseconds wait{
      1000};  // the delay of `slow`; the Retry-After of `throttled`, in full seconds
};

// Faults wait in a queue; each request to the reporting API takes one.
class Faults {
 public:
  static constexpr std::size_t kMost = 10'000;
  // False when they would be more than kMost.
  bool add(Fault fault, std::size_t count);
  std::optional<Fault> take();
  void clear() noexcept { waiting_.clear(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  std::deque<Fault> waiting_;
};

}  // namespace tightrope::simulator
