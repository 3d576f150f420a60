// A value that few have, kept elsewhere, so that it takes no room where there is none.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace tightrope::config {

// Like std::optional, but it can only be replaced, not changed; copies share it, and are equal when the
// values are.
template <class T>
class Rare {
 public:
  Rare() = default;
  Rare(T value) : value_(std::make_shared<const T>(std::move(value))) {}
  Rare(std::optional<T> value) : value_(value ? std::make_shared<const T>(*std::move(value)) : nullptr) {}

  explicit operator bool() const noexcept { return value_ != nullptr; }
  bool has_value() const noexcept { return value_ != nullptr; }
  // REQUIRES: there is one.
  const T& operator*() const noexcept { return *value_; }
  const T* operator->() const noexcept { return value_.get(); }

  friend bool operator==(const Rare& a, const Rare& b) {
    return a.value_ == b.value_ || (a.value_ && b.value_ && *a.value_ == *b.value_);
  }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace tightrope::config
