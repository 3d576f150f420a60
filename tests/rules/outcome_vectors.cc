// Topic 6: whether an adjustment worked, and what a tactic is worth.
#include <cmath>

#include "rules/outcome.h"
#include "rules/tactic_value.h"
#include "tests/rules/vector_case.h"

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

BeforeAndAfter sums_of(const json::value& value) {
  const json::object& given = value.as_object();
  return {.seen_before = number(given.at("n0")),
          .exposure_before = number(given.at("x0")),
          .days_before = number(given.at("d0")),
          .seen_after = number(given.at("n1")),
          .exposure_after = number(given.at("x1")),
          .days_after = number(given.at("d1"))};
}

void check_did(VectorCase& one) {
  const double jump = number(one.input("phi"));
  const double variance = number(one.input("nu"));
  const LogChange treated = log_change(sums_of(one.input("treated")), jump, variance);
  std::vector<LogChange> controls;
  for (const json::value& control : one.input("controls").as_array()) {
    controls.push_back(log_change(sums_of(control), jump, variance));
  }
  const auto outcome = estimate_outcome(treated, controls, number(one.input("coverage")));
  one.require("there are controls enough", outcome.has_value());
  if (!outcome) return;
  one.compare("delta_treated", treated.change, one.expected("delta_treated"));
  one.compare("var_treated", treated.variance, one.expected("var_treated"));
  one.compare("delta_controls", outcome->controls.mean, one.expected("delta_controls"));
  one.compare("var_controls", outcome->controls.variance, one.expected("var_controls"));
  one.compare("tau2", outcome->controls.divergence, one.expected("tau2"));
  one.compare("effect_log", outcome->effect, one.expected("effect_log"));
  one.compare("se", outcome->se, one.expected("se"));
  one.compare("df", outcome->degrees_of_freedom, one.expected("df"));
  one.compare("lo", std::expm1(outcome->low), one.expected("lo"));
  one.compare("effect", std::expm1(outcome->effect), one.expected("effect"));
  one.compare("hi", std::expm1(outcome->high), one.expected("hi"));
  one.compare("t", outcome->t(), one.expected("t"));
  one.compare("placebo_p", placebo_p(*outcome, controls), one.expected("placebo_p"));
}

void check_rtm(VectorCase& one) {
  const json::array& rows = one.input("rows").as_array();
  const json::array& due = one.expected("rows").as_array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const json::object& row = rows[i].as_object();
    const Rebound rebound = expected_rebound(
        number(row.at("log_pre")), number(row.at("var_pre")),
        {.log_rate = number(row.at("log_long_run")), .variance = number(row.at("var_long_run"))});
    const json::object& right = due.at(i).as_object();
    one.compare("reliability", rebound.reliability, right.at("reliability"));
    one.compare("expected_rebound", rebound.expected, right.at("expected_rebound"));
    one.compare("effect_adjusted", number(row.at("effect_log")) - rebound.expected,
                right.at("effect_adjusted"));
  }
}

void check_playbook(VectorCase& one) {
  const json::array& tactics = one.input("tactics").as_array();
  std::vector<TacticRecord> records;
  for (const json::value& entry : tactics) {
    const json::object& tactic = entry.as_object();
    records.push_back({.successes = number(tactic.at("successes")),
                       .verdicts = number(tactic.at("trials")),
                       .stake = number(tactic.at("stake")),
                       .effort = number(tactic.at("effort"))});
  }
  const double chance = context_chance(records);
  one.compare("prior_mean", chance, one.expected("prior_mean"));
  const json::array& due = one.expected("rows").as_array();
  std::vector<TacticValue> values;
  for (std::size_t i = 0; i < records.size(); ++i) {
    values.push_back(tactic_value(records[i], chance, number(one.input("prior_strength"))));
    const json::object& right = due.at(i).as_object();
    one.compare("p", values[i].chance, right.at("p"));
    one.compare("p_low10", values[i].chance_low, right.at("p_low10"));
    one.compare("expected_value", values[i].value, right.at("expected_value"));
    one.compare("expected_value_low", values[i].value_low, right.at("expected_value_low"));
  }
  const json::array& rank = one.expected("rank").as_array();
  const std::vector<std::size_t> order = worth_trying(values);
  one.compare_index("how many are worth trying", order.size(), json::value(rank.size()));
  for (std::size_t i = 0; i < order.size() && i < rank.size(); ++i) {
    one.compare_text("rank", std::string_view(tactics[order[i]].as_object().at("tactic").as_string()),
                     std::string_view(rank[i].as_string()));
  }
}

}  // namespace

void add_outcome_checks(Checks& checks) {
  checks["did"] = check_did;
  checks["rtm"] = check_rtm;
  checks["playbook"] = check_playbook;
}

}  // namespace tightrope::rules::vectors
