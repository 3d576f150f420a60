// tightrope-simulator: a simulated advertising platform over HTTP. See README.md.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <variant>

#include "tests/simulator/scenario.h"
#include "tests/simulator/server.h"

namespace {

using std::chrono::seconds;
using tightrope::simulator::Api;
using tightrope::simulator::ApiSettings;
using tightrope::simulator::build_world;
using tightrope::simulator::Instant;
using tightrope::simulator::load_scenario;
using tightrope::simulator::Request;
using tightrope::simulator::Scenario;
using tightrope::simulator::Server;
using tightrope::simulator::World;

struct Address {
  std::string host;
  std::uint16_t port;
};

std::optional<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  Address address{text.substr(0, colon), 0};
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, address.port);
  if (begin == end || error != std::errc() || stop != end) return std::nullopt;
  return address;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A simulated advertising platform: reports that grow, arrive late and are restated");
  std::string listen = "127.0.0.1:9880";
  std::uint64_t seed = 1;
  double speed = 1;
  int history_days = 60;
  std::string scenario_name = "demo";
  ApiSettings settings;
  std::int64_t start_at = 0;
  app.add_option("--listen", listen, "address and port; port 0 takes a free one")->capture_default_str();
  app.add_option("--seed", seed, "equal seeds give equal worlds")->capture_default_str();
  app.add_option("--speed", speed, "simulated seconds per second")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--history-days", history_days, "days of figures before the start")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000));
  app.add_option("--scenario", scenario_name, "a file, or a name in tests/simulator/scenarios")
      ->capture_default_str();
  app.add_option("--token", settings.token, "the bearer token of the reporting API")->capture_default_str();
  app.add_option("--export-key", settings.export_key, "the key of the CSV download's link")
      ->capture_default_str();
  app.add_option("--start", start_at, "the simulated instant at the start, in Unix seconds (default: now)");
  CLI11_PARSE(app, argc, argv);

  const auto address = parse_address(listen);
  if (!address) {
    fmt::print(stderr, "tightrope-simulator: --listen wants ADDRESS:PORT, such as 127.0.0.1:9880\n");
    return 2;
  }
  auto loaded = load_scenario(scenario_name);
  if (const auto* problem = std::get_if<std::string>(&loaded)) {
    fmt::print(stderr, "tightrope-simulator: {}\n", *problem);
    return 1;
  }

  const auto real_start = std::chrono::steady_clock::now();
  const Instant start = app.count("--start") > 0
                            ? Instant(seconds(start_at))
                            : std::chrono::floor<seconds>(std::chrono::system_clock::now());
  World world = build_world(seed, std::get<Scenario>(loaded), start, std::chrono::days(history_days));
  Api api(world, settings);
  const auto now = [&] {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - real_start;
    return start + seconds(std::llround(std::floor(elapsed.count() * speed))) + api.advanced();
  };

  boost::asio::io_context io(1);
  try {
    Server server(io, address->host, address->port,
                  [&](const Request& request) { return api.handle(request, now()); });
    fmt::print("listening on {}:{}\n", address->host, server.port());
    std::fflush(stdout);  // whoever started it waits for this line
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code&, int) { server.stop(); });
    io.run();
  } catch (const boost::system::system_error& error) {
    fmt::print(stderr, "tightrope-simulator: {}: {}\n", listen, error.code().message());
    return 1;
  }
  return 0;
}
