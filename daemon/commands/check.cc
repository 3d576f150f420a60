// `tightrope check`: whether configurations can be used, and what is wrong with them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "daemon/commands/command.h"
#include "daemon/routing/route_tree.h"

namespace tightrope::daemon::commands {
namespace {

int check(const std::vector<std::string>& files, std::ostream& out, std::ostream& err) {
  std::size_t read = 0;
  bool good = true;
  for (const std::string& file : files) {
    const config::Loaded loaded = config::load(file);
    err << config::format(loaded.errors);
    if (!loaded.configuration) {
      good = false;
      continue;
    }
    read += loaded.configuration->files.size();
    if (!loaded.configuration->route) continue;
    if (const auto problem = RouteTree::problem(*loaded.configuration->route)) {
      err << file << ": error: route: " << *problem << "\n";
      good = false;
    }
  }
  if (!good) return kFailure;
  out << read << (read == 1 ? " file" : " files") << " checked, ok\n";
  return kGood;
}

}  // namespace

void add_check(CLI::App& line, Invocation& invocation) {
  CLI::App* command = line.add_subcommand("check", "Check configuration files, with all that they include");
  auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *files, "The file that --config.file of `tightrope run` would name")
      ->required();
  command->callback([files, &invocation] {
    invocation.run = [files](std::ostream& out, std::ostream& err) { return check(*files, out, err); };
  });
}

}  // namespace tightrope::daemon::commands
