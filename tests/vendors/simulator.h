// One vendor on the loopback interface, in virtual time, with one fault when it is told to.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clock.h"
#include "tests/support/http_server.h"
#include "tests/vendors/vendor.h"

namespace tightrope::vendors {

enum class FaultKind {
  none,
  throttled,
  server_error,    // 500, an HTML page
  unavailable,     // 503, an HTML page
  bad_gateway,     // 502, without a body
  cut_connection,  // after half of the body
  no_answer,       // closed without a byte
  truncated_body,  // half of the body, and its length says so
  error_in_200,
  html_in_200,         // a page for people, where a report should be
  empty_200,           // nothing at all
  expired_token,       // of OAuth: a new one is needed
  refused_key,         // a key or token that only people can renew
  token_server_error,  // the token expires, and its server answers 500
  page,                // a PageFault
  job,                 // a JobFault
  slow,                // twenty seconds
  never_answers,
};

struct Fault {
  FaultKind kind = FaultKind::none;
  int at = 0;     // the first request hit, counted from when it is armed
  int times = 1;  // how many requests in a row are hit
  std::size_t throttle = 0;
  PageFault page = PageFault::none;
  JobFault job = JobFault::none;
};

// What came, and what was made of it.
struct LoggedRequest {
  rules::Timestamp at;
  std::string line;  // "POST /v21/... -> 200"
};

// The name of a header by which a reply asks the transfer of the tests to wait so many milliseconds of
// virtual time before it hands the reply on.
inline constexpr std::string_view kDelayHeader = "x-simulated-delay-ms";

// Any thread, except construction and destruction.
class Simulator {
 public:
  Simulator(std::unique_ptr<Vendor> vendor, const collectors::Clock& clock);

  Addresses addresses() const;
  std::string token_url() const { return api_.url(kTokenPath); }
  VendorFacts facts() const { return vendor_->facts(); }

  // From the next request on.
  void arm(Fault fault);
  bool fired() const;  // the fault that was armed has hit
  // Under the lock: the truth may change only so.
  template <class F>
  auto with_vendor(F&& work) {
    const std::lock_guard lock(mutex_);
    return work(*vendor_, tokens_);
  }

  // Everything that no connector may do: requests before they were allowed, wrong requests, credentials to
  // another host.
  std::vector<std::string> violations() const;
  std::vector<LoggedRequest> log() const;
  int requests() const;  // to the vendor's API since it was armed

  static constexpr std::string_view kTokenPath = "/oauth/token";

 private:
  HttpReply handle(const HttpRequest& request, bool downloads);
  HttpReply handle_api(const Request& request, bool downloads, rules::Timestamp now);
  HttpReply refuse_foreign(const HttpRequest& request);
  HttpReply asked_too_soon(const Request& request, rules::Timestamp now);
  std::optional<HttpReply> instead(const Request& request, Situation& situation);
  static void spoil(HttpReply& reply, FaultKind kind);
  void violation(rules::Timestamp now, const std::string& what);

  const collectors::Clock& clock_;
  const std::unique_ptr<Vendor> vendor_;
  mutable std::mutex mutex_;  // of all below
  TokenDesk tokens_;
  Fault fault_;
  int requests_ = 0, hits_ = 0;
  bool token_server_fails_ = false;
  rules::Timestamp not_before_{};
  std::vector<std::string> violations_;
  std::vector<LoggedRequest> log_;
  testing::HttpServer api_, download_, foreign_;
};

}  // namespace tightrope::vendors
