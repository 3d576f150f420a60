// `tightrope schema`: JSON Schemas of what people write, for editors.
#include <memory>
#include <ostream>
#include <string>

#include "config/configuration.h"
#include "config/connector.h"
#include "config/rule_tests.h"
#include "daemon/commands/command.h"

namespace tightrope::daemon::commands {

void add_schema(CommandLine& line) {
  Command command = line.command("schema", "Print the JSON Schema of the configuration, for editors");
  auto of = std::make_shared<std::string>("configuration");
  command
      .option("--of", *of,
              "configuration; test: the files of `tightrope test`; or connector: those of vendors")
      .one_of({"configuration", "test", "connector"})
      .with_default();
  command.does([of](std::ostream& out, std::ostream&) {
    const std::string schema = *of == "test"        ? config::rule_test_schema()
                               : *of == "connector" ? config::connector_schema()
                                                    : config::schema();
    out << schema << (schema.ends_with('\n') ? "" : "\n");
    return kGood;
  });
}

}  // namespace tightrope::daemon::commands
