#include "tests/simulator/faults.h"

namespace tightrope::simulator {

std::optional<FaultKind> parse_fault_kind(std::string_view text) noexcept {
  if (text == "500") return FaultKind::server_error;
  if (text == "429") return FaultKind::throttled;
  if (text == "slow") return FaultKind::slow;
  if (text == "truncate") return FaultKind::truncate;
  if (text == "expired_token") return FaultKind::expired_token;
  if (text == "malformed") return FaultKind::malformed;
  return std::nullopt;
}

bool Faults::add(Fault fault, std::size_t count) {
  if (count > kMost - waiting_.size()) return false;
  waiting_.insert(waiting_.end(), count, fault);
  return true;
}

std::optional<Fault> Faults::take() {
  if (waiting_.empty()) return std::nullopt;
  const Fault fault = waiting_.front();
  waiting_.pop_front();
  return fault;
}

}  // namespace tightrope::simulator
