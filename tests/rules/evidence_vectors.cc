// Topic 1: evidence, its interval, and restated days.
#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/evidence.h"
#include "rules/ratio_range.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

struct Stream {
  EvidenceSide side = EvidenceSide::below;
  std::vector<EvidenceDay> days;
};

Stream stream_of(const VectorCase& one, std::string_view days) {
  Stream stream;
  const json::value& side = optional_member(one.inputs(), "side");
  if (!side.is_null() && side.as_string() == "above") stream.side = EvidenceSide::above;
  const double rate = number(one.input("rho0"));
  const double jump = number(one.input("phi"));
  for (const json::value& entry : one.input(days).as_array()) {
    const json::object& day = entry.as_object();
    stream.days.push_back({.seen = number(day.at("y")) / jump,
                           .expected = number(day.at("x")) * rate * number(day.at("season")) *
                                       number(day.at("maturity")) / jump,
                           .day_variance = number(one.input("nu"))});
  }
  return stream;
}

void require_our_bets(VectorCase& one, EvidenceSide side) {
  const auto& ours = alternatives(side);
  one.require("the alternatives are ours",
              numbers(one.input("theta")) == std::vector<double>(ours.begin(), ours.end()));
  one.require("the weights are equal", numbers(one.input("weights")) ==
                                           std::vector<double>(kAlternatives, 1.0 / double{kAlternatives}));
}

std::vector<double> log_evidence(const Stream& stream) {
  std::vector<double> logs;
  Evidence evidence;
  for (const EvidenceDay& day : stream.days) {
    evidence.add(day, stream.side);
    logs.push_back(evidence.log_value());
  }
  return logs;
}

// An alarm's day ends a run of evidence; the next day begins another.
void compare_alarms(VectorCase& one, const Stream& stream) {
  const double due = 1 / number(one.input("alpha"));
  const json::array& alarms = one.expected("alarms").as_array();
  std::size_t raised = 0;
  Evidence evidence;
  ChangePoint change;
  for (std::size_t day = 0; day < stream.days.size(); ++day) {
    evidence.add(stream.days[day], stream.side);
    change.add(day, stream.days[day], stream.side);
    if (evidence.value() < due) continue;
    if (raised < alarms.size()) {
      const json::object& alarm = alarms[raised].as_object();
      const auto& bets = evidence.bets();
      const auto best = static_cast<std::size_t>(std::max_element(bets.begin(), bets.end()) - bets.begin());
      one.compare_index("the day of an alarm", day, alarm.at("day"));
      one.compare_index("since when", change.since(), alarm.at("since"));
      one.compare("theta", alternatives(stream.side)[best], alarm.at("theta"));
      one.compare("evidence", evidence.value(), alarm.at("evidence"));
    }
    ++raised;
    evidence = Evidence();
    change = ChangePoint();
  }
  one.compare_index("how many alarms", raised, json::value(alarms.size()));
}

void check_e_sr(VectorCase& one) {
  const Stream stream = stream_of(one, "days");
  require_our_bets(one, stream.side);
  one.compare_all("log_evidence_no_reset", log_evidence(stream), one.expected("log_evidence_no_reset"));
  std::vector<double> fixed;
  for (std::size_t day = 0; day < stream.days.size(); ++day) {
    fixed.push_back(log_fixed_start(std::span(stream.days).first(day + 1), stream.side));
  }
  one.compare_all("log_fixed_start", fixed, one.expected("log_fixed_start"));
  compare_alarms(one, stream);
}

// Restating is replaying from the day before the first that changed: what was kept there goes on.
void check_e_sr_restated(VectorCase& one) {
  const Stream before = stream_of(one, "version_1");
  const Stream after = stream_of(one, "version_2");
  require_our_bets(one, before.side);
  one.compare_all("log_evidence_version_1", log_evidence(before), one.expected("log_evidence_version_1"));
  const auto changed = one.expected("first_restated_day").to_number<std::size_t>();
  std::vector<double> logs;
  Evidence kept;
  for (std::size_t day = 0; day < after.days.size(); ++day) {
    kept.add(day < changed ? before.days[day] : after.days[day], before.side);
    logs.push_back(kept.log_value());
  }
  one.compare_all("log_evidence_version_2", logs, one.expected("log_evidence_version_2"));
}

void check_log_increment(VectorCase& one) {
  std::vector<double> logs;
  for (const json::value& entry : one.input("rows").as_array()) {
    const json::object& row = entry.as_object();
    logs.push_back(log_increment(number(row.at("n")), number(row.at("lambda")), number(row.at("theta")),
                                 number(row.at("nu"))));
  }
  one.compare_all("log_l", logs, one.expected("log_l"));
}

void check_beta_binomial(VectorCase& one) {
  std::vector<double> logs;
  for (const json::value& entry : one.input("rows").as_array()) {
    const json::object& row = entry.as_object();
    const double precision = figure(row.at("precision")).value_or(std::numeric_limits<double>::infinity());
    logs.push_back(log_increment_of_share(number(row.at("successes")), number(row.at("trials")),
                                          number(row.at("q")), number(row.at("p0")), precision));
  }
  one.compare_all("log_l", logs, one.expected("log_l"));
}

void check_gamma_poisson_cs(VectorCase& one) {
  one.require("the prior is ours", number(one.input("prior_a")) == 1 && number(one.input("prior_b")) == 1);
  std::vector<double> low;
  std::vector<double> high;
  std::vector<double> at_one;
  for (const json::value& entry : one.input("rows").as_array()) {
    const json::object& row = entry.as_object();
    const double seen = number(row.at("n"));
    const double expected = number(row.at("lambda"));
    const RateRange range = rate_range(seen, expected, number(row.at("alpha")));
    low.push_back(range.low);
    high.push_back(range.high);
    at_one.push_back(log_mixture(seen, expected, 1));
  }
  one.compare_all("lo", low, one.expected("lo"));
  one.compare_all("hi", high, one.expected("hi"));
  one.compare_all("log_mixture_at_1", at_one, one.expected("log_mixture_at_1"));
}

void check_asymp_cs(VectorCase& one) {
  const double alpha = number(one.input("alpha"));
  const double tightest = number(one.input("t_star"));
  const auto range = ratio_range(numbers(one.input("y")), numbers(one.input("x")), alpha, tightest);
  one.require("there is a range", range.has_value());
  if (!range) return;
  one.compare("ratio", range->ratio, one.expected("ratio"));
  one.compare("half_width", range->half_width, one.expected("half_width"));
  one.compare("rho", mixture_scale(alpha, tightest), one.expected("rho"));
}

}  // namespace

void add_evidence_checks(Checks& checks) {
  checks["e_sr"] = check_e_sr;
  checks["e_sr_restated"] = check_e_sr_restated;
  checks["log_increment"] = check_log_increment;
  checks["beta_binomial"] = check_beta_binomial;
  checks["gamma_poisson_cs"] = check_gamma_poisson_cs;
  checks["asymp_cs"] = check_asymp_cs;
}

}  // namespace tightrope::rules::vectors
