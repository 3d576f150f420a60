// `tightrope status`: how a running daemon is, in one screen.
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/daemon_client.h"
#include "daemon/commands/table.h"
#include "rules/units.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

const json::value& member(const json::value& object, std::string_view key) {
  static const json::value kNull;
  const json::value* found = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return found ? *found : kNull;
}

double number_at(const json::value& object, std::string_view key) {
  const json::value& found = member(object, key);
  return found.is_number() ? found.to_number<double>() : 0;
}

std::string count_at(const json::value& object, std::string_view key) {
  return std::to_string(static_cast<long long>(number_at(object, key)));
}

// The value of a sample without labels, as the metrics' text shows it.
std::optional<double> sample(const std::string& metrics, const std::string& name) {
  const std::size_t at = metrics.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(metrics.c_str() + at + name.size() + 2, nullptr);
}

// What /-/ready says of the journal; "" when it is well.
std::string journal_problem(const std::string& readiness) {
  constexpr std::string_view kName = "\njournal: ";
  const std::size_t at = readiness.find(kName);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kName.size();
  return readiness.substr(begin, readiness.find('\n', begin) - begin);
}

std::string reload_text(const std::string& metrics) {
  const auto good = sample(metrics, "tightrope_config_last_reload_successful");
  const auto at = sample(metrics, "tightrope_config_last_reload_success_timestamp_seconds");
  if (!good || !at) return "unknown";
  const rules::Timestamp loaded{std::chrono::milliseconds(static_cast<std::int64_t>(*at * 1000))};
  const std::string since =
      "in force since " + rules::to_rfc3339(std::chrono::floor<std::chrono::seconds>(loaded));
  return *good == 1 ? since : "the last reload failed; the one before is " + since;
}

void add_objectives(const std::string& client, const json::value& objectives, const std::string& indent,
                    std::vector<Cells>& rows) {
  if (!objectives.is_array()) return;
  for (const json::value& objective : objectives.get_array()) {
    const json::value& verdicts = member(objective, "verdicts");
    const std::string status = text_at(objective, "status");
    rows.push_back({client, indent + text_at(objective, "name"), status.empty() ? "-" : status,
                    count_at(verdicts, "offTarget"), count_at(verdicts, "watch"),
                    count_at(verdicts, "unknown"), count_at(verdicts, "onTarget"),
                    count_at(objective, "firing")});
    add_objectives(client, member(objective, "children"), indent + "  ", rows);
  }
}

std::string state_of(const json::value& source) {
  if (member(source, "stale") == json::value(true)) return "stale";
  if (number_at(source, "failuresInRow") > 0) return "failing";
  return text_at(source, "lastSuccess").empty() ? "waiting" : "ok";
}

int status(const DaemonAddress& address, std::ostream& out, std::ostream& err) {
  const auto fail = [&err](const DaemonProblem& problem) {
    err << problem.text << "\n";
    return kFailure;
  };
  const auto readiness = ask_daemon(address, "GET", "/-/ready", "");
  if (const auto* problem = std::get_if<DaemonProblem>(&readiness)) return fail(*problem);
  const bool ready = std::get<DaemonReply>(readiness).status == 200;
  out << "ready          " << (ready ? "yes" : "no") << "\n";
  const std::string journal = journal_problem(std::get<DaemonReply>(readiness).body);
  if (!journal.empty()) out << "journal        " << journal << "\n";
  const auto metrics = ask_daemon(address, "GET", "/metrics", "");
  if (const auto* problem = std::get_if<DaemonProblem>(&metrics)) return fail(*problem);
  out << "configuration  " << reload_text("\n" + std::get<DaemonReply>(metrics).body) << "\n";
  // While the journal takes nothing the rest still answers; a daemon that starts or stops does not.
  if (!ready && journal.empty()) return kFailure;

  const auto clients = ask_for_list(address, "/api/v1/objectives", "clients");
  if (const auto* problem = std::get_if<DaemonProblem>(&clients)) return fail(*problem);
  std::vector<Cells> objectives;
  for (const json::value& client : std::get<json::array>(clients))
    add_objectives(text_at(client, "client"), member(client, "objectives"), "", objectives);
  out << "\n";
  print_table(out, {"CLIENT", "OBJECTIVE", "STATUS", "OFF", "WATCH", "UNKNOWN", "ON", "FIRING"}, objectives);

  const auto sources = ask_for_list(address, "/api/v1/sources", "sources");
  if (const auto* problem = std::get_if<DaemonProblem>(&sources)) return fail(*problem);
  std::vector<Cells> rows;
  for (const json::value& source : std::get<json::array>(sources)) {
    const json::value& age = member(source, "dataAgeSeconds");
    rows.push_back({text_at(source, "name"), text_at(source, "client"), text_at(source, "connector"),
                    state_of(source), text_at(source, "lastSuccess"),
                    age.is_number() ? duration_text(age.to_number<double>()) : "-",
                    text_at(source, "lastError")});
  }
  out << "\n";
  print_table(out, {"SOURCE", "CLIENT", "CONNECTOR", "STATE", "LAST SUCCESS", "DATA AGE", "ERROR"}, rows);
  std::vector<Cells> findings;
  for (const json::value& source : std::get<json::array>(sources)) {
    const json::value& list = member(source, "findings");
    if (!list.is_array()) continue;
    for (const json::value& finding : list.get_array()) {
      findings.push_back({text_at(source, "name"), text_at(finding, "finding"), text_at(finding, "since"),
                          text_at(finding, "text")});
    }
  }
  if (!findings.empty()) {
    out << "\n";
    print_table(out, {"SOURCE", "FINDING", "SINCE", "WHAT"}, findings);
  }
  return ready ? kGood : kFailure;
}

}  // namespace

void add_status(CommandLine& line) {
  Command command =
      line.command("status", "Show how a running daemon is: objectives, sources, configuration");
  auto address = std::make_shared<DaemonAddress>();
  add_daemon_address(command, *address);
  command.footer("Exit code 1 when it does not answer or is not ready.");
  command.does([address](std::ostream& out, std::ostream& err) { return status(*address, out, err); });
}

}  // namespace tightrope::daemon::commands
