// `with:` and `secrets:` of a source whose connector is described by a file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "config/connector_files.h"
#include "config/http_readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Shape shape_of(ParameterType type) noexcept {
  switch (type) {
    case ParameterType::integer:
      return Shape::integer;
    case ParameterType::boolean:
      return Shape::boolean;
    case ParameterType::choice:
      return Shape::choice;
    case ParameterType::url:
      return Shape::url;
    case ParameterType::text:
    case ParameterType::digits:
      break;
  }
  return Shape::text;
}

// Names that are known by now, filled in.
std::string filled(std::string_view text, const Values& values) {
  std::string out;
  std::size_t from = 0;
  for (const NameInBraces& found : names_in_braces(text)) {
    const auto value = values.find(found.name);
    if (value == values.end()) continue;
    out += text.substr(from, found.offset - 1 - from);
    out += value->second;
    from = text.find('}', found.offset) + 1;
  }
  return out += text.substr(from);
}

std::string without_last_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// Text as people paste it, checked: of type text, digits.
std::string read_plain(const Cursor& at, const Parameter& parameter) {
  auto text = at.text();
  if (!text) return "";
  std::erase_if(*text, [&parameter](char c) { return parameter.strip.find(c) != std::string::npos; });
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text->empty()) {
    at.error("is empty");
  } else if (std::any_of(text->begin(), text->end(), is_control)) {
    at.error("is one line without control characters");
  } else if (parameter.type == ParameterType::digits &&
             text->find_first_not_of("0123456789") != std::string::npos) {
    at.error(fmt::format("{} has something else than digits", in_quotes(at.node().text)), parameter.about);
  }
  return *std::move(text);
}

std::string read_value(MappingReader& in, const Parameter& parameter, const Cursor& at) {
  switch (parameter.type) {
    case ParameterType::integer: {
      constexpr std::int64_t kFar = 1'000'000'000'000'000;
      const auto number = at.integer({-kFar, kFar});
      return number ? std::to_string(*number) : "";
    }
    case ParameterType::boolean:
      return at.boolean().value_or(false) ? "true" : "false";
    case ParameterType::choice: {
      const auto choices = in.table().find(parameter.name)->choices;
      const auto choice = at.choice(choices);
      return choice ? std::string(choices[*choice]) : "";
    }
    case ParameterType::url: {
      const auto url = at.url();
      if (url && url->find_first_of("?#") != std::string::npos)
        at.error("the address ends before its query", "scheme, host, and a path at most");
      return without_last_slashes(url.value_or(""));
    }
    case ParameterType::text:
    case ParameterType::digits:
      break;
  }
  return read_plain(at, parameter);
}

class SourceReader {
 public:
  SourceReader(MappingReader& source_in, const Connector& connector, const Scope& scope, Source& source)
      : in_(source_in), connector_(connector), scope_(scope), source_(source), tables_(connector) {}

  HttpSource read(const std::optional<Cursor>& with, const std::optional<Cursor>& secrets) {
    nothing_.where = in_.at().place();
    const Cursor no_with(in_.at().reading(), nothing_, in_.at().path() + ".with");
    const Cursor no_secrets(in_.at().reading(), nothing_, in_.at().path() + ".secrets");
    MappingReader in(with.value_or(no_with), tables_.with());
    const ConnectorReport& report = read_report(in);
    HttpSource http = report.source;
    read_parameters(in, http);
    read_secrets(secrets ? *secrets : no_secrets, http);
    choose_auth(secrets ? *secrets : in_.at(), report, http);
    read_additions(in, http);
    if (in.boolean("allow_private_addresses").value_or(false)) source_.allow_private_addresses = true;
    take_defaults(report);
    check_misplaced(with);
    return http;
  }

 private:
  const ConnectorReport& read_report(MappingReader& in) const {
    if (connector_.reports.size() < 2) return connector_.reports.front();
    const auto choice = in.choice("report");
    return connector_.reports[choice.value_or(0)];
  }

  void read_parameters(MappingReader& in, HttpSource& http) {
    for (const Parameter& parameter : connector_.parameters) {
      if (parameter.secret) continue;
      const auto at = in.get(parameter.name, shape_of(parameter.type));
      http.parameters[parameter.name] =
          at ? read_value(in, parameter, *at) : filled(parameter.otherwise, http.parameters);
    }
  }

  void read_secrets(const Cursor& at, HttpSource& http) {
    MappingReader in(at, tables_.secrets());
    for (const Parameter& parameter : connector_.parameters) {
      if (!parameter.secret) continue;
      auto secret = in.secret(parameter.name);
      const bool is_there = in.has(parameter.name) || in.has(parameter.name + "_file");
      if (is_there) given_.push_back(parameter.name);
      http.secrets.emplace(parameter.name, secret.value_or(Secret()));
    }
  }

  bool is_given(const std::string& name) const {
    return std::find(given_.begin(), given_.end(), name) != given_.end();
  }

  void choose_auth(const Cursor& at, const ConnectorReport& report, HttpSource& http) const {
    if (report.auths.empty()) return;
    std::vector<std::string> ways;
    for (const HttpAuth& auth : report.auths) {
      const auto needed = secrets_of(auth, connector_);
      if (std::all_of(needed.begin(), needed.end(), [this](const auto& name) { return is_given(name); })) {
        http.auth = auth;
        return;
      }
      ways.push_back(fmt::format("{}", fmt::join(needed, " and ")));
    }
    // Of what is required the lack has been told.
    const auto is_required = [this](const Parameter& parameter) {
      return parameter.secret && parameter.required && !is_given(parameter.name);
    };
    if (std::any_of(connector_.parameters.begin(), connector_.parameters.end(), is_required)) return;
    at.error(fmt::format("{} needs secrets: {}", connector_.name, fmt::join(ways, "; or ")));
  }

  // Metrics and constants besides those of the connector.
  void read_additions(MappingReader& in, HttpSource& http) const {
    std::vector<std::string> parameters, secrets;
    for (const Parameter& parameter : connector_.parameters)
      (parameter.secret ? secrets : parameters).push_back(parameter.name);
    TemplateNames names(std::move(parameters), std::move(secrets));
    const HttpFieldRules rules{&names, std::nullopt, false, true};
    const auto constants = in.get("constants", Shape::text_map);
    const auto fields = in.get("fields", Shape::fields);
    read_field_settings({constants, std::nullopt, std::nullopt, std::nullopt, &rules}, scope_, http.mapping);
    if (!fields) return;
    HttpFields added = read_http_fields(*fields, scope_, rules);
    if ((http.interval && !added.mapping.metrics.empty()) ||
        (added.interval && !http.mapping.metrics.empty()))
      fields->error("an interval stands alone, without further metrics");
    if (added.interval) http.interval = std::move(added.interval);
    for (MetricField& metric : added.mapping.metrics) {
      if (metric.minor_units && http.mapping.currency_field.empty())
        fields->error(
            fmt::format("{} gives no currency with its records, which minor_units need", connector_.name));
      std::erase_if(http.mapping.metrics,
                    [&metric](const MetricField& known) { return known.metric == metric.metric; });
      http.mapping.metrics.push_back(std::move(metric));
    }
  }

  void take_defaults(const ConnectorReport& report) const {
    if (!in_.has("every")) source_.every = report.every.value_or(source_.every);
    if (!in_.has("lookback")) source_.lookback = report.lookback.value_or(source_.lookback);
    if (!in_.has("deadline")) source_.deadline = report.deadline.value_or(source_.deadline);
    if (!in_.has("timezone") && !report.timezone.empty()) source_.timezone = report.timezone;
    if (!in_.has("currency") && !report.currency.empty()) source_.currency = report.currency;
  }

  // A secret under `with:` is reported as an unknown key as well; nobody has to see it for that.
  void check_misplaced(const std::optional<Cursor>& with) const {
    if (!with) return;
    for (const Entry& entry : with->node().entries) {
      const Parameter* parameter = connector_.find_parameter(entry.key);
      if (parameter == nullptr || !parameter->secret) continue;
      hide_value(entry, with->reading().problems);
      with->child(entry).at_key().error(fmt::format("{} belongs under secrets", in_quotes(entry.key)));
    }
  }

  MappingReader& in_;
  const Connector& connector_;
  const Scope& scope_;
  Source& source_;
  const ConnectorTables tables_;
  Node nothing_;
  std::vector<std::string> given_;
};

}  // namespace

std::vector<std::string> secrets_of(const HttpAuth& auth, const Connector& connector) {
  std::vector<std::string> needed;
  for (const Parameter& parameter : connector.parameters) {
    if (!parameter.secret) continue;
    for (const std::string* text :
         {&auth.value, &auth.user, &auth.client_id, &auth.client_secret, &auth.refresh_token}) {
      const auto names = names_in_braces(*text);
      const bool named = std::any_of(names.begin(), names.end(), [&parameter](const auto& found) {
        return found.name == parameter.name;
      });
      if (named && std::find(needed.begin(), needed.end(), parameter.name) == needed.end())
        needed.push_back(parameter.name);
    }
  }
  return needed;
}

ConnectorTables::ConnectorTables(const Connector& connector)
    : with_title_(connector.name), secrets_title_(connector.name + "_secrets") {
  choices_.reserve(connector.parameters.size() + 1);
  const auto keep = [this](std::vector<std::string_view> texts) -> std::span<const std::string_view> {
    return choices_.emplace_back(std::move(texts));
  };
  if (connector.reports.size() > 1) {
    std::vector<std::string_view> names;
    for (const ConnectorReport& report : connector.reports) names.emplace_back(report.name);
    with_keys_.push_back({.name = "report",
                          .shape = Shape::choice,
                          .about = "Which report; the first unless given",
                          .choices = keep(std::move(names))});
  }
  for (const Parameter& parameter : connector.parameters) {
    Key key{.name = parameter.name,
            .shape = parameter.secret ? Shape::secret : shape_of(parameter.type),
            .about = parameter.about,
            .required = parameter.required};
    if (parameter.type == ParameterType::choice)
      key.choices = keep({parameter.choices.begin(), parameter.choices.end()});
    (parameter.secret ? secret_keys_ : with_keys_).push_back(key);
  }
  with_keys_.push_back({.name = "constants",
                        .shape = Shape::text_map,
                        .about = "Dimensions with one value for all records, in place of the connector's"});
  with_keys_.push_back({.name = "fields",
                        .shape = Shape::fields,
                        .about = "Metrics besides the connector's, or in their place",
                        .table = &kFieldKeys});
  with_keys_.push_back(
      {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"});
  with_ = {with_title_, with_keys_};
  secrets_ = {secrets_title_, secret_keys_};
}

HttpSource read_connector_source(MappingReader& source_in, const std::optional<Cursor>& with,
                                 const std::optional<Cursor>& secrets, const Connector& connector,
                                 const Scope& scope, Source& source) {
  return SourceReader(source_in, connector, scope, source).read(with, secrets);
}

}  // namespace tightrope::config
