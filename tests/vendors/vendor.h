// One vendor's side of the conversation: its paths, its checks, its answers, its ways to refuse.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/vendors/figures.h"
#include "tests/vendors/request.h"

namespace tightrope::vendors {

// Where the simulator listens. No slash at the end.
struct Addresses {
  std::string api;
  std::string download;  // another port: files of reports
  std::string foreign;   // another port: nobody may send anything there
};

// What is wrong with a page that is otherwise whole.
enum class PageFault {
  none,
  half,     // half of the rows, and an error beside them
  repeats,  // leads to itself
  foreign,  // leads to another host
  empty,    // no rows, and yet a next page that has them
};

// What becomes of a report that is made in the background.
enum class JobFault { none, fails, skipped, slow };

// Access tokens of an OAuth server, in virtual time.
class TokenDesk {
 public:
  // What a refresh gives is refused from then on, and the newest must be used.
  bool rotates = false;
  rules::Duration lifetime{std::chrono::hours(1)};

  HttpReply answer(const Request& request, rules::Timestamp now);
  bool accepts(const std::string& access_token, rules::Timestamp now) const;
  void expire();  // access tokens given so far
  int refreshes() const noexcept { return refreshes_; }
  int refused() const noexcept { return refused_; }  // requests with an old refresh token, or a wrong client
  const std::string& refresh_token() const noexcept { return refresh_token_; }

  static constexpr const char* kClientId = "client-1";
  static constexpr const char* kClientSecret = "client-secret-abc";

 private:
  std::string refresh_token_ = "refresh-secret-0";
  std::string access_token_;
  rules::Timestamp expires_;
  int refreshes_ = 0, refused_ = 0;
};

// The moment of one request.
struct Situation {
  rules::Timestamp now;
  Addresses addresses;
  const TokenDesk& tokens;
  PageFault page_fault = PageFault::none;
  JobFault job_fault = JobFault::none;
  bool downloads = false;       // it came to the port of downloads
  bool fault_used = false;      // set by who heeds page_fault or job_fault
  std::string complaint = {};   // set by who refuses a request as wrong: the connector's mistake
  std::string impatience = {};  // set by who was asked too soon

  // Whether the next page is to carry this fault; says so to the simulator.
  bool fault(PageFault fault) {
    if (page_fault != fault) return false;
    fault_used = true;
    return true;
  }
  bool fault(JobFault fault) {
    if (job_fault != fault) return false;
    fault_used = true;
    return true;
  }
};

// One way of saying "slow down".
struct Throttle {
  std::string name;  // a part of a test's name
  std::function<HttpReply(const Request&, rules::Timestamp now)> reply;
  // When the next request is allowed.
  std::function<rules::Timestamp(rules::Timestamp now)> until;
};
// Nobody said for how long: any pause will do, but a pause.
inline rules::Timestamp soon(rules::Timestamp now) {
  return now + std::chrono::milliseconds(500);
}

struct VendorFacts {
  std::string name;  // of the tests
  std::string connector;
  std::string timezone = "UTC";
  std::string currency = "EUR";
  int lookback = 7;        // days
  bool oauth = false;      // else its key or token cannot be renewed
  int least_requests = 1;  // of one poll without faults
  int also_at = 0;         // another request, counted from 0, that faults should hit; 0: none
  std::set<PageFault> page_faults = {};
  std::set<JobFault> job_faults = {};
  std::vector<std::pair<std::string, std::string>> with = {};  // of the source's `with:`; texts
  std::vector<std::string> secrets = {};                       // no log line and no error has them
};

class Vendor {
 public:
  virtual ~Vendor() = default;
  virtual VendorFacts facts() const = 0;
  // Checks the request as strictly as the vendor does, credentials included.
  virtual HttpReply answer(const Request& request, Situation& situation) = 0;
  // The credentials are refused, as they are when they have been revoked.
  virtual HttpReply refused() const = 0;
  // Its error object, with status 200.
  virtual HttpReply error_in_200(const Request& request) const = 0;
  virtual std::vector<Throttle> throttles() const = 0;

  virtual Truth truth(rules::Timestamp now) const = 0;
  virtual void restate(rules::DayRange days, rules::Timestamp now) = 0;
  virtual void remove_rows(rules::DayRange days) = 0;
};

// A world begins at this moment: two days after clocks changed in America.
inline constexpr rules::Timestamp kStart =
    std::chrono::sys_days(std::chrono::year(2025) / 3 / 11) + std::chrono::hours(15);
inline constexpr rules::Day kToday = rules::day_from_ymd(std::chrono::year(2025) / 3 / 11);

using VendorFactory = std::unique_ptr<Vendor> (*)();
struct NamedVendor {
  const char* name;
  VendorFactory make;
};
// Every vendor that there is.
std::vector<NamedVendor> all_vendors();
// Accounts with more than fits on a page, or in a search, where the pages are the connector's choice.
std::vector<NamedVendor> large_vendors();

// Replies.
HttpReply json_reply(std::string body, int status = 200);
HttpReply html_reply(int status, const std::string& title);
// The same, and what the connector did wrong.
HttpReply complain(Situation& situation, const std::string& what, HttpReply reply);

}  // namespace tightrope::vendors
