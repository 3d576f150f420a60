// A failure that lasts is logged when it starts, when it changes and when it ends, and not each time.
#pragma once

#include <string>
#include <utility>

namespace tightrope::daemon {

class RepeatedError {
 public:
  // `text` is "" for a success. True when it differs from the last one.
  bool news(std::string text) {
    if (text == last_) return false;
    last_ = std::move(text);
    return true;
  }
  bool failing() const noexcept { return !last_.empty(); }

 private:
  std::string last_;
};

}  // namespace tightrope::daemon
