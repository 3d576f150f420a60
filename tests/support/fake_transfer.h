// A Transfer that is given its answers and remembers what was asked.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "collectors/transfer.h"

namespace tightrope::testing {

// Each fetch takes the next answer; with none left it fails as `broken`. Nothing waits. One thread.
class FakeTransfer final : public collectors::Transfer {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  void will_answer(int status, std::string body, Headers headers = {});  // names of headers in lower case
  void will_fail(collectors::TransferFailure kind, std::string text);
  // The next fetch waits until it is cancelled.
  void will_hang();

  const std::vector<collectors::TransferRequest>& requests() const noexcept { return requests_; }
  std::size_t answers_left() const noexcept { return answers_.size(); }

  boost::asio::awaitable<collectors::TransferResult> fetch(collectors::TransferRequest request) override;

 private:
  struct Answer {
    collectors::TransferResult result;
    bool hangs;
  };
  std::deque<Answer> answers_;
  std::vector<collectors::TransferRequest> requests_;
};

}  // namespace tightrope::testing
