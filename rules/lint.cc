#include "rules/lint.h"

#include <algorithm>
#include <array>
#include <map>

#include "rules/lint_parts.h"

namespace tightrope::rules {
namespace {

constexpr std::array<std::string_view, 12> kKinds{
    "never_fires",   "never_met", "slow_to_fire",       "redundant",
    "all_campaigns", "no_advice", "outside_parent",     "contradiction",
    "never_applies", "unused",    "opposite_playbooks", "advice_without_numbers"};

bool is_about_playbook(const Finding& finding) {
  return finding.about.front().kind == Subject::Kind::playbook;
}

// The same for every client, whatever numbers stand in the sentence.
std::pair<FindingKind, std::vector<std::string>> identity(const Finding& finding) {
  std::vector<std::string> names;
  for (const Subject& subject : finding.about) {
    if (subject.kind == Subject::Kind::playbook) names.push_back(subject.name);
  }
  return {finding.kind, names};
}

}  // namespace

std::string_view to_string(FindingKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::vector<Finding> lint(const Strategy& strategy) {
  std::vector<Finding> findings;
  const FigureRanges ranges(strategy);
  lint_objectives(strategy, findings);
  lint_targets(strategy, ranges, findings);
  lint_redundancy(strategy, findings);
  lint_contradictions(strategy, ranges, findings);
  lint_playbooks(strategy, ranges, findings);
  return findings;
}

std::vector<Finding> lint(std::span<const Strategy* const> strategies) {
  std::vector<Finding> own;
  std::vector<Finding> shared;
  std::map<std::pair<FindingKind, std::vector<std::string>>, std::size_t> seen;
  for (const Strategy* strategy : strategies) {
    for (Finding& finding : lint(*strategy)) {
      if (!is_about_playbook(finding)) {
        own.push_back(std::move(finding));
      } else if (++seen[identity(finding)] == 1) {
        shared.push_back(std::move(finding));
      }
    }
  }
  for (Finding& finding : shared) {
    const bool everywhere = seen[identity(finding)] == strategies.size();
    if (finding.kind != FindingKind::unused || everywhere) own.push_back(std::move(finding));
  }
  return own;
}

}  // namespace tightrope::rules
