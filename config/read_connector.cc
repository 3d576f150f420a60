// A connector file: what it declares, and its reports.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/connector_files.h"
#include "config/http_readers.h"
#include "config/scalars.h"
#include "rules/calendar.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

// What every source has under `with:`, and what every request knows.
constexpr std::array<std::string_view, 13> kReserved{"from",
                                                     "to",
                                                     "now",
                                                     "page",
                                                     "offset",
                                                     "cursor",
                                                     "job",
                                                     "base_url",
                                                     "token_url",
                                                     "report",
                                                     "constants",
                                                     "fields",
                                                     "allow_private_addresses"};
constexpr std::array<std::string_view, 4> kUsualDimensions{"channel", "campaign", "ad_group", "ad"};

// What describes a report, wherever it stands.
struct Parts {
  std::optional<Cursor> defaults, constants, auth, request, days_before, max_days, pagination, max_pages,
      records, fields, date_format, whole_days, decimal_comma, missing, limits, answers, usage, job;
};

Parts take_parts(MappingReader& in) {
  Parts parts;
  parts.defaults = in.get("defaults", Shape::mapping);
  parts.constants = in.get("constants", Shape::text_map);
  parts.auth = in.get("auth", Shape::one_or_more);
  parts.request = in.get("request", Shape::mapping);
  parts.days_before = in.get("days_before", Shape::integer);
  parts.max_days = in.get("max_days", Shape::integer);
  parts.pagination = in.get("pagination", Shape::mapping);
  parts.max_pages = in.get("max_pages", Shape::integer);
  parts.records = in.get("records", Shape::scalar_or_mapping);
  parts.fields = in.get("fields", Shape::fields);
  parts.date_format = in.get("date_format", Shape::text);
  parts.whole_days = in.get("whole_days", Shape::boolean);
  parts.decimal_comma = in.get("decimal_comma", Shape::boolean);
  parts.missing = in.get("missing", Shape::texts);
  parts.limits = in.get("limits", Shape::mapping);
  parts.answers = in.get("answers", Shape::mappings);
  parts.usage = in.get("usage", Shape::mappings);
  parts.job = in.get("job", Shape::mapping);
  return parts;
}

Parts inherited(Parts own, const Parts& top) {
  constexpr std::array kParts{&Parts::constants,   &Parts::auth,       &Parts::request,
                              &Parts::days_before, &Parts::max_days,   &Parts::pagination,
                              &Parts::max_pages,   &Parts::records,    &Parts::fields,
                              &Parts::date_format, &Parts::whole_days, &Parts::decimal_comma,
                              &Parts::missing,     &Parts::limits,     &Parts::answers,
                              &Parts::usage,       &Parts::job};
  for (const auto part : kParts) {
    if (!(own.*part)) own.*part = top.*part;
  }
  return own;
}

void read_defaults(const std::optional<Cursor>& at, ConnectorReport& report) {
  if (!at) return;
  MappingReader in(*at, kDefaultKeys);
  const auto set = [](auto& to, auto from) {
    if (from) to = std::move(from);
  };
  set(report.every, in.duration("every", {1s, days(31)}));
  set(report.lookback, in.duration("lookback", {days(1), days(400)}));
  set(report.deadline, in.duration("deadline", {1s, 2h}));
  if (const auto zone = in.get("timezone", Shape::text)) {
    report.timezone = zone->text().value_or("");
    if (!rules::Calendar::open(report.timezone, std::chrono::Monday)) {
      zone->unknown(fmt::format("unknown time zone {}", in_quotes(zone->node().text)), report.timezone,
                    rules::Calendar::zone_names());
    }
  }
  if (const auto currency = in.get("currency", Shape::text)) {
    report.currency = currency->text().value_or("");
    if (!is_currency(report.currency))
      currency->error(fmt::format("{} is not a currency", in_quotes(currency->node().text)),
                      "write its ISO 4217 code, such as EUR or USD");
  }
}

class ConnectorReader {
 public:
  ConnectorReader(const Cursor& top, const Scope& scope)
      : errors_before_(top.reading().problems.error_count()),
        in_(top, kConnectorFileKeys),
        scope_(scope),
        declared_("parameter or secret") {}

  Connector read() {
    connector_.name = in_.identifier("connector").value_or("");
    connector_.about = in_.text("about").value_or("");
    connector_.documentation = in_.url("documentation").value_or("");
    read_parameters();
    read_secrets();
    read_url("base_url");
    read_url("token_url");
    name_all();
    read_optional_dimensions();
    const Parts top = take_parts(in_);
    if (const auto reports = in_.get("reports", Shape::named_mappings)) {
      for (const auto& [name, at] : reports->entries()) read_named_report(name, at, top);
      if (reports->node().kind == NodeKind::mapping && reports->node().entries.empty())
        reports->error("has no report in it");
    } else {
      connector_.reports.push_back(read_report("", in_.at(), top, std::nullopt));
    }
    report_unused();
    return std::move(connector_);
  }

 private:
  struct Declared {
    Cursor at;
    std::string name;
    std::optional<Cursor> otherwise;
  };

  // The name, when it may be used.
  bool declare(const Cursor& at, const std::string& name) {
    if (!is_identifier(name)) {
      at.at_key().error(fmt::format("{} is not a name for templates", in_quotes(name)),
                        "letters, digits and _, not beginning with a digit");
      return false;
    }
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
      at.at_key().error(fmt::format("{} has a meaning of its own and cannot be a name", in_quotes(name)));
      return false;
    }
    return declared_.claim(at.at_key(), name);
  }

  void read_parameters() {
    constexpr std::array<ParameterType, 6> kTypes{ParameterType::text,    ParameterType::digits,
                                                  ParameterType::integer, ParameterType::boolean,
                                                  ParameterType::choice,  ParameterType::url};
    const auto all = in_.get("parameters", Shape::named_mappings);
    if (!all) return;
    for (const auto& [name, at] : all->entries()) {
      MappingReader in(at, kParameterKeys);
      Parameter parameter;
      parameter.name = name;
      parameter.about = in.text("about").value_or("");
      if (const auto type = in.choice("type")) parameter.type = kTypes[*type];
      parameter.choices = in.texts("choices");
      parameter.required = in.boolean("required").value_or(false);
      const auto otherwise = in.get("otherwise", Shape::text_template);
      parameter.otherwise = (otherwise ? otherwise->text() : std::nullopt).value_or("");
      parameter.strip = in.text("strip").value_or("");
      check_parameter(in, parameter);
      if (!declare(at, name)) continue;
      places_.push_back({at, name, otherwise});
      connector_.parameters.push_back(std::move(parameter));
    }
  }

  static void check_parameter(const MappingReader& in, const Parameter& parameter) {
    if (!in.readable()) return;
    const Cursor& at = in.at();
    const bool choice = parameter.type == ParameterType::choice;
    if (choice && parameter.choices.empty()) at.error("key \"choices\" is missing", "choices: [a, b]");
    if (!choice && in.has("choices")) at.error("\"choices\" are of type: choice");
    if (parameter.required && in.has("otherwise"))
      at.error("\"required\" and \"otherwise\" contradict each other; keep one");
    const auto& choices = parameter.choices;
    if (choice && !parameter.otherwise.empty() &&
        std::find(choices.begin(), choices.end(), parameter.otherwise) == choices.end())
      at.error(fmt::format("otherwise: {} is not one of its choices", parameter.otherwise));
    if (parameter.type == ParameterType::boolean && !parameter.otherwise.empty() &&
        !parse_boolean(parameter.otherwise))
      at.error(fmt::format("otherwise: {} is neither true nor false", parameter.otherwise));
  }

  void read_secrets() {
    const auto all = in_.get("secrets", Shape::named_mappings);
    if (!all) return;
    for (const auto& [name, at] : all->entries()) {
      MappingReader in(at, kSecretParameterKeys);
      Parameter parameter;
      parameter.name = name;
      parameter.secret = true;
      parameter.about = in.text("about").value_or("");
      parameter.required = in.boolean("required").value_or(false);
      if (!declare(at, name)) continue;
      places_.push_back({at, name, std::nullopt});
      connector_.parameters.push_back(std::move(parameter));
    }
  }

  // Of those two only the host may depend on parameters.
  void read_url(const std::string& key) {
    const auto at = in_.get(key, Shape::text_template);
    const auto text = at ? at->text() : std::nullopt;
    if (!text) return;
    Parameter parameter;
    parameter.name = key;
    parameter.type = ParameterType::url;
    parameter.otherwise = *text;
    parameter.about = key == "base_url" ? "Where it is; another address for a proxy or a test"
                                        : "Where access tokens come from; likewise";
    std::string plain = *text;
    for (const auto& found : names_in_braces(*text)) {
      const std::string name = fmt::format("{{{}}}", found.name);
      if (const auto place = plain.find(name); place != std::string::npos)
        plain.replace(place, name.size(), "x");
    }
    std::string problem = check_url(plain);
    if (problem.empty() && text->ends_with('/')) problem = "ends with a /";
    if (!problem.empty()) at->error("the address " + problem);
    places_.push_back({*at, key, at});
    connector_.parameters.push_back(std::move(parameter));
  }

  void name_all() {
    std::vector<std::string> parameters, secrets;
    for (const Parameter& parameter : connector_.parameters)
      (parameter.secret ? secrets : parameters).push_back(parameter.name);
    names_ = TemplateNames(parameters, secrets);
    // What a parameter is otherwise may name those above it; base_url and token_url, all.
    std::vector<std::string> above;
    for (const Declared& place : places_) {
      const bool url = place.name == "base_url" || place.name == "token_url";
      if (url || !is_secret(place.name)) {
        if (place.otherwise) {
          const std::string text = place.otherwise->text().value_or("");
          TemplateNames(above, secrets).check(*place.otherwise, text, {});
          for (const auto& found : names_in_braces(text)) names_.use(std::string(found.name));
        }
        if (!url) above.push_back(place.name);
      }
    }
  }
  bool is_secret(std::string_view name) const {
    const Parameter* parameter = connector_.find_parameter(name);
    return parameter != nullptr && parameter->secret;
  }

  void read_optional_dimensions() {
    optional_dimensions_.assign(kUsualDimensions.begin(), kUsualDimensions.end());
    const auto list = in_.get("dimensions", Shape::names);
    if (!list) return;
    for (const auto& item : list->items()) {
      if (auto name = item.identifier()) optional_dimensions_.push_back(*std::move(name));
    }
  }

  void read_named_report(const std::string& name, const Cursor& at, const Parts& top) {
    if (!is_identifier(name))
      at.at_key().error(fmt::format("{} is not a name for a report", in_quotes(name)),
                        "letters, digits and _, not beginning with a digit");
    MappingReader in(at, kReportKeys);
    const std::string about = in.text("about").value_or("");
    Parts own = take_parts(in);
    const auto defaults = std::exchange(own.defaults, std::nullopt);
    Parts parts = inherited(std::move(own), top);
    parts.defaults = top.defaults;
    if (!in.readable()) return;
    ConnectorReport report = read_report(name, at, parts, defaults);
    report.about = about;
    connector_.reports.push_back(std::move(report));
  }

  ConnectorReport read_report(const std::string& name, const Cursor& at, const Parts& parts,
                              const std::optional<Cursor>& own_defaults) {
    ConnectorReport report;
    report.name = name;
    read_defaults(parts.defaults, report);
    read_defaults(own_defaults, report);
    HttpSource& http = report.source;
    if (parts.pagination) http.pagination = read_pagination(*parts.pagination);
    http.pagination.most_pages = read_max_pages(parts.max_pages);
    if (parts.days_before)
      http.days_before = static_cast<int>(parts.days_before->integer({1, 31}).value_or(0));
    http.most_days = read_max_days(parts.max_days);
    read_requests(at, parts, http);
    if (parts.auth) {
      const bool has_token_url = connector_.find_parameter("token_url") != nullptr;
      report.auths = read_auths(parts.auth->items_or_one(), names_, has_token_url);
    }
    if (parts.records) http.records = read_records(*parts.records, &names_);
    read_mapping(at, parts, http);
    if (parts.limits) http.limits = read_limits(*parts.limits, &names_);
    if (parts.answers) http.answers = read_answers(parts.answers->items(), &names_);
    if (parts.usage) http.usage = read_usage(parts.usage->items());
    return report;
  }

  void read_requests(const Cursor& at, const Parts& parts, HttpSource& http) {
    const PaginationKind paging = http.pagination.kind;
    if (parts.request) http.request = read_request(*parts.request, names_, {.days = true, .paging = paging});
    if (parts.job) http.job = read_job(*parts.job, names_, paging);
    const bool always = http.job && http.job->when.empty();
    if (!parts.request && !always && at.node().kind == NodeKind::mapping)
      at.error("key \"request\" is missing", fmt::format("request: {}", kReportKeys.find("request")->about));
    if (parts.request && always)
      parts.request->at_key().error("nothing uses it: the job is always used", "job has a key \"when\"");
    if (parts.pagination && (parts.request || (http.job && http.job->address.empty())))
      check_is_sent(*parts.pagination, http.pagination, parts.request ? http.request : http.job->download);
  }

  void read_mapping(const Cursor& at, const Parts& parts, HttpSource& http) {
    if (!parts.fields) {
      if (at.node().kind == NodeKind::mapping)
        at.error("key \"fields\" is missing", fmt::format("fields: {}", kReportKeys.find("fields")->about));
      return;
    }
    const HttpFieldRules rules{&names_, optional_dimensions_, true, false};
    HttpFields fields = read_http_fields(*parts.fields, scope_, rules);
    http.mapping = std::move(fields.mapping);
    http.interval = std::move(fields.interval);
    if (!http.interval) check_fields(*parts.fields, scope_, "the path of the day or hour");
    if (http.mapping.bucket_is_asked && http.most_days != 1)
      parts.fields->child(*parts.fields->node().find("date"))
          .error("the day that was asked for is known only with max_days: 1");
    if (http.mapping.bucket_is_asked && parts.days_before)
      parts.days_before->at_key().error("the date is the day that was asked for, and no day is ahead of it");
    read_field_settings({parts.constants, parts.date_format, parts.decimal_comma, parts.missing, &rules},
                        scope_, http.mapping);
    if (parts.whole_days) http.mapping.whole_days = parts.whole_days->boolean().value_or(false);
  }

  // Where something else is wrong, that may be why.
  void report_unused() const {
    if (in_.at().reading().problems.error_count() > errors_before_) return;
    for (const Declared& place : places_) {
      if (names_.is_used(place.name)) continue;
      const Parameter* parameter = connector_.find_parameter(place.name);
      const bool secret = parameter != nullptr && parameter->secret;
      place.at.at_key().error(
          fmt::format("nothing uses the {} {}", secret ? "secret" : "parameter", in_quotes(place.name)),
          fmt::format("write {{{}}} where it belongs, or leave it out", place.name));
    }
  }

  const std::size_t errors_before_;
  MappingReader in_;
  const Scope& scope_;
  Names declared_;
  Connector connector_;
  TemplateNames names_;
  std::vector<Declared> places_;
  std::vector<std::string> optional_dimensions_;
};

}  // namespace

const Parameter* Connector::find_parameter(std::string_view name_asked) const noexcept {
  const auto found =
      std::find_if(parameters.begin(), parameters.end(),
                   [name_asked](const Parameter& parameter) { return parameter.name == name_asked; });
  return found == parameters.end() ? nullptr : &*found;
}

Connector read_connector(const Cursor& top, const Scope& scope) {
  return ConnectorReader(top, scope).read();
}

}  // namespace tightrope::config
