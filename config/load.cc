// From files to a configuration, or to everything that is wrong with them.
#include <utility>

#include "config/configuration.h"
#include "config/connector_files.h"
#include "config/readers.h"

namespace tightrope::config {
namespace {

// What every client's strategy has in common.
void complete(rules::Strategy& strategy, const Scope& scope, const std::vector<rules::Playbook>& playbooks) {
  strategy.metrics.assign(scope.library.metrics().begin(), scope.library.metrics().end());
  strategy.kpis.assign(scope.library.kpis().begin(), scope.library.kpis().end());
  strategy.playbooks = playbooks;
  rules::fold_matches(strategy);
}

// A file that was cut off or never written would otherwise be a valid wish to watch nothing, and a reload
// would take every client away. An included file may be empty: the others still say what is watched.
void refuse_emptiness(const FileSet& files, Reading& reading) {
  if (reading.incomplete || files.roots.empty() || files.roots.front().kind != NodeKind::null) return;
  reading.problems.error(
      {0, 0, 0}, "", "the file is empty, or has comments alone: nothing would be watched, and nobody told",
      "restore it; if nothing is to be watched, write clients: []");
}

void warn_of_gaps(const Sections& sections, const FileSet& files, Problems& problems) {
  if (files.roots.empty() || problems.failed()) return;
  if (sections.clients.empty())
    problems.warning({0, 0, 0}, "", "there are no clients, so nothing is watched");
  if (!sections.receivers.empty() && sections.routes.empty()) {
    sections.receivers.front().warning("there are receivers and no route, so alerts are sent nowhere",
                                       "route: {receiver: ...}");
  }
}

Configuration read_configuration(const Sections& sections, const std::string& file, Problems& problems) {
  Configuration configuration;
  const Scope scope = read_scope(sections);
  configuration.dimensions = scope.dimensions;
  const auto playbooks = read_playbooks(sections.playbooks, scope);
  for (auto& strategy : read_clients(sections.clients, scope)) {
    complete(strategy, scope, playbooks);
    configuration.clients.push_back({std::move(strategy), ""});
  }
  ConnectorFiles connectors(problems, scope, file);
  configuration.files = connectors.files();
  configuration.sources = read_sources(sections.sources, scope, names_of(sections.clients), connectors);
  configuration.receivers = read_receivers(sections.receivers);
  const auto receivers = names_of(sections.receivers);
  if (!sections.routes.empty()) configuration.route = read_route(sections.routes.front(), receivers, scope);
  configuration.exports = read_exports(sections.exports, scope);
  if (!sections.journals.empty()) configuration.journal = read_journal(sections.journals.front());
  if (!sections.https.empty()) configuration.http = read_http(sections.https.front());
  return configuration;
}

}  // namespace

std::vector<rules::Strategy> read_strategies(const Sections& sections) {
  const Scope scope = read_scope(sections);
  const auto playbooks = read_playbooks(sections.playbooks, scope);
  auto strategies = read_clients(sections.clients, scope);
  for (auto& strategy : strategies) complete(strategy, scope, playbooks);
  return strategies;
}

Loaded load(const std::string& file, Keep keep) {
  Problems problems;
  Reading reading{problems, true, {}};
  const FileSet files = read_files(file, reading);
  refuse_emptiness(files, reading);
  const Sections sections = find_sections(files, reading);
  Configuration configuration = read_configuration(sections, file, problems);
  warn_of_gaps(sections, files, problems);
  Loaded loaded;
  if (!problems.failed()) {
    for (auto& client : configuration.clients) client.document = write_document(client.strategy);
    configuration.files.insert(configuration.files.begin(), files.names.begin(), files.names.end());
    if (keep == Keep::places_too) loaded.places = find_places(sections, problems);
    loaded.configuration = std::move(configuration);
  }
  loaded.errors = std::move(problems).take();
  return loaded;
}

std::variant<rules::Strategy, Errors> read_strategy(const std::string& document) {
  Problems problems;
  Reading reading{problems, false, {"."}};
  const std::size_t file = problems.add_file("strategy");
  FileSet files;
  files.names.emplace_back("strategy");
  if (find_illegal_byte(document) != std::string::npos) {
    problems.error({file, 0, 0}, "", "is not UTF-8 text");
    return std::move(problems).take();
  }
  problems.set_text(file, document);
  auto root = parse_yaml(file, document, problems);
  if (!root) return std::move(problems).take();
  files.roots.push_back(std::move(*root));
  const Sections sections = find_sections(files, reading);
  auto strategies = read_strategies(sections);
  if (strategies.size() != 1) problems.error({file, 0, 0}, "clients", "a strategy has one client");
  if (problems.failed()) return std::move(problems).take();
  return std::move(strategies.front());
}

}  // namespace tightrope::config
