#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/command.h"
#include "rules/formula.h"

#ifndef TIGHTROPE_VERSION
#error "TIGHTROPE_VERSION comes from the build"
#endif

namespace tightrope::daemon::commands {
namespace {

constexpr std::array kCommands{add_run,    add_check,  add_test,     add_schema,  add_connectors,
                               add_poll,   add_import, add_backtest, add_explain, add_status,
                               add_alerts, add_digest, add_identity, add_ack,     add_decide};

std::vector<std::string> names_of(const CLI::App& line) {
  std::vector<std::string> names;
  for (const CLI::App* command : line.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

}  // namespace

int run_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CLI::App line("Keeps marketing campaigns on their strategic targets.", "tightrope");
  line.set_version_flag("--version", std::string("tightrope ") + TIGHTROPE_VERSION);
  line.footer("`tightrope COMMAND --help` says more about a command.");
  Invocation invocation;
  for (const auto& add : kCommands) add(line, invocation);

  if (argc < 2) {
    err << line.help();
    return kUsage;
  }
  const std::string named = argv[1];
  const std::vector<std::string> names = names_of(line);
  if (!named.empty() && named.front() != '-' && std::find(names.begin(), names.end(), named) == names.end()) {
    err << "tightrope: there is no command \"" << named << "\"";
    const std::string nearest = rules::nearest_name(named, names);
    if (!nearest.empty()) err << "; did you mean \"" << nearest << "\"?";
    err << "\n`tightrope --help` lists them.\n";
    return kUsage;
  }
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.exit(error, out, err) == 0 ? kGood : kUsage;
  }
  return invocation.run ? invocation.run(out, err) : kUsage;
}

}  // namespace tightrope::daemon::commands
