// `tightrope decide`: what was done with a recommendation.
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

void add_decide(CommandLine& line) {
  Command command = line.command("decide", "Tell a running daemon what was done with a recommendation");
  auto options = std::make_shared<DecideOptions>();
  add_daemon_address(command, options->address);
  command
      .option("ID", options->recommendation,
              "The recommendation's id, as `tightrope alerts --output=extended` shows it")
      .required();
  command.option("DECISION", options->decision, "did, declined or later")
      .required()
      .one_of({"did", "declined", "later"});
  command.option("--by", options->by, "Who decided");
  command.option("--reason", options->reason, "Why");
  command.option("--until", options->until, "With later: when to ask again, such as 2026-11-20T08:00:00Z");
  command.does([options](std::ostream& out, std::ostream& err) { return decide(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
