#include "daemon/http/api/explanation_json.h"

#include <cmath>
#include <span>
#include <utility>

#include "daemon/evidence_words.h"
#include "daemon/explanation_words.h"
#include "daemon/http/api/change_json.h"
#include "daemon/http/api/presentation.h"

namespace tightrope::daemon::http {
namespace {

json::value maybe(const std::string& value) {
  if (value.empty()) return nullptr;
  return text(value);
}

json::value bound_json(const Explained& explained, const std::optional<rules::Bound>& bound) {
  if (!bound) return nullptr;
  const rules::BoundKind kind = explained.explanation.target->kind;
  json::object result;
  result["low"] = kind == rules::BoundKind::at_most ? json::value(nullptr) : number(bound->low);
  result["high"] = kind == rules::BoundKind::at_least ? json::value(nullptr) : number(bound->high);
  const bool dated = bound->from != rules::kFirstDay;
  result["from"] = dated ? json::value(text(rules::to_string(bound->from))) : json::value(nullptr);
  return result;
}

json::object known_json(const FigureHistory& history, const KnownFigure& known) {
  json::object result;
  result["value"] = number(known.value.to_double());
  result["learnt"] = time_value(known.learnt);
  result["source"] = text(history.source_name(known.source));
  return result;
}

json::array lives_json(const FigureHistory& history, std::span<const KnownFigure> known) {
  json::array result;
  for (const KnownFigure& one : known) result.push_back(known_json(history, one));
  return result;
}

json::object cell_json(const Explained& explained, const PlacedCell& placed) {
  const LearntCell& cell = placed.cell;
  json::object result;
  result["entity"] =
      entity_json(explained.explanation.members[placed.member], explained.strategy->dimensions);
  result["bucket"] = text(explained.calendar.format(placed.bucket));
  result["value"] = number(cell.value.to_double());
  result["learnt"] = nullptr;
  result["source"] = nullptr;
  if (cell.learnt) {
    result["learnt"] = time_value(cell.learnt->learnt);
    result["source"] = text(explained.history.source_name(cell.learnt->source));
  }
  result["restated"] = cell.restated;
  result["before"] = lives_json(explained.history, cell.before);
  result["beforeLeftOut"] = cell.left_out;
  if (!cell.hours.empty()) {
    json::array hours;
    for (const auto& [bucket, life] : cell.hours) {
      json::object hour = known_json(explained.history, life->known.back());
      hour["bucket"] = text(explained.calendar.format(bucket));
      hour["before"] = lives_json(explained.history, {life->known.begin(), life->known.end() - 1});
      hour["beforeLeftOut"] = life->left_out;
      hours.push_back(std::move(hour));
    }
    result["hours"] = std::move(hours);
  }
  return result;
}

json::array inputs_json(const Explained& explained, const std::vector<rules::ExplainedInput>& inputs,
                        std::size_t& cells_left, std::size_t& left_out) {
  json::array result;
  for (const rules::ExplainedInput& input : inputs) {
    json::array buckets;
    for (const auto& [bucket, amount] : input.buckets) {
      json::object shown;
      shown["bucket"] = text(explained.calendar.format(bucket));
      shown["value"] = number(amount.to_double());
      buckets.push_back(std::move(shown));
    }
    json::array cells;
    for (const PlacedCell& placed : learnt_cells(explained, input)) {
      if (cells_left == 0) {
        ++left_out;
        continue;
      }
      --cells_left;
      cells.push_back(cell_json(explained, placed));
    }
    json::object one;
    one["metric"] = text(input.metric);
    if (!input.about.empty()) one["about"] = text(input.about);
    one["unit"] = text(rules::to_string(input.unit));
    one["sum"] = number(input.sum);
    one["buckets"] = std::move(buckets);
    one["cells"] = std::move(cells);
    result.push_back(std::move(one));
  }
  return result;
}

std::string_view name_of(rules::ExplainedStake::Kind kind) {
  using Kind = rules::ExplainedStake::Kind;
  switch (kind) {
    case Kind::none:
      return "none";
    case Kind::difference:
      return "difference";
    case Kind::shortfall:
      return "shortfall";
    case Kind::overspent:
      return "overspent";
    case Kind::share_of_spend:
      return "share_of_spend";
    case Kind::all_spend:
      return "all_spend";
  }
  return "none";
}

json::object stake_json(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  json::object result;
  result["kind"] = text(name_of(told.stake.kind));
  result["spend"] = number(told.input.spend);
  result["money"] = number(told.stake.money);
  result["hours"] = number(told.input.hours);
  result["perHour"] = number(told.stake.per_hour);
  result["text"] = text(stake_sentence(explained));
  return result;
}

json::value evidence_json(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  if (std::isnan(told.verdict.evidence_log10)) return nullptr;
  json::array days;
  for (const rules::ExplainedDay& day : told.evidence.days) {
    json::object one;
    one["day"] = text(rules::to_string(day.day));
    one["seen"] = number(day.seen);
    one["expected"] = number(day.expected);
    one["arrived"] = number(day.arrived);
    one["dayVariation"] = number(std::sqrt(day.day_variance));
    one["weekdayFactor"] = number(day.season);
    one["jump"] = number(day.jump);
    days.push_back(std::move(one));
  }
  json::object result;
  result["log10"] = number(told.verdict.evidence_log10);
  result["scale"] = number(told.evidence.scale);
  result["text"] = text(evidence_sentence(explained));
  result["scatterText"] = maybe(scatter_sentence(explained));
  result["sureText"] = maybe(sure_sentence(explained));
  result["sinceText"] = maybe(since_sentence(explained));
  result["judgedBy"] = number(told.evidence.judged);
  result["alertAt"] = number(told.evidence.alert_at);
  result["watchAt"] = number(told.evidence.watch_at);
  result["confidenceText"] = maybe(confidence_sentence(explained));
  result["days"] = std::move(days);
  return result;
}

json::array volume_json(const rules::Explanation& told) {
  json::array result;
  for (const rules::ExplainedVolume& volume : told.volume) {
    json::object one;
    one["metric"] = text(volume.metric);
    one["least"] = number(volume.least);
    one["seen"] = number(volume.seen);
    one["reached"] = volume.seen >= volume.least;
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace

json::object explanation_json(const Explained& explained, std::size_t most_cells) {
  const rules::Explanation& told = explained.explanation;
  const rules::Strategy& strategy = *explained.strategy;
  json::object result;
  result["client"] = text(strategy.client);
  result["timezone"] = text(strategy.timezone);
  result["currency"] = text(strategy.currency);
  result["objective"] = text(told.objective->name);
  result["why"] = maybe(told.objective->why);
  result["target"] = text(told.target->name);
  result["kpi"] = text(told.kpi->name);
  result["unit"] = text(rules::to_string(told.kpi->unit));
  result["formula"] = text(told.kpi->formula.text());
  json::array steps;
  for (const std::string& step : value_steps(explained)) steps.push_back(text(step));
  result["valueSteps"] = std::move(steps);
  result["entity"] = entity_json(told.entity, strategy.dimensions);
  result["per"] = text(level_name(told.target->per, strategy.dimensions));
  result["asOf"] = time_value(explained.as_of);
  result["from"] = text(rules::to_string(told.days.first));
  result["to"] = text(rules::to_string(told.days.last));
  result["window"] = text(rules::to_string(told.target->over));
  result["hoursElapsed"] = number(told.input.hours);
  json::object period;
  period["from"] = text(rules::to_string(told.period.first));
  period["to"] = text(rules::to_string(told.period.last));
  period["elapsedShare"] = number(told.elapsed_share);
  result["period"] = std::move(period);
  result["pace"] = told.target->pace;
  if (told.expected) {
    json::object expected;
    expected["byNow"] = number(told.expected->by_now);
    expected["total"] = number(told.expected->total);
    expected["allowedLow"] = number(told.expected->allowed_low);
    expected["allowedHigh"] = number(told.expected->allowed_high);
    expected["todayCounts"] = told.today_counts;
    result["expected"] = std::move(expected);
  }
  result["paceText"] = maybe(pace_sentence(explained));
  result["bound"] = bound_json(explained, told.bound);
  result["boundIsException"] = told.excepted;
  result["nextBound"] = bound_json(explained, told.next_bound);
  result["boundText"] = text(bound_sentence(explained));
  result["verdict"] = verdict_json(told.verdict);
  result["gapText"] = maybe(gap_sentence(explained));
  result["stake"] = stake_json(explained);
  result["volume"] = volume_json(told);
  result["volumeReached"] = told.input.volume_reached;
  result["confidence"] = number(told.target->confidence.value_or(rules::kUndefined));
  result["evidence"] = evidence_json(explained);
  result["rangeText"] = maybe(range_sentence(explained));
  result["arrivalText"] = maybe(arrival_sentence(explained));
  result["driver"] = maybe(told.why.driver);
  json::array deeper;
  for (const std::string& driver : told.why.deeper) deeper.push_back(text(driver));
  result["deeperDrivers"] = std::move(deeper);
  result["reason"] = maybe(told.why.reason);
  result["change"] = change_json(told.why);
  result["alert"] =
      told.alert ? json::value(text(rules::to_string(told.alert->phase))) : json::value(nullptr);
  json::array alerts;
  for (const rules::Alert& alert : told.alerts) alerts.push_back(alert_json(alert));
  result["alerts"] = std::move(alerts);
  json::array members;
  for (const rules::Entity& member : told.members)
    members.push_back(entity_json(member, strategy.dimensions));
  result["members"] = std::move(members);
  std::size_t cells_left = most_cells;
  std::size_t left_out = 0;
  result["inputs"] = inputs_json(explained, told.inputs, cells_left, left_out);
  result["others"] = inputs_json(explained, told.others, cells_left, left_out);
  result["cellsLeftOut"] = left_out;
  json::object journal;
  journal["from"] = time_value(explained.reach.from);
  journal["whole"] = explained.reach.whole;
  result["journal"] = std::move(journal);
  return result;
}

}  // namespace tightrope::daemon::http
