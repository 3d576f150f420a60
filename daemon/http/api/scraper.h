// Renders /metrics: one at a time, into memory that is used again.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

#include "daemon/http/background.h"
#include "daemon/http/message.h"
#include "daemon/sample_text.h"
#include "daemon/services.h"

namespace tightrope::daemon::http {

// On the I/O thread; the engines' figures are written on their own strands.
class Scraper {
 public:
  // So many answers may be on their way at once: a large one is tens of megabytes, and readers can be slow.
  static constexpr std::size_t kMostPages = 4;

  Scraper(asio::any_io_executor io, Services& services, Background& background);
  ~Scraper();

  // Who comes while the same answer is being made gets that one.
  asio::awaitable<Response> scrape(MetricsFormat format, bool gzip);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tightrope::daemon::http
