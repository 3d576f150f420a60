#include "daemon/commands/restatements_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>
#include <vector>

#include "daemon/commands/table.h"
#include "daemon/explanation_words.h"
#include "daemon/http/json.h"
#include "rules/format.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostAlerts = 50;  // of one list, in the table
constexpr std::size_t kMostShown = 6;    // figures of one alert, in the table

std::string entity_of(const rules::Alert& alert) {
  std::string text;
  for (const auto& [dimension, value] : alert.dimensions) text += (text.empty() ? "" : "/") + value;
  return text.empty() ? "(all)" : text;
}

std::string value_text(const rules::Alert& alert, double value) {
  return std::isnan(value) ? "unknown" : rules::format_value(value, alert.unit, alert.currency);
}

std::string bound_of(const rules::Alert& alert) {
  const rules::Verdict& verdict = alert.fired_on;
  const bool low = !std::isnan(verdict.low);
  const bool high = !std::isnan(verdict.high);
  if (low && high) return value_text(alert, verdict.low) + " to " + value_text(alert, verdict.high);
  return low ? "at least " + value_text(alert, verdict.low) : "at most " + value_text(alert, verdict.high);
}

std::string figure_text(double value) {
  return exact_text(value, rules::Unit::count);
}

// Restated first, then late; growth of the day that went on only where nothing else tells.
std::vector<LaterFigure> most_telling(std::vector<LaterFigure> figures) {
  std::ranges::stable_sort(figures, {}, &LaterFigure::kind);
  const auto grown = std::ranges::find(figures, LaterFigure::Kind::grown, &LaterFigure::kind);
  if (grown != figures.begin()) figures.erase(grown, figures.end());
  return figures;
}

void print_figures(const rules::Calendar& calendar, const RestatedAlert& restated, std::ostream& out) {
  const std::vector<LaterFigure> figures = most_telling(restated.figures);
  std::size_t shown = 0;
  for (const LaterFigure& figure : figures) {
    if (shown == kMostShown) break;
    ++shown;
    const std::string when = "learnt " + moment_text(calendar, figure.learnt);
    out << fmt::format("    {} {}: ", figure.metric, calendar.format(figure.bucket));
    switch (figure.kind) {
      case LaterFigure::Kind::restated:
        out << figure_text(figure.then) << " restated to " << figure_text(figure.now) << ", " << when;
        break;
      case LaterFigure::Kind::late:
        if (std::isnan(figure.then)) {
          out << "not known then, " << figure_text(figure.now);
        } else {
          out << figure_text(figure.then) << " then, " << figure_text(figure.now) << " with what came late";
        }
        out << ", " << when << ", " << duration_text(std::chrono::duration<double>(figure.late_by).count())
            << " after its end";
        break;
      case LaterFigure::Kind::grown:
        out << (std::isnan(figure.then) ? "nothing" : figure_text(figure.then)) << " so far, "
            << figure_text(figure.now) << " when it was over";
        break;
    }
    if (figure.figures > 1) out << fmt::format(" ({} figures)", figure.figures);
    out << "\n";
  }
  const std::size_t more = figures.size() - shown + restated.figures_left_out;
  if (more > 0) out << "    and " << more << " more; --format=json has them\n";
}

enum class Side { then, now };

void print_list(const char* title, const std::vector<RestatedAlert>& alerts, Side side,
                const rules::Calendar& calendar, std::ostream& out) {
  out << "\n" << title << ": " << alerts.size() << "\n";
  for (std::size_t i = 0; i < std::min(kMostAlerts, alerts.size()); ++i) {
    const RestatedAlert& restated = alerts[i];
    const rules::Alert& alert = restated.alert;
    out << "  " << moment_text(calendar, *alert.fired_at) << "  " << alert.target << "  "
        << printable(entity_of(alert)) << "  " << value_text(alert, restated.value_then) << " then, "
        << value_text(alert, restated.value_now) << " now, " << bound_of(alert);
    if (side == Side::then) {
      if (!restated.fires_now) {
        out << "; does not fire on today's figures";
      } else if (calendar.day_of(*restated.fired_at_now) != calendar.day_of(*alert.fired_at)) {
        out << "; fires " << moment_text(calendar, *restated.fired_at_now) << " on today's figures";
      }
    }
    if (alert.amendment) out << "; amended " << moment_text(calendar, alert.amendment->at);
    out << "\n";
    print_figures(calendar, restated, out);
  }
  if (alerts.size() > kMostAlerts)
    out << "  and " << alerts.size() - kMostAlerts << " more; --format=json has them\n";
}

json::object alert_json(const std::string& client, const rules::Calendar& calendar,
                        const RestatedAlert& restated, Side side) {
  const rules::Alert& alert = restated.alert;
  json::object entity;
  for (const auto& [dimension, value] : alert.dimensions) entity[dimension] = http::text(value);
  json::array figures;
  for (const LaterFigure& figure : restated.figures) {
    json::object one;
    one["metric"] = http::text(figure.metric);
    one["bucket"] = http::text(calendar.format(figure.bucket));
    one["kind"] = http::text(to_string(figure.kind));
    one["then"] = http::number(figure.then);
    one["now"] = http::number(figure.now);
    one["learnt"] = http::time_value(figure.learnt);
    one["lateBySeconds"] = figure.kind == LaterFigure::Kind::late
                               ? http::number(std::chrono::duration<double>(figure.late_by).count())
                               : json::value(nullptr);
    one["figures"] = figure.figures;
    figures.push_back(std::move(one));
  }
  const bool fired_then = side == Side::then;
  json::object result;
  result["client"] = http::text(client);
  result["objective"] = http::text(alert.objective);
  result["target"] = http::text(alert.target);
  result["kpi"] = http::text(alert.kpi);
  result["entity"] = std::move(entity);
  result["id"] = fired_then ? json::value(http::text(alert.id)) : json::value(nullptr);
  result["firedAt"] = http::time_value(fired_then ? alert.fired_at : std::nullopt);
  result["firedAtNow"] = http::time_value(restated.fired_at_now);
  result["valueThen"] = http::number(restated.value_then);
  result["valueNow"] = http::number(restated.value_now);
  result["low"] = http::number(alert.fired_on.low);
  result["high"] = http::number(alert.fired_on.high);
  result["amended"] = alert.amendment.has_value();
  result["figures"] = std::move(figures);
  result["figuresLeftOut"] = restated.figures_left_out;
  return result;
}

}  // namespace

void print_restatements(const rules::Calendar& calendar, const Restatements& restatements,
                        std::ostream& out) {
  out << "\nLearnt later\n";
  if (restatements.empty()) {
    out << "no alert would be another on the figures known today\n";
    return;
  }
  print_list("fired, and would not have on the figures known today", restatements.would_not_have_fired,
             Side::then, calendar, out);
  print_list("did not fire, and would have on the figures known today", restatements.would_have_fired,
             Side::now, calendar, out);
  print_list("fire either way, on another value or another day", restatements.changed, Side::then, calendar,
             out);
}

json::object RestatementsJson::take() && {
  json::object result;
  result["wouldNotHaveFired"] = std::move(would_not_have_fired);
  result["wouldHaveFired"] = std::move(would_have_fired);
  result["changed"] = std::move(changed);
  return result;
}

void add_restatements_json(const std::string& client, const rules::Calendar& calendar,
                           const Restatements& restatements, RestatementsJson& to) {
  for (const RestatedAlert& one : restatements.would_not_have_fired)
    to.would_not_have_fired.push_back(alert_json(client, calendar, one, Side::then));
  for (const RestatedAlert& one : restatements.would_have_fired)
    to.would_have_fired.push_back(alert_json(client, calendar, one, Side::now));
  for (const RestatedAlert& one : restatements.changed)
    to.changed.push_back(alert_json(client, calendar, one, Side::then));
}

}  // namespace tightrope::daemon::commands
