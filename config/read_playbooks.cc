// Playbooks: conditions, named values and the template of the advice, checked against each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"
#include "rules/diagnosis.h"
#include "rules/template.h"

namespace tightrope::config {
namespace {

using Values = std::vector<std::pair<std::string, rules::Unit>>;

std::optional<rules::Formula> read_formula(const Cursor& at, const Scope& scope, const Values& values) {
  const auto text = at.raw();
  if (!text) return std::nullopt;
  auto compiled = rules::compile_formula(*text, scope.library.vocabulary(values));
  if (const auto* failure = std::get_if<rules::FormulaError>(&compiled)) {
    scope.report(at, *text, *failure);
    return std::nullopt;
  }
  return std::get<rules::Formula>(std::move(compiled));
}

// The KPI's factors: what the diagnosis can name as leading its gap. Empty when nothing is known of it.
std::set<std::string> drivers_of(std::string_view kpi) {
  std::set<std::string> found;
  for (const std::string_view factor : rules::factors_below(kpi)) found.emplace(factor);
  return found;
}

std::vector<std::string> read_globs(MappingReader& in, std::string_view key) {
  std::vector<std::string> globs;
  const auto at = in.get(key, Shape::texts);
  if (!at) return globs;
  for (const auto& item : at->items_or_one()) {
    auto glob = item.text();
    if (glob && glob->empty()) item.error("an empty text matches nothing", "write a name, or \"*\" for any");
    if (glob) globs.push_back(std::move(*glob));
  }
  if (at->node().kind == NodeKind::sequence && globs.empty()) at->error("an empty list matches nothing");
  return globs;
}

void read_applies(const Cursor& at, const Scope& scope, rules::Playbook& playbook) {
  MappingReader in(at, kAppliesKeys);
  const auto at_kpi = in.get("kpi", Shape::identifier);
  const rules::Kpi* known = nullptr;
  if (const auto kpi = at_kpi ? at_kpi->identifier() : std::nullopt) {
    playbook.kpi = *kpi;
    known = scope.find_kpi(*at_kpi, *kpi);
  }
  if (const auto finding = in.choice("finding")) playbook.finding = static_cast<rules::SourceFindingKind>(*finding);
  playbook.channels = read_globs(in, "channel");
  playbook.clients = read_globs(in, "client");
  const auto at_driver = in.get("driver", Shape::identifier);
  const auto driver = at_driver ? at_driver->identifier() : std::nullopt;
  if (!driver) return;
  playbook.driver = *driver;
  if (*driver == rules::kDemandDriver && known != nullptr && known->formula.is_quotient()) {
    at_driver->warning(
        fmt::format("fewer people to reach lower totals and not {}, so the playbook never applies",
                    known->name),
        "name a total, such as conversions, or no kpi");
  }
  if (rules::is_cause(*driver)) return;
  if (scope.find_kpi(*at_driver, *driver) == nullptr || playbook.kpi.empty()) return;
  const auto drivers = drivers_of(playbook.kpi);
  if (!drivers.empty() && drivers.count(*driver) == 0) {
    at_driver->warning(
        fmt::format("{} is not a factor of {}, so the playbook never applies", *driver, playbook.kpi),
        fmt::format("its factors: {}", fmt::join(drivers, ", ")));
  }
}

// Adds each value to `values`, for those below it.
void read_let(const Cursor& at, const Scope& scope, Values& values, rules::Playbook& playbook) {
  const auto texts = rules::playbook_texts(scope.dimensions);
  for (const auto& [name, value] : at.entries()) {
    const bool taken =
        scope.library.find_kpi(name) != nullptr || scope.library.find_metric(name) != nullptr ||
        std::find(texts.begin(), texts.end(), name) != texts.end() ||
        std::any_of(values.begin(), values.end(), [&key = name](const auto& v) { return v.first == key; });
    if (!is_identifier(name)) {
      value.at_key().error(fmt::format("{} is not a name for formulas", in_quotes(name)),
                           "letters, digits and _, not beginning with a digit");
    } else if (taken) {
      value.at_key().error(fmt::format("{} has a meaning already", in_quotes(name)), "choose another name");
    } else if (auto formula = read_formula(value, scope, values)) {
      values.emplace_back(name, formula->unit());
      playbook.values.emplace_back(name, std::move(*formula));
    } else {
      // Reported. Its uses below are not mistakes of their own.
      values.emplace_back(name, rules::Unit::number);
    }
  }
}

void read_advise(const Cursor& at, const Scope& scope, const Values& values, rules::Playbook& playbook) {
  const auto text = at.raw();
  if (!text) return;
  playbook.advise = *text;
  std::vector<std::string> names;
  for (const auto& [name, unit] : values) names.push_back(name);
  for (const auto& name : scope.kpi_names()) names.push_back(name);
  for (const auto& name : scope.metric_names()) names.push_back(name);
  if (text->empty()) at.error("must say what to do");
  if (const auto failure = rules::check_template(*text, names, rules::playbook_texts(scope.dimensions)))
    scope.report(at, *text, *failure);
}

// Levers are free names: which ones there are depends on the channel.
void read_changes(const Cursor& at, rules::Playbook& playbook) {
  using enum rules::Direction;
  for (const auto& [lever, value] : at.entries()) {
    if (!is_identifier(lever)) {
      value.at_key().error(fmt::format("{} is not the name of a lever", in_quotes(lever)),
                           "letters, digits and _, such as bid, budget or audience");
    }
    const auto text = value.text();
    if (text && *text != to_string(up) && *text != to_string(down)) {
      value.error(fmt::format("{} is not a direction", in_quotes(value.node().text)), "write up or down");
    } else if (text) {
      playbook.changes.push_back({lever, *text == to_string(up) ? up : down});
    }
  }
}

void read_limits(const Cursor& at, rules::Playbook& playbook) {
  MappingReader in(at, kLimitsKeys);
  playbook.max_step = in.share("max_step", {0.001, 1}).value_or(playbook.max_step);
  playbook.cooldown =
      in.duration("cooldown", {rules::Duration(0), std::chrono::days(366)}).value_or(playbook.cooldown);
}

rules::Playbook read_playbook(const Cursor& at, const Scope& scope, Names& names) {
  MappingReader in(at, kPlaybookKeys);
  rules::Playbook playbook;
  const auto at_name = in.get("name", Shape::name);
  if (const auto name = at_name ? at_name->name() : std::nullopt) {
    playbook.name = *name;
    names.claim(*at_name, *name);
  }
  if (const auto applies = in.get("applies", Shape::mapping)) read_applies(*applies, scope, playbook);
  Values values = rules::playbook_values();
  if (const auto when = in.get("when", Shape::formula)) {
    auto formula = read_formula(*when, scope, values);
    if (formula && formula->unit() != rules::Unit::truth) {
      when->error(
          fmt::format("a condition belongs here, and this is measured in {}", to_string(formula->unit())),
          "compare it: ctr < 0.01");
    } else {
      playbook.when = std::move(formula);
    }
  }
  if (const auto let = in.get("let", Shape::formulas)) read_let(*let, scope, values, playbook);
  if (const auto advise = in.get("advise", Shape::text_template))
    read_advise(*advise, scope, values, playbook);
  if (const auto changes = in.get("changes", Shape::directions)) read_changes(*changes, playbook);
  if (const auto limits = in.get("limits", Shape::mapping)) read_limits(*limits, playbook);
  playbook.owner = in.text("owner").value_or("");
  playbook.effort =
      in.duration("effort", {std::chrono::minutes(1), std::chrono::days(30)}).value_or(playbook.effort);
  playbook.source = in.text("source").value_or("");
  return playbook;
}

}  // namespace

std::vector<rules::Playbook> read_playbooks(const std::vector<Cursor>& at, const Scope& scope) {
  std::vector<rules::Playbook> playbooks;
  Names names("playbook");
  for (const auto& cursor : at) playbooks.push_back(read_playbook(cursor, scope, names));
  return playbooks;
}

}  // namespace tightrope::config
