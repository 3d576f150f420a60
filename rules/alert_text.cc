// The four lines a reader with a phone in the hand gets: what, what it costs, why, what to do.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "rules/alert.h"

namespace tightrope::rules {
namespace {

constexpr double kWorthTelling = 0.1;      // a restatement by 10 %
constexpr double kAllButComplete = 0.995;  // what is still to come of more is not worth a word

// Names come from files and reports; a line break in one must not break the message into other lines.
std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool blank = byte <= 0x20 || byte == 0x7f;
    if (!blank) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// Parts are joined into one line as sentences, so a part's own full stop would come out doubled.
void add_sentence(std::string& line, std::string_view part) {
  std::string text = one_line(part);
  if (text.ends_with('.') && !text.ends_with("..")) text.pop_back();
  if (text.empty()) return;
  if (!line.empty()) line += line.ends_with('?') || line.ends_with('!') ? " " : ". ";
  line += text;
}

// "qualified_cpa" as people write it: "Qualified CPA".
std::string kpi_label(std::string_view kpi) {
  static constexpr std::array<std::string_view, 24> kAcronyms = {
      "aov", "arpu", "cac", "cpa", "cpc",  "cpi", "cpl", "cpm", "cpo", "cpv", "ctr",  "cvr",
      "ltv", "mer",  "mql", "nps", "roas", "roi", "sql", "vtr", "cpq", "cps", "ecpm", "acos"};
  std::string label;
  for (std::size_t begin = 0; begin <= kpi.size();) {
    const std::size_t end = std::min(kpi.find('_', begin), kpi.size());
    std::string word = one_line(kpi.substr(begin, end - begin));
    const bool acronym = std::find(kAcronyms.begin(), kAcronyms.end(), word) != kAcronyms.end();
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (acronym || (i == 0 && label.empty())) {
        word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
      }
    }
    if (!label.empty() && !word.empty()) label += ' ';
    label += word;
    begin = end + 1;
  }
  return label;
}

// As it follows a figure: "this month", "over 7 days", "yesterday".
std::string window_label(std::string_view window) {
  if (window == "week" || window == "month" || window == "quarter") return "this " + std::string(window);
  const bool counted = window.size() > 1 && std::all_of(window.begin(), window.end() - 1,
                                                        [](char c) { return c >= '0' && c <= '9'; });
  const char unit = window.empty() ? ' ' : window.back();
  if (!counted || (unit != 'd' && unit != 'h' && unit != 'w')) return one_line(window);
  const std::string_view length = window.substr(0, window.size() - 1);
  const std::string_view word = unit == 'd' ? "day" : unit == 'h' ? "hour" : "week";
  return length == "1" ? fmt::format("over 1 {}", word) : fmt::format("over {} {}s", length, word);
}

// Whom it is about: the campaign by its path, or the objective as a whole.
std::string subject(const Alert& alert) {
  std::string text;
  for (const auto& [dimension, value] : alert.dimensions) {
    if (!text.empty()) text += " / ";
    text += one_line(value);
  }
  return text.empty() ? one_line(alert.objective) : text;
}

std::string percent(double ratio) {
  const double value = ratio * 100;
  if (value >= 1'000) return fmt::format("{:.0f} times", ratio);
  if (std::abs(value) >= 10) return fmt::format("{:.0f} %", value);
  return fmt::format("{:.1f} %", value);
}

// An estimate: cents would pretend to a precision it has not. REQUIRES: amount > 0.
std::string about_money(double amount, std::string_view currency) {
  if (amount < 1) return "less than 1 " + std::string(currency);
  return "about " + format_value(std::round(amount), Unit::count, "") + " " + std::string(currency);
}

std::string length_of(Duration length) {
  using std::chrono::floor;
  const auto minutes = floor<std::chrono::minutes>(length).count();
  if (minutes < 1) return "less than a minute";
  const auto days = minutes / (24 * 60);
  const auto hours = minutes / 60 % 24;
  const auto rest = minutes % 60;
  if (days > 0) return hours > 0 ? fmt::format("{} d {} h", days, hours) : fmt::format("{} d", days);
  if (hours > 0) return rest > 0 ? fmt::format("{} h {} min", hours, rest) : fmt::format("{} h", hours);
  return fmt::format("{} min", rest);
}

class Description {
 public:
  explicit Description(const Alert& alert) : alert_(alert), resolved_(alert.phase == AlertPhase::resolved) {}

  AlertText text() const {
    return {.what = unbroken(what()),
            .costs = unbroken(costs()),
            .why = unbroken(why()),
            .advice = unbroken(advice())};
  }

 private:
  // The verdict whose bound the alert is about: the one in force now, or while there is none the one it fired
  // on.
  const Verdict& bounded() const {
    return has_bound(alert_.verdict) ? alert_.verdict : alert_.fired_on;
  }
  static bool has_bound(const Verdict& verdict) {
    return !std::isnan(verdict.low) || !std::isnan(verdict.high);
  }

  std::string figure(double value) const {
    const Verdict& verdict = bounded();
    const double shown = std::isnan(alert_.verdict.value) ? alert_.fired_on.value : alert_.verdict.value;
    return ComparedFigures(alert_.unit, alert_.currency, shown, verdict.low, verdict.high).text(value);
  }

  std::string bound() const {
    const Verdict& verdict = bounded();
    const bool low = !std::isnan(verdict.low);
    const bool high = !std::isnan(verdict.high);
    if (low && high) return figure(verdict.low) + " to " + figure(verdict.high);
    if (low) return "at least " + figure(verdict.low);
    if (high) return "at most " + figure(verdict.high);
    return "not in force";
  }

  // A pace bound is a share of the whole period's, so it is only fair to call it what is due by now.
  std::string target() const { return alert_.pace ? "due by now " + bound() : "target " + bound(); }

  // Not all of the window has figures yet, and what is there decides nothing.
  bool is_filling() const {
    return alert_.verdict.reason == Reason::on_course || alert_.verdict.reason == Reason::over_its_share;
  }

  bool is_well() const {
    const Verdict& verdict = alert_.verdict;
    return verdict.state == VerdictState::on_target ||
           (verdict.state == VerdictState::watch && verdict.reason != Reason::little_volume &&
            (resolved_ || !is_filling()));
  }

  std::string what() const {
    const Verdict& verdict = alert_.verdict;
    const std::string kpi = kpi_label(alert_.kpi);
    const std::string window = window_label(alert_.window);
    // Figures come when a source is asked: when it began is not known, only when it was seen.
    const std::string seen = "first seen " + one_line(alert_.off_since);
    std::string line = subject(alert_) + ": ";
    if (is_well() && verdict.gap_ratio > 0) {
      return line + fmt::format("{} {} {}, {}, was off{}, {} now, {}", kpi, figure(verdict.value), window,
                                target(), verdict.reason == Reason::on_course ? "" : " for sure",
                                verdict.reason == Reason::small_miss  ? "by too little to matter"
                                : verdict.reason == Reason::on_course ? "and on course"
                                                                      : "may be chance",
                                seen);
    }
    if (is_well()) {
      return line + fmt::format("{} {} {}, back on {} ({}), was off, {}", kpi, figure(verdict.value), window,
                                alert_.pace ? "pace" : "target", bound(), seen);
    }
    if (resolved_) {
      const bool silent = has_bound(verdict) && verdict.reason == Reason::no_figures;
      return line + fmt::format("{} {}, was {} {}, {}, {}", kpi,
                                silent ? "has no figures any more" : "no longer checked",
                                figure(alert_.fired_on.value), window, target(), seen);
    }
    if (verdict.state != VerdictState::unknown) {
      line += fmt::format("{} {} {}{}, {}, {}", kpi, figure(verdict.value), window, basis(), target(),
                          sureness(seen));
    } else if (alert_.fired_on.missed()) {
      line += fmt::format("{} unknown now, was {} {}, {}, {}", kpi, figure(alert_.fired_on.value), window,
                          target(), seen);
    } else {
      line += fmt::format("{} {} unknown, {}, {}", kpi, window, target(), seen);
    }
    if (!alert_.acknowledged_by.empty()) line += "; " + one_line(alert_.acknowledged_by) + " is on it";
    return line;
  }

  // What the value rests on.
  std::string basis() const {
    const Verdict& verdict = alert_.verdict;
    if (verdict.reason == Reason::little_volume) return " on little volume";
    // A count rests on itself.
    if (alert_.counted.empty() || alert_.counted == alert_.kpi || !std::isfinite(verdict.results)) return "";
    const std::string results = format_value(verdict.results, Unit::count, "");
    return " on " + results + " " + counted(results == "1");
  }

  std::string counted(bool one) const {
    std::string name = alert_.counted.empty() ? "results" : one_line(alert_.counted);
    std::replace(name.begin(), name.end(), '_', ' ');
    if (one && name.ends_with('s')) name.pop_back();
    return name;
  }

  // "94 % sure, since Tue 17 Nov": that day where the figures speak for an earlier one than that of the
  // alert.
  std::string sureness(const std::string& seen) const {
    const Verdict& verdict = alert_.verdict;
    std::string sure = verdict.missed() ? format_sureness(verdict.sure) : std::string();
    if (sure.empty()) return seen;
    return sure + ", " +
           (verdict.since && *verdict.since < pending_day() ? "since " + format_day(*verdict.since) : seen);
  }

  // By the client's calendar: the day that `off_since` names is at most one from that of UTC.
  Day pending_day() const {
    const auto utc = std::chrono::floor<std::chrono::days>(alert_.pending_at).time_since_epoch().count();
    const Day day{static_cast<std::int32_t>(utc)};
    for (const Day near : {day - 1, day + 1}) {
      if (alert_.off_since.starts_with(format_day(near) + " ")) return near;
    }
    return day;
  }

  std::string costs() const {
    std::string line;
    if (resolved_) {
      add_sentence(line, past_costs());
      return line;
    }
    if (alert_.verdict.missed()) {
      add_sentence(line, costs_of(alert_.verdict));
    } else if (alert_.verdict.state == VerdictState::unknown) {
      add_sentence(line, alert_.fired_on.missed() ? costs_of(alert_.fired_on, "when last known: ")
                                                  : std::string("Cost unknown while figures are missing"));
    } else if (alert_.verdict.reason == Reason::little_volume) {
      add_sentence(line, costs_of(alert_.verdict) + ", on too little volume to judge");
    } else if (is_filling()) {
      add_sentence(line, costs_of(alert_.fired_on, "when last known: "));
    } else {
      add_sentence(line, "No cost while it stays there");
    }
    // Without dimensions the first line names the objective already.
    if (!alert_.dimensions.empty() && !alert_.objective.empty())
      add_sentence(line, "At risk: " + alert_.objective);
    return line;
  }

  std::string costs_of(const Verdict& verdict, std::string_view when = {}) const {
    std::string line;
    if (is_none_seen(verdict)) {
      line = std::string(when) + none_seen(verdict);
    } else if (std::isfinite(verdict.gap_ratio)) {
      line = fmt::format("{}off by {}", when, percent(verdict.gap_ratio));
    }
    if (std::isfinite(verdict.stake_per_hour) && verdict.stake_per_hour > 0) {
      if (!line.empty()) line += ", ";
      // By the hour only where that is an amount.
      if (verdict.stake_per_hour >= 1) {
        line += about_money(verdict.stake_per_hour, alert_.currency) + " an hour, ";
      }
      const std::string day = about_money(verdict.stake_per_hour * 24, alert_.currency) + " a day";
      // One "about" stands for both.
      line += verdict.stake_per_hour >= 1 ? day.substr(std::string_view("about ").size()) : day;
    }
    if (line.empty()) return "Cost unknown";
    line[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(line[0])));
    return line;
  }

  // A price of results of which not one came has no value; its gap says how many were due (judge()).
  static bool is_none_seen(const Verdict& verdict) {
    return std::isnan(verdict.value) && std::isfinite(verdict.gap_ratio);
  }
  std::string none_seen(const Verdict& verdict) const {
    const std::string due = format_value(std::floor(verdict.gap_ratio + 1), Unit::count, "");
    return fmt::format("no {} where {} {} due", counted(false), due, due == "1" ? "was" : "were");
  }

  std::string past_costs() const {
    const Timestamp end = alert_.resolved_at.value_or(alert_.pending_at);
    const Duration off = std::max(end - alert_.pending_at, Duration(0));
    std::string line = "Off for " + length_of(off);
    if (is_none_seen(alert_.fired_on)) {
      line += ", " + none_seen(alert_.fired_on) + " at first";
    } else if (std::isfinite(alert_.fired_on.gap_ratio)) {
      line += ", by " + percent(alert_.fired_on.gap_ratio) + " at first";
    }
    const double hours = std::chrono::duration<double, std::ratio<3600>>(off).count();
    const double cost = alert_.fired_on.stake_per_hour * hours;
    if (std::isfinite(cost) && cost >= 1) line += ", " + about_money(cost, alert_.currency) + " at that rate";
    return line;
  }

  std::string why() const {
    std::string line;
    const Verdict& verdict = alert_.verdict;
    // First, because it may mean that there is nothing to do.
    add_sentence(line, amended());
    if (!resolved_ && alert_.verdict.missed()) add_sentence(line, arrived());
    if ((verdict.state == VerdictState::unknown || is_filling()) && !resolved_) {
      std::string clause(explain(verdict.reason));
      if (!clause.empty()) clause[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(clause[0])));
      add_sentence(line, clause);
    }
    add_sentence(line, alert_.reason);
    // The engine's reason names the driver in words; the bare name is for when there are none.
    if (alert_.reason.empty() && !alert_.driver.empty())
      add_sentence(line, "Driver: " + kpi_label(alert_.driver));
    if (line.empty() && !alert_.why_objective.empty())
      add_sentence(line, "What it is for: " + alert_.why_objective);
    if (line.empty()) add_sentence(line, "No cause found in the figures");
    return line;
  }

  // What has not arrived may change the picture.
  std::string arrived() const {
    const Verdict& verdict = alert_.verdict;
    if (!(verdict.maturity < kAllButComplete)) return {};
    std::string line = percent(std::floor(verdict.maturity * 100) / 100) + " of " + counted(false) + " in";
    const double complete = verdict.complete_value;
    if (!std::isfinite(complete)) return line;
    const bool meets = !(complete > verdict.high) && !(complete < verdict.low);
    const std::string shown = figure(complete);
    if (shown == figure(verdict.value)) return line;
    return line + "; about " + shown + " once all are" + (meets ? ", within target" : "");
  }

  std::string amended() const {
    if (!alert_.amendment) return {};
    const Amendment& amendment = *alert_.amendment;
    if (std::isnan(amendment.value_now)) return "Restated: the figure it fired on is now unknown";
    const double moved = std::abs(amendment.value_now / amendment.value_before - 1);
    // Late figures always move a little; only what changes the picture is news.
    if (amendment.would_have_fired && !std::isnan(moved) && moved < kWorthTelling) return {};
    return fmt::format("Restated: it fired on {}, which is now {} and {} have fired",
                       figure(amendment.value_before), figure(amendment.value_now),
                       amendment.would_have_fired ? "would still" : "would not");
  }

  // The leading advice that nobody has answered yet, while it is off target; else what was done about it.
  std::string advice() const {
    const auto in_state = [this](RecommendationState state) {
      return std::find_if(alert_.recommendations.begin(), alert_.recommendations.end(),
                          [state](const Recommendation& each) { return each.state == state; });
    };
    const auto none = alert_.recommendations.end();
    const auto open = in_state(RecommendationState::open);
    if (!resolved_ && !is_well() && open != none) return brief(*open);
    const auto done = in_state(RecommendationState::did);
    if (done == none) return {};
    const std::string by = one_line(done->decided_by);
    std::string line;
    add_sentence(line, (by.empty() ? "Done: " : "Done by " + by + ": ") + done->text);
    return line;
  }

  std::string brief(const Recommendation& recommendation) const {
    std::string line;
    add_sentence(line, recommendation.text);
    std::vector<std::string> terms;
    if (const std::string owner = one_line(recommendation.owner); !owner.empty()) terms.push_back(owner);
    if (recommendation.effort >= std::chrono::minutes(1)) terms.push_back(length_of(recommendation.effort));
    if (std::isfinite(recommendation.worth_per_day) && recommendation.worth_per_day > 0) {
      terms.push_back("may save " + about_money(recommendation.worth_per_day, alert_.currency) + " a day");
    }
    if (!terms.empty()) line += fmt::format(" ({})", fmt::join(terms, ", "));
    return line;
  }

  const Alert& alert_;
  bool resolved_;
};

}  // namespace

AlertText describe(const Alert& alert) {
  return Description(alert).text();
}

}  // namespace tightrope::rules
