#include "daemon/commands/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cassert>
#include <exception>
#include <ostream>
#include <utility>

#include "collectors/rate_gate.h"
#include "collectors/transfer.h"
#include "daemon/clock.h"
#include "daemon/deadline.h"
#include "rules/formula.h"

namespace tightrope::daemon::commands {
namespace {

using Reading = std::variant<collectors::Collected, std::string>;

void say_unknown(const char* what, const std::string& name, const std::vector<std::string>& names,
                 std::ostream& err) {
  err << "there is no " << what << " \"" << name << "\"";
  const std::string nearest = rules::nearest_name(name, names);
  if (!nearest.empty()) err << "; did you mean \"" << nearest << "\"?";
  err << "\n";
}

asio::awaitable<Reading> read(collectors::Collector& collector, Clock& clock, collectors::Tokens& tokens,
                              collectors::CollectRequest request) {
  Reading reading;
  const Timestamp began = clock.now();
  try {
    auto work = collector.collect(request);
    auto result = co_await with_deadline(clock, request.deadline, std::move(work));
    if (result) {
      reading = std::move(*result);
    } else {
      const collectors::CollectError error = result.error();
      reading = fmt::format("{}: {}", to_string(error.kind), error.text);
    }
  } catch (const DeadlinePassed&) {
    reading = fmt::format("timeout: no complete answer within {}s",
                          std::chrono::duration<double>(request.deadline - began).count());
  }
  // A token still on its way may bring a new refresh token.
  co_await tokens.idle();
  co_return reading;
}

}  // namespace

std::optional<config::Configuration> load_configuration(const std::string& file, std::ostream& err) {
  config::Loaded loaded = config::load(file);
  err << config::format(loaded.errors);
  return std::move(loaded.configuration);
}

const config::Source* named_source(const config::Configuration& configuration, const std::string& name,
                                   std::ostream& err) {
  const config::Source* source = configuration.find_source(name);
  if (source) return source;
  std::vector<std::string> names;
  for (const config::Source& known : configuration.sources) names.push_back(known.name);
  say_unknown("source", name, names, err);
  return nullptr;
}

const config::Client* named_client(const config::Configuration& configuration, const std::string& name,
                                   std::ostream& err) {
  const config::Client* client = configuration.find_client(name);
  if (client) return client;
  std::vector<std::string> names;
  for (const config::Client& known : configuration.clients) names.push_back(known.strategy.client);
  say_unknown("client", name, names, err);
  return nullptr;
}

collectors::Translation translation_of(const config::Source& source,
                                       const config::Configuration& configuration) {
  const config::Client* client = configuration.find_client(source.client);
  return client ? collectors::Translation::between(source, client->strategy)
                : collectors::Translation::alone(source);
}

Reading read_source(const config::Source& source, const config::Configuration& configuration,
                    const rules::Calendar& calendar, rules::DayRange days, rules::Timestamp now,
                    collectors::TokenStore& token_store) {
  asio::io_context io(1);
  const auto clock = make_system_clock(io.get_executor());
  const auto transfer = collectors::make_curl_transfer(io.get_executor(), collectors::TransferLimits());
  const auto tokens = collectors::make_tokens(*transfer, *clock, token_store);
  collectors::RateGates gates(*clock);
  const auto collector = collectors::make_collector(source, {.transfer = *transfer,
                                                             .calendar = calendar,
                                                             .dimensions = configuration.dimensions,
                                                             .clock = clock.get(),
                                                             .tokens = tokens.get(),
                                                             .gates = &gates});
  assert(collector);
  Reading reading;
  const collectors::CollectRequest request{
      .days = days, .now = now, .deadline = clock->now() + source.deadline};
  asio::co_spawn(io, read(*collector, *clock, *tokens, request),
                 [&](std::exception_ptr failure, Reading given) {
                   reading = std::move(given);
                   if (failure) {
                     try {
                       std::rethrow_exception(failure);
                     } catch (const std::exception& error) {
                       reading = std::string(error.what());
                     }
                   }
                   io.stop();
                 });
  io.run();
  return reading;
}

}  // namespace tightrope::daemon::commands
