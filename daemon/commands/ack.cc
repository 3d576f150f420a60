// `tightrope ack`: somebody has taken an alert on.
#include <boost/json/object.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "daemon/commands/command.h"
#include "daemon/commands/daemon_client.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::commands {
namespace {

struct AckOptions {
  DaemonAddress address;
  std::string alert;
  std::string by;
};

int acknowledge(const AckOptions& options, std::ostream& out, std::ostream& err) {
  const boost::json::value body = boost::json::object{{"by", http::text(options.by)}};
  const std::string path = "/api/v1/alerts/" + url_encoded(options.alert) + "/ack";
  const auto answer = ask_for_data(options.address, "POST", path, http::print(body));
  if (const auto* problem = std::get_if<DaemonProblem>(&answer)) {
    err << problem->text << "\n";
    return kFailure;
  }
  out << "alert " << options.alert << " acknowledged by " << options.by << "\n";
  return kGood;
}

}  // namespace

void add_ack(CommandLine& line) {
  Command command = line.command("ack", "Acknowledge an alert of a running daemon");
  auto options = std::make_shared<AckOptions>();
  add_daemon_address(command, options->address);
  command.option("ID", options->alert, "The alert's id, as `tightrope alerts` shows it").required();
  command.option("--by", options->by, "Who has taken it on").required();
  command.does([options](std::ostream& out, std::ostream& err) { return acknowledge(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
