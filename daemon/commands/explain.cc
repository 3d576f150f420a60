// `tightrope explain`: every number behind a verdict, now or as it was known at an earlier time.
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/clock.h"
#include "daemon/commands/command.h"
#include "daemon/commands/explanation_text.h"
#include "daemon/commands/reading.h"
#include "daemon/commands/table.h"
#include "daemon/explained.h"
#include "daemon/explanation_words.h"
#include "daemon/http/api/explanation_json.h"
#include "daemon/http/api/presentation.h"
#include "daemon/recovery.h"
#include "rules/format.h"
#include "rules/formula.h"

namespace tightrope::daemon::commands {
namespace {

struct ExplainOptions {
  std::string config_file;
  std::string storage_path = "data";
  std::string client, target, entity;
  std::string as_of;
  std::string strategy = "now";
  std::string format = "text";
  bool cells = false;
};

// As the journal leaves it, under the configured strategy. Nothing after saying why to `err`.
std::optional<rules::Engine> engine_now(Journal& journal, const config::Client& client, std::ostream& err) {
  auto outcome = recover_engine(journal, client.strategy.client);
  if (const auto* error = std::get_if<JournalError>(&outcome)) {
    err << error->text << "\n";
    return std::nullopt;
  }
  auto& recovered = std::get<Recovered>(outcome);
  if (recovered.engine && recovered.document != client.document) {
    err << "the strategy was changed since the daemon last read it; explained as it is configured now\n";
    recovered.engine->adopt(client.strategy, recovered.engine->now());
  }
  return std::move(recovered.engine);
}

// As it was at a time. Nothing after saying why to `err`.
std::optional<rules::Engine> engine_then(Journal& journal, const config::Client& client,
                                         rules::Timestamp as_of, const ExplainOptions& options,
                                         std::ostream& err) {
  std::optional<rules::Strategy> strategy;
  if (options.strategy == "now") strategy = strategy_for(client.strategy, options.target);
  auto outcome = replay_as_of(journal, client.strategy.client, std::move(strategy), as_of, nullptr, nullptr);
  if (const auto* error = std::get_if<JournalError>(&outcome)) {
    err << error->text << "\n";
    if (options.strategy == "then") err << "--strategy=now needs the figures alone\n";
    return std::nullopt;
  }
  auto& replayed = std::get<AsOf>(outcome);
  if (replayed.engine && !replayed.reach.whole && replayed.reach.from) {
    err << "the journal begins " << rules::to_rfc3339(*replayed.reach.from)
        << "; figures learnt before are not in what follows\n";
  }
  return std::move(replayed.engine);
}

std::optional<rules::TargetView> find_target(const rules::Engine& engine, const std::string& name) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    if (engine.target(i).target->name == name) return engine.target(i);
  }
  return std::nullopt;
}

// False after naming the nearest to `err`.
bool has_target(const rules::Strategy& strategy, const std::string& name, const char* when,
                std::ostream& err) {
  std::vector<std::string> names;
  for (const rules::Objective& objective : strategy.objectives) {
    for (const rules::Target& target : objective.targets) names.push_back(target.name);
  }
  if (std::ranges::find(names, name) != names.end()) return true;
  const std::string nearest = rules::nearest_name(name, names);
  err << "client " << strategy.client << when << " no target \"" << name << "\"";
  if (!nearest.empty()) err << "; did you mean \"" << nearest << "\"?";
  err << "\n";
  return false;
}

void list_entities(const rules::TargetView& view, const std::string& currency, std::ostream& out) {
  struct Row {
    rules::VerdictState state;
    Cells cells;
  };
  std::vector<Row> sorted;
  for (std::size_t i = 0; i < view.verdicts.size(); ++i) {
    const rules::Verdict verdict = view.verdicts[i];
    sorted.push_back({verdict.state,
                      {entity_text(view.entities[i]), std::string(to_string(verdict.state)),
                       rules::format_value(verdict.value, view.kpi->unit, currency),
                       std::string(rules::explain(verdict.reason))}});
  }
  std::ranges::stable_sort(sorted, [](const Row& a, const Row& b) { return a.state > b.state; });
  std::vector<Cells> rows;
  for (Row& row : sorted) rows.push_back(std::move(row.cells));
  print_table(out, {"ENTITY", "STATE", "VALUE", "REASON"}, rows);
}

int print(const ExplainOptions& options, const Explained& explained, std::ostream& out) {
  if (options.format == "json") {
    out << http::print(http::explanation_json(explained, std::numeric_limits<std::size_t>::max())) << "\n";
  } else {
    print_explanation(explained, options.cells ? CellsShown::all : CellsShown::few, out);
  }
  return kGood;
}

int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const auto configuration = load_configuration(options.config_file, err);
  if (!configuration) return kFailure;
  const config::Client* client = named_client(*configuration, options.client, err);
  if (!client) return kFailure;
  std::optional<rules::Timestamp> as_of;
  if (!options.as_of.empty()) {
    const auto meant = as_of_meant(options.as_of, *client->strategy.open_calendar(), system_time());
    if (const auto* problem = std::get_if<std::string>(&meant)) {
      err << "--as-of: \"" << options.as_of << "\" " << *problem << "\n";
      return kUsage;
    }
    as_of = std::get<rules::Timestamp>(meant);
  }
  if (options.strategy == "then" && !as_of) {
    err << "--strategy=then: needs --as-of\n";
    return kUsage;
  }
  if (options.strategy == "now" && !has_target(client->strategy, options.target, " has", err))
    return kFailure;
  const OpenedJournal opened = open_sqlite_journal({.directory = options.storage_path, .read_only = true});
  if (opened.error) {
    err << opened.error->text << "\n";
    return kFailure;
  }
  std::ostringstream problem;
  const auto engine = as_of ? engine_then(*opened.journal, *client, *as_of, options, problem)
                            : engine_now(*opened.journal, *client, problem);
  err << problem.str();
  if (!engine) {
    if (problem.str().empty()) {
      err << "the journal in " << options.storage_path << " holds nothing of the client " << options.client
          << (as_of ? " that was known by " + rules::to_rfc3339(*as_of) : "") << "\n";
    }
    return kFailure;
  }
  if (!has_target(engine->strategy(), options.target, " had", err)) return kFailure;
  const rules::TargetView view = *find_target(*engine, options.target);
  const bool per_objective = view.target->per.depth == rules::Level::kObjective;
  if (options.entity.empty() && !per_objective) {
    err << "the target is checked per " << http::level_name(view.target->per, engine->strategy().dimensions)
        << "; name an entity for its figures:\n";
    list_entities(view, engine->strategy().currency, out);
    return kGood;
  }
  const auto found = std::ranges::find(view.entities, options.entity,
                                       [](const rules::Entity& entity) { return to_string(entity); });
  if (found == view.entities.end()) {
    err << "target " << options.target << " has no entity \"" << options.entity << "\"; it has:\n";
    list_entities(view, engine->strategy().currency, err);
    return kFailure;
  }
  auto explained = explained_by(*engine, options.target, *found);
  if (!explained) {
    err << "nothing is known of \"" << options.entity << "\"\n";
    return kFailure;
  }
  const auto read = read_history(*opened.journal, *explained, nullptr);
  if (const auto* error = std::get_if<JournalError>(&read)) {
    err << error->text << "\n";
    return kFailure;
  }
  return print(options, *explained, out);
}

}  // namespace

void add_explain(CommandLine& line) {
  Command command = line.command("explain", "Show every number behind a verdict");
  auto options = std::make_shared<ExplainOptions>();
  command.option("--config.file", options->config_file, "The configuration (YAML)").required();
  command
      .option("--storage.path", options->storage_path,
              "Directory of the journal; a daemon may be running on it")
      .with_default();
  command.option("--as-of", options->as_of,
                 "As it was known then: a time (2026-11-20T08:00:00Z), or the end of a day");
  command
      .option("--strategy", options->strategy,
              "With --as-of, now: under the strategy configured now; then: under the one in force then")
      .one_of({"now", "then"})
      .with_default();
  command.flag("--cells", options->cells, "Every single figure, also where there are many");
  command.option("--format", options->format, "text or json").one_of({"text", "json"}).with_default();
  command.option("CLIENT", options->client, "Name of a client").required();
  command.option("TARGET", options->target, "Name of one of its targets").required();
  command.option("ENTITY", options->entity,
                 "Such as search/brand; without it, those of the target are listed");
  command.does([options](std::ostream& out, std::ostream& err) { return explain(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
