// A value that must never be shown. It has no formatter and no stream operator, so it cannot reach a log by
// accident.
#pragma once

#include <string>
#include <utility>

namespace tightrope::config {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  // The value itself, for the one place that sends it.
  const std::string& reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

}  // namespace tightrope::config
