// `tightrope digest`: what to look at this morning.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/daemon_client.h"
#include "daemon/commands/table.h"
#include "rules/format.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

struct DigestOptions {
  DaemonAddress address;
  std::string client;
  double false_share = 0.1;
  std::string output = "simple";
};

double number_at(const json::value& object, std::string_view key) {
  const json::value* found = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return found && found->is_number() ? found->to_number<double>() : std::nan("");
}

// Rounded up: it says how few are false.
std::string share_text(double share) {
  return share < 0.001 ? "0.1 %" : fmt::format("{:.3g} %", std::ceil(share * 1000) / 10);
}

void print_client(const json::value& client, std::ostream& out) {
  const json::value* entries = client.is_object() ? client.get_object().if_contains("entries") : nullptr;
  if (!entries || !entries->is_array()) return;
  const json::array& list = entries->get_array();
  out << text_at(client, "client") << ": " << number_at(client, "listed") << " of "
      << number_at(client, "candidates") << " checks are listed, as of " << text_at(client, "at") << "\n";
  if (list.empty()) return;
  std::vector<Cells> rows;
  for (const json::value& entry : list) {
    const std::string sure = rules::format_sureness(number_at(entry, "sure"));
    const std::string since = text_at(entry, "since");
    const double stake = number_at(entry, "stakePerHour");
    rows.push_back(
        {text_at(entry, "target"), entity_at(entry), text_at(entry, "valueText"), text_at(entry, "boundText"),
         since.empty() ? "-" : since, sure.empty() ? "-" : sure,
         stake > 0 ? rules::format_value(stake * 24, rules::Unit::money, text_at(entry, "currency")) : "-",
         share_text(number_at(entry, "listedFrom"))});
  }
  print_table(out, {"TARGET", "ENTITY", "VALUE", "BOUND", "SINCE", "SURE", "A DAY", "LISTED AT"}, rows);
}

int digest(const DigestOptions& options, std::ostream& out, std::ostream& err) {
  std::string path = fmt::format("/api/v1/digest?false_share={}", options.false_share);
  if (!options.client.empty()) path += "&client=" + url_encoded(options.client);
  const auto listed = list_to_print(options.address, path, "clients", options.output, out, err);
  if (const auto* code = std::get_if<int>(&listed)) return *code;
  const auto& clients = std::get<json::array>(listed);
  for (const json::value& client : clients) {
    print_client(client, out);
    out << "\n";
  }
  out << fmt::format(
      "Of what a client's list names, on average at most {:.3g} % are there by luck. That holds for each "
      "list by "
      "itself,\nlooked at once, at a time of your choice beforehand; whoever looks until something appears "
      "has no "
      "such promise.\n",
      options.false_share * 100);
  return kGood;
}

}  // namespace

void add_digest(CommandLine& line) {
  Command command =
      line.command("digest", "List what misses its target for more than chance, for the morning");
  auto options = std::make_shared<DigestOptions>();
  add_daemon_address(command, options->address);
  command.option("--client", options->client, "Of this client alone");
  command
      .option("--false-share", options->false_share,
              "The share of the list that may be there by luck, on average")
      .between(1e-6, 1.0)
      .with_default();
  command.option("--output", options->output, "simple or json").one_of({"simple", "json"}).with_default();
  command.footer("LISTED AT is the smallest --false-share at which the line would still be listed.");
  command.does([options](std::ostream& out, std::ostream& err) { return digest(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
