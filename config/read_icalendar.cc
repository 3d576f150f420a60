// `with:` and `secrets:` of connector icalendar.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

using std::chrono::hours;

constexpr std::array<std::string_view, 2> kTexts{"summary", "category"};

// What calendars call their addresses. The copy is asked for by https.
std::string as_web_address(std::string url) {
  for (const std::string_view scheme : {"webcals://", "webcal://"}) {
    if (url.starts_with(scheme)) return "https://" + url.substr(scheme.size());
  }
  return url;
}

Secret checked_url(const Cursor& at, const std::string& written) {
  std::string url = as_web_address(written);
  const std::string problem = check_url(url);
  if (!problem.empty()) at.error("the address " + problem);
  return Secret(std::move(url));
}

void read_place(MappingReader& in, const std::optional<Secret>& secret_url,
                const std::optional<Cursor>& secrets, IcalendarSource& calendar) {
  const auto at_path = in.get("path", Shape::text);
  const auto at_url = in.get("url", Shape::text);
  const int given = (at_path ? 1 : 0) + (at_url ? 1 : 0) + (secret_url ? 1 : 0);
  if (given > 1) in.at().error("more than one of path, url and secrets.url is given; keep one");
  const bool meant = secrets && (secrets->node().find("url") != nullptr ||
                                 secrets->node().find("url_file") != nullptr);  // and wrong, which was told
  if (given == 0 && in.readable() && !in.has("path") && !in.has("url") && !meant)
    in.at().error("key \"path\" or \"url\" is missing", "or secrets: {url_file: ...}");
  if (const auto path = at_path ? at_path->text() : std::nullopt) {
    calendar.path = *path;
    if (path->empty() || path->ends_with('/')) at_path->error("names no file");
    if (path->find_first_of("*?") != std::string::npos) at_path->error("a calendar is one file");
  }
  if (const auto url = at_url ? at_url->text() : std::nullopt) calendar.url = checked_url(*at_url, *url);
  if (secret_url) calendar.url = checked_url(*secrets, secret_url->reveal());
}

std::vector<std::string> read_patterns(MappingReader& in, std::string_view key) {
  const auto at = in.get(key, Shape::texts);
  return at ? read_globs(*at) : std::vector<std::string>{};
}

void read_when(const Cursor& at, CalendarRule& rule) {
  MappingReader in(at, kCalendarWhenKeys);
  rule.categories = read_patterns(in, "category");
  rule.summaries = read_patterns(in, "summary");
  if (in.readable() && !in.has("category") && !in.has("summary"))
    at.error("says nothing", "give category, summary or both; unmatched is for all others");
}

void read_dimensions(MappingReader& in, const Scope& scope, CalendarRule& rule) {
  FieldMapping mapping;
  const auto taken = in.get("take", Shape::text_map);
  for (const auto& [name, value] : taken ? taken->entries() : std::vector<std::pair<std::string, Cursor>>{}) {
    const auto dimension = scope.find_dimension(value.at_key(), name);
    const auto text = value.choice(kTexts);
    if (!dimension || !text) continue;
    rule.dimensions.emplace_back(*dimension, *text == 0 ? CalendarText::summary : CalendarText::category);
    mapping.dimensions.emplace_back(*dimension, name);
  }
  read_field_settings({in.get("set", Shape::text_map), std::nullopt, std::nullopt, std::nullopt}, scope,
                      mapping);
  rule.constants = std::move(mapping.constants);
}

// Hours are numbers, counts or durations, which are in hours; days are no durations.
void check_unit(const Cursor& at, const rules::Metric& metric, CalendarMeasure measure) {
  using enum rules::Unit;
  const bool fits = metric.unit == number || metric.unit == count ||
                    (metric.unit == duration && measure == CalendarMeasure::hours);
  if (fits) return;
  at.error(fmt::format("{} is measured in {}, and this is in {}", metric.name, to_string(metric.unit),
                       measure == CalendarMeasure::hours ? "hours" : "days"));
}

// Of either table, without `when`.
CalendarRule read_rest(MappingReader& in, const Scope& scope) {
  CalendarRule rule;
  if (in.choice("measure") == 1u) rule.measure = CalendarMeasure::days;
  const auto at_metric = in.get("metric", Shape::identifier);
  if (const auto name = at_metric ? at_metric->identifier() : std::nullopt) {
    if (const auto* metric = scope.find_metric(*at_metric, *name)) {
      rule.metric = metric->name;
      check_unit(*at_metric, *metric, rule.measure);
    }
  }
  read_dimensions(in, scope, rule);
  const auto at_all_day = in.get("all_day", Shape::duration);
  if (at_all_day) rule.all_day = at_all_day->duration({rules::Duration(0), hours(24)});
  if (at_all_day && rule.measure == CalendarMeasure::days) at_all_day->error("all_day is for hours");
  rule.transparent = in.boolean("transparent").value_or(rule.measure == CalendarMeasure::days);
  rule.tentative = in.boolean("tentative").value_or(false);
  return rule;
}

CalendarRule read_rule(const Cursor& at, const Scope& scope) {
  MappingReader in(at, kCalendarRuleKeys);
  const auto when = in.get("when", Shape::mapping);
  CalendarRule rule = read_rest(in, scope);
  if (when) read_when(*when, rule);
  return rule;
}

}  // namespace

IcalendarSource read_icalendar(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                               Source& source) {
  MappingReader in(with, kIcalendarKeys);
  IcalendarSource calendar;
  if (source.rates) with.error("exchange rates do not come from a calendar");
  std::optional<Secret> url;
  std::optional<Secret> password;
  if (secrets) {
    MappingReader hidden(*secrets, kIcalendarSecretKeys);
    url = hidden.secret("url");
    password = hidden.secret("password");
  }
  read_place(in, url, secrets, calendar);
  calendar.login = read_login(in, std::nullopt, password);
  if (!calendar.path.empty() && !calendar.login.secret.empty()) with.error("a file needs no password");
  for (const auto& rule : in.mappings("events")) calendar.events.push_back(read_rule(rule, scope));
  if (calendar.events.empty() && in.has("events") && in.readable()) with.error("events: has no rule");
  if (const auto unmatched = in.get("unmatched", Shape::mapping)) {
    MappingReader rest(*unmatched, kCalendarRestKeys);
    calendar.unmatched = read_rest(rest, scope);
  }
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  return calendar;
}

}  // namespace tightrope::config
