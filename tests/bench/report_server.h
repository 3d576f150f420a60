// A server for benchmarks that costs little itself: one process, one thread, kept-alive connections, answers
// ready.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace tightrope::bench {

class ReportServer {
 public:
  // GET /report... answers `report` as JSON, GET /metrics... answers `metrics` as Prometheus' text. In a
  // process of its own, so that its time is not ours. Throws std::runtime_error.
  ReportServer(std::string report, std::string metrics);
  ~ReportServer();  // ends the process
  ReportServer(const ReportServer&) = delete;
  ReportServer& operator=(const ReportServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::uint64_t reports() const noexcept;  // answered so far
  std::uint64_t scrapes() const noexcept;

 private:
  struct Shared;
  Shared* shared_;
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace tightrope::bench
