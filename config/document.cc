// The canonical text of a strategy: what the journal keeps, so that a replay runs under the strategy of its
// time. Built-in metrics and KPIs are left out; everything else is written, defaults included.
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <string>

#include "config/readers.h"
#include "config/scalars.h"
#include "rules/kpi.h"

namespace tightrope::config {
namespace {

class DocumentWriter {
 public:
  std::string write(const rules::Strategy& strategy) {
    out_ << YAML::BeginMap;
    texts("dimensions", strategy.dimensions.names);
    write_library(strategy);
    key("playbooks") << YAML::BeginSeq;
    for (const auto& playbook : strategy.playbooks) write_playbook(playbook);
    out_ << YAML::EndSeq;
    key("clients") << YAML::BeginSeq;
    write_client(strategy);
    out_ << YAML::EndSeq << YAML::EndMap;
    return std::string(out_.c_str(), out_.size()) + "\n";
  }

 private:
  YAML::Emitter& key(const std::string& name) {
    return out_ << YAML::Key << YAML::DoubleQuoted << name << YAML::Value;
  }
  void text(const std::string& name, std::string_view value) {
    key(name) << YAML::DoubleQuoted << std::string(value);
  }
  // As it stands: numbers, durations, words of a fixed set.
  void plain(const std::string& name, const std::string& value) { key(name) << value; }
  void texts(const std::string& name, const std::vector<std::string>& values) {
    key(name) << YAML::Flow << YAML::BeginSeq;
    for (const auto& value : values) out_ << YAML::DoubleQuoted << value;
    out_ << YAML::EndSeq;
  }

  void write_library(const rules::Strategy& strategy) {
    const rules::KpiLibrary built_in;
    key("metrics") << YAML::BeginSeq;
    for (const auto& metric : strategy.metrics) {
      if (built_in.find_metric(metric.name) != nullptr) continue;
      out_ << YAML::BeginMap;
      text("name", metric.name);
      plain("unit", std::string(to_string(metric.unit)));
      plain("additive", metric.additive ? "true" : "false");
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
    key("kpis") << YAML::BeginSeq;
    for (const auto& kpi : strategy.kpis) {
      // Every metric is a KPI of its name as well; reading it makes that again.
      if (built_in.find_kpi(kpi.name) != nullptr || strategy.find_metric(kpi.name) != nullptr) continue;
      out_ << YAML::BeginMap;
      text("name", kpi.name);
      text("formula", kpi.formula.text());
      plain("unit", std::string(to_string(kpi.unit)));
      plain("better", std::string(to_string(kpi.better)));
      text("meaning", kpi.meaning);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
  }

  void write_playbook(const rules::Playbook& playbook) {
    out_ << YAML::BeginMap;
    text("name", playbook.name);
    key("applies") << YAML::BeginMap;
    if (!playbook.kpi.empty()) text("kpi", playbook.kpi);
    if (!playbook.driver.empty()) text("driver", playbook.driver);
    if (playbook.finding) text("finding", to_string(*playbook.finding));
    if (!playbook.channels.empty()) texts("channel", playbook.channels);
    if (!playbook.clients.empty()) texts("client", playbook.clients);
    out_ << YAML::EndMap;
    if (playbook.when) text("when", playbook.when->text());
    key("let") << YAML::BeginMap;
    for (const auto& [name, formula] : playbook.values) text(name, formula.text());
    out_ << YAML::EndMap;
    text("advise", playbook.advise);
    if (!playbook.changes.empty()) {
      key("changes") << YAML::BeginMap;
      for (const auto& change : playbook.changes) {
        text(change.lever, to_string(change.direction));
      }
      out_ << YAML::EndMap;
    }
    key("limits") << YAML::BeginMap;
    plain("max_step", format_number(playbook.max_step));
    plain("cooldown", format_duration(playbook.cooldown));
    out_ << YAML::EndMap;
    text("owner", playbook.owner);
    plain("effort", format_duration(playbook.effort));
    text("source", playbook.source);
    out_ << YAML::EndMap;
  }

  void write_client(const rules::Strategy& strategy) {
    const auto weekdays = kClientKeys.find("week_start")->choices;
    const auto months = kFiscalKeys.find("year_starts_in")->choices;
    out_ << YAML::BeginMap;
    text("name", strategy.client);
    text("timezone", strategy.timezone);
    text("currency", strategy.currency);
    plain("week_start", std::string(weekdays[strategy.week_start.iso_encoding() - 1]));
    key("fiscal") << YAML::BeginMap;
    plain("month_starts_on", std::to_string(strategy.fiscal.month_starts_on));
    plain("year_starts_in",
          std::string(months[static_cast<std::size_t>(strategy.fiscal.year_starts_in) - 1]));
    out_ << YAML::EndMap;
    plain("rates_hold", format_duration(std::chrono::days(strategy.rates_hold_days)));
    if (!strategy.identity.empty()) write_identity(strategy);
    key("objectives") << YAML::BeginSeq;
    for (const auto& objective : strategy.objectives) write_objective(objective, strategy.dimensions);
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  void write_identity(const rules::Strategy& strategy) {
    key("identity") << YAML::BeginSeq;
    for (const auto& rules : strategy.identity.rules()) {
      out_ << YAML::BeginMap;
      text("dimension", strategy.dimensions.names[rules.dimension]);
      key("ignore") << YAML::Flow << YAML::BeginSeq;
      if (rules.ignore_case) out_ << "case";
      if (rules.ignore_spaces) out_ << "spaces";
      if (rules.ignore_separators) out_ << "separators";
      out_ << YAML::EndSeq;
      texts("prefixes", rules.prefixes);
      texts("suffixes", rules.suffixes);
      key("aliases") << YAML::BeginMap;
      for (const auto& alias : rules.aliases) texts(alias.name, alias.others);
      out_ << YAML::EndMap << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
  }

  void write_objective(const rules::Objective& objective, const rules::Dimensions& dimensions) {
    out_ << YAML::BeginMap;
    text("name", objective.name);
    if (!objective.parent.empty()) text("parent", objective.parent);
    text("why", objective.why);
    text("owner", objective.owner);
    key("match") << YAML::BeginMap;
    write_match(objective.match, dimensions);
    out_ << YAML::EndMap;
    if (objective.budget) {
      key("budget") << YAML::BeginMap;
      plain("amount", format_number(objective.budget->amount));
      plain("per", to_string(objective.budget->per));
      out_ << YAML::EndMap;
    }
    key("targets") << YAML::BeginSeq;
    for (const auto& target : objective.targets) write_target(target, dimensions);
    out_ << YAML::EndSeq;
    if (!objective.look_at.empty()) {
      key("look_at") << YAML::BeginSeq;
      for (const auto& watched : objective.look_at) {
        out_ << YAML::BeginMap;
        text("kpi", watched.kpi);
        text("per", level_name(watched.per, dimensions));
        out_ << YAML::EndMap;
      }
      out_ << YAML::EndSeq;
    }
    out_ << YAML::EndMap;
  }

  static std::string level_name(rules::Level level, const rules::Dimensions& dimensions) {
    return level.depth == rules::Level::kObjective
               ? "objective"
               : dimensions.names[static_cast<std::size_t>(level.depth) - 1];
  }

  void write_match(const std::vector<rules::DimensionMatch>& matches, const rules::Dimensions& dimensions) {
    for (const auto& match : matches) texts(dimensions.names[match.dimension], match.globs);
  }

  void write_sides(rules::BoundKind kind, const rules::Bound& bound) {
    if (kind == rules::BoundKind::between) {
      out_ << YAML::Flow << YAML::BeginSeq << format_number(bound.low) << format_number(bound.high)
           << YAML::EndSeq;
    } else {
      out_ << format_number(kind == rules::BoundKind::at_most ? bound.high : bound.low);
    }
  }

  void write_bounds(rules::BoundKind kind, const std::vector<rules::Bound>& bounds) {
    key(std::string(to_string(kind)));
    if (bounds.size() == 1 && bounds.front().from == rules::kFirstDay) {
      write_sides(kind, bounds.front());
      return;
    }
    out_ << YAML::BeginSeq;
    for (const auto& bound : bounds) {
      out_ << YAML::BeginMap;
      if (bound.from != rules::kFirstDay) text("from", to_string(bound.from));
      key("value");
      write_sides(kind, bound);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
  }

  void write_exceptions(const rules::Target& target, const rules::Dimensions& dimensions) {
    key("except") << YAML::BeginSeq;
    for (const auto& exception : target.exceptions) {
      out_ << YAML::BeginMap;
      write_match(exception.match, dimensions);
      write_bounds(target.kind, exception.bounds);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
  }

  void write_pace(const rules::Target& target) {
    if (!target.pace) {
      plain("pace", "false");
      return;
    }
    const bool linear = target.pacing.profile == rules::Pacing::Profile::linear;
    key("pace") << YAML::BeginMap;
    plain("profile", linear ? "linear" : "weekdays");
    plain("corridor", format_number(target.pacing.corridor));
    plain("rollover", target.pacing.rollover ? "true" : "false");
    out_ << YAML::EndMap;
  }

  void write_target(const rules::Target& target, const rules::Dimensions& dimensions) {
    out_ << YAML::BeginMap;
    text("name", target.name);
    text("kpi", target.kpi);
    write_bounds(target.kind, target.bounds);
    write_exceptions(target, dimensions);
    plain("over", to_string(target.over));
    text("per", level_name(target.per, dimensions));
    if (target.confidence) {
      plain("confidence", format_number(*target.confidence));
      plain("min_miss", format_number(target.min_miss));
      plain("min_stake", format_number(target.min_stake));
    }
    plain("for", format_duration(target.hold));
    plain("keep_firing_for", format_duration(target.keep_firing_for));
    plain("no_data", std::string(to_string(target.no_data)));
    plain("severity", std::string(to_string(target.severity)));
    write_pace(target);
    key("min_volume") << YAML::BeginMap;
    for (const auto& volume : target.min_volume) plain(volume.metric, format_number(volume.amount));
    out_ << YAML::EndMap;
    plain("watch_within", format_number(target.watch_within));
    texts("guards", target.guards);
    out_ << YAML::EndMap;
  }

  YAML::Emitter out_;
};

}  // namespace

std::string write_document(const rules::Strategy& strategy) {
  return DocumentWriter().write(strategy);
}

}  // namespace tightrope::config
