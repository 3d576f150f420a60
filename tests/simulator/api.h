// What the simulator answers, without any network: a request and the simulated instant in, a reply out.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/faults.h"
#include "tests/simulator/model.h"

namespace tightrope::simulator {

struct Request {
  std::string method;
  std::string target;         // path and query, as sent
  std::string authorization;  // the header's value, or ""
  std::string body;
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds delay{0};  // to be waited before it is sent
  bool truncated = false;              // only half of the body is to be sent, then the connection closed
};

struct ApiSettings {
  std::string token = "demo-token";     // of the reporting API, as a bearer
  std::string export_key = "demo-key";  // of the CSV download, in its link
};

// Not thread-safe. The world is borrowed and must outlive it.
class Api {
 public:
  static constexpr std::size_t kMostSunk = 10'000;  // messages kept; older ones are dropped
  static constexpr int kMostDays = 400;             // of one report

  Api(World& world, ApiSettings settings);

  Reply handle(const Request& request, Instant now);
  // How far POST /clock has moved the simulated clock ahead so far.
  std::chrono::seconds advanced() const noexcept { return advanced_; }

 private:
  using Query = std::map<std::string, std::string, std::less<>>;
  struct Slice;  // account, days and instant of a report
  struct Sunk {
    Instant at;
    std::string path;
    std::string body;
  };

  Reply report(const Request& request, const Query& query, Instant now);
  Reply csv(const Request& request, const Query& query, Instant now);
  Reply truth(const Query& query);
  Reply accounts() const;
  Reply incidents(const Request& request, Instant now);
  Reply faults(const Request& request);
  Reply sink(const Request& request, std::string_view path, Instant now);
  Reply clock(const Request& request, Instant now);
  Reply with_fault(Reply reply);

  World& world_;
  ApiSettings settings_;
  Faults faults_;
  std::deque<Sunk> sunk_;
  std::chrono::seconds advanced_{0};
};

}  // namespace tightrope::simulator
