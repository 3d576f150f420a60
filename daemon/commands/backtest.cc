// `tightrope backtest`: which alerts would have fired.
#include "daemon/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/clock.h"
#include "daemon/commands/command.h"
#include "daemon/commands/reading.h"
#include "daemon/commands/restatements_text.h"
#include "daemon/commands/table.h"
#include "daemon/http/json.h"
#include "rules/format.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

struct BacktestOptions {
  std::string config_file;
  std::string storage_path = "data";
  std::string client;  // "" is all
  std::string from, to;
  std::string format = "table";
  std::string as_known = "then";
};

// What a target comes to.
struct TargetTotals {
  std::uint64_t alerts = 0;
  std::uint64_t alert_days = 0;  // days on which an alert fired or went on, added over the alerts
};
using Totals = std::map<std::pair<std::string, std::string>, TargetTotals>;  // by objective and target

Timestamp until(const BacktestAlert& fired, const Backtest& result) {
  return std::min(fired.alert.resolved_at.value_or(result.end), result.end);
}

Totals totals_of(const rules::Strategy& strategy, const rules::Calendar& calendar, const Backtest& result) {
  Totals totals;
  for (const auto& objective : strategy.objectives) {
    for (const auto& target : objective.targets) totals[{objective.name, target.name}];
  }
  for (const BacktestAlert& fired : result.fired) {
    TargetTotals& of = totals[{fired.alert.objective, fired.alert.target}];
    const rules::Day first = calendar.day_of(*fired.alert.fired_at);
    const rules::Day last = calendar.day_of(until(fired, result) - rules::Duration(1));
    ++of.alerts;
    of.alert_days += static_cast<std::uint64_t>(std::max(1, last - first + 1));
  }
  return totals;
}

std::string entity_text(const rules::Alert& alert) {
  std::string text;
  for (const auto& [dimension, value] : alert.dimensions) text += (text.empty() ? "" : "/") + value;
  return text.empty() ? "(all)" : text;
}

std::string against(const rules::Alert& alert) {
  const rules::Verdict& verdict = alert.fired_on;
  const auto shown = [&](double value) { return rules::format_value(value, alert.unit, alert.currency); };
  if (std::isnan(verdict.value)) {
    return verdict.reason == rules::Reason::no_figures ? "no figures" : "undefined";
  }
  const bool too_high = !std::isnan(verdict.high) && verdict.value > verdict.high;
  return too_high ? shown(verdict.value) + " > " + shown(verdict.high)
                  : shown(verdict.value) + " < " + shown(verdict.low);
}

void print_table_of(const std::string& client, const rules::Strategy& strategy,
                    const rules::Calendar& calendar, const Backtest& result, std::ostream& out) {
  std::vector<Cells> rows;
  for (const BacktestAlert& fired : result.fired) {
    const rules::Alert& alert = fired.alert;
    const std::chrono::duration<double> lasted = until(fired, result) - *alert.fired_at;
    rows.push_back({calendar.format_local(*alert.fired_at),
                    alert.resolved_at ? calendar.format_local(*alert.resolved_at) : "-", alert.target,
                    entity_text(alert), against(alert),
                    rules::format_value(alert.fired_on.stake_per_hour, rules::Unit::money, alert.currency),
                    duration_text(lasted.count()), fired.amended > 0 ? std::to_string(fired.amended) : "-"});
  }
  out << "client " << client << ", " << calendar.zone_name() << ", " << result.events << " events";
  if (result.first)
    out << " from " << calendar.format_local(*result.first) << " to " << calendar.format_local(*result.last);
  out << "\n";
  print_table(out, {"FIRED", "RESOLVED", "TARGET", "ENTITY", "VALUE", "STAKE/H", "LASTED", "AMENDED"}, rows);
  out << "\n";
  std::vector<Cells> sums;
  for (const auto& [target, total] : totals_of(strategy, calendar, result))
    sums.push_back(
        {target.first, target.second, std::to_string(total.alerts), std::to_string(total.alert_days)});
  print_table(out, {"OBJECTIVE", "TARGET", "ALERTS", "ALERT-DAYS"}, sums);
}

// Adds what one client comes to.
void add_json(const std::string& client, const rules::Strategy& strategy, const rules::Calendar& calendar,
              const Backtest& result, json::array& alerts, json::array& targets) {
  for (const BacktestAlert& fired : result.fired) {
    const rules::Alert& alert = fired.alert;
    json::object entity;
    for (const auto& [dimension, value] : alert.dimensions) entity[dimension] = http::text(value);
    const std::chrono::duration<double> lasted = until(fired, result) - *alert.fired_at;
    alerts.push_back(json::object{{"id", alert.id},
                                  {"client", http::text(client)},
                                  {"objective", http::text(alert.objective)},
                                  {"target", http::text(alert.target)},
                                  {"kpi", http::text(alert.kpi)},
                                  {"entity", std::move(entity)},
                                  {"firedAt", http::time_value(alert.fired_at)},
                                  {"resolvedAt", http::time_value(alert.resolved_at)},
                                  {"value", http::number(alert.fired_on.value)},
                                  {"low", http::number(alert.fired_on.low)},
                                  {"high", http::number(alert.fired_on.high)},
                                  {"stakePerHour", http::number(alert.fired_on.stake_per_hour)},
                                  {"lastedSeconds", http::number(lasted.count())},
                                  {"amended", fired.amended}});
  }
  for (const auto& [target, total] : totals_of(strategy, calendar, result)) {
    targets.push_back(json::object{{"client", http::text(client)},
                                   {"objective", http::text(target.first)},
                                   {"target", http::text(target.second)},
                                   {"alerts", total.alerts},
                                   {"alertDays", total.alert_days}});
  }
}

int run_backtest(const BacktestOptions& options, std::ostream& out, std::ostream& err) {
  const auto from = rules::parse_day(options.from);
  const auto to = rules::parse_day(options.to);
  if (!from || !to || *to < *from) {
    err << "--from and --to: write days such as 2026-11-01, the first not after the last\n";
    return kUsage;
  }
  const auto configuration = load_configuration(options.config_file, err);
  if (!configuration) return kFailure;
  if (!options.client.empty() && !named_client(*configuration, options.client, err)) return kFailure;
  OpenedJournal opened = open_sqlite_journal({.directory = options.storage_path, .read_only = true});
  if (opened.error) {
    err << opened.error->text << "\n";
    return kFailure;
  }
  json::array alerts, targets;
  RestatementsJson restated;
  for (const config::Client& client : configuration->clients) {
    const std::string& name = client.strategy.client;
    if (!options.client.empty() && name != options.client) continue;
    const auto outcome =
        compare_backtests(*opened.journal, client.strategy, {.first = *from, .last = *to}, system_time());
    if (const auto* error = std::get_if<JournalError>(&outcome)) {
      err << error->text << "\n";
      return kFailure;
    }
    const auto& comparison = std::get<BacktestComparison>(outcome);
    const Backtest& result = options.as_known == "now" ? comparison.now : comparison.then;
    const auto calendar = client.strategy.open_calendar();
    if (result.events == 0)
      err << "client " << name << ": the journal holds no figures of it until " << options.to
          << " (the daemon drops them after journal.retention; import brings them back)\n";
    if (options.format == "json") {
      add_json(name, client.strategy, *calendar, result, alerts, targets);
      add_restatements_json(name, *calendar, comparison.restatements, restated);
    } else {
      print_table_of(name, client.strategy, *calendar, result, out);
      print_restatements(*calendar, comparison.restatements, out);
      out << "\n";
    }
  }
  if (options.format == "json") {
    const json::value all =
        json::object{{"from", options.from},          {"to", options.to},
                     {"asKnown", options.as_known},   {"alerts", std::move(alerts)},
                     {"targets", std::move(targets)}, {"restatements", std::move(restated).take()}};
    out << http::print(all) << "\n";
  }
  return kGood;
}

}  // namespace

void add_backtest(CommandLine& line) {
  Command command =
      line.command("backtest", "Show which alerts would have fired, on the figures of the journal");
  auto options = std::make_shared<BacktestOptions>();
  command.option("--config.file", options->config_file, "The configuration (YAML) whose strategy is tried")
      .required();
  command
      .option("--storage.path", options->storage_path,
              "Directory of the journal; a daemon may be running on it")
      .with_default();
  command.option("--from", options->from, "The first day, such as 2026-11-01").required();
  command.option("--to", options->to, "The last day; today ends now").required();
  command.option("--client", options->client, "This client alone; else every one of the configuration");
  command.option("--format", options->format, "table or json").one_of({"table", "json"}).with_default();
  command
      .option("--as-known", options->as_known,
              "then: each figure as it was known at the time; now: as it is known today")
      .one_of({"then", "now"})
      .with_default();
  command.does([options](std::ostream& out, std::ostream& err) { return run_backtest(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
