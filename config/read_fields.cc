// How columns of a table, or fields of a record, become dates, dimensions and figures.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/http_readers.h"
#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class FieldsReader {
 public:
  FieldsReader(FieldKind kind, const Scope& scope, const HttpFieldRules* rules = nullptr)
      : kind_(kind), scope_(scope), rules_(rules) {}

  HttpFields read(const Cursor& at) {
    for (const auto& [name, value] : at.entries()) read_one(name, value);
    return {std::move(mapping_), std::move(interval_)};
  }

 private:
  bool may_be_absent(std::string_view name) const {
    return rules_ != nullptr && rules_->optional_dimensions && contains(*rules_->optional_dimensions, name);
  }

  void check_names(const Cursor& value, const std::string& text) const {
    if (rules_ != nullptr && rules_->names != nullptr) rules_->names->check(value, text, {});
  }

  std::optional<NamedField> read_plain(const Cursor& value, bool may_be_empty) const {
    auto field = read_field_name(value, kind_);
    if (!field) return std::nullopt;
    const bool empty = std::exchange(field->empty_if_absent, false);
    if (std::exchange(field->zero_if_absent, false))
      value.error("absent: zero is of metrics", "absent: empty");
    if (!field->is_plain()) value.error("scale and unit belong to metrics");
    if (empty && !may_be_empty) value.error("absent: empty is of dimensions");
    check_names(value, field->name);
    field->empty_if_absent = empty;
    return field;
  }

  void read_date(const Cursor& value) {
    const bool asked = rules_ != nullptr && rules_->asked_day && value.node().kind == NodeKind::scalar &&
                       value.node().text == "{from}";
    if (asked) {
      mapping_.bucket_is_asked = true;
    } else if (auto field = read_plain(value, false)) {
      mapping_.bucket_field = std::move(field->name);
    }
  }

  void read_one(const std::string& name, const Cursor& value) {
    const auto dimension = scope_.dimensions.index_of(name);
    const bool is_dimension = dimension < scope_.dimensions.names.size();
    const bool is_currency = rules_ != nullptr && name == "currency" && !is_dimension;
    if (rules_ != nullptr && rules_->metrics_only &&
        (name == "date" || is_dimension || is_currency || may_be_absent(name))) {
      value.at_key().error(fmt::format("{} is as the connector says; metrics can be added here", name));
      return;
    }
    if (name == "date") {
      read_date(value);
      return;
    }
    if (is_dimension || is_currency || may_be_absent(name)) {
      auto field = read_plain(value, !is_currency);
      if (!field) return;
      if (is_dimension && field->empty_if_absent) mapping_.may_lack_dimensions = true;
      if (is_dimension) mapping_.dimensions.emplace_back(dimension, std::move(field->name));
      if (is_currency) mapping_.currency_field = std::move(field->name);
      return;
    }
    const auto* metric = scope_.library.find_metric(name);
    if (metric == nullptr) {
      report_unknown(name, value);
      return;
    }
    if (read_interval(*metric, value)) return;
    auto field = read_metric_field(*metric, value, kind_);
    if (!field) return;
    check_names(value, field->field);
    mapping_.metrics.push_back(std::move(*field));
  }

  // Whether it is one.
  bool read_interval(const rules::Metric& metric, const Cursor& value) {
    const bool is_one = rules_ != nullptr && value.node().kind == NodeKind::mapping &&
                        (value.node().find("from") != nullptr || value.node().find("to") != nullptr);
    if (!is_one) return false;
    const auto field = read_field_name(value, kind_);
    if (!field || !field->interval) return true;
    if (metric.unit != rules::Unit::duration) {
      value.error(
          fmt::format("{} is measured in {}; from and to give hours", metric.name, to_string(metric.unit)));
    }
    if (interval_)
      value.error(fmt::format("{} has an interval already, and one record has one", interval_->metric));
    check_names(value, field->interval->first);
    check_names(value, field->interval->second);
    interval_ = IntervalField{field->interval->first, field->interval->second, metric.name};
    return true;
  }

  void report_unknown(const std::string& name, const Cursor& value) const {
    if (scope_.broken.count(name) > 0 || value.reading().incomplete) return;
    std::vector<std::string> names = scope_.metric_names();
    names.insert(names.end(), scope_.dimensions.names.begin(), scope_.dimensions.names.end());
    names.emplace_back("date");
    if (rules_ != nullptr) names.emplace_back("currency");
    if (rules_ != nullptr && rules_->optional_dimensions)
      names.insert(names.end(), rules_->optional_dimensions->begin(), rules_->optional_dimensions->end());
    const bool kpi = scope_.library.find_kpi(name) != nullptr;
    const std::string hint = did_you_mean(rules::nearest_name(name, names));
    value.at_key().error(
        kpi ? fmt::format("{} is a KPI; sources have the metrics it is made of", in_quotes(name))
            : fmt::format("{} is neither date, a dimension nor a metric", in_quotes(name)),
        hint.empty() && !kpi ? "a metric of your own is declared under metrics" : hint);
  }

  FieldKind kind_;
  const Scope& scope_;
  const HttpFieldRules* rules_;
  FieldMapping mapping_;
  std::optional<IntervalField> interval_;
};

void read_constants(const Cursor& at, const Scope& scope, const HttpFieldRules* rules,
                    FieldMapping& mapping) {
  for (const auto& [name, value] : at.entries()) {
    const auto text = value.text();
    if (text && rules != nullptr && rules->names != nullptr) rules->names->check(value, *text, {});
    const bool known = scope.dimensions.index_of(name) < scope.dimensions.names.size();
    if (!known && rules != nullptr && rules->optional_dimensions &&
        contains(*rules->optional_dimensions, name))
      continue;
    const auto dimension = scope.find_dimension(value.at_key(), name);
    if (!dimension || !text) continue;
    const bool mapped = std::any_of(mapping.dimensions.begin(), mapping.dimensions.end(),
                                    [&dimension](const auto& d) { return d.first == *dimension; });
    if (mapped) value.error(fmt::format("{} is read from the data already; keep one", name));
    if (text->empty()) value.error("is empty");
    std::erase_if(mapping.constants, [&dimension](const auto& c) { return c.first == *dimension; });
    mapping.constants.emplace_back(*dimension, *text);
  }
}

}  // namespace

FieldMapping read_fields(const Cursor& at, FieldKind kind, const Scope& scope) {
  return FieldsReader(kind, scope).read(at).mapping;
}

HttpFields read_http_fields(const Cursor& at, const Scope& scope, const HttpFieldRules& rules) {
  HttpFields fields = FieldsReader(FieldKind::pointer, scope, &rules).read(at);
  for (const MetricField& metric : fields.mapping.metrics) {
    if (metric.minor_units && fields.mapping.currency_field.empty() && !rules.metrics_only)
      at.child(*at.node().find(metric.metric))
          .error("minor_units need the record's currency", "currency: where its ISO 4217 code stands");
  }
  if (fields.interval && !fields.mapping.metrics.empty())
    at.error("an interval stands alone, without further metrics");
  return fields;
}

void check_fields(const Cursor& at, const Scope& scope, std::string_view about_date) {
  if (at.node().kind != NodeKind::mapping) return;
  if (at.node().find("date") == nullptr)
    at.error("key \"date\" is missing", fmt::format("date: {}", about_date));
  // Keys that name neither date nor a dimension are metrics, or were reported.
  const auto& entries = at.node().entries;
  const bool any_metric = std::any_of(entries.begin(), entries.end(), [&scope](const Entry& entry) {
    return entry.key != "date" && scope.dimensions.index_of(entry.key) == scope.dimensions.names.size();
  });
  if (!any_metric) at.error("names no metric", "such as spend: cost");
}

void read_field_settings(const FieldSettings& settings, const Scope& scope, FieldMapping& mapping) {
  if (settings.constants) read_constants(*settings.constants, scope, settings.rules, mapping);
  if (settings.date_format) {
    if (const auto format = settings.date_format->text()) {
      const std::string problem = check_date_format(*format);
      if (!problem.empty())
        settings.date_format->error(
            fmt::format("{} {}", in_quotes(settings.date_format->node().text), problem),
            "such as %Y-%m-%d or %d.%m.%Y");
      mapping.date_format = *format;
    }
  }
  if (settings.decimal_comma) mapping.decimal_comma = settings.decimal_comma->boolean().value_or(false);
  if (settings.missing) {
    mapping.missing.clear();
    for (const auto& item : settings.missing->items_or_one()) {
      if (auto text = item.text()) mapping.missing.push_back(std::move(*text));
    }
  }
}

}  // namespace tightrope::config
