// `tightrope alerts`: what fires, as amtool shows it.
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/daemon_client.h"
#include "daemon/commands/table.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

struct AlertsOptions {
  DaemonAddress address;
  std::string client;
  std::string state;
  std::string output = "simple";
};

std::string at(const json::value& alert, std::string_view object, std::string_view key) {
  const json::value* inner = alert.is_object() ? alert.get_object().if_contains(object) : nullptr;
  return inner ? text_at(*inner, key) : std::string();
}

// What people should know before they act on the alert; "" unless a figure it fired on was restated.
std::string restated_text(const json::value& alert) {
  const json::value* amendment = alert.is_object() ? alert.get_object().if_contains("amendment") : nullptr;
  if (!amendment || !amendment->is_object()) return "";
  const json::value* still = amendment->get_object().if_contains("wouldHaveFired");
  const bool would = still && still->is_bool() && still->get_bool();
  return would ? " (restated: would still have fired)" : " (restated: would not have fired)";
}

void print_simple(const json::array& alerts, std::ostream& out) {
  std::vector<Cells> rows;
  for (const json::value& alert : alerts) {
    rows.push_back({text_at(alert, "id"), text_at(alert, "state"), text_at(alert, "client"),
                    text_at(alert, "target"), entity_at(alert), text_at(alert, "offSince"),
                    at(alert, "text", "what") + restated_text(alert)});
  }
  print_table(out, {"ID", "STATE", "CLIENT", "TARGET", "ENTITY", "SINCE", "SUMMARY"}, rows);
}

void print_extended(const json::array& alerts, std::ostream& out) {
  const auto print = [&out](const std::string& line) { out << printable(line) << "\n"; };
  for (const json::value& alert : alerts) {
    print(text_at(alert, "id") + "  " + text_at(alert, "state") + "  " + text_at(alert, "severity") + "  " +
          text_at(alert, "client") + "/" + text_at(alert, "objective") + "/" + text_at(alert, "target") +
          "  " + entity_at(alert));
    for (const char* line : {"what", "costs", "why", "advice"}) {
      const std::string text = at(alert, "text", line);
      if (!text.empty()) print("  " + text);
    }
    const std::string by = text_at(alert, "acknowledgedBy");
    if (!by.empty()) print("  acknowledged by " + by);
    const json::value* recommendations = alert.get_object().if_contains("recommendations");
    if (recommendations && recommendations->is_array()) {
      for (const json::value& one : recommendations->get_array()) {
        print("  - " + text_at(one, "id") + "  " + text_at(one, "state") + "  " + text_at(one, "playbook") +
              ": " + text_at(one, "text"));
      }
    }
    out << "\n";
  }
}

int alerts(const AlertsOptions& options, std::ostream& out, std::ostream& err) {
  std::string path = "/api/v1/alerts";
  std::string query;
  if (!options.client.empty()) query += "client=" + url_encoded(options.client);
  if (!options.state.empty()) query += (query.empty() ? "state=" : "&state=") + options.state;
  if (!query.empty()) path += "?" + query;
  const auto listed = list_to_print(options.address, path, "alerts", options.output, out, err);
  if (const auto* code = std::get_if<int>(&listed)) return *code;
  const auto& found = std::get<json::array>(listed);
  if (options.output == "extended") {
    print_extended(found, out);
  } else {
    print_simple(found, out);
  }
  return kGood;
}

}  // namespace

void add_alerts(CommandLine& line) {
  Command command = line.command("alerts", "List the alerts of a running daemon");
  auto options = std::make_shared<AlertsOptions>();
  add_daemon_address(command, options->address);
  command.option("--client", options->client, "Of this client alone");
  command
      .option("--state", options->state, "firing, pending or resolved; else those that fire or are pending")
      .one_of({"firing", "pending", "resolved"});
  command
      .option("--output", options->output, "simple, extended (with advice and the ids to decide on) or json")
      .one_of({"simple", "extended", "json"})
      .with_default();
  command.does([options](std::ostream& out, std::ostream& err) { return alerts(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
