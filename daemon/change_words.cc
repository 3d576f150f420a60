#include "daemon/change_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rules/format.h"
#include "rules/reason.h"
#include "rules/target.h"

namespace tightrope::daemon {
namespace {

constexpr std::size_t kFewSegments = 5;

class ChangeWords {
 public:
  ChangeWords(const rules::Diagnosis& why, const rules::Strategy& strategy)
      : why_(why), strategy_(strategy) {}

  std::string effect(double part) const {
    return rules::signed_effect(part, why_.explained.value, why_.unit, strategy_.currency);
  }

  std::string whole() const {
    const std::string name =
        why_.explained.reciprocal ? "1 / " + why_.explained.kpi : std::string(why_.explained.kpi);
    return fmt::format("{} {}, {}", name, from_to(why_.explained.value, why_.unit),
                       effect(why_.explained.change()));
  }

  std::string factors(const rules::FactorLevel& level) const {
    std::vector<std::string> parts;
    for (const rules::FactorEffect& one : level.effects) {
      const rules::Kpi* kpi = strategy_.find_kpi(one.kpi);
      parts.push_back(fmt::format("{} {} ({})", one.kpi, effect(one.effect),
                                  from_to(one.value, kpi == nullptr ? rules::Unit::number : kpi->unit)));
    }
    return fmt::format("of {}: {}", level.of, fmt::join(parts, ", "));
  }

  std::string segments(const rules::SegmentLevel& level) const {
    std::vector<std::string> parts;
    const std::size_t shown = std::min(kFewSegments, level.segments.size());
    double rest = level.rest;
    for (std::size_t i = 0; i < level.segments.size(); ++i) {
      const rules::SegmentChange& one = level.segments[i];
      if (i >= shown) {
        rest += one.effect;
        continue;
      }
      std::string detail;
      if (one.mix != 0) detail = fmt::format("rate {}, mix {}", effect(one.rate), effect(one.mix));
      for (const auto& [holds, word] : {std::pair(one.is_new, "new"), std::pair(one.stopped, "stopped"),
                                        std::pair(one.within_noise, "may be chance")}) {
        if (holds) detail += (detail.empty() ? "" : ", ") + std::string(word);
      }
      parts.push_back((one.name.empty() ? "(none)" : one.name) + " " + effect(one.effect) +
                      (detail.empty() ? "" : " (" + detail + ")"));
    }
    const std::size_t others = level.others + level.segments.size() - shown;
    if (others > 0)
      parts.push_back(fmt::format("{} other{} {}", others, others == 1 ? "" : "s", effect(rest)));
    const std::string within = rules::to_string(level.within);
    return fmt::format("by {}{}, {}: {}", level.dimension, within.empty() ? "" : " of " + within,
                       effect(level.effect), fmt::join(parts, ", "));
  }

 private:
  std::string from_to(rules::BeforeAndNow value, rules::Unit unit) const {
    const rules::ComparedFigures figures(unit, strategy_.currency, value.now, value.before,
                                         rules::kUndefined);
    return figures.text(value.before) + " to " + figures.text(value.now);
  }

  const rules::Diagnosis& why_;
  const rules::Strategy& strategy_;
};

}  // namespace

std::vector<std::string> factor_sentences(const rules::Diagnosis& why, const rules::Strategy& strategy) {
  if (why.factors.levels.empty() && why.segments.empty()) return {};
  const ChangeWords words(why, strategy);
  std::vector<std::string> lines{words.whole()};
  for (const rules::FactorLevel& level : why.factors.levels) lines.push_back(words.factors(level));
  return lines;
}

std::vector<std::string> segment_sentences(const rules::Diagnosis& why, const rules::Strategy& strategy) {
  const ChangeWords words(why, strategy);
  std::vector<std::string> lines;
  for (const rules::SegmentLevel& level : why.segments) lines.push_back(words.segments(level));
  return lines;
}

}  // namespace tightrope::daemon
