// What is strange about the figures of sources, and which alerts stand on them.
#include <algorithm>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// Whoever gave nothing for so long is behind no figure that matters now.
constexpr int kLately = 14;

// Whether one lies within the other; "" in a path is any.
bool meet(const Entity& a, const Entity& b) noexcept {
  const std::size_t depth = std::min(a.path.size(), b.path.size());
  for (std::size_t i = 0; i < depth; ++i) {
    if (!a.path[i].empty() && !b.path[i].empty() && a.path[i] != b.path[i]) return false;
  }
  return true;
}

}  // namespace

bool Engine::State::has_given(FigureSources::Source source, std::span<const EntityIndex> members) const {
  if (source == FigureSources::kUnknown) return false;
  const auto count = static_cast<MetricIndex>(cube.metric_count());
  for (Day day = today; day > today - kLately; day = day - 1) {
    for (MetricIndex metric = 0; metric < count; ++metric) {
      for (const EntityIndex member : members) {
        if (!cube.get(metric, member, {day}).is_missing() && source_of(metric, member, day) == source)
          return true;
      }
    }
  }
  return false;
}

std::vector<const SourceFinding*> Engine::State::findings_at(const Checks& check, NodeIndex node) const {
  std::vector<const SourceFinding*> found;
  const Rollup& rollup = rollups[check.rollup];
  const Entity& entity = rollup.nodes()[node];
  const auto& members = rollup.members(node);
  for (const auto& [source, list] : findings) {
    bool asked = false;
    bool behind = false;
    for (const SourceFinding& finding : list) {
      const bool known = std::any_of(found.begin(), found.end(),
                                     [&](const SourceFinding* other) { return other->kind == finding.kind; });
      if (known || !meet(finding.entity, entity)) continue;
      // An objective's own node has no path, but not all of the client's entities are its own.
      const bool of_members =
          finding.entity.path.empty() || std::any_of(members.begin(), members.end(), [&](EntityIndex member) {
            return meet(finding.entity, entities[member]);
          });
      if (!of_members) continue;
      if (!asked) behind = has_given(sources.find(source), members);
      asked = true;
      if (behind) found.push_back(&finding);
    }
  }
  return found;
}

void Engine::State::take(const SourceFindings& told, Effects& effects) {
  const auto known = findings.find(told.source);
  if (known == findings.end() ? told.findings.empty() : known->second == told.findings) return;
  using Told = std::vector<SourceFinding>;
  const auto copied = [](const std::vector<const SourceFinding*>& list) {
    Told copy;
    for (const SourceFinding* finding : list) copy.push_back(*finding);
    return copy;
  };
  std::vector<std::pair<CheckKey, Told>> before;
  for (const auto& [key, live_alert] : live) {
    if (live_alert.state.phase == AlertPhase::firing)
      before.emplace_back(key, copied(findings_at(checks[key.target], key.node)));
  }
  if (told.findings.empty()) {
    findings.erase(told.source);
  } else {
    findings[told.source] = told.findings;
  }
  for (const auto& [key, was] : before) {
    const Checks& check = checks[key.target];
    if (copied(findings_at(check, key.node)) == was) continue;
    LiveAlert& live_alert = live.at(key);
    explain_cause(check, key.node, live_alert.alert);
    renew_recommendations(key);
    tell(AlertChange::Kind::updated, key, live_alert, effects);
  }
}

std::vector<SourceFinding> Engine::findings_of(std::string_view source) const {
  const auto found = state_->findings.find(source);
  return found == state_->findings.end() ? std::vector<SourceFinding>() : found->second;
}

std::vector<std::string> Engine::sources_with_findings() const {
  std::vector<std::string> names;
  for (const auto& [source, findings] : state_->findings) names.push_back(source);
  return names;
}

}  // namespace tightrope::rules
