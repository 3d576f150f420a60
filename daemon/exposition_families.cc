#include "daemon/exposition_families.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "rules/alert.h"

namespace tightrope::daemon {
namespace {

// By KpiFamily; all are gauges.
constexpr std::array<FamilyInfo, kKpiFamilies> kFamilies{{
    {"tightrope_kpi_value", "The KPI over its target's window, in the KPI's own unit."},
    {"tightrope_kpi_target", "The bound in force for the KPI, in the KPI's own unit."},
    {"tightrope_kpi_gap_ratio", "By what share of its bound the KPI misses it; negative is room left."},
    {"tightrope_kpi_evidence_log10",
     "How strongly the figures contradict that the target is met, as a power of ten."},
    {"tightrope_kpi_sure_ratio",
     "Of what misses its target: how sure it is that this is no chance; 1 less the share of such runs of "
     "days "
     "that come about by luck."},
    {"tightrope_kpi_maturity_ratio", "Share of the window's results that has arrived by now."},
    {"tightrope_verdicts", "Checks of targets by their state."},
    {"tightrope_stake_per_hour", "Money at risk in each hour that the objective's targets stay missed."},
    {"tightrope_objective_room_used_ratio",
     "The most that any check of the objective uses of the room to its bound: 1 is at the bound, more beyond "
     "it."},
    {"tightrope_alerts", "Alerts by their state."},
    {"tightrope_recommendations", "Recommendations of the alerts in memory by their state."},
    {"tightrope_spend_aligned_ratio", "Share of the last 7 days' spend that serves an objective."},
    {"tightrope_anomaly_score",
     "How unlike itself the newest figure of a KPI in look_at is, from 0 to 1; 0.6 is as strange as none "
     "before."},
    {"tightrope_source_maturity_ratio",
     "Share of a day's final figures that has arrived so many days after it, as learnt so far."},
}};

std::string_view name_of(KpiFamily family) noexcept {
  return info_of(family).name;
}

void write_objectives(const rules::Engine& engine, KpiSamples& out) {
  const rules::Strategy& strategy = engine.strategy();
  for (const rules::ObjectiveSummary& summary : engine.objectives()) {
    const std::string& objective = summary.objective->name;
    const auto count = [&](rules::VerdictState state, std::uint32_t number) {
      out.of(KpiFamily::verdicts)
          .sample(
              name_of(KpiFamily::verdicts),
              label_set({{"client", strategy.client}, {"objective", objective}, {"state", to_string(state)}}),
              number);
    };
    count(rules::VerdictState::on_target, summary.on_target);
    count(rules::VerdictState::watch, summary.watch);
    count(rules::VerdictState::off_target, summary.off_target);
    count(rules::VerdictState::unknown, summary.unknown);
    out.of(KpiFamily::stake_per_hour)
        .sample(name_of(KpiFamily::stake_per_hour),
                label_set(
                    {{"client", strategy.client}, {"objective", objective}, {"currency", strategy.currency}}),
                summary.stake_per_hour);
    if (std::isnan(summary.room_used)) continue;
    out.of(KpiFamily::room_used_ratio)
        .sample(name_of(KpiFamily::room_used_ratio),
                label_set({{"client", strategy.client}, {"objective", objective}}), summary.room_used);
  }
}

// Alerts that live, by target; every target has a sample, so that "none" is a zero.
void write_alerts(const rules::Engine& engine, const std::vector<rules::Alert>& alerts, KpiSamples& out) {
  struct Counts {
    std::uint32_t pending = 0;
    std::uint32_t firing = 0;
  };
  std::map<std::string_view, Counts> by_target;
  for (const rules::Alert& alert : alerts) {
    if (alert.phase == rules::AlertPhase::pending) ++by_target[alert.target].pending;
    if (alert.phase == rules::AlertPhase::firing) ++by_target[alert.target].firing;
  }
  const rules::Strategy& strategy = engine.strategy();
  for (const rules::Objective& objective : strategy.objectives) {
    for (const rules::Target& target : objective.targets) {
      const Counts counts = by_target[target.name];
      const auto sample = [&](rules::AlertPhase phase, std::uint32_t number) {
        out.of(KpiFamily::alerts)
            .sample(name_of(KpiFamily::alerts),
                    label_set({{"client", strategy.client},
                               {"objective", objective.name},
                               {"target", target.name},
                               {"severity", to_string(target.severity)},
                               {"state", to_string(phase)}}),
                    number);
      };
      sample(rules::AlertPhase::pending, counts.pending);
      sample(rules::AlertPhase::firing, counts.firing);
    }
  }
}

// Open ones of every playbook, zero included; other states where there are any.
void write_recommendations(const rules::Engine& engine, const std::vector<rules::Alert>& alerts,
                           KpiSamples& out) {
  using rules::RecommendationState;
  std::map<std::pair<std::string, RecommendationState>, std::uint32_t> counts;
  const rules::Strategy& strategy = engine.strategy();
  for (const rules::Playbook& playbook : strategy.playbooks)
    counts[{playbook.name, RecommendationState::open}] = 0;
  for (const rules::Alert& alert : alerts) {
    for (const rules::Recommendation& recommendation : alert.recommendations) {
      ++counts[{recommendation.playbook, recommendation.state}];
    }
  }
  for (const auto& [key, number] : counts) {
    out.of(KpiFamily::recommendations)
        .sample(name_of(KpiFamily::recommendations),
                label_set(
                    {{"client", strategy.client}, {"playbook", key.first}, {"state", to_string(key.second)}}),
                number);
  }
}

// At most Engine::kMostWatched series.
void write_watched(const rules::Engine& engine, KpiSamples& out) {
  const rules::Strategy& strategy = engine.strategy();
  for (const rules::WatchedView& series : engine.watched()) {
    std::string labels = label_set(
        {{"client", strategy.client}, {"objective", series.objective->name}, {"kpi", series.kpi->name}});
    labels.resize(labels.size() - 2);  // the brace stays open for the dimensions
    const std::size_t depth =
        std::min(strategy.dimensions.names.size(), std::max<std::size_t>(2, series.entity->path.size()));
    const std::vector<std::string> names = dimension_labels(strategy.dimensions, depth);
    for (std::size_t i = 0; i < depth; ++i) {
      labels += ',';
      append_label(labels, names[i], series.entity->at(i));
    }
    labels += "} ";
    out.of(KpiFamily::anomaly_score).sample(name_of(KpiFamily::anomaly_score), labels, series.score);
  }
}

// Of what was learnt: until days were seen at two ages nothing is known.
void write_lags(const rules::Engine& engine, KpiSamples& out) {
  for (const rules::LagView& lag : engine.lags()) {
    if (!(lag.behind[0] > 0)) continue;
    for (const std::size_t age : {0u, 1u, 3u, 7u}) {
      out.of(KpiFamily::source_maturity_ratio)
          .sample(name_of(KpiFamily::source_maturity_ratio),
                  label_set({{"client", engine.strategy().client},
                             {"source", lag.source},
                             {"metric", lag.metric},
                             {"age_days", std::to_string(age)}}),
                  lag.shares[age]);
    }
  }
}

}  // namespace

const FamilyInfo& info_of(KpiFamily family) noexcept {
  return kFamilies[static_cast<std::size_t>(family)];
}

std::string label_set(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
  std::string text;
  for (const auto& [name, value] : list) {
    text += text.empty() ? '{' : ',';
    append_label(text, name, value);
  }
  text += "} ";
  return text;
}

void write_counts(const rules::Engine& engine, KpiSamples& out) {
  write_objectives(engine, out);
  const std::vector<rules::Alert> alerts = engine.alerts();
  write_alerts(engine, alerts, out);
  write_recommendations(engine, alerts, out);
  write_watched(engine, out);
  write_lags(engine, out);
  const double aligned = engine.spend_aligned_ratio();
  if (std::isnan(aligned)) return;
  out.of(KpiFamily::spend_aligned_ratio)
      .sample(name_of(KpiFamily::spend_aligned_ratio), label_set({{"client", engine.strategy().client}}),
              aligned);
}

}  // namespace tightrope::daemon
