// `tightrope explain`: every number behind a verdict.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/reading.h"
#include "daemon/commands/table.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/recovery.h"
#include "rules/format.h"
#include "rules/formula.h"

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

struct ExplainOptions {
  std::string config_file;
  std::string storage_path = "data";
  std::string client, target, entity;
  std::string format = "text";
};

std::string figure(double value) {
  return std::isnan(value) ? "n/a" : fmt::format("{:.12g}", value);
}

std::string name_of(const rules::Entity& entity) {
  const std::string text = to_string(entity);
  return text.empty() ? "(all)" : text;
}

// The engine as the journal leaves it, under the configured strategy. Nothing after saying why to `err`.
std::optional<rules::Engine> engine_of(const ExplainOptions& options, const config::Client& client,
                                       std::ostream& err) {
  OpenedJournal opened = open_sqlite_journal({.directory = options.storage_path, .read_only = true});
  if (opened.error) {
    err << opened.error->text << "\n";
    return std::nullopt;
  }
  auto outcome = recover_engine(*opened.journal, options.client);
  if (const auto* error = std::get_if<JournalError>(&outcome)) {
    err << error->text << "\n";
    return std::nullopt;
  }
  auto& recovered = std::get<Recovered>(outcome);
  if (!recovered.engine) {
    err << "the journal in " << options.storage_path << " holds nothing of the client " << options.client
        << "\n";
    return std::nullopt;
  }
  if (recovered.document != client.document) {
    err << "the strategy was changed since the daemon last read it; explained as it is configured now\n";
    recovered.engine->adopt(client.strategy, recovered.engine->now());
  }
  return std::move(recovered.engine);
}

std::optional<rules::TargetView> find_target(const rules::Engine& engine, const std::string& name) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    if (engine.target(i).target->name == name) return engine.target(i);
  }
  return std::nullopt;
}

void list_entities(const rules::TargetView& view, const std::string& currency, std::ostream& out) {
  std::vector<std::size_t> order(view.verdicts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return view.verdicts[a].state > view.verdicts[b].state; });
  std::vector<Cells> rows;
  for (const std::size_t node : order) {
    const rules::Verdict verdict = view.verdicts[node];
    rows.push_back({name_of(view.entities[node]), std::string(to_string(verdict.state)),
                    rules::format_value(verdict.value, view.kpi->unit, currency),
                    std::string(rules::explain(verdict.reason))});
  }
  print_table(out, {"ENTITY", "STATE", "VALUE", "REASON"}, rows);
}

void print_text(const rules::Engine& engine, const rules::Explanation& told, std::ostream& out) {
  const rules::Strategy& strategy = engine.strategy();
  const rules::Calendar& calendar = engine.calendar();
  const rules::Verdict& verdict = told.verdict;
  const auto value = [&](double number) {
    return rules::format_value(number, told.kpi->unit, strategy.currency);
  };
  const rules::Bound* bound = told.target->bound_on(calendar.day_of(engine.now()));
  out << "client      " << strategy.client << "\n";
  out << "objective   " << told.objective->name
      << (told.objective->why.empty() ? "" : ": " + told.objective->why) << "\n";
  out << "target      " << told.target->name << ": " << told.kpi->name << " "
      << http::bound_text(*told.target, *told.kpi, bound, strategy.currency) << " over "
      << to_string(told.target->over) << "\n";
  out << "entity      " << name_of(told.entity) << "\n";
  out << "as of       " << calendar.format_local(engine.now()) << " (" << calendar.zone_name() << ")\n";
  out << "days        " << to_string(told.days.first) << " to " << to_string(told.days.last) << "\n";
  out << "formula     " << told.kpi->name << " = " << told.kpi->formula.text() << "\n";
  out << "value       " << value(verdict.value) << " (" << figure(verdict.value) << ")\n";
  out << "bound       low " << figure(verdict.low) << ", high " << figure(verdict.high) << "\n";
  out << "verdict     " << to_string(verdict.state) << ": " << rules::explain(verdict.reason) << "\n";
  if (!std::isnan(verdict.gap_ratio))
    out << fmt::format("gap         {:.2f} % of the bound\n", verdict.gap_ratio * 100);
  out << "stake       " << rules::format_value(verdict.stake_per_hour, rules::Unit::money, strategy.currency)
      << " per hour\n";
  if (!std::isnan(verdict.evidence_log10)) out << "evidence    10^" << figure(verdict.evidence_log10) << "\n";
  for (const auto& volume : told.target->min_volume)
    out << "needs       " << volume.metric << " >= " << figure(volume.amount) << "\n";
  if (!told.driver.empty()) out << "driver      " << told.driver << "\n";
  if (!told.reason.empty()) out << "why         " << told.reason << "\n";
  if (told.alert) {
    out << "alert       " << to_string(told.alert->phase);
    if (told.alert->phase != rules::AlertPhase::inactive)
      out << " since " << calendar.format_local(told.alert->since);
    out << "\n";
  }
  if (!told.members.empty()) {
    out << "\nsummed over " << told.members.size()
        << (told.members.size() == 1 ? " entity:\n" : " entities:\n");
    for (const rules::Entity& member : told.members) out << "  " << name_of(member) << "\n";
  }
  for (const rules::ExplainedInput& input : told.inputs) {
    out << "\n" << input.metric << " = " << figure(input.sum) << "\n";
    for (const auto& [bucket, amount] : input.buckets)
      out << "  " << calendar.format(bucket) << "  " << to_string(amount) << "\n";
  }
}

json::object json_of(const rules::Engine& engine, const rules::Explanation& told) {
  const rules::Strategy& strategy = engine.strategy();
  json::array inputs;
  for (const rules::ExplainedInput& input : told.inputs) {
    json::array buckets;
    for (const auto& [bucket, amount] : input.buckets) {
      buckets.push_back(json::object{{"bucket", engine.calendar().format(bucket)},
                                     {"value", http::number(amount.to_double())}});
    }
    inputs.push_back(json::object{{"metric", http::text(input.metric)},
                                  {"sum", http::number(input.sum)},
                                  {"buckets", std::move(buckets)}});
  }
  json::array members;
  for (const rules::Entity& member : told.members)
    members.push_back(http::entity_json(member, strategy.dimensions));
  json::object result{
      {"client", http::text(strategy.client)},
      {"objective", http::text(told.objective->name)},
      {"target", http::text(told.target->name)},
      {"kpi", http::text(told.kpi->name)},
      {"formula", http::text(told.kpi->formula.text())},
      {"entity", http::entity_json(told.entity, strategy.dimensions)},
      {"asOf", http::time_value(engine.now())},
      {"from", to_string(told.days.first)},
      {"to", to_string(told.days.last)},
      {"window", to_string(told.target->over)},
      {"verdict", http::verdict_json(told.verdict)},
      {"driver", http::text(told.driver)},
      {"reason", http::text(told.reason)},
      {"alert", told.alert ? json::value(http::text(to_string(told.alert->phase))) : json::value(nullptr)},
      {"members", std::move(members)},
      {"inputs", std::move(inputs)}};
  return result;
}

int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const auto configuration = load_configuration(options.config_file, err);
  if (!configuration) return kFailure;
  const config::Client* client = named_client(*configuration, options.client, err);
  if (!client) return kFailure;
  const auto engine = engine_of(options, *client, err);
  if (!engine) return kFailure;
  const auto view = find_target(*engine, options.target);
  if (!view) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < engine->target_count(); ++i) names.push_back(engine->target(i).target->name);
    const std::string nearest = rules::nearest_name(options.target, names);
    err << "client " << options.client << " has no target \"" << options.target << "\"";
    if (!nearest.empty()) err << "; did you mean \"" << nearest << "\"?";
    err << "\n";
    return kFailure;
  }
  const bool per_objective = view->target->per.depth == rules::Level::kObjective;
  if (options.entity.empty() && !per_objective) {
    err << "the target is checked per " << http::level_name(view->target->per, engine->strategy().dimensions)
        << "; name an entity for its figures:\n";
    list_entities(*view, engine->strategy().currency, out);
    return kGood;
  }
  const auto found = std::ranges::find(view->entities, options.entity,
                                       [](const rules::Entity& entity) { return to_string(entity); });
  if (found == view->entities.end()) {
    err << "target " << options.target << " has no entity \"" << options.entity << "\"; it has:\n";
    list_entities(*view, engine->strategy().currency, err);
    return kFailure;
  }
  const auto told = engine->explain(options.target, *found);
  if (!told) {
    err << "nothing is known of \"" << options.entity << "\"\n";
    return kFailure;
  }
  if (options.format == "json") {
    out << http::print(json_of(*engine, *told)) << "\n";
  } else {
    print_text(*engine, *told, out);
  }
  return kGood;
}

}  // namespace

void add_explain(CLI::App& line, Invocation& invocation) {
  CLI::App* command = line.add_subcommand("explain", "Show every number behind a verdict");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("--config.file", options->config_file, "The configuration (YAML)")->required();
  command
      ->add_option("--storage.path", options->storage_path,
                   "Directory of the journal; a daemon may be running on it")
      ->capture_default_str();
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("CLIENT", options->client, "Name of a client")->required();
  command->add_option("TARGET", options->target, "Name of one of its targets")->required();
  command->add_option("ENTITY", options->entity,
                      "Such as search/brand; without it, those of the target are listed");
  command->callback([options, &invocation] {
    invocation.run = [options](std::ostream& out, std::ostream& err) { return explain(*options, out, err); };
  });
}

}  // namespace tightrope::daemon::commands
