// Clients with their trees of objectives.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"
#include "rules/calendar.h"
#include "rules/watch.h"

namespace tightrope::config {
namespace {

// What one client's objectives share while they are read.
struct ClientReading {
  const Scope& scope;
  rules::Strategy& strategy;
  Names objectives{"objective of this client"};
  Names targets{"target of this client"};
  std::vector<std::pair<std::string, Cursor>>
      parents;  // `parent:` of an objective, to be found when all are known
};

std::optional<rules::Budget> read_budget(const Cursor& at) {
  MappingReader in(at, kBudgetKeys);
  const auto at_amount = in.get("amount", Shape::number);
  const auto amount = at_amount ? at_amount->number() : std::nullopt;
  if (amount && *amount <= 0)
    at_amount->error(fmt::format("must be more than 0, and is {}", format_number(*amount)));
  const auto per = in.period("per");
  if (!amount || !per) return std::nullopt;
  return rules::Budget{*amount, *per};
}

std::vector<rules::DimensionMatch> read_match(const Cursor& at, const Scope& scope) {
  std::vector<rules::DimensionMatch> matches;
  for (const auto& [name, value] : at.entries()) {
    const auto dimension = scope.find_dimension(value.at_key(), name);
    auto globs = read_globs(value);
    if (dimension) matches.push_back({*dimension, std::move(globs)});
  }
  // In the order of dimensions, so that the order of writing makes no difference.
  std::sort(matches.begin(), matches.end(),
            [](const auto& a, const auto& b) { return a.dimension < b.dimension; });
  return matches;
}

// Each KPI and level once; KPIs that cannot be watched are reported.
std::vector<rules::Watched> read_look_at(MappingReader& objective, const Scope& scope) {
  std::vector<rules::Watched> list;
  for (const auto& at : objective.mappings("look_at")) {
    MappingReader in(at, kLookAtKeys);
    rules::Watched watched;
    const auto at_kpi = in.get("kpi", Shape::identifier);
    const rules::Kpi* kpi = nullptr;
    if (const auto name = at_kpi ? at_kpi->identifier() : std::nullopt) {
      watched.kpi = *name;
      kpi = scope.find_kpi(*at_kpi, *name);
    }
    const auto at_level = in.get("per", Shape::name);
    if (const auto name = at_level ? at_level->name() : std::nullopt)
      watched.per = scope.find_level(*at_level, *name).value_or(watched.per);
    if (kpi == nullptr) continue;
    if (const auto why = rules::why_unwatchable(*kpi)) {
      at_kpi->error(fmt::format("{} cannot be looked at: it {}", watched.kpi, *why),
                    "look at the metrics that it is made of, or give it a target");
    } else if (std::find(list.begin(), list.end(), watched) != list.end()) {
      at.error(fmt::format("{} is looked at twice at this level", watched.kpi), "keep one");
    } else {
      list.push_back(std::move(watched));
    }
  }
  return list;
}

void read_objective(const Cursor& at, const std::string& parent, ClientReading& client) {
  MappingReader in(at, kObjectiveKeys);
  rules::Objective objective;
  objective.parent = parent;
  const auto at_name = in.get("name", Shape::name);
  const auto name = at_name ? at_name->name() : std::nullopt;
  if (name && client.objectives.claim(*at_name, *name)) objective.name = *name;
  const auto at_parent = in.get("parent", Shape::name);
  if (const auto given = at_parent ? at_parent->name() : std::nullopt) {
    if (!parent.empty() && parent != *given) {
      at_parent->error(fmt::format("it stands inside of {}, so its parent cannot be {}", in_quotes(parent),
                                   in_quotes(*given)));
    }
    objective.parent = *given;
    client.parents.emplace_back(objective.name, *at_parent);
  }
  for (const auto& [key, member] :
       {std::pair("why", &rules::Objective::why), std::pair("owner", &rules::Objective::owner)}) {
    const bool given = in.has(key);
    objective.*member = in.text(key).value_or("");
    if (!given && in.readable() && name) {
      at_name->warning(fmt::format("the objective has no \"{}\"", key),
                       fmt::format("{}: {}", key, kObjectiveKeys.find(key)->about));
    }
  }
  if (const auto match = in.get("match", Shape::globs)) objective.match = read_match(*match, client.scope);
  if (const auto budget = in.get("budget", Shape::mapping)) objective.budget = read_budget(*budget);
  std::vector<Cursor> targets;
  for (const auto& target : in.mappings("targets")) {
    objective.targets.push_back(read_target(target, client.scope, client.targets));
    targets.push_back(target);
  }
  check_guards(targets, objective.targets, client.scope);
  objective.look_at = read_look_at(in, client.scope);
  const std::string own_name = objective.name;
  client.strategy.objectives.push_back(std::move(objective));
  for (const auto& child : in.mappings("objectives")) read_objective(child, own_name, client);
}

// Parents must exist, and must not go round in a circle.
void check_parents(const ClientReading& client) {
  std::map<std::string, std::string> parent_of;
  for (const auto& objective : client.strategy.objectives)
    parent_of.emplace(objective.name, objective.parent);
  for (const auto& [name, at] : client.parents) {
    const std::string& parent = parent_of[name];
    if (!client.objectives.contains(parent)) {
      at.unresolved(fmt::format("unknown objective {}", in_quotes(parent)), parent, client.objectives.all());
      continue;
    }
    std::string above = parent;
    for (std::size_t steps = 0; !above.empty() && steps <= parent_of.size(); ++steps) {
      if (above == name) {
        at.error(fmt::format("objective {} serves itself through its parents", in_quotes(name)));
        break;
      }
      above = parent_of[above];
    }
  }
}

rules::Fiscal read_fiscal(const Cursor& at) {
  MappingReader in(at, kFiscalKeys);
  rules::Fiscal fiscal;
  fiscal.month_starts_on =
      static_cast<int>(in.integer("month_starts_on", {1, 28}).value_or(fiscal.month_starts_on));
  if (const auto month = in.choice("year_starts_in")) fiscal.year_starts_in = static_cast<int>(*month) + 1;
  return fiscal;
}

std::optional<int> read_rates_hold(MappingReader& in) {
  using std::chrono::days;
  const auto at = in.get("rates_hold", Shape::duration);
  const auto held = at ? at->duration({days(1), days(30)}) : std::nullopt;
  if (!held) return std::nullopt;
  const auto whole = std::chrono::floor<days>(*held);
  if (whole != *held) {
    at->error(fmt::format("{} is not a number of whole days", format_duration(*held)),
              fmt::format("write {}d or {}d", whole.count(), whole.count() + 1));
  }
  return static_cast<int>(whole.count());
}

std::optional<std::string> read_timezone(MappingReader& in, std::chrono::weekday week_start) {
  const auto at = in.get("timezone", Shape::text);
  auto zone = at ? at->text() : std::nullopt;
  if (zone && !rules::Calendar::open(*zone, week_start)) {
    at->unknown(fmt::format("unknown time zone {}", in_quotes(at->node().text)), *zone,
                rules::Calendar::zone_names());
    return std::nullopt;
  }
  return zone;
}

rules::Strategy read_client(const Cursor& at, const Scope& scope, Names& names) {
  MappingReader in(at, kClientKeys);
  rules::Strategy strategy;
  strategy.dimensions = scope.dimensions;
  const auto at_name = in.get("name", Shape::name);
  if (const auto name = at_name ? at_name->name() : std::nullopt) {
    strategy.client = *name;
    names.claim(*at_name, *name);
  }
  if (const auto day = in.choice("week_start")) {
    // The table begins with Monday, std::chrono with Sunday.
    strategy.week_start = std::chrono::weekday(static_cast<unsigned>((*day + 1) % 7));
  }
  strategy.timezone = read_timezone(in, strategy.week_start).value_or(strategy.timezone);
  const auto at_currency = in.get("currency", Shape::text);
  if (const auto code = at_currency ? at_currency->text() : std::nullopt) {
    if (!is_currency(*code))
      at_currency->error(fmt::format("{} is not a currency", in_quotes(at_currency->node().text)),
                         "write its ISO 4217 code, such as EUR or USD");
    strategy.currency = *code;
  }
  if (const auto fiscal = in.get("fiscal", Shape::mapping)) strategy.fiscal = read_fiscal(*fiscal);
  strategy.rates_hold_days = read_rates_hold(in).value_or(strategy.rates_hold_days);
  strategy.identity = read_identity(in.mappings("identity"), scope);
  ClientReading client{
      scope, strategy, Names("objective of this client"), Names("target of this client"), {}};
  for (const auto& objective : in.mappings("objectives")) read_objective(objective, "", client);
  check_parents(client);
  return strategy;
}

}  // namespace

std::vector<rules::Strategy> read_clients(const std::vector<Cursor>& at, const Scope& scope) {
  std::vector<rules::Strategy> strategies;
  Names names("client");
  for (const auto& cursor : at) strategies.push_back(read_client(cursor, scope, names));
  return strategies;
}

}  // namespace tightrope::config
