// `tightrope identity`: which spellings are one name, and which names look alike and are kept apart.
#include <fmt/format.h>

#include <boost/json/array.hpp>
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

struct IdentityOptions {
  DaemonAddress address;
  std::string client;
  std::string output = "simple";
};

const json::array& list_at(const json::value& object, std::string_view key) {
  static const json::array kNone;
  const json::value* found = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return found && found->is_array() ? found->get_array() : kNone;
}

std::int64_t count_at(const json::value& object, std::string_view key) {
  const json::value* found = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return found && found->is_number() ? found->to_number<std::int64_t>() : 0;
}

std::string listed(const json::array& texts) {
  std::string all;
  for (const json::value& one : texts) {
    if (!all.empty()) all += ", ";
    const json::string& text = one.as_string();
    all.append(text.data(), text.size());
  }
  return all;
}

void print_left_out(const json::value& client, std::string_view key, std::ostream& out) {
  const std::int64_t left_out = count_at(client, key);
  if (left_out > 0) out << fmt::format("and {} more\n", left_out);
}

void print_rules(const json::value& client, std::ostream& out) {
  const json::array& rules = list_at(client, "rules");
  if (rules.empty()) out << text_at(client, "client") << ": names are taken as they are\n";
  for (const json::value& one : rules) {
    const std::string ignored = printable(listed(list_at(one, "ignore")));
    out << fmt::format("{}: {}: ignores {}", text_at(client, "client"), text_at(one, "dimension"),
                       ignored.empty() ? "nothing" : ignored);
    for (const char* ends : {"prefixes", "suffixes"}) {
      const std::string all = printable(listed(list_at(one, ends)));
      if (!all.empty()) out << fmt::format("; {} {}", ends, all);
    }
    const std::int64_t aliases = count_at(one, "aliases");
    if (aliases > 0) out << fmt::format("; {} {}", aliases, aliases == 1 ? "alias" : "aliases");
    out << "\n";
  }
}

void print_merged(const json::value& client, std::ostream& out) {
  std::vector<Cells> rows;
  for (const json::value& name : list_at(client, "merged")) {
    for (const json::value& spelling : list_at(name, "spellings")) {
      rows.push_back({text_at(name, "dimension"), text_at(name, "name"), text_at(spelling, "spelling"),
                      text_at(spelling, "source"), text_at(spelling, "firstMet")});
    }
  }
  if (rows.empty()) return;
  print_table(out, {"DIMENSION", "NAME", "ALSO WRITTEN", "BY SOURCE", "FIRST MET"}, rows);
  print_left_out(client, "mergedLeftOut", out);
}

void print_divided(const json::value& client, std::ostream& out) {
  const json::array& list = list_at(client, "divided");
  if (list.empty()) return;
  out << "known under both, since figures from before the rules keep the name that they came with:\n";
  std::vector<Cells> rows;
  for (const json::value& one : list)
    rows.push_back({text_at(one, "dimension"), text_at(one, "name"), text_at(one, "before")});
  print_table(out, {"DIMENSION", "NAME", "BEFORE"}, rows);
  print_left_out(client, "dividedLeftOut", out);
}

std::string why(const std::string& likeness) {
  if (likeness == "signs") return "the same but for signs";
  if (likeness == "order") return "the same words";
  if (likeness == "letter") return "a letter apart";
  return "a word more";
}

void print_look_alikes(const json::value& client, std::ostream& out) {
  const json::array& list = list_at(client, "lookAlikes");
  if (list.empty()) {
    out << "no other names look alike\n";
    return;
  }
  out << "look alike and are kept apart; a line under `aliases:` of the dimension makes them one:\n";
  std::vector<Cells> rows;
  for (const json::value& pair : list)
    rows.push_back({text_at(pair, "dimension"), why(text_at(pair, "likeness")), text_at(pair, "alias")});
  print_table(out, {"DIMENSION", "WHY", "ALIAS"}, rows);
  print_left_out(client, "lookAlikesLeftOut", out);
}

int identity(const IdentityOptions& options, std::ostream& out, std::ostream& err) {
  std::string path = "/api/v1/identity";
  if (!options.client.empty()) path += "?client=" + url_encoded(options.client);
  const auto listed = list_to_print(options.address, path, "clients", options.output, out, err);
  if (const auto* code = std::get_if<int>(&listed)) return *code;
  const auto& clients = std::get<json::array>(listed);
  bool first = true;
  for (const json::value& client : clients) {
    if (!std::exchange(first, false)) out << "\n";
    print_rules(client, out);
    print_merged(client, out);
    print_divided(client, out);
    print_look_alikes(client, out);
  }
  return kGood;
}

}  // namespace

void add_identity(CommandLine& line) {
  Command command = line.command("identity", "Show which spellings are one name, and which names look alike");
  auto options = std::make_shared<IdentityOptions>();
  add_daemon_address(command, options->address);
  command.option("--client", options->client, "Of this client alone");
  command.option("--output", options->output, "simple or json").one_of({"simple", "json"}).with_default();
  command.does([options](std::ostream& out, std::ostream& err) { return identity(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
