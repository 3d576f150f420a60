#include "tests/rules/alarm_run.h"

#include <algorithm>
#include <cmath>

namespace tightrope::rules::testing {

std::vector<AlarmLog> run(const AlarmPlan& plan, const std::function<void(int days)>& progress) {
  CampaignStreams streams(plan.setting, plan.campaigns, plan.looks_a_day, plan.seed);
  std::optional<EngineSchemes> engine;
  std::vector<AlarmLog> logs;
  for (const EngineSchemes::Scheme& scheme : plan.engine_schemes)
    logs.emplace_back(scheme.name, plan.campaigns);
  if (!plan.engine_schemes.empty()) engine.emplace(plan.engine_schemes, plan.campaigns, plan.history_days);
  std::optional<PValueScheme> p_value;
  std::optional<OracleScheme> oracle;
  std::optional<AlarmLog> p_value_log;
  std::optional<AlarmLog> oracle_log;
  if (plan.p_value) {
    p_value.emplace(*plan.p_value);
    p_value_log.emplace("p-value", plan.campaigns);
  }
  if (plan.oracle_confidence) {
    oracle.emplace(plan.setting, *plan.oracle_confidence);
    oracle_log.emplace("oracle", plan.campaigns);
  }

  const int change_on = plan.history_days + plan.days_on_target;
  for (int day = 0; day < plan.days(); ++day) {
    if (day == change_on) {
      const double first_look = day + 1.0 / plan.looks_a_day;
      for (AlarmLog& log : logs) log.change(day, first_look);
      if (p_value_log) p_value_log->change(day, first_look);
      if (oracle_log) oracle_log->change(day, first_look);
    }
    for (int look = 0; look < plan.looks_a_day; ++look) {
      streams.advance(day < change_on ? 1 : plan.cpa_factor, plan.changed_each);
      if (engine) engine->look(streams, logs);
      if (day < plan.history_days) continue;
      if (p_value) p_value->look(streams, *p_value_log);
      if (oracle) oracle->look(streams, *oracle_log);
    }
    if (progress) progress(day + 1);
  }
  if (p_value_log) logs.push_back(std::move(*p_value_log));
  if (oracle_log) logs.push_back(std::move(*oracle_log));
  for (AlarmLog& log : logs) log.end(plan.days());
  return logs;
}

std::vector<AlarmHistory> of_tier(const AlarmLog& log, std::optional<std::size_t> tier, std::size_t each) {
  std::vector<AlarmHistory> histories;
  for (std::size_t i = 0; i < log.histories().size(); ++i) {
    const bool counts = CampaignStreams::is_one_of(i, each) && (!tier || CampaignStreams::tier(i) == *tier);
    if (counts) histories.push_back(log.histories()[i]);
  }
  return histories;
}

FalseAlarms false_alarms(std::span<const AlarmHistory> histories, int days) {
  const auto count = static_cast<double>(histories.size());
  const double years = days / 365.0;
  double sum = 0;
  double squares = 0;
  double days_on = 0;
  for (const AlarmHistory& history : histories) {
    sum += history.count;
    days_on += history.days_on;
    squares += static_cast<double>(history.count) * history.count;
  }
  const double mean = sum / count;
  const double variance = count > 1 ? (squares - count * mean * mean) / (count - 1) : 0;
  return {.a_year = mean / years,
          .share_of_days = days_on / (count * days),
          .standard_error = std::sqrt(std::max(0.0, variance) / count) / years};
}

Detection detection(std::span<const AlarmHistory> histories) {
  constexpr double kSoon = 14;
  std::vector<double> delays;
  Detection result;
  const double each = 1.0 / static_cast<double>(histories.size());
  for (const AlarmHistory& history : histories) {
    delays.push_back(history.delay);
    if (history.delay <= kSoon) result.within_14_days += each;
    if (history.was_on) result.was_on += each;
  }
  std::sort(delays.begin(), delays.end());
  const double low = delays[(delays.size() - 1) / 2];
  const double high = delays[delays.size() / 2];
  result.median_delay = low == high ? low : (low + high) / 2;
  return result;
}

}  // namespace tightrope::rules::testing
