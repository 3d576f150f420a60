#include "daemon/explanation_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "rules/format.h"
#include "rules/kpi.h"

namespace tightrope::daemon {
namespace {

constexpr int kMostNesting = 16;

std::string grouped(std::string text) {
  const std::size_t first = text.front() == '-' ? 1 : 0;
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t i = point; i > first + 3; i -= 3) text.insert(i - 3, 1, ' ');
  return text;
}

bool begins_name(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool in_name(char c) noexcept {
  return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

using Numbers = std::map<std::string, std::string, std::less<>>;

// The formula with a number for each metric; a KPI that it names becomes its own formula.
std::string with_numbers(const std::string& formula, const Numbers& numbers, const rules::Strategy& strategy,
                         int nesting) {
  std::string text;
  for (std::size_t i = 0; i < formula.size();) {
    if (!begins_name(formula[i])) {
      // Digits of a number may be followed by letters in no formula, so a number is passed over whole.
      text += formula[i++];
      continue;
    }
    std::size_t end = i;
    while (end < formula.size() && in_name(formula[end])) ++end;
    const std::string name = formula.substr(i, end - i);
    i = end;
    if (const auto number = numbers.find(name); number != numbers.end()) {
      text += number->second;
      continue;
    }
    const rules::Kpi* kpi = nesting < kMostNesting ? strategy.find_kpi(name) : nullptr;
    text += kpi ? "(" + with_numbers(kpi->formula.text(), numbers, strategy, nesting + 1) + ")" : name;
  }
  return text;
}

class Words {
 public:
  explicit Words(const Explained& explained)
      : explained_(explained), told_(explained.explanation), unit_(told_.kpi->unit) {}

  std::string value(double number) const {
    return rules::format_value(number, unit_, explained_.strategy->currency);
  }
  std::string money(double number) const {
    return rules::format_value(number, rules::Unit::money, explained_.strategy->currency);
  }
  // The KPI without its currency, inside arithmetic.
  std::string bare(double number) const {
    if (unit_ == rules::Unit::money) return rules::format_value(number, unit_, "");
    return rules::format_value(number, unit_, explained_.strategy->currency);
  }
  static std::string bare_money(double number) { return rules::format_value(number, rules::Unit::money, ""); }
  std::string bound(const rules::Bound& bound) const {
    switch (told_.target->kind) {
      case rules::BoundKind::at_most:
        return "at most " + value(bound.high);
      case rules::BoundKind::at_least:
        return "at least " + value(bound.low);
      case rules::BoundKind::between:
        break;
    }
    return "between " + value(bound.low) + " and " + value(bound.high);
  }
  bool too_high() const {
    return !std::isnan(told_.verdict.high) && told_.verdict.value > told_.verdict.high;
  }
  // The side that is missed, or the nearer one.
  double limit() const {
    const rules::Verdict& verdict = told_.verdict;
    if (std::isnan(verdict.high)) return verdict.low;
    if (std::isnan(verdict.low) || too_high()) return verdict.high;
    if (verdict.value < verdict.low) return verdict.low;
    return verdict.high - verdict.value < verdict.value - verdict.low ? verdict.high : verdict.low;
  }
  // The name of what stands on one side of a quotient: "conversions" of "spend / conversions".
  std::string side(rules::ExplainedEvidence::Side which) const {
    const std::string& formula = told_.kpi->formula.text();
    const std::size_t slash = formula.find('/');
    if (which == rules::ExplainedEvidence::Side::whole) return told_.kpi->name;
    if (slash == std::string::npos || formula.find('/', slash + 1) != std::string::npos)
      return which == rules::ExplainedEvidence::Side::numerator ? "the formula's upper side"
                                                                : "the formula's lower side";
    std::string part = which == rules::ExplainedEvidence::Side::numerator ? formula.substr(0, slash)
                                                                          : formula.substr(slash + 1);
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    return part;
  }

 private:
  const Explained& explained_;
  const rules::Explanation& told_;
  const rules::Unit unit_;
};

// To the cent: what it is added up from shows its cents too.
std::string exact_money(double amount) {
  return exact_text(std::round(amount * 100) / 100, rules::Unit::money);
}

std::string hours_text(double hours) {
  return fmt::format("{} hours", rules::format_value(hours, rules::Unit::count, ""));
}

std::string why_no_value(const rules::Explanation& told) {
  if (told.verdict.reason == rules::Reason::needs_hours)
    return "unknown: " + std::string(rules::explain(told.verdict.reason));
  std::string missing;
  for (const rules::ExplainedInput& input : told.inputs) {
    if (input.cells.empty()) missing += (missing.empty() ? "" : ", ") + input.metric;
  }
  if (!missing.empty()) return "unknown: nobody reported " + missing + " for this window";
  return "no value: a division by zero";
}

}  // namespace

std::string exact_text(rules::Amount amount, rules::Unit unit) {
  if (amount.is_missing()) return "missing";
  std::string text = rules::to_string(amount);
  if (unit == rules::Unit::money) {
    const std::size_t point = text.find('.');
    if (point == std::string::npos) {
      text += ".00";
    } else if (text.size() - point == 2) {
      text += '0';
    }
  }
  return grouped(std::move(text));
}

std::string exact_text(double value, rules::Unit unit) {
  if (std::isnan(value)) return "missing";
  if (std::abs(value) > 1e12) return fmt::format("{:.12g}", value);
  return exact_text(rules::Amount::from_micros(std::llround(value * rules::Amount::kScale)), unit);
}

std::string moment_text(const rules::Calendar& calendar, rules::Timestamp time) {
  const std::string local = calendar.format_local(time);
  return rules::to_string(calendar.day_of(time)) + " " + local.substr(local.size() - 5);
}

std::string entity_text(const rules::Entity& entity) {
  const std::string text = rules::to_string(entity);
  return text.empty() ? "(all)" : text;
}

std::vector<std::string> value_steps(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  Numbers numbers;
  for (const rules::ExplainedInput& input : told.inputs)
    numbers[input.metric] = exact_text(input.sum, input.unit);
  const std::string& formula = told.kpi->formula.text();
  std::vector<std::string> steps;
  const bool is_metric = formula == told.kpi->name;
  if (!is_metric) {
    steps.push_back(told.kpi->name + " = " + formula);
    steps.push_back("= " + with_numbers(formula, numbers, *explained.strategy, 0));
  }
  const std::string equals = is_metric ? told.kpi->name + " = " : "= ";
  if (std::isnan(told.verdict.value)) {
    steps.push_back(equals + why_no_value(told));
    return steps;
  }
  const std::string value = Words(explained).value(told.verdict.value);
  const std::string digits = fmt::format("{:.8g}", told.verdict.value);
  // All digits only where the rounded text hides some.
  steps.push_back(equals + value + (value.starts_with(grouped(digits)) ? "" : " (" + digits + ")"));
  return steps;
}

std::string bound_sentence(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  const Words words(explained);
  std::string text;
  if (told.bound) {
    text = words.bound(*told.bound);
    text += told.bound->from == rules::kFirstDay ? std::string(", in force from the start")
                                                 : ", in force since " + rules::to_string(told.bound->from);
  } else {
    text = "none in force yet";
  }
  if (told.excepted) text += ", as an exception for this entity";
  if (told.next_bound)
    text += "; from " + rules::to_string(told.next_bound->from) + " on " + words.bound(*told.next_bound);
  return text;
}

std::string pace_sentence(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  if (!told.expected) return "";
  const Words words(explained);
  const bool low = told.target->kind != rules::BoundKind::at_most;
  const rules::PaceExpectation& expected = *told.expected;
  std::string text = fmt::format("{} to {}: of {}, {} is {} by now", rules::to_string(told.period.first),
                                 rules::to_string(told.period.last), words.value(expected.total),
                                 words.value(expected.by_now), low ? "due" : "allowed");
  const double edge = low ? told.verdict.low : told.verdict.high;
  if (edge != expected.by_now)
    text +=
        fmt::format(", and {} {} still within the corridor", low ? "down to" : "up to", words.value(edge));
  if (!told.today_counts) text += "; today has no figures yet and is not asked for";
  if (!std::isnan(told.verdict.projected)) {
    text += fmt::format("; as it goes it ends at {}, four times of five between {} and {}",
                        words.value(told.verdict.projected), words.value(told.verdict.projected_low),
                        words.value(told.verdict.projected_high));
  }
  return text;
}

std::string gap_sentence(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  const rules::Verdict& verdict = told.verdict;
  if (std::isnan(verdict.gap_ratio)) return "";
  const Words words(explained);
  if (std::isnan(verdict.value)) {
    return fmt::format("{:.1f} were due at the bound and none was seen: {} / {} - 1 = {:.1f} %",
                       verdict.gap_ratio + 1, Words::bare_money(told.input.numerator),
                       words.bare(verdict.high), verdict.gap_ratio * 100);
  }
  const double limit = words.limit();
  const double difference = std::abs(verdict.value - limit);
  const std::string share = limit == 0
                                ? std::string()
                                : fmt::format(": {} / {} = {:.1f} %", words.bare(difference),
                                              words.bare(std::abs(limit)), std::abs(verdict.gap_ratio) * 100);
  const bool above = verdict.value > limit;
  if (verdict.gap_ratio > 0)
    return words.value(difference) + (above ? " above the bound" : " short of the bound") + share;
  return words.value(difference) +
         (above ? " above the bound, which is good" : " below the bound, which is good") + share;
}

std::string stake_sentence(const Explained& explained) {
  using Kind = rules::ExplainedStake::Kind;
  const rules::Explanation& told = explained.explanation;
  const rules::ExplainedStake& stake = told.stake;
  const rules::Verdict& verdict = told.verdict;
  if (stake.kind == Kind::none) {
    if (verdict.missed()) return "unknown: nobody reported the spend";
    if (verdict.state == rules::VerdictState::unknown) return "unknown, as the verdict is";
    if (verdict.reason == rules::Reason::little_volume) return "not counted: too little volume to judge";
    return verdict.gap_ratio > 0 ? "not counted: the miss is not called one" : "nothing: the target is met";
  }
  const Words words(explained);
  const double limit = words.limit();
  std::string how;
  switch (stake.kind) {
    case Kind::difference:
      how = fmt::format("{} against {}", exact_money(verdict.value), exact_money(limit));
      break;
    case Kind::shortfall:
      how = fmt::format("{} {} at {} would have brought {}, {} came",
                        exact_text(told.input.denominator, told.input.denominator_unit),
                        words.side(rules::ExplainedEvidence::Side::denominator), words.bare(limit),
                        exact_money(told.input.denominator * limit), exact_money(told.input.numerator));
      break;
    case Kind::overspent:
      how = fmt::format("the same results at {} would have cost {}, {} was spent", words.bare(limit),
                        exact_money(told.input.spend * limit / verdict.value), exact_money(told.input.spend));
      break;
    case Kind::share_of_spend:
      how = fmt::format("the gap of {:.1f} % of {} spent", std::min(1.0, verdict.gap_ratio) * 100,
                        exact_money(told.input.spend));
      break;
    case Kind::all_spend:
      how = fmt::format("{} spent without a result", exact_money(told.input.spend));
      break;
    case Kind::none:
      break;
  }
  return fmt::format("{} per hour: {}, that is {} over {}", words.money(stake.per_hour), how,
                     exact_money(stake.money), hours_text(told.input.hours));
}

std::vector<std::string> volume_sentences(const Explained& explained) {
  std::vector<std::string> sentences;
  for (const rules::ExplainedVolume& volume : explained.explanation.volume) {
    const rules::Metric* metric = explained.strategy->find_metric(volume.metric);
    const rules::Unit unit = metric ? metric->unit : rules::Unit::count;
    sentences.push_back(fmt::format("{} {}, at least {} needed to judge a miss: {}", volume.metric,
                                    exact_text(volume.seen, unit), exact_text(volume.least, unit),
                                    volume.seen >= volume.least ? "reached" : "not reached"));
  }
  return sentences;
}

std::string evidence_sentence(const Explained& explained) {
  const rules::Explanation& told = explained.explanation;
  if (std::isnan(told.verdict.evidence_log10)) return "";
  const double log10 = told.verdict.evidence_log10;
  std::string strength = log10 < 0   ? std::string("less than 1")
                         : log10 < 6 ? grouped(fmt::format("{:.0f}", std::pow(10.0, log10)))
                                     : std::string("more than a million");
  std::string text = fmt::format("{} (10^{:.1f}) against \"the target is met\"", strength, log10);
  const auto& days = told.evidence.days;
  if (days.empty()) return text;
  double seen = 0;
  double expected = 0;
  for (const rules::ExplainedDay& day : days) {
    seen += day.seen;
    expected += day.expected;
  }
  const Words words(explained);
  text += fmt::format("; {} days, {} to {}: {} {} seen, {} due at the bound", days.size(),
                      rules::to_string(days.front().day), rules::to_string(days.back().day),
                      words.side(told.evidence.seen), rules::format_value(seen, rules::Unit::count, ""),
                      rules::format_value(expected, rules::Unit::count, ""));
  if (told.evidence.scale != 1)
    text += ", counted in orders of " + words.money(told.evidence.scale) + " (twice the mean, for they vary)";
  return text;
}

std::string alert_sentence(const rules::Alert& alert, const rules::Calendar& calendar) {
  const auto value = [&](double number) { return rules::format_value(number, alert.unit, alert.currency); };
  std::string text(rules::to_string(alert.phase));
  text += ": off since " + moment_text(calendar, alert.pending_at);
  if (alert.fired_at) {
    text += ", fired " + moment_text(calendar, *alert.fired_at) + " on " + value(alert.fired_on.value);
    const double high = alert.fired_on.high;
    const bool too_high = !std::isnan(high) && !(alert.fired_on.value <= high);
    text += too_high ? " against " + value(high) : " against " + value(alert.fired_on.low);
  }
  if (alert.resolved_at) text += ", resolved " + moment_text(calendar, *alert.resolved_at);
  if (!alert.acknowledged_by.empty() && alert.acknowledged_at)
    text +=
        ", acknowledged by " + alert.acknowledged_by + " " + moment_text(calendar, *alert.acknowledged_at);
  if (alert.amendment) {
    text += fmt::format("; restated {}: what it fired on is {} now, it would {}have fired",
                        moment_text(calendar, alert.amendment->at), value(alert.amendment->value_now),
                        alert.amendment->would_have_fired ? "still " : "not ");
  }
  return text + " [" + alert.id + "]";
}

}  // namespace tightrope::daemon
