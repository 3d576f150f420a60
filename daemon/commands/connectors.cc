// `tightrope connectors`: what figures can be read from, and what each has to know.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "config/connector.h"
#include "config/scalars.h"
#include "daemon/commands/command.h"
#include "rules/formula.h"

namespace tightrope::daemon::commands {
namespace {

using config::Connector;

struct ConnectorsOptions {
  std::string config_file;  // "" for none
  std::string name;         // "" lists them
  bool file = false;
};

// Names, and what each is, in two columns.
class Lines {
 public:
  void add(std::string name, std::string about) { lines_.emplace_back(std::move(name), std::move(about)); }
  bool empty() const noexcept { return lines_.empty(); }
  void print(std::ostream& out) const {
    std::size_t width = 0;
    for (const auto& [name, about] : lines_) width = std::max(width, name.size());
    for (const auto& [name, about] : lines_) out << fmt::format("  {:<{}}  {}\n", name, width, about);
  }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

void list(const std::vector<Connector>& vendors, std::ostream& out) {
  out << "Built in:\n";
  Lines kinds, described;
  for (const auto& kind : config::built_in_kinds()) kinds.add(kind.name, kind.about);
  kinds.print(out);
  out << "Vendors:\n";
  for (const Connector& vendor : vendors) {
    const bool own = vendor.file.find('/') != std::string::npos;
    described.add(vendor.name, own ? fmt::format("{} ({})", vendor.about, vendor.file) : vendor.about);
  }
  described.print(out);
  out << "\n`tightrope connectors NAME` says what one of them has to know.\n";
}

std::string type_text(const config::Parameter& parameter) {
  switch (parameter.type) {
    case config::ParameterType::digits:
      return "digits";
    case config::ParameterType::integer:
      return "a whole number";
    case config::ParameterType::boolean:
      return "true or false";
    case config::ParameterType::choice:
      return fmt::format("one of {}", fmt::join(parameter.choices, ", "));
    case config::ParameterType::url:
    case config::ParameterType::text:
      break;
  }
  return "";
}

std::string described(const config::Parameter& parameter) {
  std::string text = parameter.about;
  const std::string type = type_text(parameter);
  if (!type.empty()) text += "; " + type;
  if (parameter.required) text += "; required";
  if (!parameter.otherwise.empty()) text += fmt::format("; {} unless given", parameter.otherwise);
  return text;
}

std::string defaults_text(const config::ConnectorReport& report) {
  std::vector<std::string> all;
  const auto add = [&all](std::string_view name, const std::optional<rules::Duration>& value) {
    if (value) all.push_back(fmt::format("{} {}", name, config::format_duration(*value)));
  };
  add("every", report.every);
  add("lookback", report.lookback);
  add("deadline", report.deadline);
  if (!report.timezone.empty()) all.push_back("timezone " + report.timezone);
  if (!report.currency.empty()) all.push_back("currency " + report.currency);
  return fmt::format("{}", fmt::join(all, ", "));
}

std::string metrics_text(const config::ConnectorReport& report) {
  std::vector<std::string> names;
  for (const auto& metric : report.source.mapping.metrics) names.push_back(metric.metric);
  if (report.source.interval) names.push_back(report.source.interval->metric);
  return fmt::format("{}", fmt::join(names, ", "));
}

void print_report(const config::ConnectorReport& report, std::ostream& out) {
  if (!report.name.empty()) out << fmt::format("\nReport {}: {}\n", report.name, report.about);
  if (report.name.empty()) out << "\n";
  out << "Metrics: " << metrics_text(report) << "\n";
  const std::string defaults = defaults_text(report);
  if (!defaults.empty()) out << "Unless a source says else: " << defaults << "\n";
}

void describe(const Connector& connector, std::ostream& out) {
  out << connector.name << ": " << connector.about << "\n";
  if (!connector.documentation.empty()) out << connector.documentation << "\n";
  Lines parameters, secrets;
  if (connector.reports.size() > 1)
    parameters.add("report", fmt::format("Which report; {} unless given", connector.reports.front().name));
  for (const auto& parameter : connector.parameters)
    (parameter.secret ? secrets : parameters).add(parameter.name, described(parameter));
  out << "\nwith:\n";
  parameters.print(out);
  if (!secrets.empty()) {
    out << "\nsecrets, each also as a file by the name with _file:\n";
    secrets.print(out);
  }
  for (const auto& report : connector.reports) print_report(report, out);
  out << "\nA source to begin with:\n\n" << config::example_source(connector, connector.reports.front());
}

void describe(const config::BuiltInKind& kind, std::ostream& out) {
  out << kind.name << ": " << kind.about << "\n";
  Lines with, secrets;
  for (const auto& key : kind.keys)
    (key.secret ? secrets : with).add(key.name, key.required ? key.about + "; required" : key.about);
  if (!with.empty()) out << "\nwith:\n";
  with.print(out);
  if (!secrets.empty()) out << "\nsecrets, each also as a file by the name with _file:\n";
  secrets.print(out);
  out << "\nconfig/README.md has examples.\n";
}

int unknown(const std::string& name, const std::vector<Connector>& vendors, std::ostream& err) {
  std::vector<std::string> names;
  for (const auto& kind : config::built_in_kinds()) names.push_back(kind.name);
  for (const auto& vendor : vendors) names.push_back(vendor.name);
  const std::string nearest = rules::nearest_name(name, names);
  err << fmt::format("tightrope: there is no connector \"{}\"", name)
      << (nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)) << "\n";
  return kUsage;
}

int show(const ConnectorsOptions& options, std::ostream& out, std::ostream& err) {
  const config::ConnectorsRead read = config::read_connectors(options.config_file);
  err << config::format(read.errors);
  const bool good = std::none_of(read.errors.begin(), read.errors.end(), [](const config::Error& error) {
    return error.level == config::ErrorLevel::error;
  });
  const int code = good ? kGood : kFailure;
  if (options.name.empty()) {
    list(read.connectors, out);
    return code;
  }
  for (const Connector& connector : read.connectors) {
    if (connector.name != options.name) continue;
    if (options.file) {
      out << connector.text;
    } else {
      describe(connector, out);
    }
    return code;
  }
  for (const auto& kind : config::built_in_kinds()) {
    if (kind.name != options.name) continue;
    if (options.file) {
      err << fmt::format("tightrope: {} is built in, and has no file\n", kind.name);
      return kUsage;
    }
    describe(kind, out);
    return code;
  }
  return unknown(options.name, read.connectors, err);
}

}  // namespace

void add_connectors(CommandLine& line) {
  Command command =
      line.command("connectors", "List what figures can be read from, and what each has to know");
  auto options = std::make_shared<ConnectorsOptions>();
  command.option("--config.file", options->config_file,
                 "A configuration (YAML), for connector files in the folder connectors beside it");
  command.option("NAME", options->name, "One of them: its parameters, and a source to begin with");
  command.flag("--file", options->file, "Print its file, to be copied and changed");
  command.does([options](std::ostream& out, std::ostream& err) { return show(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
