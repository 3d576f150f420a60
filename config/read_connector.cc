// A connector file: what it declares, and its reports.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/connector_files.h"
#include "config/declared_parameters.h"
#include "config/http_readers.h"
#include "config/scalars.h"
#include "rules/calendar.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

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
        declared_(in_),
        names_(declared_.names()) {}

  Connector read() {
    connector_.name = in_.identifier("connector").value_or("");
    connector_.about = in_.text("about").value_or("");
    connector_.documentation = in_.url("documentation").value_or("");
    connector_.parameters = declared_.all();
    read_optional_dimensions();
    const Parts top = take_parts(in_);
    if (const auto reports = in_.get("reports", Shape::named_mappings)) {
      for (const auto& [name, at] : reports->entries()) read_named_report(name, at, top);
      if (reports->node().kind == NodeKind::mapping && reports->node().entries.empty())
        reports->error("has no report in it");
    } else {
      connector_.reports.push_back(read_report("", in_.at(), top, std::nullopt));
    }
    // Where something else is wrong, that may be why nothing uses one.
    if (in_.at().reading().problems.error_count() == errors_before_) declared_.report_unused();
    return std::move(connector_);
  }

 private:
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

  const std::size_t errors_before_;
  MappingReader in_;
  const Scope& scope_;
  DeclaredParameters declared_;
  TemplateNames& names_;
  Connector connector_;
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
