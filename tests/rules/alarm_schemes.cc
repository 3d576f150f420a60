#include "tests/rules/alarm_schemes.h"

#include <algorithm>
#include <boost/math/distributions/poisson.hpp>
#include <chrono>
#include <cmath>
#include <utility>

#include "rules/kpi.h"

namespace tightrope::rules::testing {
namespace {

constexpr int kWindowDays = 7;
constexpr Day kFirst = day_from_ymd(std::chrono::year(2026) / 1 / 5);  // a Monday: day 0 of the streams
constexpr std::string_view kChannel = "search";

Timestamp start_of_streams() noexcept {
  return std::chrono::sys_days(std::chrono::days(kFirst.number));
}

// One minute before the part ends: the look that closes a day is still on it.
Timestamp time_of_look(const CampaignStreams& streams) noexcept {
  using namespace std::chrono;
  const auto of_day = duration_cast<Duration>(duration<double, std::ratio<86'400>>(streams.elapsed()));
  return start_of_streams() + days(streams.day()) + of_day - minutes(1);
}

double time_in_days(const CampaignStreams& streams) noexcept {
  return streams.day() + streams.elapsed();
}

Strategy strategy_of(const std::vector<EngineSchemes::Scheme>& schemes, int first_day) {
  static const KpiLibrary kLibrary;
  Strategy strategy;
  strategy.client = "acme";
  strategy.metrics.assign(kLibrary.metrics().begin(), kLibrary.metrics().end());
  strategy.kpis.assign(kLibrary.kpis().begin(), kLibrary.kpis().end());
  Objective objective;
  objective.name = "boots";
  for (const EngineSchemes::Scheme& scheme : schemes) {
    Target target;
    target.name = scheme.name;
    target.kpi = "cpa";
    target.kind = BoundKind::at_most;
    target.bounds = {Bound{.from = kFirst + first_day, .high = scheme.bound}};
    target.over = scheme.over;
    target.per = {2};
    target.confidence = scheme.confidence;
    // Chance alone is measured: what is sure and too small to matter counts as well.
    target.min_miss = 0;
    target.min_stake = 0;
    objective.targets.push_back(std::move(target));
  }
  strategy.objectives.push_back(std::move(objective));
  return strategy;
}

}  // namespace

void AlarmLog::set(std::size_t campaign, bool on, double time) noexcept {
  AlarmHistory& history = histories_[campaign];
  if (on && !history.on) {
    const int day = static_cast<int>(time);
    if (day != history.last_counted_day) ++history.count;
    history.last_counted_day = day;
    history.on_since = time;
    if (time >= changed_at_) history.delay = std::min(history.delay, time - changed_at_);
  }
  if (!on && history.on) history.days_on += time - history.on_since;
  history.on = on;
}

void AlarmLog::end(double time) noexcept {
  for (AlarmHistory& history : histories_) {
    if (history.on) history.days_on += time - history.on_since;
    history.on_since = time;
  }
}

void AlarmLog::change(int day, double first_look) noexcept {
  changed_at_ = day;
  for (AlarmHistory& history : histories_) {
    history.was_on = history.on;
    if (history.on) history.delay = first_look - changed_at_;
  }
}

void PValueScheme::look(const CampaignStreams& streams, AlarmLog& log) {
  const auto place = static_cast<std::size_t>(streams.look());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const int first = std::max(0, streams.day() - kWindowDays + 1);
    // Looks are the same every day, once the window is full.
    const bool full = streams.day() >= kWindowDays - 1;
    int seen = 0;
    for (int day = first; day <= streams.day(); ++day) seen += streams.conversions(i, day);
    const double due = CampaignStreams::expected_a_day(i) * (streams.day() - first + streams.elapsed());
    const auto too_few = [&] {
      const boost::math::poisson_distribution<> chance(due);
      int most = -1;
      while (cdf(chance, most + 1) < level_) ++most;
      return most;
    };
    if (!full) {
      log.set(i, seen <= too_few(), time_in_days(streams));
      continue;
    }
    critical_.resize(kTiers.size());
    std::vector<int>& of_tier = critical_[CampaignStreams::tier(i)];
    constexpr int kUnknown = -2;
    if (of_tier.size() <= place) of_tier.resize(place + 1, kUnknown);
    if (of_tier[place] == kUnknown) of_tier[place] = too_few();
    log.set(i, seen <= of_tier[place], time_in_days(streams));
  }
}

OracleScheme::OracleScheme(const StreamSetting& setting, double confidence)
    : day_variance_(setting.day_cv * setting.day_cv * (1 + setting.autocorrelation) /
                    (1 - setting.autocorrelation)),
      threshold_(1 / (1 - confidence)),
      days_until_final_(setting.conversions_late ? CampaignStreams::kDaysKept - 2 : 0) {}

void OracleScheme::look(const CampaignStreams& streams, AlarmLog& log) {
  if (states_.empty()) states_.resize(streams.size(), State{.next = streams.day()});
  const int today = streams.day();
  std::array<double, CampaignStreams::kDaysKept> share{};  // of a day's conversions, by its age
  const int oldest = std::max(0, today - CampaignStreams::kDaysKept + 1);
  for (int day = oldest; day <= today; ++day) {
    share[static_cast<std::size_t>(today - day)] =
        streams.season(day) * streams.maturity(day) * (day == today ? streams.elapsed() : 1);
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    const auto day_of = [&](int day) {
      return EvidenceDay{
          .seen = static_cast<double>(streams.conversions(i, day)),
          .expected = CampaignStreams::expected_a_day(i) * share[static_cast<std::size_t>(today - day)],
          .day_variance = day_variance_};
    };
    if (streams.look() == 0) {
      if (state.alarmed) {
        state = {.next = today};
        log.set(i, false, today);
      }
      // As they were when the day before ended.
      while (state.next < today - days_until_final_) {
        state.closed.add(day_of(state.next), EvidenceSide::below);
        ++state.next;
      }
    }
    if (state.alarmed) continue;
    Evidence evidence = state.closed;
    for (int day = state.next; day <= today; ++day) evidence.add(day_of(day), EvidenceSide::below);
    if (evidence.value() < threshold_) continue;
    state.alarmed = true;
    log.set(i, true, time_in_days(streams));
  }
}

EngineSchemes::EngineSchemes(const std::vector<Scheme>& schemes, std::size_t campaigns, int first_day)
    : engine_(strategy_of(schemes, first_day)) {
  for (std::size_t i = 0; i < schemes.size(); ++i) scheme_of_target_[schemes[i].name] = i;
  ObservationBatch batch;
  batch.source = "streams";
  batch.metrics = {"spend", "conversions"};
  for (std::size_t i = 0; i < campaigns; ++i)
    batch.entities.push_back({.path = {std::string(kChannel), std::to_string(i)}});
  event_ = std::move(batch);
}

void EngineSchemes::look(const CampaignStreams& streams, std::vector<AlarmLog>& logs) {
  auto& batch = std::get<ObservationBatch>(event_);
  batch.learnt = time_of_look(streams);
  batch.rows.clear();
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    const double spend = kTargetCpa * CampaignStreams::expected_a_day(i) * streams.elapsed();
    batch.rows.push_back({.entity = i,
                          .metric = 0,
                          .bucket = {.day = kFirst + streams.day()},
                          .value = Amount::from_micros(std::llround(spend * Amount::kScale))});
  }
  for (const CampaignStreams::Change& change : streams.changes()) {
    batch.rows.push_back({.entity = change.campaign,
                          .metric = 1,
                          .bucket = {.day = kFirst + change.day},
                          .value = Amount::from_units(change.conversions)});
  }
  const Effects effects = engine_.apply(event_);
  for (const AlertChange& change : effects.alerts) {
    const bool on = change.kind == AlertChange::Kind::fired;
    if (!on && change.kind != AlertChange::Kind::resolved) continue;
    const std::size_t campaign = std::stoul(change.alert.dimensions.back().second);
    const std::chrono::duration<double, std::ratio<86'400>> since = change.at - start_of_streams();
    logs[scheme_of_target_.find(change.alert.target)->second].set(campaign, on, since.count());
  }
}

}  // namespace tightrope::rules::testing
