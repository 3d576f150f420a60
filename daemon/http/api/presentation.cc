#include "daemon/http/api/presentation.h"

#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

#include "daemon/http/api/change_json.h"
#include "daemon/routing/notification.h"
#include "rules/format.h"

namespace tightrope::daemon::http {
namespace {

// Prometheus shows an alert's value as text: "4.51e+01".
std::string prometheus_value(double value) {
  if (std::isnan(value)) return "NaN";
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  return {digits, end.ptr};
}

json::value maybe(const std::string& value) {
  if (value.empty()) return nullptr;
  return text(value);
}

std::variant<rules::Entity, BadEntity> add_dimension(rules::Entity entity, std::string_view name,
                                                     std::string_view value,
                                                     const rules::Dimensions& dimensions) {
  const std::size_t index = dimensions.index_of(name);
  if (index == dimensions.names.size()) {
    std::string known;
    for (const std::string& one : dimensions.names) known.append(known.empty() ? "" : ", ").append(one);
    return BadEntity{"there is no dimension \"" + std::string(name) + "\"; there are: " + known};
  }
  if (value.empty()) return BadEntity{"the value of " + std::string(name) + " is empty"};
  if (!entity.at(index).empty()) return BadEntity{std::string(name) + " is given twice"};
  entity.set(index, std::string(value));
  return entity;
}

std::variant<rules::Entity, BadEntity> parse_json_entity(std::string_view source,
                                                         const rules::Dimensions& dimensions) {
  boost::system::error_code error;
  const json::value parsed = json::parse({source.data(), source.size()}, error);
  if (error || !parsed.is_object()) return BadEntity{"is not a JSON object"};
  rules::Entity entity;
  for (const auto& member : parsed.get_object()) {
    if (!member.value().is_string()) return BadEntity{"dimensions are texts"};
    const json::string& value = member.value().get_string();
    auto added = add_dimension(std::move(entity), {member.key().data(), member.key().size()},
                               {value.data(), value.size()}, dimensions);
    if (auto* bad = std::get_if<BadEntity>(&added)) return *bad;
    entity = std::move(std::get<rules::Entity>(added));
  }
  return entity;
}

}  // namespace

json::object entity_json(const rules::Entity& entity, const rules::Dimensions& dimensions) {
  json::object result;
  for (std::size_t i = 0; i < dimensions.names.size(); ++i) {
    if (!entity.at(i).empty()) result[dimensions.names[i]] = text(entity.at(i));
  }
  return result;
}

json::object verdict_json(const rules::Verdict& verdict) {
  json::object result;
  result["state"] = text(rules::to_string(verdict.state));
  result["reason"] = text(rules::to_string(verdict.reason));
  result["reasonText"] = text(rules::explain(verdict.reason));
  result["value"] = number(verdict.value);
  result["low"] = number(verdict.low);
  result["high"] = number(verdict.high);
  result["gapRatio"] = number(verdict.gap_ratio);
  result["stakePerHour"] = number(verdict.stake_per_hour);
  result["evidenceLog10"] = number(verdict.evidence_log10);
  result["sure"] = number(verdict.sure);
  result["since"] =
      verdict.since ? json::value(text(rules::to_string(*verdict.since))) : json::value(nullptr);
  result["valueLow"] = number(verdict.value_low);
  result["valueHigh"] = number(verdict.value_high);
  result["results"] = number(verdict.results);
  result["maturity"] = number(verdict.maturity);
  result["completeValue"] = number(verdict.complete_value);
  result["roomUsed"] = number(verdict.room_used);
  result["paysForAnother"] = verdict.pays_for_another;
  if (verdict.projected == verdict.projected) {
    json::object projected;
    projected["value"] = number(verdict.projected);
    projected["low"] = number(verdict.projected_low);
    projected["high"] = number(verdict.projected_high);
    result["projected"] = std::move(projected);
  }
  return result;
}

json::object recommendation_json(const rules::Recommendation& recommendation) {
  json::object result;
  result["id"] = text(recommendation.id);
  result["alert"] = text(recommendation.alert);
  result["playbook"] = text(recommendation.playbook);
  result["text"] = text(recommendation.text);
  result["owner"] = maybe(recommendation.owner);
  result["effortSeconds"] = number(seconds(recommendation.effort));
  result["worthPerDay"] = number(recommendation.worth_per_day);
  result["rank"] = recommendation.rank;
  result["state"] = text(rules::to_string(recommendation.state));
  result["madeAt"] = time_value(recommendation.made_at);
  result["decidedAt"] = time_value(recommendation.decided_at);
  result["decidedBy"] = maybe(recommendation.decided_by);
  result["reason"] = maybe(recommendation.reason);
  result["until"] = time_value(recommendation.until);
  return result;
}

json::object alert_json(const rules::Alert& alert) {
  const rules::AlertText lines = rules::describe(alert);
  json::object labels;
  for (const auto& [name, value] : labels_of(alert)) labels[name] = text(value);
  json::object annotations;
  annotations["summary"] = text(lines.what);
  annotations["description"] = text(lines.what + "\n" + lines.costs + "\n" + lines.why + "\n" + lines.advice);
  json::object result;
  result["labels"] = std::move(labels);
  result["annotations"] = std::move(annotations);
  result["state"] = text(rules::to_string(alert.phase));
  result["activeAt"] = time_value(alert.pending_at);
  result["value"] = text(prometheus_value(alert.verdict.value));

  result["id"] = text(alert.id);
  result["severity"] = text(rules::to_string(alert.severity));
  result["client"] = text(alert.client);
  result["objective"] = text(alert.objective);
  result["target"] = text(alert.target);
  result["kpi"] = text(alert.kpi);
  result["unit"] = text(rules::to_string(alert.unit));
  result["currency"] = text(alert.currency);
  result["window"] = text(alert.window);
  result["windowText"] = text(alert.window_text);
  json::object entity;
  for (const auto& [dimension, value] : alert.dimensions) entity[dimension] = text(value);
  result["entity"] = std::move(entity);
  result["owner"] = maybe(alert.owner);
  result["firedAt"] = time_value(alert.fired_at);
  result["resolvedAt"] = time_value(alert.resolved_at);
  result["offSince"] = text(alert.off_since);
  result["counted"] = maybe(alert.counted);
  result["verdict"] = verdict_json(alert.verdict);
  result["firedOn"] = alert.fired_at ? json::value(verdict_json(alert.fired_on)) : json::value(nullptr);
  result["driver"] = maybe(alert.driver);
  json::array deeper;
  for (const std::string& driver : alert.deeper_drivers) deeper.push_back(text(driver));
  result["deeperDrivers"] = std::move(deeper);
  result["segments"] = segments_json(alert.segments);
  result["segmentsUnit"] = text(rules::to_string(alert.segments_unit));
  json::object text_lines;
  text_lines["what"] = text(lines.what);
  text_lines["costs"] = text(lines.costs);
  text_lines["why"] = text(lines.why);
  text_lines["advice"] = text(lines.advice);
  result["text"] = std::move(text_lines);
  json::array recommendations;
  for (const rules::Recommendation& one : alert.recommendations)
    recommendations.push_back(recommendation_json(one));
  result["recommendations"] = std::move(recommendations);
  result["acknowledgedBy"] = maybe(alert.acknowledged_by);
  result["acknowledgedAt"] = time_value(alert.acknowledged_at);
  result["amendment"] = nullptr;
  if (alert.amendment) {
    json::object amendment;
    amendment["at"] = time_value(alert.amendment->at);
    amendment["valueBefore"] = number(alert.amendment->value_before);
    amendment["valueNow"] = number(alert.amendment->value_now);
    amendment["wouldHaveFired"] = alert.amendment->would_have_fired;
    result["amendment"] = std::move(amendment);
  }
  result["revision"] = alert.revision;
  return result;
}

std::string level_name(rules::Level level, const rules::Dimensions& dimensions) {
  if (level.depth == rules::Level::kObjective) return "objective";
  return dimensions.names.at(static_cast<std::size_t>(level.depth - 1));
}

std::string bound_text(const rules::Target& target, const rules::Kpi& kpi, const rules::Bound* bound,
                       std::string_view currency) {
  if (!bound) return "";
  const auto format = [&](double value) { return rules::format_value(value, kpi.unit, currency); };
  switch (target.kind) {
    case rules::BoundKind::at_most:
      return "at most " + format(bound->high);
    case rules::BoundKind::at_least:
      return "at least " + format(bound->low);
    case rules::BoundKind::between:
      return "between " + format(bound->low) + " and " + format(bound->high);
  }
  return "";
}

namespace {

// The inverse of to_string(Entity), but for values with slashes.
std::variant<rules::Entity, BadEntity> parse_path(std::string_view source,
                                                  const rules::Dimensions& dimensions) {
  rules::Entity entity;
  for (std::size_t dimension = 0; !source.empty(); ++dimension) {
    if (dimension == dimensions.names.size()) {
      return BadEntity{
          "has more parts than there are dimensions; write channel=search,campaign=brand for "
          "names with slashes, or a JSON object"};
    }
    const auto slash = source.find('/');
    entity.set(dimension, std::string(source.substr(0, slash)));
    source = slash == std::string_view::npos ? std::string_view() : source.substr(slash + 1);
  }
  return entity;
}

}  // namespace

std::variant<rules::Entity, BadEntity> parse_entity(std::string_view source,
                                                    const rules::Dimensions& dimensions) {
  if (source.starts_with('{')) return parse_json_entity(source, dimensions);
  if (source.find('=') == std::string_view::npos) return parse_path(source, dimensions);
  rules::Entity entity;
  while (!source.empty()) {
    const auto comma = source.find(',');
    const std::string_view pair = source.substr(0, comma);
    source = comma == std::string_view::npos ? std::string_view() : source.substr(comma + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      return BadEntity{"write channel=search,campaign=brand, or a JSON object"};
    auto added =
        add_dimension(std::move(entity), pair.substr(0, equals), pair.substr(equals + 1), dimensions);
    if (auto* bad = std::get_if<BadEntity>(&added)) return *bad;
    entity = std::move(std::get<rules::Entity>(added));
  }
  return entity;
}

rules::Entity known_as(const rules::Engine& engine, rules::Entity asked) {
  const rules::NameIdentity& identity = engine.strategy().identity;
  if (identity.empty() || asked.path.empty()) return asked;
  const rules::EntityTable& entities = engine.entities();
  std::optional<rules::Entity> same;
  for (rules::EntityIndex i = 0; i < entities.size(); ++i) {
    rules::Entity path = entities[i].prefix(asked.path.size());
    if (path == asked) return asked;
    if (!same && identity.same(path, asked)) same = std::move(path);
  }
  return same.value_or(std::move(asked));
}

Response refusal_response(const Refusal& refusal) {
  switch (refusal.kind) {
    case Refusal::Kind::not_durable:
      return unavailable(refusal.text, 5);
    case Refusal::Kind::overloaded:
      return unavailable(refusal.text, 1);
    case Refusal::Kind::not_found:
      return not_found(refusal.text);
    case Refusal::Kind::conflict:
      return error_response(409, ErrorType::execution, refusal.text);
    case Refusal::Kind::bad:
      return bad_request(refusal.text);
  }
  return error_response(500, ErrorType::internal, refusal.text);
}

}  // namespace tightrope::daemon::http
