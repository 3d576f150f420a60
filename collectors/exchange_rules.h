// What holds for every request and answer, whichever library carries them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/transfer.h"

namespace tightrope::collectors {

// What makes a request unfit to be sent, or nothing: a method that is no word, a header with a line break.
// Names the header, and never its value.
std::optional<std::string> check_request(const TransferRequest& request);

// "Name: value" lines as libcurl wants them, secret ones included. REQUIRES: check_request found nothing.
std::vector<std::string> header_lines(const TransferRequest& request);

std::string timeout_text(rules::Duration timeout);

// Takes an answer in as it arrives, within bounds.
class ResponseCollector {
 public:
  static constexpr std::size_t kMostHeaderBytes = 256 << 10;

  explicit ResponseCollector(std::uint64_t most_body_bytes) : most_(most_body_bytes) {}
  // One line of the head, line break included. A new status line starts over: the one before was an interim
  // answer. Both return false when a bound is passed: the transfer is to end.
  bool header_line(std::string_view line);
  bool body(std::string_view piece);

  bool too_large() const noexcept { return too_large_; }
  std::string too_large_text() const;
  TransferResponse take(std::string url) &&;

 private:
  std::uint64_t most_;
  std::size_t header_bytes_ = 0;
  bool too_large_ = false;
  TransferResponse response_;
};

}  // namespace tightrope::collectors
