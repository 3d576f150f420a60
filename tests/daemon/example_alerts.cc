#include "tests/daemon/example_alerts.h"

#include <utility>

namespace tightrope::testing {

using namespace std::chrono_literals;

rules::Alert firing_cpa() {
  rules::Alert alert;
  alert.id = "00c0ffee00c0ffee";
  alert.client = "acme";
  alert.objective = "trial_signups";
  alert.target = "trial_cpa";
  alert.kpi = "cpa";
  alert.why_objective = "Trials are 60 % of the Q4 pipeline.";
  alert.owner = "head_of_growth";
  alert.severity = rules::Severity::page;
  alert.unit = rules::Unit::money;
  alert.better = rules::Better::lower;
  alert.currency = "EUR";
  alert.window = "7d";
  alert.window_text = "14 Nov to 20 Nov";
  alert.dimensions = {{"channel", "search"}, {"campaign", "trial-brand"}};
  alert.phase = rules::AlertPhase::firing;
  alert.pending_at = kEvening;
  alert.fired_at = kEvening;
  alert.off_since = "Fri 20 Nov 21:04";
  alert.verdict.state = rules::VerdictState::off_target;
  alert.verdict.reason = rules::Reason::misses_target;
  alert.verdict.value = 41.2;
  alert.verdict.high = 32;
  alert.verdict.gap_ratio = 0.2875;
  alert.verdict.stake_per_hour = 12.02;
  alert.verdict.evidence_log10 = 2.0;
  alert.verdict.sure = 0.946;
  alert.verdict.since = rules::day_from_ymd(std::chrono::year(2026) / 11 / 17);
  alert.verdict.value_low = 33.1;
  alert.verdict.value_high = 52.4;
  alert.verdict.results = 58;
  alert.counted = "conversions";
  alert.fired_on = alert.verdict;
  alert.driver = "cpc";
  alert.reason = "CPC rose 31 % against the week before, to 2.62 EUR; CVR is unchanged";
  rules::Recommendation bids;
  bids.id = "beefbeefbeefbeef";
  bids.alert = alert.id;
  bids.playbook = "lower_bids";
  bids.text = "Lower bids of trial-brand by 20 %, to about 2.10 EUR.";
  bids.owner = "executor";
  bids.effort = 15min;
  bids.worth_per_day = 118.4;
  rules::Recommendation negatives = bids;
  negatives.id = "feedfeedfeedfeed";
  negatives.playbook = "add_negatives";
  negatives.text = "Add the search terms without a trial to the negative keywords.";
  negatives.rank = 1;
  alert.recommendations = {bids, negatives};
  alert.revision = 1;
  return alert;
}

rules::Alert resolved_cpa() {
  rules::Alert alert = resolved(firing_cpa(), kEvening + 3h + 20min);
  alert.verdict.state = rules::VerdictState::on_target;
  alert.verdict.reason = rules::Reason::meets_target;
  alert.verdict.value = 29.9;
  alert.verdict.gap_ratio = -0.066;
  alert.verdict.stake_per_hour = 0;
  alert.recommendations[0].state = rules::RecommendationState::did;
  alert.recommendations[0].decided_by = "mara";
  alert.recommendations[1].state = rules::RecommendationState::expired;
  return alert;
}

rules::Alert firing_pace() {
  rules::Alert alert = firing_cpa();
  alert.id = "00000000000face1";
  alert.target = "trial_volume";
  alert.kpi = "conversions";
  alert.counted = "conversions";
  alert.severity = rules::Severity::ticket;
  alert.unit = rules::Unit::count;
  alert.better = rules::Better::higher;
  alert.window = "month";
  alert.pace = true;
  alert.dimensions.clear();
  alert.verdict.value = 412;
  alert.verdict.low = 600;
  alert.verdict.high = rules::kUndefined;
  alert.verdict.gap_ratio = 0.3133;
  alert.verdict.stake_per_hour = 0;
  alert.verdict.evidence_log10 = rules::kUndefined;
  alert.verdict.sure = rules::kUndefined;
  alert.verdict.since.reset();
  alert.fired_on = alert.verdict;
  alert.driver.clear();
  alert.reason.clear();
  alert.recommendations.clear();
  return alert;
}

rules::Alert firing_without_figures() {
  rules::Alert alert = firing_cpa();
  alert.id = "0000000000dead00";
  alert.verdict = rules::Verdict{};
  alert.verdict.high = 32;
  alert.fired_on = alert.verdict;
  alert.driver.clear();
  alert.reason.clear();
  alert.recommendations.clear();
  return alert;
}

rules::Alert firing_churn() {
  rules::Alert alert = firing_cpa();
  alert.id = "00000000c0c0a000";
  alert.client = "beta";
  alert.objective = "retention";
  alert.target = "monthly_churn";
  alert.kpi = "churn_rate";
  alert.counted = "churned_customers";
  alert.owner = "customer_success";
  alert.severity = rules::Severity::digest;
  alert.unit = rules::Unit::ratio;
  alert.window = "month";
  alert.dimensions = {{"channel", "email"}};
  alert.verdict.value = 0.034;
  alert.verdict.high = 0.025;
  alert.verdict.gap_ratio = 0.36;
  alert.verdict.sure = 0.62;
  alert.verdict.results = 34;
  alert.verdict.since.reset();
  alert.verdict.stake_per_hour = 0;
  alert.fired_on = alert.verdict;
  alert.driver.clear();
  alert.reason = "Cancellations rose 40 % in <Plan A> & \"Plan B\"";
  alert.recommendations.clear();
  return alert;
}

rules::Alert small_alert(std::string id, std::string client, std::string severity,
                         rules::Timestamp fired_at) {
  rules::Alert alert;
  alert.id = std::move(id);
  alert.client = std::move(client);
  alert.objective = "growth";
  alert.target = "cpa_target";
  alert.kpi = "cpa";
  alert.severity = severity == "page"     ? rules::Severity::page
                   : severity == "digest" ? rules::Severity::digest
                                          : rules::Severity::ticket;
  alert.window = "7d";
  alert.dimensions = {{"campaign", alert.id}};
  alert.phase = rules::AlertPhase::firing;
  alert.pending_at = fired_at;
  alert.fired_at = fired_at;
  alert.off_since = "Fri 20 Nov 21:04";
  alert.revision = 1;
  return alert;
}

rules::Alert resolved(rules::Alert alert, rules::Timestamp at) {
  alert.phase = rules::AlertPhase::resolved;
  alert.resolved_at = at;
  ++alert.revision;
  return alert;
}

}  // namespace tightrope::testing
