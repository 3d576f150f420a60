// The API over real clients and a real journal, without a socket: a request goes in, an answer comes out.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/api/api.h"
#include "daemon/http/api/scraper.h"
#include "daemon/http/background.h"
#include "daemon/metrics.h"
#include "daemon/services.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {

// Two clients: acme, whose sources "shop" and, in dollars and New York's days, "us_shop" are pushed to, and beta.
// It is noon of 2026-11-20 UTC.
class ApiWorld final : public daemon::Services {
 public:
  ApiWorld();
  ~ApiWorld() override;

  daemon::Clock& clock() override { return clock_; }
  daemon::Journal& journal() override { return shown_journal ? *shown_journal : *journal_; }
  daemon::Metrics& metrics() override { return metrics_; }
  const config::Configuration& configuration() const override { return configuration_; }
  std::vector<daemon::ClientRuntime*> clients() override;
  daemon::ClientRuntime* find_client(std::string_view name) override;
  std::vector<daemon::SourceStatus> sources() const override { return source_statuses; }
  std::vector<daemon::OutboxBacklog> backlog() const override { return {}; }
  void pushed(std::string_view source, const daemon::Accepted& accepted,
              std::optional<rules::Day> newest) override;
  bool ready() const override { return is_ready; }
  boost::asio::awaitable<config::Errors> reload() override;

  // Runs the route's handler to its end. The guard and the limits of the server are not asked.
  daemon::http::Response call(std::string method, std::string_view target, std::string body = "",
                              daemon::http::Fields headers = {});
  // The same, as JSON; fails the test on another status.
  boost::json::value get(std::string_view target, int status = 200);
  boost::json::value post(std::string_view target, std::string body, int status = 200);
  // Figures of acme's campaign on each of the 7 days that end with 2026-11-20.
  void push_week(std::string_view campaign, double spend, double conversions);
  // Figures of acme's campaign on one day of November 2026, from the 10th on.
  void push_day(int day, std::string_view campaign, double spend, double conversions);
  // Several requests at once: all begin before the first ends.
  std::vector<daemon::http::Response> call_together(std::string_view target, std::size_t times);

  ManualClock& manual_clock() { return clock_; }

  bool is_ready = true;
  daemon::Journal* shown_journal = nullptr;  // what handlers are given instead of its own
  std::vector<daemon::SourceStatus> source_statuses;
  config::Errors reload_errors;
  struct Pushed {
    std::string source;
    std::uint32_t changed;
    std::optional<rules::Day> newest;
  };
  std::vector<Pushed> pushes;

 private:
  boost::asio::awaitable<daemon::http::Response> handle(const daemon::http::Request& request,
                                                        const daemon::http::Route* route);
  void run_until(const bool& done);

  TemporaryDirectory directory_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  boost::asio::thread_pool pool_{1};
  ManualClock clock_;
  daemon::Metrics metrics_;
  config::Configuration configuration_;
  std::unique_ptr<daemon::Journal> journal_;
  std::vector<std::unique_ptr<daemon::ClientRuntime>> clients_;
  daemon::http::Background background_;
  daemon::http::Scraper scraper_{io_.get_executor(), *this, background_};
  daemon::http::Api api_{*this, background_, scraper_, {}};
  daemon::http::Router router_{daemon::http::routes(api_)};
};

// The text of a response, its pieces joined.
std::string body_of(const daemon::http::Response& response);
// A value by path: at(answer, "/data/alerts/0/state"); fails the test and gives null when there is none.
boost::json::value at(const boost::json::value& value, std::string_view pointer);
std::string text_at(const boost::json::value& value, std::string_view pointer);

}  // namespace tightrope::testing
