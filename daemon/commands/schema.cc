// `tightrope schema`: the configuration's JSON Schema, for editors.
#include <CLI/CLI.hpp>
#include <ostream>
#include <string>

#include "config/configuration.h"
#include "daemon/commands/command.h"

namespace tightrope::daemon::commands {

void add_schema(CLI::App& line, Invocation& invocation) {
  CLI::App* command =
      line.add_subcommand("schema", "Print the JSON Schema of the configuration, for editors");
  command->callback([&invocation] {
    invocation.run = [](std::ostream& out, std::ostream&) {
      const std::string schema = config::schema();
      out << schema << (schema.ends_with('\n') ? "" : "\n");
      return kGood;
    };
  });
}

}  // namespace tightrope::daemon::commands
