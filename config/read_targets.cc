// Targets, with what only holds between several of their keys.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"
#include "rules/check_evidence.h"

namespace tightrope::config {
namespace {

using std::chrono::days;

constexpr Range<rules::Duration> kHold{rules::Duration(0), days(366)};

// The one metric that is the KPI's denominator, or the metric that the KPI is; "" where it is neither. Asked
// of the formula by trying: with an input unknown, only what depends on it is unknown.
std::string volume_metric(const rules::Kpi& kpi) {
  const auto& formula = kpi.formula;
  const auto& inputs = formula.inputs();
  const bool quotient = formula.is_quotient();
  const auto side = [&](const std::vector<double>& values) {
    return quotient ? formula.denominator(values) : formula.evaluate(values);
  };
  std::string found;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<double> values(inputs.size(), 1.0);
    values[i] = std::numeric_limits<double>::quiet_NaN();
    if (side(values) == side(values)) continue;
    if (!found.empty() || inputs[i].kind != rules::Name::Kind::metric || inputs[i].over) return "";
    values[i] = 7;
    if (side(values) != 7) return "";
    found = inputs[i].name;
  }
  return found;
}

std::vector<rules::MinimumVolume> read_min_volume(const Cursor& at, const Scope& scope,
                                                  const rules::Kpi* kpi) {
  std::vector<rules::MinimumVolume> volumes;
  const auto amount = [](const Cursor& value) -> std::optional<double> {
    const auto number = value.number();
    if (number && *number < 0) {
      value.error(fmt::format("must not be negative, and is {}", format_number(*number)));
      return std::nullopt;
    }
    return number;
  };
  if (at.node().kind == NodeKind::mapping) {
    for (const auto& [name, value] : at.entries()) {
      const auto* metric = scope.find_metric(value.at_key(), name);
      const auto number = amount(value);
      if (metric != nullptr && number) volumes.push_back({name, *number});
    }
    return volumes;
  }
  const auto number = amount(at);
  if (!number || kpi == nullptr) return volumes;
  const std::string metric = volume_metric(*kpi);
  if (metric.empty()) {
    at.error(fmt::format("{} is not one metric divided by another, so a metric must be named", kpi->name),
             fmt::format("write {{conversions: {}}}", format_number(*number)));
    return volumes;
  }
  volumes.push_back({metric, *number});
  return volumes;
}

void read_bound(MappingReader& in, const rules::Kpi* kpi, rules::Target& target) {
  using enum rules::BoundKind;
  constexpr std::array<std::pair<std::string_view, rules::BoundKind>, 3> kKinds{
      {{"at_most", at_most}, {"at_least", at_least}, {"between", between}}};
  std::string given;
  for (const auto& [key, kind] : kKinds) {
    const auto value = in.get(key, kind == between ? Shape::range : Shape::bound);
    if (!value) continue;
    if (!given.empty()) {
      value->error(fmt::format("\"{}\" and \"{}\" are both given; keep one", given, key),
                   "for two sides write between: [low, high]");
      continue;
    }
    given = key;
    target.kind = kind;
    target.bounds = read_bounds(*value, kind, kpi);
    if (kpi == nullptr) continue;
    const bool against = (kind == at_least && kpi->better == rules::Better::lower) ||
                         (kind == at_most && kpi->better == rules::Better::higher);
    if (against) {
      value->warning(fmt::format("{} is better when {}, so this alerts when it is good", kpi->name,
                                 to_string(kpi->better)),
                     fmt::format("did you mean \"{}\"?", kind == at_least ? "at_most" : "at_least"));
    }
  }
  if (given.empty() && in.readable() && !in.has("at_most") && !in.has("at_least") && !in.has("between")) {
    in.at().error("has no bound", "give one of at_most, at_least or between");
  }
}

void read_dealing(MappingReader& in, rules::Target& target) {
  target.confidence = in.share("confidence", {0.5, 0.9999});
  target.min_miss = in.share("min_miss", {0, 1}).value_or(target.min_miss);
  if (const auto stake = in.get("min_stake", Shape::number)) {
    target.min_stake = stake->number().value_or(target.min_stake);
    if (target.min_stake < 0) stake->error("must not be negative", "give money a day, such as 50");
  }
  if (!target.confidence && (in.has("min_miss") || in.has("min_stake")))
    in.at().warning("min_miss and min_stake have no effect without a confidence", "add confidence: 0.999");
  target.hold = in.duration("for", kHold).value_or(target.hold);
  target.keep_firing_for = in.duration("keep_firing_for", kHold).value_or(target.keep_firing_for);
  if (const auto choice = in.choice("no_data")) {
    constexpr std::array<rules::NoData, 3> kNoData{rules::NoData::keep, rules::NoData::alert,
                                                   rules::NoData::ok};
    target.no_data = kNoData[*choice];
  }
  if (const auto choice = in.choice("severity")) {
    constexpr std::array<rules::Severity, 3> kSeverities{rules::Severity::page, rules::Severity::ticket,
                                                         rules::Severity::digest};
    target.severity = kSeverities[*choice];
  }
  target.watch_within = in.share("watch_within", {0, 1}).value_or(target.watch_within);
}

// What the days of a target cannot be judged by has no effect, and is better known before than missed later.
void check_confidence(MappingReader& in, const Scope& scope, const rules::Kpi* kpi,
                      const rules::Target& target) {
  const auto at = target.confidence ? in.get("confidence", Shape::share) : std::nullopt;
  if (!at || kpi == nullptr) return;
  const auto& inputs = kpi->formula.inputs();
  const bool adds_up = std::all_of(inputs.begin(), inputs.end(), [&scope](const rules::Input& input) {
    const rules::Metric* metric = scope.library.find_metric(input.name);
    return metric == nullptr || metric->additive;
  });
  const rules::EvidencePlan plan = rules::evidence_plan(target, *kpi);
  if (target.kind == rules::BoundKind::between) {
    at->warning("has no effect on \"between\": every miss alerts",
                "write two targets, one with at_most and one with at_least");
  } else if (target.pace) {
    return;  // judged by where its total will end
  } else if (!plan.is_seen.empty() && plan.money && !plan.usable) {
    at->warning(
        "has no effect on money that must not exceed a bound: one large amount would settle it, so every "
        "miss alerts",
        "remove it");
  } else if (!plan.usable || !adds_up) {
    at->warning(
        fmt::format("has no effect: {} does not count the results of single days, so every miss alerts",
                    kpi->name),
        "remove it; \"for\" and min_volume wait until a miss is more than chance");
  }
}

}  // namespace

rules::Target read_target(const Cursor& at, const Scope& scope, Names& names) {
  MappingReader in(at, kTargetKeys);
  rules::Target target;
  const auto at_name = in.get("name", Shape::name);
  if (const auto name = at_name ? at_name->name() : std::nullopt) {
    target.name = *name;
    names.claim(*at_name, *name);
  }
  const rules::Kpi* kpi = nullptr;
  const auto at_kpi = in.get("kpi", Shape::identifier);
  if (const auto name = at_kpi ? at_kpi->identifier() : std::nullopt) {
    target.kpi = *name;
    kpi = scope.find_kpi(*at_kpi, *name);
  }
  read_bound(in, kpi, target);
  target.over = in.window("over").value_or(target.over);
  const auto at_level = in.get("per", Shape::name);
  if (const auto name = at_level ? at_level->name() : std::nullopt) {
    target.per = scope.find_level(*at_level, *name).value_or(target.per);
  }
  read_dealing(in, target);
  read_pace(in, kpi, target);
  check_confidence(in, scope, kpi, target);
  if (const auto volume = in.get("min_volume", Shape::volume))
    target.min_volume = read_min_volume(*volume, scope, kpi);
  if (const auto except = in.get("except", Shape::exceptions))
    target.exceptions = read_exceptions(*except, scope, kpi, target);
  target.guards = in.texts("guards");
  return target;
}

}  // namespace tightrope::config
