// The engine's memory as bytes, version 4: time, entities, figures, their sources, exchange rates, alerts,
// what was done, what is looked at, and what is strange about sources. Sums, states and the verdicts of
// alerts that are alive are not kept: they follow from the figures and the strategy. Version 1 had no
// sources, no exchange rates, and less of verdicts; version 2 had no evidence, no segments, and looked at
// nothing; version 3 knew nothing strange.
#include <cmath>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

constexpr std::uint8_t kVersion = 4;
constexpr std::uint8_t kFirstVersion = 1;

void save(Timestamp time, ByteWriter& out) {
  out.signed_varint(time.time_since_epoch().count());
}
Timestamp load_time(ByteReader& in) {
  return Timestamp(Duration(in.signed_varint()));
}

void save(const std::optional<Timestamp>& time, ByteWriter& out) {
  out.boolean(time.has_value());
  if (time) save(*time, out);
}
std::optional<Timestamp> load_optional_time(ByteReader& in) {
  if (!in.boolean()) return std::nullopt;
  return load_time(in);
}

std::string load_text(ByteReader& in) {
  return std::string(in.string());
}

template <class Enum>
void save_enum(Enum value, ByteWriter& out) {
  out.byte(static_cast<std::uint8_t>(value));
}
template <class Enum>
Enum load_enum(ByteReader& in, Enum last) {
  const std::uint8_t value = in.byte();
  if (value > static_cast<std::uint8_t>(last)) in.fail();
  return in.ok() ? static_cast<Enum>(value) : Enum{};
}

void save(const Entity& entity, ByteWriter& out) {
  out.varint(entity.path.size());
  for (const std::string& value : entity.path) out.string(value);
}
Entity load_entity(ByteReader& in) {
  Entity entity;
  const std::size_t depth = in.count(1);
  for (std::size_t i = 0; i < depth; ++i) entity.path.push_back(load_text(in));
  return entity;
}

void save(const Verdict& verdict, ByteWriter& out) {
  save_enum(verdict.state, out);
  save_enum(verdict.reason, out);
  for (const double number :
       {verdict.value, verdict.low, verdict.high, verdict.gap_ratio, verdict.stake_per_hour,
        verdict.evidence_log10, verdict.room_used, verdict.projected, verdict.projected_low,
        verdict.projected_high, verdict.sure, verdict.value_low, verdict.value_high, verdict.maturity,
        verdict.complete_value, verdict.results}) {
    out.fixed64(std::isnan(number) ? kUndefined : number);  // one NaN: equal states give equal bytes
  }
  out.boolean(verdict.pays_for_another);
  out.boolean(verdict.since.has_value());
  if (verdict.since) out.signed_varint(verdict.since->number);
}
Verdict load_verdict(ByteReader& in, std::uint8_t version) {
  Verdict verdict;
  verdict.state = load_enum(in, VerdictState::off_target);
  verdict.reason = load_enum(in, kLastReason);
  for (double* number : {&verdict.value, &verdict.low, &verdict.high, &verdict.gap_ratio,
                         &verdict.stake_per_hour, &verdict.evidence_log10}) {
    *number = in.fixed64();
  }
  if (version == kFirstVersion) return verdict;
  for (double* number :
       {&verdict.room_used, &verdict.projected, &verdict.projected_low, &verdict.projected_high}) {
    *number = in.fixed64();
  }
  if (version > 2) {
    for (double* number : {&verdict.sure, &verdict.value_low, &verdict.value_high, &verdict.maturity,
                           &verdict.complete_value, &verdict.results})
      *number = in.fixed64();
  }
  verdict.pays_for_another = in.boolean();
  if (version > 2 && in.boolean())
    verdict.since = Day{static_cast<std::int32_t>(in.signed_varint_in(INT32_MIN, INT32_MAX))};
  return verdict;
}

void save(const Recommendation& item, ByteWriter& out) {
  for (const std::string* text :
       {&item.id, &item.alert, &item.playbook, &item.text, &item.owner, &item.decided_by, &item.reason}) {
    out.string(*text);
  }
  out.signed_varint(item.effort.count());
  out.fixed64(item.worth_per_day);
  out.varint(item.rank);
  save_enum(item.state, out);
  save(item.made_at, out);
  save(item.decided_at, out);
  save(item.until, out);
}
Recommendation load_recommendation(ByteReader& in) {
  Recommendation item;
  for (std::string* text :
       {&item.id, &item.alert, &item.playbook, &item.text, &item.owner, &item.decided_by, &item.reason}) {
    *text = load_text(in);
  }
  item.effort = Duration(in.signed_varint());
  item.worth_per_day = in.fixed64();
  item.rank = static_cast<std::uint32_t>(in.varint_up_to(UINT32_MAX));
  item.state = load_enum(in, RecommendationState::expired);
  item.made_at = load_time(in);
  item.decided_at = load_optional_time(in);
  item.until = load_optional_time(in);
  return item;
}

void save(BeforeAndNow value, ByteWriter& out) {
  for (const double number : {value.before, value.now}) out.fixed64(std::isnan(number) ? kUndefined : number);
}
BeforeAndNow load_before_and_now(ByteReader& in) {
  const double before = in.fixed64();
  return {before, in.fixed64()};
}

void save(const SegmentChange& segment, ByteWriter& out) {
  save(segment.entity, out);
  out.string(segment.dimension);
  out.string(segment.name);
  save(segment.value, out);
  save(segment.share, out);
  for (const double number : {segment.effect, segment.rate, segment.mix}) out.fixed64(number);
  for (const bool flag : {segment.is_new, segment.stopped, segment.within_noise}) out.boolean(flag);
}
SegmentChange load_segment(ByteReader& in) {
  SegmentChange segment;
  segment.entity = load_entity(in);
  segment.dimension = load_text(in);
  segment.name = load_text(in);
  segment.value = load_before_and_now(in);
  segment.share = load_before_and_now(in);
  for (double* number : {&segment.effect, &segment.rate, &segment.mix}) *number = in.fixed64();
  for (bool* flag : {&segment.is_new, &segment.stopped, &segment.within_noise}) *flag = in.boolean();
  return segment;
}

// Why it is off, beside the driver and the reason.
void save_cause(const Alert& alert, ByteWriter& out) {
  out.varint(alert.deeper_drivers.size());
  for (const std::string& driver : alert.deeper_drivers) out.string(driver);
  out.varint(alert.segments.size());
  for (const SegmentChange& segment : alert.segments) save(segment, out);
  save_enum(alert.segments_unit, out);
}
void load_cause(ByteReader& in, Alert& alert) {
  const std::size_t drivers = in.count(1);
  for (std::size_t i = 0; i < drivers; ++i) alert.deeper_drivers.push_back(load_text(in));
  const std::size_t segments = in.count(62);
  for (std::size_t i = 0; i < segments; ++i) alert.segments.push_back(load_segment(in));
  alert.segments_unit = load_enum(in, Unit::truth);
}

void save(const Alert& alert, ByteWriter& out) {
  for (const std::string* text :
       {&alert.id, &alert.client, &alert.objective, &alert.target, &alert.kpi, &alert.why_objective,
        &alert.owner, &alert.currency, &alert.window, &alert.window_text, &alert.off_since, &alert.driver,
        &alert.reason, &alert.acknowledged_by}) {
    out.string(*text);
  }
  save_enum(alert.severity, out);
  save_enum(alert.unit, out);
  save_enum(alert.better, out);
  save_enum(alert.phase, out);
  out.boolean(alert.pace);
  out.varint(alert.dimensions.size());
  for (const auto& [name, value] : alert.dimensions) {
    out.string(name);
    out.string(value);
  }
  save(alert.pending_at, out);
  save(alert.fired_at, out);
  save(alert.resolved_at, out);
  save(alert.acknowledged_at, out);
  save(alert.verdict, out);
  save(alert.fired_on, out);
  out.varint(alert.recommendations.size());
  for (const Recommendation& recommendation : alert.recommendations) save(recommendation, out);
  out.boolean(alert.amendment.has_value());
  if (alert.amendment) {
    save(alert.amendment->at, out);
    out.fixed64(alert.amendment->value_before);
    out.fixed64(alert.amendment->value_now);
    out.boolean(alert.amendment->would_have_fired);
  }
  out.varint(alert.revision);
  save_cause(alert, out);
}
Alert load_alert(ByteReader& in, std::uint8_t version) {
  Alert alert;
  for (std::string* text :
       {&alert.id, &alert.client, &alert.objective, &alert.target, &alert.kpi, &alert.why_objective,
        &alert.owner, &alert.currency, &alert.window, &alert.window_text, &alert.off_since, &alert.driver,
        &alert.reason, &alert.acknowledged_by}) {
    *text = load_text(in);
  }
  alert.severity = load_enum(in, Severity::digest);
  alert.unit = load_enum(in, Unit::truth);
  alert.better = load_enum(in, Better::neither);
  alert.phase = load_enum(in, AlertPhase::resolved);
  alert.pace = in.boolean();
  const std::size_t dimensions = in.count(2);
  for (std::size_t i = 0; i < dimensions; ++i) {
    std::string name = load_text(in);
    alert.dimensions.emplace_back(std::move(name), load_text(in));
  }
  alert.pending_at = load_time(in);
  alert.fired_at = load_optional_time(in);
  alert.resolved_at = load_optional_time(in);
  alert.acknowledged_at = load_optional_time(in);
  alert.verdict = load_verdict(in, version);
  alert.fired_on = load_verdict(in, version);
  const std::size_t recommendations = in.count(8);
  for (std::size_t i = 0; i < recommendations; ++i) alert.recommendations.push_back(load_recommendation(in));
  if (in.boolean()) {
    Amendment amendment;
    amendment.at = load_time(in);
    amendment.value_before = in.fixed64();
    amendment.value_now = in.fixed64();
    amendment.would_have_fired = in.boolean();
    alert.amendment = amendment;
  }
  alert.revision = static_cast<std::uint32_t>(in.varint_up_to(UINT32_MAX));
  if (version > 2) load_cause(in, alert);
  return alert;
}

void save(const LiveAlert& item, ByteWriter& out) {
  save(item.alert, out);
  save_enum(item.state.phase, out);
  save(item.state.since, out);
  save(item.state.well_since, out);
  save(item.entity, out);
  out.varint(item.open_sums.size());
  for (const double sum : item.open_sums) out.fixed64(std::isnan(sum) ? kUndefined : sum);
  out.fixed64(std::isnan(item.told_value) ? kUndefined : item.told_value);
  out.fixed64(std::isnan(item.briefed_value) ? kUndefined : item.briefed_value);
}
LiveAlert load_live_alert(ByteReader& in, std::uint8_t version) {
  LiveAlert item;
  item.alert = load_alert(in, version);
  item.state.phase = load_enum(in, AlertPhase::resolved);
  item.state.since = load_time(in);
  item.state.well_since = load_optional_time(in);
  item.entity = load_entity(in);
  const std::size_t sums = in.count(8);
  for (std::size_t i = 0; i < sums; ++i) item.open_sums.push_back(in.fixed64());
  item.told_value = in.fixed64();
  if (version != kFirstVersion) item.briefed_value = in.fixed64();
  return item;
}

void save(const CheckEvidence& evidence, ByteWriter& out) {
  out.signed_varint(evidence.day.number);
  out.varint(evidence.bound_from.size());
  for (const Day day : evidence.bound_from) out.signed_varint(day.number);
  out.varint(evidence.profiles.size());
  for (const ProfileFit& fit : evidence.profiles) {
    out.signed_varint(fit.from.number);
    for (const double factor : fit.profile) out.fixed64(factor);
  }
  out.varint(evidence.nodes.size());
  for (const NodeEvidence& node : evidence.nodes) {
    for (const double bet : node.settled.bets()) out.fixed64(bet);
    out.signed_varint(node.from.number);
    out.signed_varint(node.open_since.number);
    for (const DayFit& fit : node.fits) {
      out.signed_varint(fit.from.number);
      if (fit.from == kFirstDay) break;
      out.fixed64(static_cast<double>(fit.day_variance));
      out.fixed64(static_cast<double>(fit.jump));
    }
  }
}
Day load_day(ByteReader& in) {
  return {static_cast<std::int32_t>(in.signed_varint_in(INT32_MIN, INT32_MAX))};
}
bool load(ByteReader& in, CheckEvidence& evidence) {
  evidence.day = load_day(in);
  const std::size_t bounds = in.count(1);
  for (std::size_t i = 0; i < bounds; ++i) evidence.bound_from.push_back(load_day(in));
  const std::size_t profiles = in.count(8);
  for (std::size_t i = 0; i < profiles; ++i) {
    ProfileFit& fit = evidence.profiles.emplace_back();
    fit.from = load_day(in);
    for (double& factor : fit.profile) factor = in.fixed64();
  }
  if (in.varint() != evidence.nodes.size()) return false;
  for (NodeEvidence& node : evidence.nodes) {
    for (double& bet : node.settled.bets()) bet = in.fixed64();
    node.from = load_day(in);
    node.open_since = load_day(in);
    for (DayFit& fit : node.fits) {
      fit.from = load_day(in);
      if (fit.from == kFirstDay) break;
      fit.day_variance = static_cast<float>(in.fixed64());
      fit.jump = static_cast<float>(in.fixed64());
    }
  }
  return in.ok();
}

void save(const Anomaly& anomaly, ByteWriter& out) {
  for (const std::string* text : {&anomaly.objective, &anomaly.kpi, &anomaly.currency, &anomaly.when})
    out.string(*text);
  save_enum(anomaly.unit, out);
  save(anomaly.entity, out);
  save(anomaly.bucket, out);
  save(anomaly.found_at, out);
  out.fixed64(anomaly.value);
  out.fixed64(std::isnan(anomaly.usual) ? kUndefined : anomaly.usual);
  out.fixed64(anomaly.score);
}
Anomaly load_anomaly(ByteReader& in) {
  Anomaly anomaly;
  for (std::string* text : {&anomaly.objective, &anomaly.kpi, &anomaly.currency, &anomaly.when})
    *text = load_text(in);
  anomaly.unit = load_enum(in, Unit::truth);
  anomaly.entity = load_entity(in);
  anomaly.bucket = load_bucket(in);
  anomaly.found_at = load_time(in);
  anomaly.value = in.fixed64();
  anomaly.usual = in.fixed64();
  anomaly.score = in.fixed64();
  return anomaly;
}

}  // namespace

std::string Engine::snapshot() const {
  const State& state = *state_;
  ByteWriter out;
  out.byte(kVersion);
  out.boolean(state.started);
  save(state.now, out);
  out.varint(state.entities.size());
  for (EntityIndex i = 0; i < state.entities.size(); ++i) save(state.entities[i], out);
  state.cube.save(out);
  state.sources.save(out);
  state.rates.save(out);
  state.lags.save(out);
  out.varint(state.old_entities);
  for (const Checks& check : state.checks) {
    if (check.evidence.judges()) save(check.evidence, out);
  }
  out.varint(state.live.size());
  for (const auto& [key, live_alert] : state.live) {
    out.varint(key.target);
    out.varint(key.node);
    LiveAlert kept = live_alert;
    kept.alert.verdict = Verdict();
    save(kept, out);
  }
  out.varint(state.resolved.size());
  for (const LiveAlert& past : state.resolved) save(past, out);
  out.varint(state.done.size());
  for (const auto& [what, when] : state.done) {
    out.string(what.first);
    save(what.second, out);
    save(when, out);
  }
  out.varint(state.watched.size());
  for (const auto& [key, series] : state.watched) {
    out.varint(key.objective);
    out.varint(key.place);
    out.varint(key.node);
    series.save(out);
  }
  out.varint(state.anomalies.size());
  for (const Anomaly& anomaly : state.anomalies) save(anomaly, out);
  out.varint(state.findings.size());
  for (const auto& [source, findings] : state.findings) {
    out.string(source);
    out.varint(findings.size());
    for (const SourceFinding& finding : findings) save(finding, out);
  }
  return std::move(out).take();
}

std::optional<Engine> Engine::restore(Strategy strategy, std::string_view snapshot) {
  ByteReader in(snapshot);
  const std::uint8_t version = in.byte();
  if (version < kFirstVersion || version > kVersion) return std::nullopt;
  Engine engine(std::move(strategy));
  State& state = *engine.state_;
  state.started = in.boolean();
  state.now = load_time(in);
  const std::size_t entities = in.count(1);
  for (std::size_t i = 0; i < entities && in.ok(); ++i) {
    if (!state.entities.intern(load_entity(in)).second) return std::nullopt;  // one entity twice
  }
  const auto saved = version == kFirstVersion ? Cube::Saved::without_given : Cube::Saved::whole;
  if (!in.ok() || !state.cube.load(in, saved)) return std::nullopt;
  if (version == kFirstVersion) {
    state.sources.forget(state.cube.head(), state.cube.metric_count());
  } else if (!state.sources.load(in, state.cube.head()) || !state.rates.load(in)) {
    return std::nullopt;
  }
  state.lay_out();
  state.bind_figures();
  if (version > 2) {
    if (!state.lags.load(in)) return std::nullopt;
    state.old_entities = static_cast<EntityIndex>(in.varint_up_to(entities));
    if (state.started)
      state.lags.learn(state.calendar.day_of(state.now), state.result_metric(), state.money_metrics());
  }
  for (Checks& check : state.checks) {
    if (version > 2 && check.evidence.judges() && !load(in, check.evidence)) return std::nullopt;
  }
  if (state.started) state.sum_figures();
  const std::size_t live = in.count(8);
  for (std::size_t i = 0; i < live && in.ok(); ++i) {
    const std::uint64_t target = in.varint();
    const std::uint64_t node = in.varint();
    LiveAlert item = load_live_alert(in, version);
    if (!in.ok() || target >= state.checks.size() || node >= state.checks[target].states.size())
      return std::nullopt;
    state.attach(std::move(item), {static_cast<std::uint32_t>(target), static_cast<NodeIndex>(node)});
  }
  const std::size_t resolved = in.count(8);
  for (std::size_t i = 0; i < resolved && in.ok(); ++i) {
    LiveAlert past = load_live_alert(in, version);
    past.key = state.find_check(past.alert.objective, past.alert.target, past.entity);
    state.resolved.push_back(std::move(past));
  }
  const std::size_t done = in.count(3);
  for (std::size_t i = 0; i < done && in.ok(); ++i) {
    std::string playbook = load_text(in);
    Entity entity = load_entity(in);
    state.done[{std::move(playbook), std::move(entity)}] = load_time(in);
  }
  if (version > 2) {
    const std::size_t watched = in.count(8);
    for (std::size_t i = 0; i < watched && in.ok(); ++i) {
      const std::uint64_t objective = in.varint();
      const std::uint64_t place = in.varint();
      const std::uint64_t node = in.varint();
      if (objective >= state.watch_rollups.size() || place >= state.watch_rollups[objective].size() ||
          node >= state.rollups[state.watch_rollups[objective][place]].nodes().size())
        return std::nullopt;
      auto series = WatchedSeries::load(in);
      if (!series) return std::nullopt;
      const WatchKey key{static_cast<std::uint32_t>(objective), static_cast<std::uint32_t>(place),
                         static_cast<NodeIndex>(node)};
      state.watched.insert_or_assign(key, std::move(*series));
    }
    const std::size_t anomalies = in.count(8);
    for (std::size_t i = 0; i < anomalies && in.ok(); ++i) state.anomalies.push_back(load_anomaly(in));
  }
  if (version > 3) {
    for (std::size_t left = in.count(2); left > 0 && in.ok(); --left) {
      std::vector<SourceFinding>& findings = state.findings[load_text(in)];
      for (std::size_t each = in.count(kLeastBytesOfAFinding); each > 0 && in.ok(); --each)
        findings.push_back(load_finding(in));
    }
  }
  if (!in.finished()) return std::nullopt;
  return engine;
}

}  // namespace tightrope::rules
