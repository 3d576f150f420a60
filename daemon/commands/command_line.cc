#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
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

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

}  // namespace

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::with_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::one_of(std::initializer_list<const char*> words) {
  option_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

Option& Option::between(double low, double high) {
  option_->check(CLI::Range(low, high));
  return *this;
}

Option& Option::existing_file() {
  option_->check(CLI::ExistingFile);
  return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> problem) {
  option_->check(std::move(problem));
  return *this;
}

Option Command::option(std::string_view name, std::string& value, std::string_view help) {
  return Option(*app_->add_option(std::string(name), value, std::string(help)));
}

Option Command::option(std::string_view name, std::vector<std::string>& values, std::string_view help) {
  return Option(*app_->add_option(std::string(name), values, std::string(help)));
}

Option Command::option(std::string_view name, double& value, std::string_view help) {
  return Option(*app_->add_option(std::string(name), value, std::string(help)));
}

void Command::flag(std::string_view names, bool& value, std::string_view help) {
  app_->add_flag(std::string(names), value, std::string(help));
}

void Command::footer(std::string_view text) {
  app_->footer(std::string(text));
}

void Command::does(Run run) {
  app_->callback([run = std::move(run), chosen = chosen_] { *chosen = run; });
}

Command CommandLine::command(std::string_view name, std::string_view about) {
  return Command(*app_->add_subcommand(std::string(name), std::string(about)), *chosen_);
}

int run_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CLI::App app("Keeps marketing campaigns on their strategic targets.", "tightrope");
  app.set_version_flag("--version", std::string("tightrope ") + TIGHTROPE_VERSION);
  app.footer("`tightrope COMMAND --help` says more about a command.");
  Run chosen;
  CommandLine line(app, chosen);
  for (const auto& add : kCommands) add(line);

  if (argc < 2) {
    err << app.help();
    return kUsage;
  }
  const std::string named = argv[1];
  const std::vector<std::string> names = names_of(app);
  if (!named.empty() && named.front() != '-' && std::find(names.begin(), names.end(), named) == names.end()) {
    err << "tightrope: there is no command \"" << named << "\"";
    const std::string nearest = rules::nearest_name(named, names);
    if (!nearest.empty()) err << "; did you mean \"" << nearest << "\"?";
    err << "\n`tightrope --help` lists them.\n";
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kGood : kUsage;
  }
  return chosen ? chosen(out, err) : kUsage;
}

}  // namespace tightrope::daemon::commands
