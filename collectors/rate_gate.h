// How often and how many at once: sources of one account pass one gate before each request.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "collectors/clock.h"
#include "config/http_source.h"
#include "rules/units.h"

namespace tightrope::collectors {

// On one executor's thread. Gates are few (accounts), and each has bounded memory; a gate that nobody has
// passed for a day is forgotten.
class RateGates {
  struct Gate;

 public:
  // Holds one of the places of `concurrent`; gives it back when it goes.
  class Pass {
   public:
    Pass() = default;
    ~Pass();
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&& other) noexcept;

   private:
    friend class RateGates;
    std::shared_ptr<Gate> gate_;
  };

  explicit RateGates(Clock& clock);
  ~RateGates();
  RateGates(const RateGates&) = delete;
  RateGates& operator=(const RateGates&) = delete;

  // Waits until a request of `key` may begin, in the order of asking, and counts it. Where that is later than
  // `latest`, says at once when it would be, counts nothing and does not wait.
  boost::asio::awaitable<std::variant<Pass, rules::Timestamp>> pass(std::string key,
                                                                    config::RateLimits limits,
                                                                    rules::Timestamp latest);

  // No request of `key` begins before `until`: a server said so. An earlier end takes nothing back.
  void close(const std::string& key, rules::Timestamp until);

 private:
  std::shared_ptr<Gate> gate(const std::string& key);

  Clock& clock_;
  struct Gates;
  std::unique_ptr<Gates> gates_;
};

}  // namespace tightrope::collectors
