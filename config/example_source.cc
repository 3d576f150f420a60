// A source as users paste it, made from what its connector declares.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/connector_files.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  return text;
}

// Of the right form, and easy to see that it is to be replaced.
std::string placeholder(const Parameter& parameter) {
  switch (parameter.type) {
    case ParameterType::digits:
      return "\"1234567890\"";
    case ParameterType::integer:
      return "1";
    case ParameterType::boolean:
      return "true";
    case ParameterType::choice:
      return parameter.choices.empty() ? "" : parameter.choices.front();
    case ParameterType::url:
      return "https://" + parameter.name + ".example";
    case ParameterType::text:
      break;
  }
  return upper_case(parameter.name);
}

std::string line(bool commented, std::string_view key, std::string_view value, std::string_view about) {
  return fmt::format("      {}{}: {}  # {}\n", commented ? "# " : "", key, value, about);
}

// Texts that YAML would read as something else, or that begin a comment.
std::string quoted_where_needed(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-' || c == '/';
  });
  return plain ? text : fmt::format("\"{}\"", text);
}

}  // namespace

std::string example_source(const Connector& connector, const ConnectorReport& report) {
  std::string with, secrets;
  if (connector.reports.size() > 1)
    with += line(false, "report", report.name, report.about.empty() ? "which report" : report.about);
  const auto needed =
      report.auths.empty() ? std::vector<std::string>() : secrets_of(report.auths.front(), connector);
  for (const Parameter& parameter : connector.parameters) {
    if (parameter.name == "base_url" || parameter.name == "token_url") continue;
    if (!parameter.secret) {
      const std::string value =
          parameter.otherwise.empty() ? placeholder(parameter) : quoted_where_needed(parameter.otherwise);
      with += line(!parameter.required, parameter.name, value, parameter.about);
      continue;
    }
    const bool sent = std::find(needed.begin(), needed.end(), parameter.name) != needed.end();
    secrets += line(!parameter.required && !sent, parameter.name + "_file",
                    fmt::format("secrets/{}_{}", connector.name, parameter.name), parameter.about);
  }
  std::string text =
      fmt::format("sources:\n  - name: {}\n    client: CLIENT\n    connector: {}\n",
                  report.name.empty() ? connector.name : fmt::format("{}_{}", connector.name, report.name),
                  connector.name);
  if (!with.empty()) text += "    with:\n" + with;
  if (!secrets.empty()) text += "    secrets:\n" + secrets;
  return text;
}

}  // namespace tightrope::config
