// `tightrope check`: whether configurations can be used, and what is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/connector.h"
#include "daemon/commands/command.h"
#include "daemon/commands/lint.h"
#include "daemon/routing/route_tree.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

struct CheckOptions {
  std::vector<std::string> files;
  bool lint = false;
  bool lint_fatal = false;
  bool notes = false;
  std::string format = "text";

  bool lints() const noexcept { return lint || lint_fatal || notes; }
};

struct Checked {
  std::vector<Remark> remarks;
  std::size_t files_read = 0;

  std::size_t count(config::ErrorLevel level) const {
    return static_cast<std::size_t>(
        std::count_if(remarks.begin(), remarks.end(),
                      [level](const Remark& remark) { return remark.error.level == level; }));
  }
  bool good() const { return count(config::ErrorLevel::error) == 0; }
};

Remark route_remark(const std::string& file, const std::string& problem) {
  Remark remark;
  remark.error.where.file = file;
  remark.error.path = "route";
  remark.error.problem = problem;
  return remark;
}

void check_connector(const std::string& file, Checked& checked) {
  for (const config::Error& error : config::check_connector_file(file))
    checked.remarks.emplace_back().error = error;
  if (checked.good()) ++checked.files_read;
}

void check_file(const std::string& file, bool lints, Checked& checked) {
  if (config::is_connector_file(file)) {
    check_connector(file, checked);
    return;
  }
  const config::Loaded loaded =
      config::load(file, lints ? config::Keep::places_too : config::Keep::configuration);
  if (lints) {
    for (Remark& remark : remarks_on(loaded)) checked.remarks.push_back(std::move(remark));
  } else {
    for (const config::Error& error : loaded.errors) checked.remarks.emplace_back().error = error;
  }
  if (!loaded.configuration) return;
  checked.files_read += loaded.configuration->files.size();
  if (!loaded.configuration->route) return;
  if (const auto problem = RouteTree::problem(*loaded.configuration->route))
    checked.remarks.push_back(route_remark(file, *problem));
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void print_text(const CheckOptions& options, const Checked& checked, std::ostream& out, std::ostream& err) {
  for (const Remark& remark : checked.remarks) {
    if (options.notes || remark.error.level != config::ErrorLevel::note) err << config::format(remark.error);
  }
  if (!checked.good()) return;
  const std::size_t warnings = checked.count(config::ErrorLevel::warning);
  const std::size_t notes = checked.count(config::ErrorLevel::note);
  out << counted(checked.files_read, "file") << " checked, ";
  out << (options.lints() && warnings > 0 ? counted(warnings, "warning") : "ok");
  if (notes > 0) out << ", " << counted(notes, "note") << (options.notes ? "" : " (--notes shows them)");
  out << "\n";
}

void print_json(const Checked& checked, std::ostream& out) {
  json::array remarks;
  for (const Remark& remark : checked.remarks) remarks.push_back(to_json(remark));
  out << json::serialize(json::object{{"files", checked.files_read},
                                      {"errors", checked.count(config::ErrorLevel::error)},
                                      {"warnings", checked.count(config::ErrorLevel::warning)},
                                      {"notes", checked.count(config::ErrorLevel::note)},
                                      {"remarks", std::move(remarks)}})
      << "\n";
}

int check(const CheckOptions& options, std::ostream& out, std::ostream& err) {
  Checked checked;
  for (const std::string& file : options.files) check_file(file, options.lints(), checked);
  if (options.format == "json") {
    print_json(checked, out);
  } else {
    print_text(options, checked, out, err);
  }
  if (!checked.good()) return kFailure;
  return options.lint_fatal && checked.count(config::ErrorLevel::warning) > 0 ? kWarnings : kGood;
}

}  // namespace

void add_check(CommandLine& line) {
  Command command = line.command("check", "Check configuration files, with all that they include");
  auto options = std::make_shared<CheckOptions>();
  command
      .option("FILE", options->files,
              "The file that --config.file of `tightrope run` would name; or a connector file alone")
      .required();
  command.flag(
      "--lint", options->lint,
      "Also warn of targets that never fire, playbooks that never apply, and what contradicts itself");
  command.flag("--lint-fatal", options->lint_fatal, "As --lint, and exit with 3 when there are warnings");
  command.flag("--notes", options->notes,
               "As --lint, and show what is worth knowing though nothing is wrong");
  command.option("--format", options->format, "text, or json for editors")
      .one_of({"text", "json"})
      .with_default();
  command.does([options](std::ostream& out, std::ostream& err) { return check(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
