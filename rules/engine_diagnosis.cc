// Why a target is missed: broken tracking, fallen demand, or else the factor and the segment that did it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/demand.h"
#include "rules/engine_state.h"
#include "rules/evidence.h"
#include "rules/reason.h"

namespace tightrope::rules {
namespace {

Better other_way(Better better) noexcept {
  if (better == Better::neither) return better;
  return better == Better::lower ? Better::higher : Better::lower;
}

// Of what is explained, and so of the effects.
Unit explained_unit(const Kpi& kpi, bool reciprocal) noexcept {
  if (!reciprocal) return kpi.unit;
  return kpi.unit == Unit::money ? Unit::per_money : Unit::number;
}

// The metric that a KPI is per unit of, where it is one: "conversions" of the cost per conversion.
std::string_view exposure_of(const Kpi& kpi) {
  if (!kpi.formula.is_quotient()) return "";
  const auto& inputs = kpi.formula.inputs();
  std::string_view found;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<double> only(inputs.size(), 0);
    only[i] = 1;
    if (kpi.formula.denominator(only) == 0) continue;
    if (!found.empty()) return "";
    found = inputs[i].name;
  }
  return found;
}

bool is_total(const Kpi& kpi) noexcept {
  return !kpi.formula.is_quotient() && (kpi.unit == Unit::count || kpi.unit == Unit::money);
}

void add_clause(std::string& line, std::string_view clause) {
  if (!line.empty() && !clause.empty()) line += "; ";
  line += clause;
}

bool is_defined(BeforeAndNow value) noexcept {
  return !std::isnan(value.before) && !std::isnan(value.now);
}

}  // namespace

ExplainedChange Engine::State::explained_change(const Kpi& kpi, Window window,
                                                std::span<const EntityIndex> members) const {
  ExplainedChange explained{
      .kpi = kpi.name, .value = figure_around(kpi.name, window, members), .better = kpi.better};
  if (is_defined(explained.value) || !kpi.formula.is_quotient() || !adds_up(kpi)) return explained;
  // The two sides as figures of their own: one of them is 0, and the KPI the other way up is not.
  const auto& inputs = kpi.formula.inputs();
  std::vector<double> figures_before, figures_now;
  for (const Input& input : inputs) {
    const BeforeAndNow figure = figure_around(input.name, window, members);
    figures_before.push_back(figure.before);
    figures_now.push_back(figure.now);
  }
  const auto upside_down = [&](const std::vector<double>& figures) {
    const double numerator = kpi.formula.numerator(figures);
    return numerator > 0 ? kpi.formula.denominator(figures) / numerator : kUndefined;
  };
  const BeforeAndNow value{upside_down(figures_before), upside_down(figures_now)};
  if (!is_defined(value)) return explained;
  return {.kpi = kpi.name, .value = value, .reciprocal = true, .better = other_way(kpi.better)};
}

// What a total fell with: its exposure, while all that people do once they are reached stayed.
std::optional<Diagnosis> Engine::State::fallen_demand(const Kpi& kpi, const ExplainedChange& explained,
                                                      Window window,
                                                      std::span<const EntityIndex> members) const {
  if (!is_total(kpi) || kpi.better != Better::higher || !(explained.harm() > 0)) return std::nullopt;
  const TimeframeNow frame = timeframe_now(calendar, {window, 0}, now);
  if (!frame.hours.empty()) return std::nullopt;
  const auto figure = [&](std::string_view name) { return figure_around(name, window, members); };
  const bool shown = is_defined(figure("impressions"));
  const std::string exposure = shown ? "impressions" : "sessions";
  DemandFigures figures{.total = explained.value,
                        .exposure = figure(exposure),
                        .eligible = figure("eligible_impressions"),
                        .click_rate = shown ? figure("ctr") : BeforeAndNow{kUndefined, kUndefined},
                        .result_rate = figure(shown ? "cvr" : "session_cvr")};
  const DayRange earlier = days_before(frame.days);
  const double usual = metric_over(exposure, members, earlier) / std::max(1, earlier.length());
  std::vector<EvidenceDay> days;
  for (Day day = frame.days.first; day <= std::min(frame.days.last, today - 1); day = day + 1) {
    const double seen = metric_over(exposure, members, DayRange{day, day});
    if (!std::isnan(seen) && usual > 0)
      days.push_back({.seen = seen, .expected = usual, .day_variance = kDefaultDayVariance});
  }
  if (!demand_fell(figures, days)) return std::nullopt;
  Diagnosis result;
  result.driver = std::string(kDemandDriver);
  result.reason = demand_sentence(figures, exposure);
  return result;
}

Diagnosis Engine::State::diagnosis(const Checks& check, NodeIndex node) const {
  const Rollup& rollup = rollups[check.rollup];
  const auto& members = rollup.members(node);
  const Window window = check.target->over;
  const Kpi& kpi = *check.kpi;
  const auto figure = [&](std::string_view name) { return figure_around(name, window, members); };
  const Verdict verdict = verdict_without_evidence(check, node);

  Diagnosis result;
  if (counts_results(kpi)) {
    if (auto broken = broken_tracking(window, members)) result = std::move(*broken);
  }
  result.explained = explained_change(kpi, window, members);
  const ExplainedChange& explained = result.explained;
  result.unit = explained_unit(kpi, explained.reciprocal);
  if (is_defined(explained.value)) {
    result.factors = factor_path(explained, figure);
    result.segments = segment_levels(kpi, explained, window, rollup.nodes()[node], rollup.depth(), members);
  }
  if (result.reason.empty()) {
    if (auto fallen = fallen_demand(kpi, explained, window, members)) {
      result.driver = std::move(fallen->driver);
      result.reason = std::move(fallen->reason);
      result.deeper = result.factors.drivers;
    }
  }
  const bool is_cause = !result.reason.empty();
  if (result.driver.empty() && !result.factors.drivers.empty()) {
    result.driver = result.factors.drivers.front();
    result.deeper.assign(result.factors.drivers.begin() + 1, result.factors.drivers.end());
  }

  const ReasonContext context{.unit = result.unit,
                              .currency = strategy.currency,
                              .exposure = exposure_of(kpi),
                              .unit_of = [this](std::string_view name) {
                                const Kpi* known = strategy.find_kpi(name);
                                return known == nullptr ? Unit::number : known->unit;
                              }};
  const bool worse = explained.harm() > 0 && !(std::abs(relative_change(explained.value)) < kSteady);
  // A total of days that are not all over is held against its share, which was another before.
  const bool missed_before =
      is_total(kpi) || explained.value.before > verdict.high || explained.value.before < verdict.low;
  if (!is_cause && is_defined(explained.value)) {
    if (!result.factors.drivers.empty()) {
      result.reason = factors_clause(explained, result.factors, context);
    } else if (worse && !explained.reciprocal) {
      result.reason = movement(kpi.name, explained.value, kpi.unit, strategy.currency);
    } else if (!explained.reciprocal) {
      const bool too_high = !std::isnan(verdict.high) && !(verdict.value <= verdict.high);
      const double bound = too_high || std::isnan(verdict.low) ? verdict.high : verdict.low;
      const ComparedFigures shown(kpi.unit, strategy.currency, explained.value.now, bound, kUndefined);
      const std::string before = shown.text(explained.value.before);
      result.reason = missed_before
                          ? fmt::format("Nothing new: {} was {} before", spoken_kpi(kpi.name), before)
                          : fmt::format("A small step past the bound: {} was {} before, and is {}",
                                        spoken_kpi(kpi.name), before, shown.text(explained.value.now));
    } else if (explained.value.before == 0 && explained.value.now == 0 && !context.exposure.empty()) {
      result.reason = fmt::format("Nothing new: there were no {} before", context.exposure);
    }
  }
  if (worse && result.driver != kTrackingDriver) {
    result.named = named_segments(result.segments, explained);
    add_clause(result.reason, segments_clause(explained, result.segments, result.named, context));
  }
  if (!result.reason.empty() && !result.reason.ends_with('?')) result.reason += '.';
  if (!verdict.pays_for_another) return result;
  for (const std::uint32_t other : check.guarded) {
    const bool met = checks[other].states[node] == VerdictState::on_target ||
                     checks[other].reasons[node] == Reason::near_bound;
    if (!met) continue;
    if (!result.reason.empty()) result.reason += ' ';
    result.reason +=
        fmt::format("{} is met meanwhile: it is bought at the expense of this", checks[other].target->name);
    break;
  }
  return result;
}

}  // namespace tightrope::rules
