// `tightrope decide`: what was done with a recommendation.
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "daemon/commands/command.h"
#include "daemon/commands/daemon_client.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::commands {
namespace {

struct DecideOptions {
  DaemonAddress address;
  std::string recommendation;
  std::string decision;
  std::string by;
  std::string reason;
  std::string until;
};

int decide(const DecideOptions& options, std::ostream& out, std::ostream& err) {
  boost::json::object fields{{"decision", options.decision}, {"by", http::text(options.by)}};
  if (!options.reason.empty()) fields["reason"] = http::text(options.reason);
  if (!options.until.empty()) fields["until"] = http::text(options.until);
  const std::string path = "/api/v1/recommendations/" + url_encoded(options.recommendation) + "/decision";
  const auto answer =
      ask_for_data(options.address, "POST", path, http::print(boost::json::value(std::move(fields))));
  if (const auto* problem = std::get_if<DaemonProblem>(&answer)) {
    err << problem->text << "\n";
    return kFailure;
  }
  out << "recommendation " << options.recommendation << ": " << options.decision << "\n";
  return kGood;
}

}  // namespace

void add_decide(CLI::App& line, Invocation& invocation) {
  CLI::App* command =
      line.add_subcommand("decide", "Tell a running daemon what was done with a recommendation");
  auto options = std::make_shared<DecideOptions>();
  add_daemon_address(*command, options->address);
  command
      ->add_option("ID", options->recommendation,
                   "The recommendation's id, as `tightrope alerts --output=extended` shows it")
      ->required();
  command->add_option("DECISION", options->decision, "did, declined or later")
      ->required()
      ->check(CLI::IsMember({"did", "declined", "later"}));
  command->add_option("--by", options->by, "Who decided");
  command->add_option("--reason", options->reason, "Why");
  command->add_option("--until", options->until,
                      "With later: when to ask again, such as 2026-11-20T08:00:00Z");
  command->callback([options, &invocation] {
    invocation.run = [options](std::ostream& out, std::ostream& err) { return decide(*options, out, err); };
  });
}

}  // namespace tightrope::daemon::commands
