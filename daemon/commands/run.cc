// `tightrope run`: the daemon, until a signal ends it.
#include <spdlog/logger.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <ostream>
#include <string>

#include "daemon/app.h"
#include "daemon/commands/command.h"
#include "daemon/http/guard.h"
#include "daemon/http/server.h"
#include "daemon/logging.h"

namespace tightrope::daemon::commands {
namespace {

struct RunOptions {
  AppOptions app;
  std::string log_level = "info";
  std::string log_format = "logfmt";
};

// Gives what keeps the daemon from running, or nothing when a signal ended it.
asio::awaitable<std::optional<std::string>> serve(App& app, asio::io_context& io) {
  asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  // While it starts there is nothing to finish: what was accepted before is durable.
  signals.async_wait([](const boost::system::error_code& error, int signal) {
    if (error || signal == SIGHUP) return;
    logger("app")->info("stopped while starting");
    std::_Exit(kGood);
  });
  std::optional<std::string> problem = co_await app.start();
  signals.cancel();  // a signal from now on is kept for the next wait
  if (!problem) {
    for (;;) {
      const int signal = co_await signals.async_wait(asio::use_awaitable);
      if (signal != SIGHUP) break;
      const config::Errors errors = co_await app.reload();
      static_cast<void>(errors);  // they were logged
    }
  }
  signals.clear();  // a second SIGTERM ends the process at once, as it would any other
  co_await app.stop();
  co_return problem;
}

int run(const RunOptions& options, std::ostream& err) {
  const auto level = parse_log_level(options.log_level);
  const auto format = parse_log_format(options.log_format);
  set_up_logging({.level = level.value_or(LogLevel::info), .format = format.value_or(LogFormat::logfmt)});
  // A peer that closes its connection is an error of that write, and no reason to die; a reload that comes
  // too early is none either.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is a full disk, and the journal says so
  std::signal(SIGHUP, SIG_IGN);
  asio::io_context io(1);
  App app(io, options.app);
  int code = kFailure;
  asio::co_spawn(io, serve(app, io), [&](std::exception_ptr failure, std::optional<std::string> problem) {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        logger("app")->error("the daemon ended unexpectedly error={}", quoted(error.what()));
      }
      std::_Exit(kFailure);  // what was accepted is durable; nothing else can be relied on
    }
    if (problem) {
      err << *problem << (problem->ends_with('\n') ? "" : "\n");
    } else {
      code = kGood;
    }
    io.stop();
  });
  io.run();
  return code;
}

}  // namespace

void add_run(CommandLine& line) {
  Command command = line.command("run", "Run the daemon");
  auto options = std::make_shared<RunOptions>();
  command.option("--config.file", options->app.config_file, "The configuration (YAML)").required();
  command
      .option("--web.listen-address", options->app.http.listen_address,
              "Where HTTP is answered; without a host (:9870) on this machine only")
      .check([](const std::string& given) { return http::listen_address_problem(given); })
      .with_default();
  command.option("--storage.path", options->app.storage_path, "Directory of the journal; made if missing")
      .with_default();
  command
      .option("--web.external-url", options->app.http.external_url,
              "How people reach this daemon; for links in messages")
      .check([](const std::string& given) {
        return http::host_of(given).empty()
                   ? "\"" + given + "\" is not an http or https URL; write https://tightrope.example.com"
                   : std::string();
      });
  command.option("--log.level", options->log_level, "debug, info, warn or error")
      .one_of({"debug", "info", "warn", "error"})
      .with_default();
  command.option("--log.format", options->log_format, "logfmt or json")
      .one_of({"logfmt", "json"})
      .with_default();
  command.footer("SIGTERM and SIGINT stop it, a second one at once; SIGHUP reads the configuration again.");
  command.does([options](std::ostream&, std::ostream& err) {
    std::string& url = options->app.http.external_url;
    while (url.ends_with('/')) url.pop_back();
    return run(*options, err);
  });
}

}  // namespace tightrope::daemon::commands
